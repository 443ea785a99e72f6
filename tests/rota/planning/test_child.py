"""The child process: heard line by line; killed, broken, silent or unwanted it never takes the engine with it."""

import os
import signal
import sys

import pytest

from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import NoLongerWanted, Task
from tests.rota.planning.test_planning_rules import task as instance

# looks for plans in a process of its own: not part of the fast half
pytestmark = pytest.mark.slow

HEAD = "import json, os, signal, sys, threading\ntask = json.load(sys.stdin)\n"
SAY = "print(json.dumps({line}), flush=True)\n"


def child(script, **more):
    return Child((sys.executable, "-c", HEAD + script), **more)


def task(budget_s=5):
    return Task(instance(), Flavour.FEWEST, 1, budget_s, 0)


def yes(_progress):
    return True


PLAN = "[{'week': 0, 'role': 'D', 'person': 'p1'}]"
OUTCOME = (
    "{{'event': 'outcome', 'plan': {plan}, 'conflict': {conflict}, 'remarks': ['x'], 'is_by_hand': False, 'tiers': "
    "[{{'name': 'FAIR', 'value': 3, 'bound': 3}}, {{'name': 'COMFORT', 'value': 9, 'bound': 1}}]}}"
)


def test_progress_and_the_answer_come_back():
    told = []
    script = SAY.format(
        line="{'event': 'tier', 'tier': {'name': 'FAIR', 'value': task['wishes']['seed']}}"
    ) + SAY.format(line=OUTCOME.format(plan=PLAN, conflict=None))
    answer = child(script)(task(), lambda progress: told.append(progress) or True)
    assert answer.state is DraftState.READY
    assert answer.result["assignments"] == [{"week": 0, "role": "D", "person": "p1"}]
    assert [(one["name"], one["proven"]) for one in answer.result["tiers"]] == [("fair", True), ("comfort", False)]
    assert told == [{"tier": "fair", "value": 1}]


@pytest.mark.parametrize(
    ("conflict", "state"),
    [("None", DraftState.FAILED), ("{'facts': [{'words': 'x'}], 'cheapest': []}", DraftState.IMPOSSIBLE)],
)
def test_no_plan_is_either_impossible_or_not_found(conflict, state):
    answer = child(SAY.format(line=OUTCOME.format(plan=None, conflict=conflict)))(task(), yes)
    assert answer.state is state
    assert answer.problem


@pytest.mark.parametrize(("flavour", "extra"), [(Flavour.FEWEST, 0), (Flavour.FEW, 4), (Flavour.FREE, None)])
def test_a_flavour_is_how_many_changes_beyond_the_fewest(flavour, extra):
    script = "sys.exit(repr(task['wishes']))"
    answer = child(script)(Task(instance(), flavour, 7, 5, 3), yes)
    wishes = {"seed": 7, "budget_s": 5, "fair_tolerance_percent": 3, "extra_changes": extra}
    assert answer.problem.endswith(repr(wishes))


def test_a_child_that_is_killed_is_a_failed_answer_that_says_so():
    answer = child("os.kill(os.getpid(), signal.SIGKILL)")(task(), yes)
    assert answer.state is DraftState.FAILED
    assert f"was killed (signal {signal.SIGKILL.value})" in answer.problem


def test_a_child_that_breaks_says_its_last_words():
    answer = child("raise MemoryError('no room')")(task(), yes)
    assert answer.state is DraftState.FAILED
    assert "MemoryError: no room" in answer.problem


def test_a_child_that_cannot_be_started_as_one_is_a_failed_answer():
    answer = Child((sys.executable, "-m", "no.such.module"))(task(), yes)
    assert "No module named" in answer.problem


def test_a_child_that_says_nothing_is_ended_after_its_time():
    answer = child("threading.Event().wait(60)", grace_s=0.2)(task(budget_s=0), yes)
    assert "did not come to an end" in answer.problem


def test_noise_is_not_taken_for_an_answer():
    script = "print('hello'); print('[1]'); print('{}')\n" + SAY.format(line=OUTCOME.format(plan=None, conflict=None))
    assert child(script)(task(), yes).state is DraftState.FAILED


def test_a_child_that_is_not_wanted_any_more_is_gone(tmp_path):
    mark = tmp_path / "pid"
    script = (
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        + SAY.format(line="{'event': 'first plan'}")
        + "threading.Event().wait(60)"
    )
    with pytest.raises(NoLongerWanted):
        child(script)(task(), lambda _progress: False)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
