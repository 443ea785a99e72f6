"""The real child process: a plan that keeps every rule, the same for the same seed, and what it cannot do said."""

import sys

import pytest

from hausmeister.base.database import at_once
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.drafts import Wanted, ask, compare
from hausmeister.rota.planning.rules import stored
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import Planning, Task, task_of
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST
from tests.rota.planning.test_planning_rules import person
from tests.rota.planning.test_planning_rules import task as instance

# looks for plans in a process of its own: not part of the fast half
pytestmark = pytest.mark.slow


def yes(_progress):
    return True


@pytest.mark.parametrize("flavour", list(Flavour))
def test_a_plan_of_a_real_team_keeps_every_rule(world, crew, flavour):
    wanted = Wanted(FIRST, 12, budget_s=5, flavour=flavour)
    draft = ask(crew.team, wanted, by=CONSOLE, person=None, now=world.now)
    answer = Child()(task_of(draft), yes)
    assert answer.state is DraftState.READY, answer.problem
    task = task_of(draft)
    assert check(task.instance, stored.plan_of(answer.result["assignments"])) == []
    assert {tier["name"] for tier in answer.result["tiers"]} >= {"fair", "comfort"}


def test_three_plans_side_by_side_are_found_together_and_each_says_what_it_buys(world, crew):
    three = compare(crew.team, Wanted(FIRST, 8, budget_s=3), by=CONSOLE, person=None, now=world.now)
    planning = Planning(Child(), begin=at_once, compare=Child().compare)
    assert planning.run(world.now) == 1
    for draft in three:
        draft.refresh_from_db()
        assert draft.state == DraftState.READY, draft.problem
        assert check(task_of(draft).instance, stored.plan_of(draft.result["assignments"])) == []
        assert draft.result["remarks"][0]
    changes = [draft.result["tiers"][0] for draft in three]
    assert (changes[0]["name"], changes[0]["proven"]) == ("weighted_changes", True)
    fair = [draft.result["tiers"][1]["value"] for draft in three]
    assert fair == sorted(fair, reverse=True)


def test_what_cannot_be_compared_is_planned_one_by_one_and_nothing_stays_claimed(world, crew):
    three = compare(crew.team, Wanted(FIRST, 4, budget_s=3), by=CONSOLE, person=None, now=world.now)
    dead = Child((sys.executable, "-c", "raise SystemExit('no room')"))
    planning = Planning(dead, begin=at_once, compare=dead.compare)
    assert [planning.run(world.now) for _ in range(4)] == [1, 1, 1, 0]
    for draft in three:
        draft.refresh_from_db()
        assert (draft.state, draft.claimed_by) == (DraftState.FAILED, "")


def test_the_same_task_and_seed_give_the_same_plan():
    task = Task(instance(weeks=6), Flavour.FREE, 5, 10, 0)
    plans = [Child()(task, yes).result["assignments"] for _ in range(2)]
    assert plans[0] == plans[1]


def test_what_has_no_plan_is_never_ready():
    # two people: whoever has the week has the weekend too, and nobody stands behind
    answer = Child()(Task(instance(person(1), person(2)), Flavour.FREE, 1, 2, 0), yes)
    assert answer.state in {DraftState.FAILED, DraftState.IMPOSSIBLE}
    assert answer.problem
