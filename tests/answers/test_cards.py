"""Cards: found by their text and by every confirmed asking; suggested only when it is likely."""

from datetime import timedelta

import pytest

from hausmeister.answers import operations, queries
from hausmeister.answers.index import index
from hausmeister.answers.models import Asking, Card, Feedback, Passage, Shelf, Term
from hausmeister.journal.models import Entry
from tests.builders import CONSOLE

ANSWERS = [
    ("Restoring a dropped table", "UNDROP TABLE brings a dropped table back for seven days, a backup an older one."),
    ("GPU notebooks", "Choose the large profile in the notebook's start form; it ends by itself after eight hours."),
    ("Access to a schema", "Open a pull request in the grants repository. The owner approves, it is applied at night."),
    ("Kafka retention", "Retention is a line in the topic's file; the most is 14 days. Older events are in the lake."),
    ("Slow queries", "Filter on the partition column load_date of stg.order_items, or everything is read."),
]  # fmt: skip


@pytest.fixture
def cards(world, trio):
    return [
        operations.add_answer(trio.team, title=title, text=text, by=CONSOLE, now=world.now, author="Bruno")
        for title, text in ANSWERS
    ]


def titles(found):
    return [one.title for one in found]


def in_step(team):
    """Return whether rows, counts and index say the same."""
    passages = list(Passage.objects.filter(team=team))
    counts = {}
    for one in passages:
        for stem in set(one.stems.split()):
            counts[stem] = counts.get(stem, 0) + 1
    shelf = Shelf.objects.get(team=team)
    assert dict(Term.objects.filter(team=team).values_list("stem", "texts")) == counts
    assert (shelf.texts, shelf.terms) == (len(passages), sum(len(one.stems.split()) for one in passages))
    assert set(index().find(team.pk, dict.fromkeys(counts, 1.0), most=1000)) == {one.pk for one in passages}
    return True


def test_a_question_is_answered_with_what_makes_it_likely(world, trio, cards):
    (found, *_) = queries.suggest(trio.team, "How can I restore a table that was dropped?", now=world.now)
    assert found.title == "Restoring a dropped table"
    assert found.words in {"quite sure", "maybe"}
    assert found.extract.startswith("UNDROP TABLE brings")
    assert {"drop", "tabl"} <= set(found.matched)
    assert (found.by_whom, found.source_kind, found.asked_times, found.days_old) == ("Bruno", "answer", 0, 0)
    assert not found.changed_since


@pytest.mark.parametrize(
    "text", ["who waters the plants", "", "   ", "how do I", "?" * 5000, "'\" OR 1=1 -- \\ % _ \x00", "🙂"]
)
def test_what_nothing_answers_is_met_with_silence(world, trio, cards, text):
    assert queries.suggest(trio.team, text, now=world.now) == []


def test_a_team_without_cards_is_told_nothing(world, trio):
    assert queries.suggest(trio.team, "restore a table", now=world.now) == []


def test_another_teams_cards_do_not_exist(world, trio, cards):
    from tests import builders

    other = builders.trio(slug="streaming")
    operations.add_answer(
        other.team, title="Streams", text="restore a dropped table of streams", by=CONSOLE, now=world.now
    )
    found = queries.suggest(other.team, "restore a dropped table", now=world.now)
    assert titles(found) == ["Streams"]
    assert in_step(trio.team)
    assert in_step(other.team)


def test_a_name_of_the_machine_is_found_by_a_part_of_it(world, trio, cards):
    found = queries.suggest(trio.team, "what is wrong with queries on order_items", now=world.now)
    assert titles(found)[:1] == ["Slow queries"]
    assert index().find_named(trio.team.pk, "order_it", most=5)
    assert index().find_named(trio.team.pk, "100%_sure", most=5) == []


def test_a_confirmed_asking_makes_the_next_one_easier(world, trio, cards):
    asked = "my colleague cannot see the finance figures"
    assert queries.suggest(trio.team, asked, now=world.now) == []
    access = cards[2]
    operations.confirm(access, asked, by=CONSOLE, now=world.now, asked_by="U7", where="https://chat.example/1")
    (found,) = queries.suggest(trio.team, "a colleague can't see our finance figures", now=world.now)
    assert found.card == access
    assert (found.asked_times, found.last_asked_at) == (1, world.now)
    assert found.earlier_asking == asked
    assert [one.verb for one in Entry.objects.filter(subject=f"card:{access.pk}").order_by("id")] == [
        "answer.added", "answer.confirmed",
    ]  # fmt: skip
    assert in_step(trio.team)


