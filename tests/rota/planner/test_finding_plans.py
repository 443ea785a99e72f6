"""Plans that are found: every hard rule, FAIR as good as brute force, the same again, and a child that dies."""

import itertools
import signal
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from hausmeister.base import chance
from hausmeister.rota.planner import removable, thinning
from hausmeister.rota.planner.candidates import candidates
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.child import PlannerFailed, plan_in_child
from hausmeister.rota.planner.costs import changed_slots, costs
from hausmeister.rota.planner.impossible import explain
from hausmeister.rota.planner.instance import Absence, Plan, Role, Rule, Slot, Waiver
from hausmeister.rota.planner.outcome import CHANGED, FAIR, Limits, Outcome, Wishes
from hausmeister.rota.planner.planning import CUT, NOT_PROVEN, Planning
from hausmeister.rota.planner.solving import prover
from tests.rota.planner import teams
from tests.rota.planner.teams import START, instance, person

# looks for plans in a process of its own: not part of the fast half
pytestmark = pytest.mark.slow

EIGHT_WEEKS = (teams.team(6, 8, seed=3), teams.team(8, 8, seed=5), teams.team(12, 8, seed=7))


def planned(task, *, by_hand: bool = False, **wishes) -> Outcome:
    """Plan in this process, by a clock that stands still: only the allotted work ends a search."""
    return Planning(
        instance=task,
        wishes=Wishes(**{"budget_s": 1.0, **wishes}),
        chance=chance.stream,
        seconds=lambda: 0.0,
        tell=lambda _: None,
        load_prover=lambda: None if by_hand else prover,
        explain=explain,
    ).run()


def every_plan(task):
    """Yield each plan of `task` that keeps every hard rule: for the smallest tasks alone."""
    weeks = []
    for week in range(task.weeks):
        slots = [Slot(week, role) for role in Role]
        of_week = [dict(zip(slots, people, strict=True)) for people in itertools.product(task.person, repeat=4)]
        weeks.append([one for one in of_week if all(broken.week != week for broken in check(task, Plan.of(one)))])
    for chosen in itertools.product(*weeks):
        plan = Plan.of({slot: who for one in chosen for slot, who in one.items()})
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
    assert CUT not in first.remarks
    assert first.plan == again.plan
    assert first.inputs == again.inputs != planned(EIGHT_WEEKS[1]).inputs


def test_a_replan_changes_the_fewest_slots_that_there_are():
    task = EIGHT_WEEKS[2]
    standing = planned(task).plan
    assert standing is not None
    holder = standing.holders[Slot(4, Role.D)]
    away = Absence(START + timedelta(days=28), START + timedelta(days=32))
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
    assert {fact.rule for fact in conflict.facts} >= {Rule.R6}


def all_away_in_week(week: int, task):
    """Return the task with everybody but two away in `week`, and some away elsewhere, which hurts nobody."""
    monday = START + timedelta(days=7 * week)
    away, elsewhere = Absence(monday, monday + timedelta(days=4)), Absence(START, START + timedelta(days=2), "leave")
    return replace(
        task,
        people=tuple(
            replace(one, away=(away,) if place > 1 else (elsewhere,)) for place, one in enumerate(task.people)
        ),
    )


@pytest.mark.parametrize(
    "task",
    [
        two_at_the_top(),
        all_away_in_week(3, teams.team(8, 6, seed=5, busy=0)),
        instance([person("ana", 1), person("bruno", 2)], weeks=1),
        teams.team(6, 8, seed=3),
    ],
    ids=["tie at the top", "away together", "two people", "uncoordinated holidays"],
)
def test_without_any_one_of_the_facts_the_stretch_is_possible_and_with_all_of_them_it_is_not(task):
    conflict = explain(task, prover)
    assert conflict is not None
    assert conflict.is_smallest
    weeks = range(conflict.first, conflict.last + 1)
    found = [one for one in removable.facts(task, weeks) if one.fact in conflict.facts]
    assert len(found) == len(conflict.facts)
    these_alone = task
    for one in removable.facts(task, weeks):
        these_alone = these_alone if one in found else one.removed_from(these_alone)
    assert not is_possible(these_alone, weeks)
    for left_out in found:
        assert is_possible(left_out.removed_from(these_alone), weeks), left_out.fact.words


def is_possible(task, weeks):
    proof = prover.prove(
        task, candidates(task, weeks), tier="", limits=Limits(), start=None, seed=1, left_s=lambda: 60.0, work=20.0
    )
    assert proof.plan is not None or proof.is_impossible
    return proof.plan is not None


def test_the_cheapest_way_out_makes_the_whole_plan_possible():
    task = two_at_the_top()
    conflict = explain(task, prover)
    assert conflict is not None
    assert [fact.way_out for fact in conflict.cheapest] == [
        "Relax the gap of 3 weeks in week 0.",
        "Relax the gap of 3 weeks in week 1.",
    ]
    assert planned(task.waiving([Waiver(Rule.R6, 0)])).plan is None
    assert planned(task.waiving([Waiver(Rule.R6, 0), Waiver(Rule.R6, 1)])).plan is not None


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


def test_twelve_people_and_half_a_year_are_proven_fair_with_little_work():
    """The guard on the formulation: a unit or two of the solver's own work, about a second each, on any machine.

    A careless rewrite takes a hundred times as much. The clock only ends a test that would never end.
    """
    task = teams.team(12, 26, seed=11)
    proof = prover.prove(
        task, candidates(task), tier=FAIR, limits=Limits(), start=None, seed=1, left_s=lambda: 120.0, work=20.0
    )
    assert proof.is_complete, f"proven not under {proof.bound} after {proof.work} units of work"
    assert proof.plan is not None
    assert check(task, proof.plan) == []
    assert costs(task, proof.plan).fair.total == proof.bound


def test_thinned_candidates_keep_the_plan_at_hand_and_every_band_of_experience():
    task = teams.team(30, 8, seed=2, busy=0.3)
    full = candidates(task)
    plan = planned(task, by_hand=True).plan
    assert plan is not None
    few = thinning.thinned(task, full, keep=plan, chance=chance.stream(1))
    assert all(plan.holders[slot] in own and set(own) <= set(full[slot]) for slot, own in few.items())


def test_a_year_for_three_hundred_people_is_planned_with_the_solver_choosing_among_few():
    task = teams.team(300, 52, seed=1)
    full = candidates(task)
    assert thinning.is_too_large(full)
    outcome = planned(task, by_hand=True, budget_s=1.0)
    assert outcome.plan is not None
    few = thinning.thinned(task, full, keep=outcome.plan, chance=chance.stream(1))
    assert max(map(len, few.values())) <= thinning.KEPT_A_SLOT + 1
    levels = {one.id: one.experience for one in task.people}
    assert all(max(map(levels.get, few[slot])) > 0.9 * max(map(levels.get, full[slot])) for slot in few)
