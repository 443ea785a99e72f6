"""What the planner makes of the instances in a folder, beside the rotation that everybody else has.

    python -m bench.planner FOLDER [--budget-s 30] [--seed 1] [--only NAME ...]

Each instance (docs/planner.md describes the format) is planned in a process of its own, as the product
does it. The other side is a greedy rotation: whoever has been idle longest, among those who are there and
whom somebody outranks. One line of JSON each: when the first plan stood, each tier with its value and
bound, and what the greedy one breaks and costs.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.child import plan_in_child
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import BACKSTOP_OF, Instance, Plan, Slot
from hausmeister.rota.planner.outcome import Outcome, Wishes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--budget-s", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    for path in sorted(given.folder.glob("*.json")):
        if given.only and path.stem not in given.only:
            continue
        instance = files.read_instance(path.read_text(encoding="utf-8"))
        began_s = time.monotonic()
        outcome = plan_in_child(instance, Wishes(seed=given.seed, budget_s=given.budget_s))
        told = {"instance": path.stem, "took_s": round(time.monotonic() - began_s, 1), **found(instance, outcome)}
        print(json.dumps({**told, "greedy": judged(instance, greedy(instance))}), flush=True)


def found(instance: Instance, outcome: Outcome) -> dict[str, Any]:
    """Return what the planner came to."""
    if outcome.conflict is not None:
        return {"impossible": [fact.words for fact in outcome.conflict.facts]}
    if outcome.plan is None:
        return {"plan": None}
    tiers = {
        one.name: {"value": one.value, "bound": one.bound, "after_s": round(one.seconds, 2)} for one in outcome.tiers
    }
    return {"first_plan_s": outcome.first_plan_s, **tiers, "broken": len(check(instance, outcome.plan))}


def judged(instance: Instance, plan: Plan) -> dict[str, int]:
    """Return how many rules `plan` breaks and what it costs."""
    return {"broken": len(check(instance, plan)), "FAIR": costs(instance, plan).fair.total}


def greedy(instance: Instance) -> Plan:
    """Return what the longest idle give, among those who may: slots for which there is nobody stay empty."""
    idle: dict[str, int] = {one.id: -1_000 for one in instance.people}
    holders: dict[Slot, str] = {}
    for week in range(instance.weeks):
        taken: set[str] = set()
        for primary, backstop in BACKSTOP_OF.items():
            front = _longest(instance, Slot(week, primary), idle, taken, above=-1)
            if front is None:
                continue
            level = instance.person[front].experience
            behind = _longest(instance, Slot(week, backstop), idle, taken | {front}, above=level)
            for slot, who in ((Slot(week, primary), front), (Slot(week, backstop), behind)):
                if who is not None:
                    holders[slot], idle[who] = who, week
                    taken.add(who)
    return Plan.of(holders)


def _longest(instance: Instance, slot: Slot, idle: dict[str, int], taken: set[str], *, above: int) -> str | None:
    free = [
        one.id
        for one in instance.people
        if one.id not in taken and one.experience > above and instance.is_there(one, slot)
    ]
    return min(free, key=lambda one: (idle[one], one), default=None)


if __name__ == "__main__":
    main()
