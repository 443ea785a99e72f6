"""Cover, chains and swaps against plain enumeration, the checker and a recount of the costs."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.covering import NoSuchSlot, cover
from hausmeister.rota.planner.covering_days import cover_days
from hausmeister.rota.planner.instance import Absence, Plan, Role, Rule, Slot, Waiver
from hausmeister.rota.planner.ledger import ledger
from hausmeister.rota.planner.swapping import swaps
from tests.rota.planner import plans, teams
from tests.rota.planner.teams import instance, person


def full(size: int, weeks: int, *, seed: int, **more):
    """Return a drawn team and a valid plan of it with every slot filled."""
    task = teams.team(size, weeks, seed=seed, **more)
    for attempt in range(50):
        plan = plans.drawn(task, seed=attempt)
        if len(plan.holders) == len(task.slots):
            return task, plan
    raise AssertionError(f"nobody draws a full plan for {task.name}")


def moves_of(offer):
    return frozenset((one.week, one.role, one.taker) for one in offer.steps)


def repairs(task, plan, asked: Slot, longest: int):
    """Return, by trying everything, the smallest sets of moves that give `asked` to somebody else."""
    found = []
    others = [slot for slot in task.slots if slot != asked]
    for count in range(longest):
        for more in combinations(others, count):
            slots = (asked, *more)
            choices = [[one.id for one in task.people if one.id != plan.holders[slot]] for slot in slots]
            for takers in product(*choices):
                moves = dict(zip(slots, takers, strict=True))
                if any(smaller.items() <= moves.items() for smaller in found):
                    continue
                if not check(task, Plan.of({**plan.holders, **moves})):
                    found.append(moves)
    return {frozenset((*slot, taker) for slot, taker in moves.items()) for moves in found}


@pytest.mark.parametrize(("seed", "role"), [(1, Role.D), (2, Role.W), (3, Role.BD), (4, Role.BW)])
def test_covers_and_chains_are_exactly_the_smallest_repairs(seed, role):
    task, plan = full(6, 2, seed=seed, min_gap=2, busy=0.5)
    answer = cover(instance=task, plan=plan, week=1, role=role, most_chains=10_000)
    expected = repairs(task, plan, Slot(1, role), 3)
    assert {moves_of(one) for one in (*answer.people, *answer.chains)} == expected
    assert answer.chains_found == len(answer.chains)


@given(st.integers(5, 16), st.integers(0, 10**6), st.data())
@settings(max_examples=25, deadline=None)
def test_every_offer_keeps_the_rules_and_costs_what_a_recount_says(size, seed, data):
    task = teams.team(size, 7, seed=seed)
    plan = plans.drawn(task, seed=seed)
    slot = data.draw(st.sampled_from(task.slots))
    before, broken, rows = costs(task, plan), check(task, plan), ledger(task, plan)
    answer = cover(instance=task, plan=plan, week=slot.week, role=slot.role, most_chains=15)
    swapped = swaps(instance=task, plan=plan, week=slot.week, role=slot.role)
    for one in (*answer.people, *answer.chains, *swapped[:15]):
        after = one.applied(plan)
        assert [new for new in check(task, after) if new not in broken] == []
        recount = costs(task, after)
        assert one.d_fair == recount.fair.total - before.fair.total
        assert one.d_comfort == recount.comfort.total - before.comfort.total
        assert one.changed_slots == sum(after.holders[slot] != plan.holders.get(slot) for slot in after.holders)
        told = {(shift.person, shift.category): shift for shift in one.shifts}
        for name, new in ledger(task, after).items():
            for old_row, new_row in zip(rows[name], new, strict=True):
                shift = told.get((name, new_row.category))
                assert (shift is not None) == (old_row.planned != new_row.planned)
                if shift is not None:
                    assert (shift.planned_before, shift.planned_after) == (old_row.planned, new_row.planned)
                if shift is not None and shift.deviation_after_tenths is not None:
                    assert shift.deviation_after_tenths == new_row.deviation_tenths
    prices = [one.d_fair + one.d_comfort for one in answer.people]
    assert prices == sorted(prices)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_swaps_are_every_exchange_that_the_checker_accepts(seed):
    task, plan = full(12, 6, seed=seed)
    for asked in task.slots[4:8]:
        expected = set()
        for other, holder in plan.holders.items():
            exchanged = {**plan.holders, asked: holder, other: plan.holders[asked]}
            if holder != plan.holders[asked] and not check(task, Plan.of(exchanged)):
                expected.add((*other, holder))
        found = swaps(instance=task, plan=plan, week=asked.week, role=asked.role)
        assert {one.steps[1][:3] for one in found} == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_one_step_covers_are_everybody_whom_the_checker_accepts(seed):
    task, plan = full(12, 6, seed=seed)
    for asked in task.slots:
        expected = {
            one.id
            for one in task.people
            if one.id != plan.holders[asked] and not check(task, plan.with_holder(asked, one.id))
        }
        answer = cover(instance=task, plan=plan, week=asked.week, role=asked.role, longest=1)
        assert {one.steps[0].taker for one in answer.people} == expected
        assert answer.chains == ()


LOW, MID, TOP = person("low", 1), person("mid", 5), person("top", 9)


def test_when_nobody_fits_alone_a_chain_says_who_must_agree():
    other = person("other", 1, away=(Absence(date(2027, 1, 11), date(2027, 1, 18)),))
    task = instance((LOW, other, MID, TOP), weeks=2)
    names = ("other", "mid", "top", "top", "mid", "low", "top", "top")
    plan = Plan.of(dict(zip(task.slots, names, strict=True)))
    assert check(task, plan) == []
    answer = cover(instance=task, plan=plan, week=1, role=Role.D)
    assert answer.people == ()  # other is away, low has the weekend, nobody outranks top
    swap = answer.chains[0]
    assert [tuple(step) for step in swap.steps] == [(1, "D", "mid", "low"), (1, "W", "low", "mid")]
    assert swap.must_agree == ("low",)


def test_an_empty_slot_can_be_covered_and_a_slot_outside_is_refused():
    task = instance((LOW, MID, TOP), weeks=1)
    plan = Plan.of({Slot(0, Role.BD): "top"})
    answer = cover(instance=task, plan=plan, week=0, role=Role.D)
    assert [one.steps[0].taker for one in answer.people] == ["low", "mid"]
    assert answer.people[0].steps[0].giver is None
    with pytest.raises(NoSuchSlot, match="weeks are 0 to 0"):
        cover(instance=task, plan=plan, week=1, role=Role.D)


def test_frozen_and_pinned_slots_move_for_nobody_but_their_own_holder():
    task, plan = full(12, 6, seed=1)
    free = cover(instance=task, plan=plan, week=1, role=Role.D, most_chains=1000)
    moved = {step[:2] for one in free.chains for step in one.steps[1:]}
    assert {week for week, _ in moved} - {1}
    pinned = {Slot(*slot): plan.holders[Slot(*slot)] for slot in list(moved)[:1]}
    held = replace(task, current=plan, frozen_weeks=2, pins=pinned)
    answer = cover(instance=held, plan=plan, week=1, role=Role.D, most_chains=1000)
    assert [one.steps for one in answer.people] == [one.steps for one in free.people]
    still = {Slot(*step[:2]) for one in answer.chains for step in one.steps[1:]}
    assert all(slot.week >= 2 for slot in still)
    assert still.isdisjoint(pinned)
    assert swaps(instance=held, plan=plan, week=1, role=Role.D) == ()


def test_a_waived_rule_lets_more_people_cover():
    task = instance((LOW, MID, TOP), weeks=1)
    plan = Plan.of({Slot(0, Role.D): "low", Slot(0, Role.BD): "top", Slot(0, Role.W): "mid", Slot(0, Role.BW): "top"})
    assert cover(instance=task, plan=plan, week=0, role=Role.D).people == ()
    waived = task.waiving([Waiver(Rule.R4, 0, "mid")])
    assert [one.steps[0].taker for one in cover(instance=waived, plan=plan, week=0, role=Role.D).people] == ["mid"]


def test_on_single_days_the_gap_is_no_bar_but_the_experience_is():
    wednesday = date(2027, 1, 13)
    away = person("away", 1, away=(Absence(wednesday, wednesday),))
    thursday_off = person("early", 1, away=(Absence(wednesday + timedelta(days=1), wednesday + timedelta(days=3)),))
    equal = person("equal", 5)
    task = instance((LOW, away, thursday_off, MID, equal, TOP), weeks=2, min_gap=2)
    plan = Plan.of({Slot(0, Role.W): "early", Slot(0, Role.BW): "top", Slot(1, Role.D): "low", Slot(1, Role.BD): "mid"})
    found = cover_days(instance=task, plan=plan, week=1, role=Role.D, starts_on=wednesday, ends_on=wednesday)
    assert [(one.person, one.near_weeks) for one in found] == [("early", (0,))]
    monday = task.monday(1)
    on_monday = cover_days(instance=task, plan=plan, week=1, role=Role.D, starts_on=monday, ends_on=monday)
    assert [one.person for one in on_monday] == ["away"]  # the weekend before touches that Monday too
    with pytest.raises(NoSuchSlot, match="2027-01-16 is not within"):
        cover_days(
            instance=task, plan=plan, week=1, role=Role.D, starts_on=wednesday, ends_on=wednesday + timedelta(days=3)
        )
