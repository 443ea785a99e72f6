"""From the facts that conflict to sentences and ways out that can be taken by a button."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hausmeister.rota.models.planning import Draft, Wish
from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Instance
from hausmeister.rota.planner.outcome import Lifting
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.team.models import Leave

Facts = Sequence[Mapping[str, Any]]


def explained(draft: Draft, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an impossible draft keeps: the conflict in sentences, and each way out with what it bends."""
    instance = files.instance_from(draft.inputs["instance"])
    titles = draft.inputs["titles"]
    ways = []
    for number, fact in enumerate(found["facts"]):
        bends = _bends(draft, [fact])
        if bends:
            words = for_people(fact["way_out"], instance, titles)
            ways.append({"id": f"way{number}", "words": words, "bends": bends, "is_cheapest": False})
    _mark_cheapest(draft, instance, found["cheapest"], ways, titles)
    return {"conflict": [for_people(one["words"], instance, titles) for one in found["facts"]], "ways_out": ways}


def _mark_cheapest(
    draft: Draft, instance: Instance, cheapest: Facts, ways: list[dict[str, Any]], titles: Mapping[str, str]
) -> None:
    bends = _bends(draft, cheapest)
    if not cheapest or bends is None:
        return
    for way in ways:
        if way["bends"] == bends:
            way["is_cheapest"] = True
            return
    words = " ".join(for_people(one["way_out"], instance, titles) for one in cheapest)
    ways.insert(0, {"id": "cheapest", "words": words, "bends": bends, "is_cheapest": True})


def _bends(draft: Draft, facts: Facts) -> list[dict[str, Any]] | None:
    """Return what to bend so that `facts` hold no more; None where one of them is not ours to bend."""
    found: list[dict[str, Any]] = []
    for fact in facts:
        bends = _bends_of(draft, fact)
        if not bends:
            return None
        found += bends
    return found or None


def _bends_of(draft: Draft, fact: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what to bend so that `fact` does not hold; nothing where nothing of ours would help."""
    lift = fact["lift"]
    match Lifting(lift["how"]):
        case Lifting.EMPLOYMENT:
            return []
        case Lifting.ABSENCE:
            bend = _absence(draft, fact["people"][0], date.fromisoformat(lift["starts_on"]))
            return [bend] if bend else []
        case Lifting.WAIVER:
            return [{"kind": "waive", "rule": fact["rule"], "week": week, "person": None} for week in lift["weeks"]]
        case Lifting.GAP:
            return [{"kind": "gap", "min_gap": lift["min_gap"]}]
        case Lifting.PIN:
            return [{"kind": "agreed", "week": week, "role": lift["role"]} for week in lift["weeks"]]


def _absence(draft: Draft, person: str, starts_on: date) -> dict[str, Any] | None:
    """Return the bend that imagines an absence moved: the leave, or the must-not, that begins on that day."""
    name = draft.inputs["names"].get(person, "")
    leave = Leave.objects.filter(person_id=id_of(person), starts_on=starts_on, cancelled_at=None).first()
    if leave is not None:
        return {"kind": "absence", "leave": leave.pk, "name": name}
    wish = (
        Wish.objects.standing()
        .filter(membership__person_id=id_of(person), membership__team=draft.team, starts_on=starts_on, must=True)
        .first()
    )
    return {"kind": "absence", "wish": wish.pk, "name": name} if wish is not None else None
