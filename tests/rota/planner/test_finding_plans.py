"""Plans that are found: every hard rule, FAIR as good as brute force, the same again, and a child that dies."""

import itertools
import signal
import sys
from dataclasses import replace

import pytest

from hausmeister.base import chance, clock
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.child import PlannerFailed, plan_in_child
from hausmeister.rota.planner.costs import changed_slots, costs
from hausmeister.rota.planner.impossible import explain
from hausmeister.rota.planner.instance import Absence, Plan, Role, Rule, Slot, Waiver
from hausmeister.rota.planner.outcome import CHANGED, FAIR, Outcome, Wishes
from hausmeister.rota.planner.planning import CUT, NOT_PROVEN, Planning
from hausmeister.rota.planner.solving import prover
from tests.rota.planner import teams
from tests.rota.planner.teams import START, instance, person

EIGHT_WEEKS = (teams.team(6, 8, seed=3), teams.team(8, 8, seed=5), teams.team(12, 8, seed=7))


def planned(task, *, by_hand: bool = False, **wishes) -> Outcome:
    """Plan in this process."""
    began_s = clock.monotonic_s()
    return Planning(
        instance=task,
        wishes=Wishes(**{"budget_s": 1.0, **wishes}),
        chance=chance.stream,
        seconds=lambda: clock.monotonic_s() - began_s,
        tell=lambda _: None,
        load_prover=lambda: None if by_hand else prover,
        explain=explain,
    ).run()


def every_plan(task):
    """Yield each plan of `task` that keeps every hard rule: for the smallest tasks alone."""
    slots = [Slot(week, role) for week in range(task.weeks) for role in Role]
    for people in itertools.product([one.id for one in task.people], repeat=len(slots)):
        plan = Plan.of(dict(zip(slots, people, strict=True)))
        if not check(task, plan):
            yield plan


@pytest.mark.parametrize("task", EIGHT_WEEKS, ids=lambda task: task.name)
@pytest.mark.parametrize("by_hand", [False, True], ids=["solver", "by hand"])
def test_no_hard_rule_is_ever_broken(task, by_hand):
    outcome = planned(task, by_hand=by_hand)
    if outcome.plan is None:
        assert outcome.conflict is not None or by_hand
        return
    assert check(task, outcome.plan) == []
    assert outcome.costs == costs(task, outcome.plan)
    assert (NOT_PROVEN in outcome.remarks) is by_hand


@pytest.mark.parametrize("weeks", [1, 2])
def test_the_fairest_plan_is_as_fair_as_the_best_of_all(weeks):
    people = (person("ana", 1), person("bruno", 2, fte=60), person("carla", 3), person("dora", 4))
    task = instance(people, weeks=weeks, min_gap=1, ideal_gap=1)
    best = min(costs(task, plan).fair.total for plan in every_plan(task))
    outcome = planned(task)
    fair = next(tier for tier in outcome.tiers if tier.name == FAIR)
    assert (fair.value, fair.is_proven) == (best, True)
    assert outcome.costs is not None
    assert outcome.costs.fair.total == best


def test_the_same_input_and_seed_give_the_same_plan():
    task = EIGHT_WEEKS[2]
    first, again = planned(task, seed=4), planned(task, seed=4)
    assert first.plan == again.plan or CUT in {*first.remarks, *again.remarks}, "only the clock may end it elsewhere"
    assert first.inputs == again.inputs != planned(EIGHT_WEEKS[1]).inputs


def test_a_replan_changes_the_fewest_slots_that_there_are():
    task = EIGHT_WEEKS[2]
    standing = planned(task).plan
    assert standing is not None
    holder = standing.holders[Slot(4, Role.D)]
    week = (START.toordinal() + 28) - START.toordinal()
    away = Absence(START.fromordinal(START.toordinal() + week), START.fromordinal(START.toordinal() + week + 4))
    ill = replace(
        task,
        people=tuple(replace(one, away=(*one.away, away)) if one.id == holder else one for one in task.people),
        current=standing,
        frozen_weeks=2,
    )
    outcome = planned(ill)
    assert outcome.plan is not None
    assert check(ill, outcome.plan) == []
    fewest = next(tier for tier in outcome.tiers if tier.name == CHANGED)
    assert fewest.is_proven
    assert changed_slots(ill, outcome.plan) == fewest.value >= 1
    assert all(outcome.plan.holders[slot] == who for slot, who in standing.holders.items() if slot.week < 2)


# ---- impossible ----


def two_at_the_top(weeks: int = 3):
    people = [person("ana", 9), person("bruno", 9), *(person(name, 1) for name in ("carla", "dora"))]
    return instance(people, weeks=weeks, min_gap=3, ideal_gap=3)


def test_impossible_is_told_with_a_set_of_facts_of_which_none_can_be_left_out():
    task = two_at_the_top()
    conflict = planned(task).conflict
    assert conflict is not None
    assert conflict.is_smallest
    assert conflict.facts
    assert conflict.cheapest
    assert all(fact.words and fact.way_out for fact in conflict.facts)
    # without the gap, which is one of the facts, there is a plan
    assert any(fact.rule == Rule.R6 for fact in conflict.facts)
    assert planned(replace(task, spacing=replace(task.spacing, min_gap=1))).plan is not None


def test_a_waiver_of_what_was_in_the_way_makes_it_possible():
    task = instance([person("ana", 1), person("bruno", 1), person("carla", 1)], weeks=1)
    conflict = planned(task).conflict
    assert conflict is not None
    assert {fact.rule for fact in conflict.facts} == {Rule.R5}
    waived = replace(task, waivers=frozenset(Waiver(Rule.R5, 0, one.id) for one in task.people))
    assert planned(waived).plan is not None


# ---- the child process ----


def test_a_child_that_dies_before_its_first_word_is_followed_by_one_that_plans_by_hand(tmp_path):
    mark = tmp_path / "died"
    script = (
        f"import os, pathlib, signal; mark = pathlib.Path({str(mark)!r})\n"
        "if mark.exists():\n    from hausmeister.rota.planner import worker; worker.main()\n"
        f"else:\n    mark.touch(); os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    )
    outcome = plan_in_child(EIGHT_WEEKS[1], Wishes(budget_s=1.0), command=(sys.executable, "-c", script), grace_s=30.0)
    assert outcome.plan is not None
    assert check(EIGHT_WEEKS[1], outcome.plan) == []
    assert "The solver was ended by signal 9." in outcome.remarks
    assert outcome.is_by_hand


def test_a_child_that_can_do_nothing_is_told_in_words():
    with pytest.raises(PlannerFailed, match=r"ended with code 1: .*no such thing"):
        plan_in_child(
            EIGHT_WEEKS[1], Wishes(budget_s=1.0), command=(sys.executable, "-c", "raise SystemExit('no such thing')")
        )


@pytest.mark.slow
def test_twelve_people_and_half_a_year_are_proven_fair_in_time():
    """The guard on the formulation: it takes a second or two; a careless rewrite takes a hundred times as long."""
    task = teams.team(12, 26, seed=11)
    outcome = plan_in_child(task, Wishes(budget_s=45.0), grace_s=30.0)
    assert outcome.plan is not None
    assert check(task, outcome.plan) == []
    fair = next(tier for tier in outcome.tiers if tier.name == FAIR)
    assert fair.is_proven, f"FAIR {fair.value}, proven not under {fair.bound}"
