"""The child process in which a plan is found: started for one task, heard line by line, ended when it is not wanted.

The child gets the request as JSON on its standard input and answers in lines of JSON on its standard output: one for
each step, the last of them the outcome (`rules/wire.py`). It keeps to its budget, so it outlives a killed engine by
that much at most.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from hausmeister.base import clock
from hausmeister.rota.planning import drafts
from hausmeister.rota.planning.rules import wire
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import Answer, NoLongerWanted, Task, Tell

COMMAND = (sys.executable, "-m", "hausmeister.rota.planner.worker")
# how much longer than its budget a child may take: starting, loading the solver, building the model
GRACE_S = 60.0
_LOOK_S = 0.5
_LONGEST_PROBLEM = 300
# whatever calls people goes before it on a busy machine
_NICE = 10

Line = Mapping[str, Any] | None


class Child:
    """Solves a task in a process of its own. `command` and `grace_s` are given by tests."""

    def __init__(self, command: Sequence[str] = COMMAND, *, grace_s: float = GRACE_S) -> None:
        self._command = tuple(command)
        self._grace_s = grace_s

    def __call__(self, task: Task, tell: Tell) -> Answer:
        """Return what the child answers; a child that is killed, breaks or takes too long is a failed answer.

        Raises NoLongerWanted when `tell` says so; the child is then ended.
        """
        if task.question is not None:
            return self._asked(task, task.question, tell)
        request = wire.request(
            task.instance, flavour=task.flavour, seed=task.seed, budget_s=task.budget_s,
            tolerance_percent=task.tolerance_percent,
        )  # fmt: skip
        found = self._run(request, task.budget_s, tell)
        return found if isinstance(found, Answer) else answer_of(found)

    def _asked(self, task: Task, question: Mapping[str, Any], tell: Tell) -> Answer:
        """Return the answer to a question about a load, as a draft keeps it."""
        request = wire.question(question, task.instance, seed=task.seed, budget_s=task.budget_s)
        found = self._run(request, task.budget_s, tell)
        if isinstance(found, Answer):
            return found
        if "problem" in found["answer"]:
            return Answer(DraftState.FAILED, {}, found["answer"]["problem"])
        return Answer(DraftState.READY, {"limits": found["answer"]})

    def compare(self, task: Task, tell: Tell) -> Mapping[Flavour, Answer] | None:
        """Return the answer of each flavour, found together in the time of all of them; None where that gives nothing.

        Raises NoLongerWanted.
        """
        budget_s = task.budget_s * len(Flavour)
        found = self._run(wire.comparison(task.instance, seed=task.seed, budget_s=budget_s), budget_s, tell)
        if isinstance(found, Answer) or "problem" in found["answer"]:
            return None
        answer = found["answer"]
        if answer["conflict"]:
            return dict.fromkeys(Flavour, answer_of({"conflict": answer["conflict"]}))
        found_for = wire.options(answer)
        return {one: Answer(DraftState.READY, found_for[one]) for one in Flavour} if found_for else None

    def _run(self, request: Mapping[str, Any], budget_s: int, tell: Tell) -> "Mapping[str, Any] | Answer":
        """Return the last line of the child, or the failed answer where there is none."""
        with subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
            try:
                return self._listen(process, request, budget_s, tell)
            finally:
                process.kill()

    def _listen(
        self, process: "subprocess.Popen[str]", request: Mapping[str, Any], budget_s: int, tell: Tell
    ) -> "Mapping[str, Any] | Answer":
        lines, errors = _Lines(process.stdout), _Lines(process.stderr)
        _send(process, request)
        until_s = clock.monotonic_s() + budget_s + self._grace_s
        beaten_s = clock.monotonic_s()
        while clock.monotonic_s() < until_s:
            line = lines.next(_LOOK_S)
            if line is _Lines.END:
                return _ended(process, errors)
            found = _parsed(line)
            if found and found["event"] in {"outcome", "answer"}:
                return found
            if found or clock.monotonic_s() - beaten_s >= drafts.BEAT.total_seconds():
                beaten_s = clock.monotonic_s()
                if not tell(wire.progress(found) if found else None):
                    raise NoLongerWanted
        return Answer(
            DraftState.FAILED, {}, f"The planner did not come to an end within {budget_s + self._grace_s:.0f} s."
        )


class _Lines:
    """The lines of a stream, read by a thread, so that they can be waited for with a limit."""

    END = object()

    def __init__(self, stream: Any) -> None:
        self._found: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), name="planner-lines", daemon=True).start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._found.put(line)
        self._found.put(self.END)

    def next(self, timeout_s: float) -> Any:
        """Return the next line, END at the end, None when there is none in time."""
        try:
            return self._found.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def all(self) -> str:
        """Return everything up to the end, as far as it comes within a second each."""
        told = []
        while (line := self.next(1.0)) is not self.END and line is not None:
            told.append(line)
        return "".join(told)


def _send(process: "subprocess.Popen[str]", task: Mapping[str, Any]) -> None:
    """Hand the request over."""
    if process.stdin is None:  # pragma: no cover - it is a pipe
        return
    try:
        process.stdin.write(json.dumps(task))
        process.stdin.close()
    except BrokenPipeError:
        # it is gone already; what it said is read next
        return


def _parsed(line: Any) -> Line:
    if line is None:
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _ended(process: "subprocess.Popen[str]", errors: _Lines) -> Answer:
    """Return what is said of a child that went away without an answer."""
    code = process.wait()
    told = errors.all().strip().splitlines()
    if code < 0:
        return Answer(DraftState.FAILED, {}, f"The planner was killed (signal {-code}) while it worked. Ask again.")
    reason = told[-1][:_LONGEST_PROBLEM] if told else "it said nothing"
    return Answer(DraftState.FAILED, {}, f"The planner ended without a plan: {reason}")


def answer_of(outcome: Mapping[str, Any]) -> Answer:
    """Return what becomes of a draft by the planner's outcome."""
    found = wire.result(outcome)
    if "facts" in found:
        return Answer(DraftState.IMPOSSIBLE, found, "These facts cannot all be true.")
    if found["assignments"] is None:
        return Answer(DraftState.FAILED, {}, wire.NOT_FOUND)
    return Answer(DraftState.READY, found)
