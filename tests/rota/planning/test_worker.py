"""The real child process: a plan that keeps every rule, the same for the same seed, and what it cannot do said."""

import pytest

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.drafts import Wanted, ask
from hausmeister.rota.planning.rules import stored
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import Task, task_of
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


def test_the_same_task_and_seed_give_the_same_plan():
    task = Task(instance(weeks=6), Flavour.FREE, 5, 10, 0)
    plans = [Child()(task, yes).result["assignments"] for _ in range(2)]
    assert plans[0] == plans[1]


def test_what_has_no_plan_is_never_ready():
    # two people: whoever has the week has the weekend too, and nobody stands behind
    answer = Child()(Task(instance(person(1), person(2)), Flavour.FREE, 1, 2, 0), yes)
    assert answer.state in {DraftState.FAILED, DraftState.IMPOSSIBLE}
    assert answer.problem
