"""What crosses the pipe to the planner's process, and what a draft keeps of its answer."""

from collections.abc import Mapping
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Instance
from hausmeister.rota.planner.replanning import OPTIONS
from hausmeister.rota.planning.rules.states import A_FEW, Flavour

# how many duties beyond the fewest a plan may change; None is any number
_EXTRA = {Flavour.FEWEST: 0, Flavour.FEW: A_FEW, Flavour.FREE: None}
_TIERS = {"changed slots": "changes", "FAIR": "fair", "COMFORT": "comfort"}
NOT_FOUND = "No plan was found in time, and none is proven impossible. Ask for fewer weeks, or give it more seconds."


def request(
    instance: Instance, *, flavour: Flavour, seed: int, budget_s: int, tolerance_percent: int
) -> dict[str, Any]:  # fmt: skip
    """Return the request for a plan, as the planner's process takes it."""
    wishes = {
        "seed": seed, "budget_s": budget_s, "fair_tolerance_percent": tolerance_percent,
        "extra_changes": _EXTRA[flavour],
    }  # fmt: skip
    return {"instance": files.instance_document(instance), "wishes": wishes, "by_hand": False}


def comparison(instance: Instance, *, seed: int, budget_s: int) -> dict[str, Any]:
    """Return the request for three plans side by side."""
    return question({"question": "compare"}, instance, seed=seed, budget_s=budget_s)


def question(asked: Mapping[str, Any], instance: Instance, *, seed: int, budget_s: int) -> dict[str, Any]:
    """Return the request for something else than one plan; `asked` says what."""
    return {**asked, "instance": files.instance_document(instance), "seed": seed, "budget_s": budget_s}


def options(answer: Mapping[str, Any]) -> dict[Flavour, dict[str, Any]]:
    """Return for each flavour what a draft keeps of the three plans; empty where none was found in time."""
    flavours = dict(zip(OPTIONS, Flavour, strict=True))
    return {
        flavours[one["name"]]: {
            "assignments": one["assignments"],
            "tiers": [
                _tier("weighted_changes", one["weighted_changes"], is_proven=one["changes_proven"]),
                _tier("fair", one["fair"], is_proven=one["fair_proven"]),
                _tier("comfort", one["comfort"], is_proven=False),
            ],
            "remarks": [one["buys"]],
        }
        for one in answer["options"]
    }


def _tier(name: str, value: int, *, is_proven: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "bound": value if is_proven else None, "proven": is_proven}


def progress(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step of the planner as a draft keeps it: what it has done, and what that came to."""
    tier = line.get("tier")
    if not tier:
        return {"tier": str(line["event"]), "value": None}
    return {"tier": _TIERS.get(tier["name"], tier["name"]), "value": tier["value"]}


def result(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a draft keeps of an outcome: the plan with its tiers, or the facts that conflict."""
    if outcome.get("conflict"):
        return {"facts": list(outcome["conflict"]["facts"]), "cheapest": list(outcome["conflict"]["cheapest"])}
    by_hand = bool(outcome.get("is_by_hand"))
    return {
        "assignments": outcome["plan"],
        "tiers": [
            {
                "name": _TIERS.get(one["name"], one["name"]), "value": one["value"],
                "bound": None if by_hand else one["bound"], "proven": not by_hand and one["value"] <= one["bound"],
            }
            for one in outcome["tiers"]
        ],
        "remarks": list(outcome.get("remarks", ())),
    }  # fmt: skip
