"""Three plans after something happened, against trying every plan of a tiny team; limits and leave by the solver."""

import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from hausmeister.rota.planner.asking import NoAnswer, compare_in_child, leave_in_child, limits_in_child
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Absence, Category, Plan, Role, Slot
from hausmeister.rota.planner.leave_check import Verdict, check_leave, with_leave
from hausmeister.rota.planner.replanning import option_document, weighted_changes
from hausmeister.rota.planner.solving.leave_check import mended
from hausmeister.rota.planner.solving.limits import NoPlan, limits
from hausmeister.rota.planner.solving.replanning import Effort, compare
from tests.rota.planner.teams import instance, person
from tests.rota.planner.test_covering import full

EFFORT = Effort(budget_s=10)


def every_plan(task):
    """Yield every valid plan of a tiny task."""
    level = {one.id: one.experience for one in task.people}
    weeks = []
    for week in range(task.weeks):
        slots = task.slots[4 * week : 4 * week + 4]
        there = [[one.id for one in task.people if task.is_there(one, slot)] for slot in slots]
        weeks.append([
            (d, w, bd, bw)
            for d, w, bd, bw in product(*there)
            if d != w and level[bd] > level[d] and level[bw] > level[w] and {d, w}.isdisjoint((bd, bw))
        ])  # fmt: skip
    for holders in product(*weeks):
        plan = Plan.of(dict(zip(task.slots, (who for week in holders for who in week), strict=True)))
        if not check(task, plan):
            yield plan


def sick(task, plan, *, slot: Slot):
    """Return the task after the holder of `slot` falls sick in its week, with `plan` published."""
    absence = Absence(task.monday(slot.week), task.monday(slot.week) + timedelta(days=6))
    return replace(with_leave(task, plan.holders[slot], absence), current=plan)


@pytest.mark.parametrize("seed", [1, 3])
def test_the_three_plans_are_the_best_there_are(seed):
    task, plan = full(5, 2, seed=seed, min_gap=1, busy=0.4)
    asked = sick(task, plan, slot=Slot(1, Role.BD))
    everything = [(weighted_changes(asked, one), costs(asked, one)) for one in every_plan(asked)]
    fewest, few, free = compare(instance=asked, effort=EFFORT).options
    least = min(changed for changed, _ in everything)
    assert (fewest.weighted_changes, fewest.changes_proven, fewest.fair_proven) == (least, True, True)
    assert fewest.costs.fair.total == min(cost.fair.total for changed, cost in everything if changed == least)
    allowed = fewest.costs.changed_slots + 4
    assert few.costs.fair.total == min(one.fair.total for _, one in everything if one.changed_slots <= allowed)
    assert free.costs.fair.total == min(one.fair.total for _, one in everything)
    for option in (fewest, few, free):
        assert check(asked, option.plan) == []
        assert option.costs == costs(asked, option.plan)
        assert len(option.changes) == option.costs.changed_slots


def test_the_same_input_gives_the_same_three_plans():
    task, plan = full(12, 6, seed=1)
    asked = sick(task, plan, slot=Slot(2, Role.D))
    first, second = (compare(instance=asked, effort=EFFORT) for _ in range(2))
    assert [option_document(one) for one in first.options] == [option_document(one) for one in second.options]


def test_frozen_weeks_change_only_where_their_holder_is_gone():
    task, plan = full(12, 6, seed=1)
    asked = replace(sick(task, plan, slot=Slot(1, Role.W)), frozen_weeks=3)
    for option in compare(instance=asked, effort=EFFORT).options:
        frozen = [one for one in option.changes if one.slot.week < 3]
        assert frozen
        assert all(one.forced for one in frozen)
        assert check(asked, option.plan) == []


def test_near_weeks_count_double():
    task, plan = full(12, 6, seed=1)
    moved = plan.with_holder(Slot(1, Role.D), "x").with_holder(Slot(5, Role.D), "x").with_holder(Slot(0, Role.D), "x")
    assert weighted_changes(replace(task, current=plan, frozen_weeks=1), moved) == 3


def test_what_a_plan_buys_is_said():
    task, plan = full(12, 6, seed=1)
    fewest, few, _ = compare(instance=sick(task, plan, slot=Slot(2, Role.D)), effort=EFFORT).options
    assert "in new hands" in fewest.buys
    assert ("unfairness falls by" in few.buys) == (few.costs.fair.total < fewest.costs.fair.total)


FOUR = (person("low", 1), person("new", 1), person("mid", 5), person("top", 9))


