"""The child's side: one task on standard input, lines of JSON on standard output. Knows no Django and no database.

`python -m hausmeister.rota.planning.worker`; see `child.py` for the other side.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from hausmeister.base import chance, clock
from hausmeister.rota.planner import files
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planning.rules.greedy import by_hand
from hausmeister.rota.planning.rules.states import Flavour

NICE = 10

Report = Callable[[Mapping[str, Any]], None]


def main() -> None:
    """Solve the task that comes in, and say so. Whatever calls people goes before it on a busy machine."""
    os.nice(NICE)
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    answer = find(task, lambda progress: _say({"progress": dict(progress)}))
    _say({"answer": answer})


def _end_with_the_parent() -> None:
    """End when standard input closes: whoever wanted a plan is gone."""
    sys.stdin.read()
    os._exit(3)


def _say(line: Mapping[str, Any]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - the pipe to the parent


def find(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return what becomes of the task: state, result, and what is wrong, in sentences."""
    instance = files.instance_from(task["instance"])
    flavour = Flavour(task["flavour"])
    until_s = clock.monotonic_s() + task["budget_s"]
    report({"tier": "fair"})
    with chance.seeded(task["seed"]):
        plan = by_hand(
            instance,
            draw=chance.fraction,
            keeps=flavour is not Flavour.FREE,
            is_over=lambda: clock.monotonic_s() >= until_s,
        )
    if plan is None:
        return {
            "state": "failed",
            "problem": (
                "No plan was found by hand, and there is no solver here to say whether one exists. Ask for fewer weeks,"
                " or for a smaller gap between duties."
            ),
        }
    return ready(instance, plan)


def ready(instance: Instance, plan: Plan) -> dict[str, Any]:
    """Return the answer that holds `plan`, of which nothing is proven. Raises ValueError when it breaks a rule."""
    broken = check(instance, plan)
    if broken:
        raise ValueError(f"the plan breaks a rule: {broken[0].words}")
    cost = costs(instance, plan)
    values = (("changes", cost.changed_slots), ("fair", cost.fair.total), ("comfort", cost.comfort.total))
    tiers = [{"name": name, "value": value, "bound": None, "proven": False} for name, value in values]
    return {"state": "ready", "result": {"assignments": files.assignments_document(plan), "tiers": tiers}}


if __name__ == "__main__":
    main()
