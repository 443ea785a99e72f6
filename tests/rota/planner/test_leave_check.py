"""May somebody be away? The answer against trying every plan, and the checker."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Absence, Plan, Role, Slot
from hausmeister.rota.planner.leave_check import Verdict, check_leave, with_leave
from tests.rota.planner import plans, teams
from tests.rota.planner.teams import instance, person
from tests.rota.planner.test_covering import full


def fewest(task, plan, most: int) -> int | None:
    """Return, by trying everything, how few changed slots give a valid plan."""
    for count in range(most + 1):
        for slots in combinations(task.slots, count):
            for takers in product([one.id for one in task.people], repeat=count):
                changed = dict(zip(slots, takers, strict=True))
                if not check(task, Plan.of({**plan.holders, **changed})):
                    return count
    return None


@pytest.mark.parametrize("seed", [1, 3, 6])
def test_the_repair_changes_as_few_slots_as_any_plan_can(seed):
    task, plan = full(6, 2, seed=seed, min_gap=2, busy=0.5)
    for one in task.people:
        absence = Absence(task.monday(1), task.monday(1) + timedelta(days=4))
        answer = check_leave(instance=task, plan=plan, person=one.id, absence=absence)
        least = fewest(with_leave(task, one.id, absence), plan, 2)
        if answer.verdict is Verdict.REPAIR and answer.repair.changed_slots <= 2:
            assert answer.repair.changed_slots == least
        else:
            assert least == (0 if answer.verdict is Verdict.FINE else None)


@given(st.integers(6, 20), st.integers(0, 10**6), st.integers(0, 50), st.integers(0, 13), st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_fine_is_fine_and_what_mends_mends(size, seed, begins, days, data):
    task = teams.team(size, 7, seed=seed)
    plan = plans.drawn(task, seed=seed)
    who = data.draw(st.sampled_from(task.people)).id
    starts = task.start + timedelta(days=begins)
    absence = Absence(starts, starts + timedelta(days=days))
    answer = check_leave(instance=task, plan=plan, person=who, absence=absence)
    asked, broken = with_leave(task, who, absence), check(task, plan)
    if answer.verdict is Verdict.FINE:
        assert check(asked, plan) == broken
    if answer.verdict is Verdict.REPAIR:
        after = answer.repair.applied(plan)
        assert [one for one in check(asked, after) if one not in broken] == []
        assert {step[:2] for step in answer.repair.steps} >= set(answer.touched)
        assert answer.repair.d_fair == costs(asked, after).fair.total - costs(asked, plan).fair.total


FOUR = (person("low", 1), person("new", 1), person("mid", 5), person("top", 9))


def test_days_without_a_duty_are_fine_even_in_a_week_with_one():
    task = instance(FOUR, weeks=1)
    plan = Plan.of(dict(zip(task.slots, ("low", "new", "mid", "top"), strict=True)))
    weekend = Absence(date(2027, 1, 9), date(2027, 1, 10))
    verdicts = [
        check_leave(instance=task, plan=plan, person=who, absence=weekend).verdict for who in ("low", "mid", "new")
    ]
    assert verdicts[:2] == [Verdict.FINE, Verdict.FINE]
    assert verdicts[2] is not Verdict.FINE


def test_a_holiday_that_begins_on_the_monday_after_touches_the_weekend():
    task = instance((*FOUR, person("other", 1)), weeks=1)
    plan = Plan.of(dict(zip(task.slots, ("low", "new", "mid", "top"), strict=True)))
    monday = date(2027, 1, 11)
    answer = check_leave(instance=task, plan=plan, person="new", absence=Absence(monday, monday))
    assert (answer.verdict, answer.touched) == (Verdict.REPAIR, (Slot(0, Role.W),))
    assert [tuple(step) for step in answer.repair.steps] == [(0, "W", "new", "other")]
    assert answer.repair.must_agree == ("other",)


def test_when_nobody_is_left_it_is_impossible_and_says_where():
    away = Absence(date(2027, 1, 4), date(2027, 1, 8))
    task = instance([replace(one, away=(away,)) if one.id != "low" else one for one in FOUR], weeks=1)
    plan = Plan.of({Slot(0, Role.D): "low"})
    answer = check_leave(instance=task, plan=plan, person="low", absence=away)
    assert answer.verdict is Verdict.IMPOSSIBLE
    assert answer.reasons == ("Nobody at all would be there for D of week 0.",)


def test_what_is_too_much_to_try_is_left_to_the_solver():
    task, plan = full(12, 6, seed=1)
    who = plan.holders[Slot(2, Role.D)]
    absence = Absence(task.monday(0), task.monday(6))
    answer = check_leave(instance=task, plan=plan, person=who, absence=absence, most_tried=10)
    assert answer.verdict is Verdict.UNSETTLED
    assert Slot(2, Role.D) in answer.touched
