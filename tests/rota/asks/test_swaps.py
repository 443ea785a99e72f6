"""Swaps: only valid ones, agreed by both, all at once, and never over somebody else's change."""

from datetime import timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.asks import answering, tending
from hausmeister.rota.asks.answering import AskClosed, AskMoved, NotAsked
from hausmeister.rota.asks.asking import AskRefused
from hausmeister.rota.asks.rules import AskKind, AskState, OfferState
from hausmeister.rota.models import Shift
from hausmeister.rota.planner.instance import Role, Slot
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.staleness import differences
from hausmeister.rota.rules.slots import Post
from hausmeister.team.operations import as_actor
from tests.builders import CONSOLE
from tests.rota.asks.stage import RUNNING, letters
from tests.rota.planning.crew import FIRST

WEEK = timedelta(weeks=1)


def test_every_swap_that_is_shown_keeps_the_rules_and_the_best_for_both_comes_first(stage):
    found = stage.look(AskKind.SWAP)
    assert found.asker == stage.crew.ada
    assert found.options
    costs = [one.fair + one.comfort for one in found.options]
    assert costs == sorted(costs)
    for one in found.options:
        assert found.board.broken_by(one.moves, asked=found.slot) == []
        assert all(found.board.turn(move).week >= FIRST for move in one.moves), "frozen weeks stay"
        assert {move.taker for move in one.moves} == {stage.crew.ada.pk, *one.must_agree}


