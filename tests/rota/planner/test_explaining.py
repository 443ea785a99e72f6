"""Why a slot is with whom it is: every fact really bars, and every price is the cheapest way."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.explaining import explain_slot
from hausmeister.rota.planner.instance import Absence, History, Plan, Role, Rule, Slot
from tests.rota.planner import plans, teams
from tests.rota.planner.teams import instance, person
from tests.rota.planner.test_covering import full, repairs

LOW, MID, TOP = person("low", 1), person("mid", 5), person("top", 9)


@given(st.integers(5, 14), st.integers(0, 10**6), st.data())
@settings(max_examples=25, deadline=None)
def test_everybody_else_is_blocked_by_a_fact_that_bars_or_priced_by_a_plan_that_holds(size, seed, data):
    task = teams.team(size, 6, seed=seed)
    plan = plans.drawn(task, seed=seed)
    slot = data.draw(st.sampled_from(task.slots))
    told = explain_slot(instance=task, plan=plan, week=slot.week, role=slot.role)
    named = [one.person for one in (*told.blocked, *told.priced)]
    assert sorted([*named, *([told.holder] if told.holder else [])]) == sorted(one.id for one in task.people)
    broken = check(task, plan)
    for one in told.blocked:
        new = [it for it in check(task, plan.with_holder(slot, one.person)) if it not in broken]
        assert {fact.rule for fact in one.facts} <= {it.rule for it in new}
        assert one.rule in {it.rule for it in new}
    for one in told.priced:
        after = one.offer.applied(plan)
        assert after.holders[slot] == one.person
        assert [it for it in check(task, after) if it not in broken] == []
        assert one.d_fair == costs(task, after).fair.total - costs(task, plan).fair.total


@pytest.mark.parametrize(("seed", "role"), [(1, Role.D), (3, Role.BW)])
def test_the_price_is_that_of_the_cheapest_of_the_plans_with_fewest_changes(seed, role):
    task, plan = full(6, 2, seed=seed, min_gap=2, busy=0.5)
    before = costs(task, plan)
    ways: dict[str, list[tuple[int, int]]] = {}
    for moves in repairs(task, plan, Slot(1, role), 3):
        holders = {Slot(week, what): who for week, what, who in moves}
        after = costs(task, Plan.of({**plan.holders, **holders}))
        price = after.fair.total + after.comfort.total - before.fair.total - before.comfort.total
        ways.setdefault(holders[Slot(1, role)], []).append((len(moves), price))
    told = explain_slot(instance=task, plan=plan, week=1, role=role)
    assert {one.person: (one.changes, one.d_fair + one.d_comfort) for one in told.priced} == {
        who: min(found) for who, found in ways.items()
    }


def reasons(task, plan, week, role):
    return {
        one.person: (one.rule, one.fact) for one in explain_slot(instance=task, plan=plan, week=week, role=role).blocked
    }


def test_facts_are_said_in_words_with_their_dates():
    left = person("left", 1, employed_to=date(2027, 1, 6))
    away = person("away", 1, away=(Absence(date(2027, 1, 8), date(2027, 1, 9)),))
    lately = person("lately", 1, history=History(last_primary_week=-1))
    task = instance((LOW, left, away, lately, TOP), weeks=1, min_gap=2)
    plan = Plan.of({Slot(0, Role.D): "low", Slot(0, Role.BD): "top"})
    assert reasons(task, plan, 0, Role.D) == {
        "left": (Rule.R2, "left is not employed after 2027-01-06."),
        "away": (Rule.R3, "away is away from 2027-01-08 to 2027-01-09 (holiday)."),
        "lately": (
            Rule.R6,
            "lately has a primary duty 1 week before the plan, 1 week apart; at least 2 must lie between.",
        ),
        "top": (
            Rule.R4,
            "top has the week's backstop in the same week. To move it, more than 3 slots would have to change.",
        ),
    }


def test_who_tops_the_ladder_or_stands_at_its_foot_is_told_so():
    task = instance((LOW, MID, TOP, person("peak", 9)), weeks=1)
    plan = Plan.of({Slot(0, Role.D): "low", Slot(0, Role.BD): "top"})
    assert reasons(task, plan, 0, Role.D)["peak"] == (Rule.R5, "Nobody outranks peak (experience 9): backstop only.")
    second = Plan.of({Slot(0, Role.D): "mid", Slot(0, Role.BD): "top"})
    assert reasons(task, second, 0, Role.BD)["low"] == (
        Rule.R5,
        "low outranks nobody (experience 1): never a backstop.",
    )


def test_a_price_says_what_it_means_for_whose_share():
    task = instance((LOW, person("new", 1), TOP), weeks=2)
    plan = Plan.of({Slot(0, Role.D): "low", Slot(0, Role.BD): "top", Slot(1, Role.D): "new", Slot(1, Role.BD): "top"})
    told = explain_slot(instance=task, plan=plan, week=1, role=Role.D)
    assert [(one.person, one.d_fair, one.words) for one in told.priced] == [
        ("low", 200, "low could have it, but new is then 1.0 below the fair share of weekday duties."),
    ]
    assert told.holder == "new"


def test_a_settled_slot_says_by_what_it_is_kept():
    task = instance((LOW, MID, TOP), weeks=2)
    plan = Plan.of({Slot(0, Role.D): "low", Slot(1, Role.D): "mid"})
    held = replace(task, current=plan, frozen_weeks=1, pins={Slot(1, Role.D): "mid"})
    kept = [explain_slot(instance=held, plan=plan, week=week, role=Role.D).kept for week in (0, 1)]
    assert kept == ["Week 0 is frozen: the slot stays with low.", "The slot is pinned to mid."]
