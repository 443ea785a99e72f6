"""A plan by hand in a process of its own, by the planner's own protocol (`rules/wire.py`); no Django, no database.

`python -m hausmeister.rota.planning.worker`; see `child.py` for the other side.
"""

import json
import sys
from typing import Any

from hausmeister.base import chance, clock
from hausmeister.rota.planner import files
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planning.rules.greedy import by_hand

NOT_PROVEN = "The solver is missing: this plan was made by hand. Every hard rule is kept, but nothing is proven."


def main() -> None:
    """Read the request, plan, write the outcome."""
    request = json.load(sys.stdin)
    instance, wishes = files.instance_from(request["instance"]), request["wishes"]
    until_s = clock.monotonic_s() + wishes["budget_s"]
    with chance.seeded(wishes["seed"]):
        plan = by_hand(
            instance,
            draw=chance.fraction,
            keeps=wishes["extra_changes"] is not None,
            is_over=lambda: clock.monotonic_s() >= until_s,
        )
    print(json.dumps(outcome(instance, plan)), flush=True)  # noqa: T201 - the pipe to the parent


def outcome(instance: Instance, plan: Plan | None) -> dict[str, Any]:
    """Return the outcome that holds `plan`, of which nothing is proven. Raises ValueError when it breaks a rule."""
    found: dict[str, Any] = {
        "event": "outcome", "plan": None, "tiers": [], "is_by_hand": True, "conflict": None, "remarks": [NOT_PROVEN],
    }  # fmt: skip
    if plan is None:
        return found
    broken = check(instance, plan)
    if broken:
        raise ValueError(f"the plan breaks a rule: {broken[0].words}")
    cost = costs(instance, plan)
    values = (("changed slots", cost.changed_slots), ("FAIR", cost.fair.total), ("COMFORT", cost.comfort.total))
    tiers = [{"name": name, "value": value, "bound": 0} for name, value in values]
    return {**found, "plan": files.assignments_document(plan), "tiers": tiers}


if __name__ == "__main__":
    main()
