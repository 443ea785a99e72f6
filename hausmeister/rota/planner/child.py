"""Starting the child process that plans, following it, and ending it when its time is over.

Whoever calls this never loads the solver. What the child had finished before it died is used, checked anew; if
it had nothing, a second child plans by hand.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from hausmeister.rota.planner import messages
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.files import fingerprint
from hausmeister.rota.planner.instance import Instance
from hausmeister.rota.planner.outcome import Outcome, Progress, Wishes

_COMMAND = (sys.executable, "-m", "hausmeister.rota.planner.worker")
GRACE_S = 15.0  # past the budget: starting, building models, explaining


class PlannerFailed(Exception):
    """The child ended without an answer, and without a plan; the text says how."""


def plan_in_child(
    instance: Instance,
    wishes: Wishes,
    *,
    by_hand: bool = False,
    command: tuple[str, ...] = _COMMAND,
    grace_s: float = GRACE_S,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Plan in a child process that is killed `grace_s` after its budget. `tell` hears of each step.

    Raises PlannerFailed if even planning by hand ends without an answer.
    """
    steps: list[Progress] = []
    outcome, how = _follow(instance, wishes, by_hand=by_hand, command=command, grace_s=grace_s, steps=steps, tell=tell)
    if outcome is not None:
        return outcome
    with_plan = [one for one in steps if one.plan is not None]
    if with_plan:
        return _from_steps(instance, wishes, with_plan, how)
    if by_hand:
        raise PlannerFailed(f"The planner {how}.")
    by_itself = plan_in_child(instance, wishes, by_hand=True, command=command, grace_s=grace_s, tell=tell)
    return replace(by_itself, remarks=(f"The solver {how}.", *by_itself.remarks))


def _follow(
    instance: Instance,
    wishes: Wishes,
    *,
    by_hand: bool,
    command: tuple[str, ...],
    grace_s: float,
    steps: list[Progress],
    tell: Callable[[Progress], None],
) -> tuple[Outcome | None, str]:
    """Return the child's outcome, or None and how it ended."""
    request = json.dumps(messages.request_document(instance, wishes, by_hand=by_hand))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        killer = threading.Timer(wishes.budget_s + grace_s, child.kill)
        killer.start()
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.append(child.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        try:
            outcome = _exchange(child, request, steps, tell)
        finally:
            if child.poll() is None and not killer.is_alive():
                child.kill()
            child.wait()
            is_late = not killer.is_alive()
            killer.cancel()
            reader.join()
    if outcome is not None:
        return outcome, ""
    last = (errors[0].strip().splitlines() or ["no message"])[-1][:300]
    how = (
        f"took more than {wishes.budget_s + grace_s:.0f} s and was ended"
        if is_late
        else _ending(child.returncode, last)
    )
    return None, how


def _exchange(
    child: "subprocess.Popen[str]", request: str, steps: list[Progress], tell: Callable[[Progress], None]
) -> Outcome | None:
    assert child.stdin is not None  # noqa: S101 - both are pipes, for the type checker # nosec B101
    assert child.stdout is not None  # noqa: S101 # nosec B101
    try:
        child.stdin.write(request)
        child.stdin.close()
    except BrokenPipeError:
        return None
    for line in child.stdout:
        if not line.endswith("\n"):
            return None  # it died in the middle of a line
        document = json.loads(line)
        if document["event"] == "outcome":
            return messages.outcome_from(document)
        steps.append(messages.progress_from(document))
        tell(steps[-1])
    return None


def _ending(returncode: int, last: str) -> str:
    if returncode < 0:
        return f"was ended by signal {-returncode}"
    return f"ended with code {returncode}: {last}"


def _from_steps(instance: Instance, wishes: Wishes, steps: list[Progress], how: str) -> Outcome:
    """Return the best that a dead child had told. Raises PlannerFailed if its plan breaks a rule."""
    plan = steps[-1].plan
    assert plan is not None  # noqa: S101 - steps without one were left out # nosec B101
    broken = check(instance, plan)
    if broken:
        raise PlannerFailed(f"The planner {how}, and its last plan is not valid: {broken[0].words}")
    return Outcome(
        plan=plan,
        costs=costs(instance, plan),
        tiers=tuple(one.tier for one in steps if one.tier is not None),
        first_plan_s=steps[0].seconds,
        seconds=steps[-1].seconds,
        inputs=fingerprint(instance),
        wishes=wishes,
        remarks=(f"The planner {how}; this is the plan that it had by then.",),
    )
