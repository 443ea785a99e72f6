"""Cover: asked of those who can, the first has it, chains only together, and nobody's silence goes unnoticed."""

from datetime import timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.pager.operations import noticing
from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.asks import answering, asking, tending
from hausmeister.rota.asks.answering import AskClosed, AskMoved
from hausmeister.rota.asks.asking import AskRefused
from hausmeister.rota.asks.rules import AskKind, AskState
from hausmeister.rota.models import Override, Shift
from hausmeister.rota.rules.slots import Post
from hausmeister.team.operations import as_actor
from tests.builders import CONSOLE
from tests.harness import at
from tests.rota.asks.stage import RUNNING, letters
from tests.rota.planning.crew import FIRST

WEEK = timedelta(weeks=1)


def test_only_people_who_can_are_asked_and_the_backstop_would_still_outrank_them(stage):
    stage.hire()
    found = stage.look(AskKind.COVER)
    assert found.options
    for one in found.options:
        assert found.board.broken_by(one.moves, asked=found.slot) == []
    takers = {one.moves[0].taker for one in found.options}
    assert stage.crew.hana.pk not in takers, "nobody outranks Hana"
    assert stage.crew.eva.pk not in takers, "Eva has the week before"
    ask = stage.ask(stage.crew.ada, AskKind.COVER, reason="a wedding")
    assert letters(ask, "asked") == sorted({who for one in found.options for who in one.must_agree})


def test_the_first_taker_has_it_and_everybody_else_is_too_late(stage):
    stage.hire()
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    (first, second) = [one.steps[0]["taker"] for one in ask.offers.order_by("id")][:2]
    people = {one.pk: one for one in stage.crew.people}
    assert stage.accept(ask, people[first]).state == AskState.AGREED
    assert stage.holder() == people[first]
    with pytest.raises(AskClosed, match="faster"):
        stage.accept(ask, people[second])
    entry = Entry.objects.get(verb="shift.covered")
    assert (entry.facts["asker"], entry.facts["after"]) == ("Ada Lund", people[first].name)


def test_part_of_a_turn_becomes_an_override_and_the_turn_stays(stage):
    starts_at, ends_at = at("2026-12-09 07:00"), at("2026-12-09 19:00")
    ask = stage.ask(stage.crew.ada, AskKind.COVER, starts_at=starts_at, ends_at=ends_at)
    taker = ask.offers.order_by("id").first().answers.get().person
    stage.accept(ask, taker)
    assert stage.holder() == stage.crew.ada
    one = Override.objects.get(team=stage.team)
    assert (one.person, one.starts_at, one.ends_at, one.created_by) == (taker, starts_at, ends_at, stage.crew.ada)
    assert queries.on_duty(stage.team, at=starts_at).primary.person == taker
    assert queries.on_duty(stage.team, at=ends_at).primary.person == stage.crew.ada


def test_a_whole_turn_of_a_frozen_week_is_covered_by_an_override_that_counts_for_who_served(stage):
    stage.hire()
    week = RUNNING + WEEK
    asker = stage.holder(week)
    ask = stage.ask(asker, AskKind.COVER, week)
    taker = ask.offers.order_by("id").first().answers.get().person
    stage.accept(ask, taker)
    assert stage.holder(week) == asker, "the plan of a frozen week stays as it was published"
    assert Override.objects.get(team=stage.team).person == taker
    turns = {(turn.slot.week, turn.slot.duty, turn.post): turn.person_id for turn in queries.turns_served(stage.team)}
    assert turns[week, "hausmeister", Post.PRIMARY] == taker.pk


def test_the_part_still_ahead_of_a_running_turn_can_be_covered(stage):
    asker = stage.holder(RUNNING)
    ask = stage.ask(asker, AskKind.COVER, RUNNING, starts_at=stage.world.now + timedelta(hours=10))
    stage.accept(ask, ask.offers.order_by("id").first().answers.get().person)
    assert Override.objects.get(team=stage.team).starts_at == stage.world.now + timedelta(hours=10)


def test_who_agreed_an_hour_before_is_told_by_the_agreement_and_not_once_more_that_it_begins(stage):
    asker = stage.holder(RUNNING)
    ask = stage.ask(asker, AskKind.COVER, RUNNING, starts_at=stage.world.now + timedelta(hours=1))
    taker = ask.offers.order_by("id").first().answers.get().person
    stage.accept(ask, taker)
    noticing.tell_of_shifts(stage.team.pk, now=stage.world.now + timedelta(minutes=1))
    told = [one.dedup_key for one in Message.objects.filter(person_id=taker.pk).exclude(dedup_key__contains="-asked-")]
    assert told == [f"ask-{ask.pk}-agreed-{taker.pk}"]