def test_confirming_twice_changes_nothing_and_another_card_takes_the_asking_over(world, trio, cards):
    first = operations.confirm(cards[0], "where is my table", by=CONSOLE, now=world.now)
    assert operations.confirm(cards[0], "where is my table", by=CONSOLE, now=world.now) == first
    assert Feedback.objects.count() == 1
    operations.confirm(cards[1], "where is my table", by=CONSOLE, now=world.now)
    assert Asking.objects.get().card == cards[1]
    assert Passage.objects.filter(kind="asking").count() == 1
    assert in_step(trio.team)


def test_a_rejected_card_is_not_suggested_for_that_question_again(world, trio, cards):
    asked = "how can I restore a dropped table"
    (found, *_) = queries.suggest(trio.team, asked, now=world.now)
    operations.reject(found.card, asked, by=CONSOLE, now=world.now, signs=found.signs)
    operations.reject(found.card, asked, by=CONSOLE, now=world.now, signs=found.signs)
    assert found.card not in [one.card for one in queries.suggest(trio.team, asked + "?", now=world.now)]
    assert Feedback.objects.get().verdict == "not this"
    other = queries.suggest(trio.team, "undrop a table that was dropped seven days ago", now=world.now)
    assert other[0].card == found.card


def test_a_changed_answer_is_found_by_its_new_text_alone_and_says_so(world, trio, cards):
    operations.confirm(cards[1], "gpu for my notebook", by=CONSOLE, now=world.now)
    later = world.now + timedelta(days=2)
    operations.change_answer(cards[1], title="Graphics cards", text="Ask the platform team.", by=CONSOLE, now=later)
    (found,) = queries.suggest(trio.team, "gpu for my notebook", now=later)
    assert found.changed_since
    assert found.title == "Graphics cards"
    assert queries.suggest(trio.team, "large profile in the start form", now=later) == []
    assert in_step(trio.team)


def test_an_answer_that_nobody_confirmed_fades(world, trio, cards):
    asked = "restore a dropped table"
    (fresh, *_) = queries.suggest(trio.team, asked, now=world.now)
    old = queries.suggest(trio.team, asked, now=world.now + timedelta(days=700))
    assert not old or old[0].confidence < fresh.confidence / 3


def test_a_removed_answer_leaves_nothing_behind_but_its_askings(world, trio, cards):
    operations.confirm(cards[0], "table gone", by=CONSOLE, now=world.now)
    operations.remove_answer(cards[0], by=CONSOLE, now=world.now)
    assert Asking.objects.get().card is None
    assert queries.suggest(trio.team, "table gone", now=world.now) == []
    assert in_step(trio.team)


@pytest.mark.parametrize(
    ("title", "text", "link", "words"),
    [("", "x", "", "no title"), ("x", " \n", "", "no text"), ("x", "y", "javascript:alert(1)", "https://")],
)
def test_what_cannot_be_an_answer_is_told(world, trio, title, text, link, words):
    with pytest.raises(operations.AnswerRefused, match=words):
        operations.add_answer(trio.team, title=title, text=text, link=link, by=CONSOLE, now=world.now)
    assert not Card.objects.exists()


def test_feedback_moves_the_confidence_and_the_shipped_weights_hold_it_back(world, trio, cards):
    asked = "restore a dropped table"
    (before, *_) = queries.suggest(trio.team, asked, now=world.now)
    for number in range(40):
        operations.reject(before.card, f"{asked} number {number}", by=CONSOLE, now=world.now, signs=before.signs)
    assert operations.refit_confidence(world.now) == 1
    after = queries.suggest(trio.team, asked, now=world.now)
    assert not after or after[0].confidence < before.confidence
    weights = Shelf.objects.get(team=trio.team).weights
    assert set(weights) == {"words"}
