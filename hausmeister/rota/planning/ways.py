"""From the facts that conflict to sentences and ways out that can be taken by a button."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Instance
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.rota.planning_models import Draft, Wish
from hausmeister.team.models import Leave

Facts = Sequence[Mapping[str, Any]]


def explained(draft: Draft, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an impossible draft keeps: the conflict in sentences, and each way out with what it bends."""
    instance = files.instance_from(draft.inputs["instance"])
    titles = draft.inputs["titles"]
    ways = []
    for number, fact in enumerate(found["facts"]):
        bends = _bends(draft, instance, [fact])
        if bends:
            words = for_people(fact["way_out"], instance, titles)
            ways.append({"id": f"way{number}", "words": words, "bends": bends, "is_cheapest": False})
    _mark_cheapest(draft, instance, found["cheapest"], ways, titles)
    return {"conflict": [for_people(one["words"], instance, titles) for one in found["facts"]], "ways_out": ways}


def _mark_cheapest(
    draft: Draft, instance: Instance, cheapest: Facts, ways: list[dict[str, Any]], titles: Mapping[str, str]
) -> None:
    bends = _bends(draft, instance, cheapest)
    if not cheapest or bends is None:
        return
    for way in ways:
        if way["bends"] == bends:
            way["is_cheapest"] = True
            return
    words = " ".join(for_people(one["way_out"], instance, titles) for one in cheapest)
    ways.insert(0, {"id": "cheapest", "words": words, "bends": bends, "is_cheapest": True})


def _bends(draft: Draft, instance: Instance, facts: Facts) -> list[dict[str, Any]] | None:
    """Return what to bend so that `facts` hold no more; None where one of them is not ours to bend."""
    found = []
    for fact in facts:
        bend = _bend(draft, instance, fact)
        if bend is None:
            return None
        found.append(bend)
    return found or None


def _bend(draft: Draft, instance: Instance, fact: Mapping[str, Any]) -> dict[str, Any] | None:
    rule, week, person = fact["rule"], fact.get("week"), fact.get("person")
    if rule == "R3":
        return _absence(draft, str(person), str(fact["key"]))
    if rule == "R6" and week is None:
        return {"kind": "gap", "min_gap": max(0, instance.spacing.min_gap - 1)}
    if rule in {"R4", "R5", "R6", "R7"} and week is not None:
        return {"kind": "waive", "rule": rule, "week": week, "person": person if rule == "R7" else None}
    return None


def _absence(draft: Draft, person: str, key: str) -> dict[str, Any] | None:
    """Return the bend that imagines an absence moved: the leave or the must-not that begins on the day in `key`."""
    try:
        starts_on = date.fromisoformat(key.rpartition(" ")[2])
    except ValueError:
        return None
    name = draft.inputs["names"].get(person, "")
    leave = Leave.objects.filter(person_id=id_of(person), starts_on=starts_on, cancelled_at=None).first()
    if leave is not None:
        return {"kind": "absence", "leave": leave.pk, "name": name}
    wish = Wish.objects.standing().filter(
        membership__person_id=id_of(person), membership__team=draft.team, starts_on=starts_on, must=True
    ).first()  # fmt: skip
    return {"kind": "absence", "wish": wish.pk, "name": name} if wish is not None else None
