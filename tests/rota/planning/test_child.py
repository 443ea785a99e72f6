"""The child process: heard line by line; killed, broken, silent or unwanted it never takes the engine with it."""

import os
import signal
import sys

import pytest

from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import NoLongerWanted, Task
from tests.rota.planning.test_planning_rules import task as instance

HEAD = "import json, os, signal, sys, threading\ntask = json.loads(sys.stdin.readline())\n"
SAY = "print(json.dumps({line}), flush=True)\n"


def child(script, **more):
    return Child((sys.executable, "-c", HEAD + script), **more)


def task(budget_s=5):
    return Task(instance(), Flavour.FEWEST, 1, budget_s, 0)


def yes(_progress):
    return True


def test_progress_and_the_answer_come_back():
    told = []
    script = SAY.format(line="{'progress': {'tier': 'fair', 'value': 4}}") + SAY.format(
        line="{'answer': {'state': 'ready', 'result': {'weeks': task['instance']['weeks']}}}"
    )
    answer = child(script)(task(), lambda progress: told.append(progress) or True)
    assert (answer.state, answer.result) == (DraftState.READY, {"weeks": 4})
    assert told == [{"tier": "fair", "value": 4}]


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
    script = "print('hello'); print('[1]'); print('{}')\n" + SAY.format(line="{'answer': {'state': 'failed'}}")
    assert child(script)(task(), yes).state is DraftState.FAILED


def test_a_child_that_is_not_wanted_any_more_is_gone(tmp_path):
    mark = tmp_path / "pid"
    script = (
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        + SAY.format(line="{'progress': {'tier': 'fair'}}")
        + "threading.Event().wait(60)"
    )
    with pytest.raises(NoLongerWanted):
        child(script)(task(), lambda _progress: False)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