def test_no_plan_at_all_is_said_as_such_and_no_current_plan_is_refused():
    task = instance(FOUR, weeks=1)
    plan = Plan.of(dict(zip(task.slots, ("low", "new", "mid", "top"), strict=True)))
    # without top, mid alone outranks anybody: low and new are on duty, mid backs both; without mid too, nobody can
    gone = sick(sick(task, plan, slot=Slot(0, Role.BD)), plan, slot=Slot(0, Role.BW))
    assert compare(instance=gone, effort=EFFORT).is_impossible
    with pytest.raises(ValueError, match="no current plan"):
        compare(instance=task, effort=EFFORT)


@pytest.mark.parametrize("seed", [1, 3])
def test_the_limits_are_the_fewest_and_the_most_of_all_plans(seed):
    task, plan = full(5, 2, seed=seed, min_gap=1, busy=0.4)
    everything = list(every_plan(task))
    for one in task.people:
        for category, roles in ((Category.D, {Role.D}), (Category.B, {Role.BD, Role.BW})):
            counts = [sum(a.person == one.id and a.role in roles for a in each.assignments) for each in everything]
            found = limits(instance=task, plan=plan, person=one.id, category=category, effort=EFFORT)
            assert (found.floor, found.ceiling, found.are_exact) == (min(counts), max(counts), True)


def test_without_any_plan_there_is_nothing_to_count():
    task = instance((person("ana", 1), person("bea", 1)), weeks=1)
    with pytest.raises(NoPlan):
        limits(
            instance=replace(task, people=(*task.people, person("top", 9, employed_to=date(2026, 1, 1)))),
            plan=Plan(()), person="ana", category=Category.D, effort=EFFORT,
        )  # fmt: skip


def test_leave_that_is_too_much_to_try_is_settled_by_the_solver_with_as_few_changes():
    task, plan = full(12, 6, seed=1)
    who = plan.holders[Slot(2, Role.D)]
    absence = Absence(task.monday(2), task.monday(3))
    quick = check_leave(instance=task, plan=plan, person=who, absence=absence)
    assert quick.verdict is Verdict.REPAIR
    asked = replace(with_leave(task, who, absence), current=plan)
    found = mended(instance=asked, person=who, effort=EFFORT)
    assert costs(asked, found.plan).changed_slots == quick.repair.changed_slots
    assert check(asked, found.plan) == []


def test_leave_that_leaves_no_plan_is_impossible():
    task = instance(FOUR, weeks=1)
    plan = Plan.of(dict(zip(task.slots, ("low", "new", "top", "top"), strict=True)))
    task = with_leave(task, "mid", Absence(date(2027, 1, 4), date(2027, 1, 11)))
    absence = Absence(date(2027, 1, 4), date(2027, 1, 4))
    answer = leave_in_child(instance=task, plan=plan, person="top", absence=absence, budget_s=10)
    assert (answer.verdict, answer.touched) == (Verdict.IMPOSSIBLE, (Slot(0, Role.BD),))
    assert answer.reasons[0] == "With top away as well, no plan keeps the rules."
    assert any("mid" in reason for reason in answer.reasons[1:])
    assert any("top" in reason for reason in answer.reasons[1:])


def test_the_child_gives_the_same_answers_and_its_plans_are_checked_again():
    task, plan = full(12, 6, seed=1)
    asked = sick(task, plan, slot=Slot(2, Role.D))
    here = compare(instance=asked, effort=EFFORT)
    assert compare_in_child(instance=asked, budget_s=10) == here
    whom = task.people[3].id
    question = {"instance": task, "plan": plan, "person": whom, "category": Category.B}
    assert limits_in_child(**question, budget_s=10) == limits(**question, effort=EFFORT)


EMPTY = {"is_impossible": False, "options": [{"name": "fewest", "assignments": []}]}


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("raise SystemExit('out of memory')", "ended with code 1: out of memory"),
        (f"print({json.dumps({'answer': {'problem': 'No solver.'}})!r})", "No solver."),
        (f"print({json.dumps({'answer': EMPTY})!r})", "breaks 24 rules, the first: In week 0"),
    ],
)
def test_a_child_that_fails_or_answers_with_a_broken_plan_is_not_believed(script, says):
    task, plan = full(12, 6, seed=1)
    command = (sys.executable, "-c", script)
    with pytest.raises(NoAnswer, match=says):
        compare_in_child(instance=replace(task, current=plan), budget_s=10, command=command)
