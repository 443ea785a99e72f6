"""Askings: gathered when they are alike, proposed once, split for good; and the draft of a document."""

from datetime import timedelta

import pytest

from hausmeister.answers import operations, queries
from hausmeister.answers.models import Asking, Recurring
from hausmeister.answers.rules.drafts import Asked, draft, title_of
from tests.builders import CONSOLE
from tests.harness import at

ALIKE = [
    ("How do I restore a dropped table?", "ana"),
    ("I dropped a table, can I restore it", "bo"),
    ("restoring a table that was dropped", "ana"),
]


def note(world, trio, askings, *, days=1.0):
    return [
        operations.note_asking(trio.team, text, by=by, at=world.now - timedelta(days=days * (len(askings) - number)))
        for number, (text, by) in enumerate(askings)
    ]


def test_the_third_asking_by_two_people_calls_for_a_document_once(world, trio):
    note(world, trio, [*ALIKE[:2], ("which gpu profile is the large one", "carla")])
    assert operations.tend_recurring(world.now) == 0
    operations.note_asking(trio.team, ALIKE[2][0], by="ana", at=world.now)
    assert operations.tend_recurring(world.now) == 1
    (proposal,) = queries.proposals(trio.team)
    assert (len(proposal.askings), proposal.people, proposal.state) == (3, 2, "proposed")
    assert proposal.title == "How do I restore a dropped table?"
    assert operations.relink_all(world.now) == 0
    assert len(queries.proposals(trio.team)) == 1


def test_askings_that_are_months_old_are_not_looked_at(world, trio):
    note(world, trio, ALIKE, days=50)
    operations.relink(trio.team, world.now)
    assert queries.proposals(trio.team) == []


def test_not_the_same_splits_and_is_kept(world, trio):
    askings = note(world, trio, ALIKE)
    operations.relink(trio.team, world.now)
    question = Recurring.objects.get()
    operations.split(question, askings[1], by=CONSOLE, now=world.now)
    operations.relink(trio.team, world.now)
    askings[1].refresh_from_db()
    assert askings[1].recurring != question
    assert set(question.askings.values_list("pk", flat=True)) == {askings[0].pk, askings[2].pk}


def test_a_dismissed_question_is_not_proposed_again(world, trio):
    note(world, trio, ALIKE)
    operations.relink(trio.team, world.now)
    operations.dismiss(Recurring.objects.get(), by=CONSOLE, now=world.now)
    operations.note_asking(trio.team, ALIKE[0][0], by="dora", at=world.now)
    assert operations.tend_recurring(world.now) == 0
    assert queries.proposals(trio.team) == []
    assert Recurring.objects.get().askings.count() == 4


def test_a_written_document_answers_all_its_askings(world, trio):
    note(world, trio, ALIKE)
    operations.relink(trio.team, world.now)
    card = operations.add_answer(trio.team, title="Undrop", text="Use UNDROP.", by=CONSOLE, now=world.now)
    question = Recurring.objects.get()
    text = queries.draft(question, now=world.now)
    assert text.startswith("# How do I restore a dropped table?")
    operations.written(question, by=CONSOLE, now=world.now, link="https://git.example/pull/7", card=card)
    assert set(Asking.objects.values_list("card", flat=True)) == {card.pk}
    assert "Use UNDROP." in queries.draft(question, now=world.now)
    (found, *_) = queries.suggest(trio.team, "restore my dropped table", now=world.now)
    assert (found.card, found.asked_times) == (card, 3)


def test_the_draft_holds_the_askings_and_the_answer():
    askings = [
        Asked("hm", "ana", at("2026-11-02 10:00")),
        Asked("How do I get\na GPU?", "bo", at("2026-11-01 10:00"), "https://chat.example/1", 30),
    ]
    text = draft(askings, answer="Choose the large profile.", link="https://chat.example/2")
    assert text.splitlines()[0] == "# How do I get a GPU?"
    assert "Choose the large profile." in text
    assert "Asked 2 times by 2 people, 30 minutes spent on it:" in text
    assert text.index("2026-11-01") < text.index("2026-11-02")
    assert "Nobody has answered" in draft(askings, answer="", link="")
    assert len(title_of([Asked("x" * 500, "", at("2026-11-01 10:00"))])) == 100
    assert title_of([]) == "A question"


@pytest.mark.counterpart("encoder")
def test_with_the_encoder_meaning_is_given_in_the_background_and_finds_other_words(world, trio):
    card = operations.add_answer(
        trio.team, title="Restoring a dropped table", text="UNDROP brings it back.", by=CONSOLE, now=world.now
    )
    for number in range(20):
        operations.add_answer(trio.team, title=f"Topic {number}", text=f"About {number}.", by=CONSOLE, now=world.now)
    operations.note_asking(trio.team, "hello", by="ana", at=world.now)
    while operations.give_meaning(world.now):
        pass
    (found, *_) = queries.suggest(trio.team, "I deleted a table by accident, get it back?", now=world.now)
    assert found.card == card
    assert found.signs["tier"] == "meaning"
    operations.change_answer(
        card, title="Restoring", text="UNDROP brings back a lost table.", by=CONSOLE, now=world.now
    )
    assert operations.give_meaning(world.now) == 2
    (again, *_) = queries.suggest(trio.team, "I deleted a table by accident, get it back?", now=world.now)
    assert again.card == card


@pytest.mark.counterpart("encoder")
def test_with_the_encoder_askings_in_other_words_are_gathered(world, trio):
    texts = ["how do I restore a dropped table?", "I deleted a table, can I get it back?", "undelete a lost table"]
    note(world, trio, [(text, f"p{number}") for number, text in enumerate([*texts, "which gpu is best for training"])])
    assert operations.relink(trio.team, world.now) == 1
    (proposal,) = queries.proposals(trio.team)
    assert {one.text for one in proposal.askings} == set(texts)