@pytest.mark.parametrize(
    ("week", "starts", "ends", "says"),
    [
        (RUNNING, "", "", "has begun"),
        (RUNNING - WEEK, "", "", "is over"),
        (FIRST, "2026-12-09 19:00", "2026-12-09 07:00", "must end after it begins"),
        (FIRST, "2026-12-05 19:00", "2026-12-09 07:00", "lie within the duty"),
        (FIRST, "2026-12-09 19:00", "2026-12-12 07:00", "lie within the duty"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_in_words(stage, week, starts, ends, says):
    span = {"starts_at": at(starts) if starts else None, "ends_at": at(ends) if ends else None}
    with pytest.raises(AskRefused, match=says):
        stage.look(AskKind.COVER, week, **span)


def test_cover_agreed_to_after_it_began_is_refused_in_words(stage):
    stage.hire()
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    taker = ask.offers.order_by("id").first().answers.get().person
    with pytest.raises(AskClosed, match="has begun"):
        answering.accept(ask, person=taker, by=as_actor(taker), now=ask.starts_at)
    assert tending.tend(ask.starts_at) == 1
    ask.refresh_from_db()
    assert ask.state == AskState.EXPIRED
    assert stage.holder() == stage.crew.ada


def test_nobody_agreed_a_day_before_so_lead_and_backstop_are_told_once(stage):
    ask = stage.ask(stage.crew.ben, AskKind.COVER, role="W")
    assert letters(ask, "alarm") == []
    assert tending.tend(ask.starts_at - timedelta(hours=25)) == 0
    assert tending.tend(ask.starts_at - timedelta(hours=24)) == 1
    assert letters(ask, "alarm") == sorted([stage.crew.gil.pk, stage.crew.hana.pk]), "Hana leads, Gil is the backstop"
    assert tending.tend(ask.starts_at - timedelta(hours=23)) == 0


def test_when_everybody_declined_lead_and_backstop_hear_at_once_and_the_ask_stays_open(stage):
    stage.hire()
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    for one in [one.answers.get().person for one in ask.offers.all()]:
        ask = stage.decline(ask, one)
    assert ask.state == AskState.OPEN
    assert stage.crew.hana.pk in letters(ask, "alarm")


def test_a_chain_changes_hands_only_when_everybody_of_it_agreed(stage):
    chains = stage.look(AskKind.COVER).options
    assert all(2 <= len(one.moves) <= 3 for one in chains), "nobody alone can take it"
    ask = stage.ask(stage.crew.ada, AskKind.COVER, keys=[chains[0].key])
    offer = ask.offers.get()
    before = sorted(Shift.objects.filter(team=stage.team).values_list("pk", "person_id"))
    people = [one.person for one in offer.answers.order_by("id")]
    assert len(people) > 1
    for one in people[:-1]:
        assert stage.accept(ask, one, offer.pk).state == AskState.OPEN
        assert sorted(Shift.objects.filter(team=stage.team).values_list("pk", "person_id")) == before
    assert stage.accept(ask, people[-1], offer.pk).state == AskState.AGREED
    for move in chains[0].moves:
        assert stage.holder(move.week, move.role).pk == move.taker


def test_who_is_gone_is_asked_no_more_and_the_others_still_can(stage):
    stage.hire()
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    first, second = [one.answers.get().person for one in ask.offers.order_by("id")][:2]
    rota.deactivate(first, by=CONSOLE, now=stage.world.now)
    with pytest.raises(AskMoved):
        stage.accept(ask, first)
    tending.tend(stage.world.now)
    assert stage.accept(ask, second).state == AskState.AGREED


def test_an_asker_who_is_away_meanwhile_ends_the_ask_because_the_turn_moved(stage):
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    day = FIRST + timedelta(days=1)
    rota.record_leave(stage.crew.ada, starts_on=day, ends_on=day, by=CONSOLE, now=stage.world.now)
    assert tending.tend(stage.world.now) == 1
    ask.refresh_from_db()
    assert ask.state == AskState.VOID


def test_a_lead_asks_for_whoever_has_the_turn_and_history_says_both(stage):
    ask = asking.ask(
        stage.team, stage.want(AskKind.COVER), by=as_actor(stage.crew.hana), person=stage.crew.hana, now=stage.world.now
    )
    assert (ask.asker, ask.created_by) == (stage.crew.ada, stage.crew.hana)