def test_nothing_changes_before_the_other_agrees_and_then_both_turns_at_once(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    (step, back) = ask.offers.get().steps
    assert letters(ask, "asked") == [stage.crew.cem.pk]
    assert stage.holder() == stage.crew.ada
    done = stage.accept(ask, stage.crew.cem)
    assert done.state == AskState.AGREED
    assert stage.holder() == stage.crew.cem
    assert back["taker"] == stage.crew.ada.pk
    other = Shift.objects.filter(team=stage.team, week=back["week"], person=stage.crew.ada)
    assert other.count() == 1
    assert letters(ask, "agreed") == sorted([stage.crew.ada.pk, stage.crew.cem.pk])
    assert Entry.objects.filter(verb="shift.swapped").count() == 2
    noon = queries.on_duty(stage.team, at=stage.world.now.replace(month=12, day=9))
    assert noon.primary.person == stage.crew.cem
    assert step["giver"] == stage.crew.ada.pk


def planned(stage, bends=()):
    return snapshot.inputs(stage.team, first_week=FIRST, weeks=6, now=stage.world.now, bends=bends).instance


def test_a_later_plan_leaves_the_swapped_duties_where_they_are_unless_it_is_asked_to_set_one_free(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    assert planned(stage).pins == {}
    stage.accept(ask, stage.crew.cem)
    slots = {step["week"]: step["taker"] for step in ask.offers.get().steps}
    pins = planned(stage).pins
    assert {planned(stage).monday(slot.week).isoformat(): id_of(who) for slot, who in pins.items()} == slots
    assert pins[Slot(0, Role.D)] == stage.crew.key(2)
    freed = planned(stage, [{"kind": "agreed", "week": 0, "role": "D"}])
    assert set(pins) - set(freed.pins) == {Slot(0, Role.D)}
    assert differences(freed, planned(stage), {}) == ["A swap or cover was agreed since; what was agreed stays."]


def test_a_swapped_duty_may_be_swapped_again_and_is_kept_no_more_when_its_holder_is_away(stage):
    stage.accept(stage.swap(stage.crew.ada, stage.crew.cem), stage.crew.cem)
    assert stage.look(AskKind.SWAP).options
    away = {"kind": "leave", "person": stage.crew.cem.pk, "from": FIRST.isoformat(), "to": FIRST.isoformat()}
    assert Slot(0, Role.D) not in planned(stage, [away]).pins
    stage.accept(stage.swap(stage.crew.cem, stage.crew.ada), stage.crew.ada)
    assert planned(stage).pins[Slot(0, Role.D)] == stage.crew.key(0)


def test_accepting_twice_is_refused_in_words_and_changes_nothing(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    stage.accept(ask, stage.crew.cem)
    with pytest.raises(AskClosed, match="agreed already"):
        stage.accept(ask, stage.crew.cem)
    assert len(letters(ask, "agreed")) == 2


def test_of_several_who_are_offered_the_first_has_it(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem, stage.crew.dia)
    assert letters(ask, "asked") == sorted([stage.crew.cem.pk, stage.crew.dia.pk])
    stage.accept(ask, stage.crew.dia)
    with pytest.raises(AskClosed, match="faster"):
        stage.accept(ask, stage.crew.cem)
    assert stage.holder() == stage.crew.dia


def test_who_was_not_asked_cannot_agree(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    with pytest.raises(NotAsked):
        stage.accept(ask, stage.crew.eva)


def test_the_last_who_declines_ends_it_and_the_asker_is_told(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem, stage.crew.dia)
    assert stage.decline(ask, stage.crew.cem).state == AskState.OPEN
    assert stage.decline(ask, stage.crew.dia).state == AskState.DECLINED
    assert letters(ask, "closed") == [stage.crew.ada.pk]
    assert stage.holder() == stage.crew.ada


def test_a_swap_expires_after_three_days_and_is_refused_from_then_on(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    now = stage.world.now + timedelta(hours=72)
    with pytest.raises(AskClosed, match="time to agree is over"):
        answering.accept(ask, person=stage.crew.cem, by=as_actor(stage.crew.cem), now=now)
    assert tending.tend(now) == 1
    ask.refresh_from_db()
    assert (ask.state, ask.closed_at) == (AskState.EXPIRED, now)
    assert letters(ask, "closed") == [stage.crew.ada.pk]
    assert tending.tend(now) == 0


def test_a_withdrawn_swap_tells_who_was_asked(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    answering.withdraw(ask, by=as_actor(stage.crew.ada), now=stage.world.now)
    with pytest.raises(AskClosed, match="withdrawn"):
        stage.accept(ask, stage.crew.cem)
    assert letters(ask, "closed") == [stage.crew.cem.pk]


@pytest.mark.parametrize(
    ("weeks", "role", "says"),
    [(-1, "D", "is over"), (0, "D", "has begun"), (0, "W", "frozen"), (1, "D", "frozen"), (60, "D", "no turn")],
)
def test_a_swap_of_a_past_running_frozen_or_unknown_duty_is_refused_in_words(stage, weeks, role, says):
    with pytest.raises(AskRefused, match=says):
        stage.look(AskKind.SWAP, RUNNING + weeks * WEEK, role)


def test_somebody_elses_duty_is_not_swapped(stage):
    with pytest.raises(AskRefused, match="not yours"):
        stage.ask(stage.crew.ben, AskKind.SWAP, keys=["x"])


def test_a_swap_that_was_never_possible_is_refused(stage):
    with pytest.raises(AskRefused, match="not possible any more"):
        stage.ask(stage.crew.ada, AskKind.SWAP, keys=["2026-12-07.D.999"])


def test_leave_stored_meanwhile_is_a_clear_refusal(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    day = FIRST + timedelta(days=1)
    rota.record_leave(stage.crew.cem, starts_on=day, ends_on=day, by=CONSOLE, now=stage.world.now)
    before = sorted(Shift.objects.filter(team=stage.team).values_list("pk", "person_id"))
    with pytest.raises(AskMoved, match="away"):
        stage.accept(ask, stage.crew.cem)
    assert sorted(Shift.objects.filter(team=stage.team).values_list("pk", "person_id")) == before
    assert tending.tend(stage.world.now) == 1
    assert ask.offers.get().state == OfferState.LAPSED


def test_a_duty_that_went_to_somebody_else_meanwhile_is_a_clear_refusal(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    Shift.objects.filter(team=stage.team, week=FIRST, duty="hausmeister", post="primary").update(person=stage.crew.eva)
    with pytest.raises(AskMoved, match="does not have this duty any more"):
        stage.accept(ask, stage.crew.cem)
    assert tending.tend(stage.world.now) == 1
    ask.refresh_from_db()
    assert ask.state == AskState.VOID


def test_an_override_of_the_other_duty_meanwhile_is_a_clear_refusal(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    back = ask.offers.get().steps[1]
    shift = Shift.objects.get(team=stage.team, week=back["week"], person=stage.crew.cem)
    rota.add_override(
        stage.team, post=Post.PRIMARY, person=stage.crew.finn, starts_at=shift.starts_at,
        ends_at=shift.starts_at + timedelta(hours=5), reason="", by=CONSOLE, now=stage.world.now,
    )  # fmt: skip
    with pytest.raises(AskMoved, match="Somebody else changed the rota meanwhile"):
        stage.accept(ask, stage.crew.cem)


def test_who_is_deactivated_while_asked_is_asked_no_more_and_the_swap_ends(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    rota.deactivate(stage.crew.cem, by=CONSOLE, now=stage.world.now)
    tending.tend(stage.world.now)
    ask.refresh_from_db()
    assert ask.state == AskState.VOID
    assert letters(ask, "closed") == [stage.crew.ada.pk]


def test_a_swap_loses_nobody_a_turn(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    stage.accept(ask, stage.crew.cem)
    turns = {(turn.slot.week, turn.slot.duty, turn.post): turn.person_id for turn in queries.turns_served(stage.team)}
    assert turns[FIRST, "hausmeister", Post.PRIMARY] == stage.crew.cem.pk


def test_one_open_ask_for_one_turn(stage):
    stage.swap(stage.crew.ada, stage.crew.cem)
    with pytest.raises(AskRefused, match="asked about already"):
        stage.swap(stage.crew.ada, stage.crew.dia)
