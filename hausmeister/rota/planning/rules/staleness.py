"""What has changed between the facts a draft was made from and the facts now, in sentences."""

from collections.abc import Mapping
from dataclasses import fields

from hausmeister.rota.planner.instance import Instance, Planned

_MEANS = {
    "experience": "experience", "fte": "share", "off_weekdays": "usual free days", "country": "public holidays",
    "employed_from": "first day", "employed_to": "last day", "expert_in": "known areas", "learning": "learning goals",
    "prefer_not": "wishes",
}  # fmt: skip
# what somebody has served changes with each override, and makes no plan invalid; a name is only a name
_NO_MATTER = {"id", "name", "history", "away"}


def differences(before: Instance, now: Instance, names: Mapping[str, str]) -> list[str]:
    """Return in sentences what differs between instances of the same weeks; [] when a plan for one fits the other."""
    told: list[str] = []
    for key in sorted(before.person.keys() | now.person.keys()):
        name = names.get(key, "Somebody")
        old, new = before.person.get(key), now.person.get(key)
        if new is None:
            told.append(f"{name} no longer takes duties here.")
        elif old is None:
            told.append(f"{name} takes duties now.")
        else:
            told += _of_person(old, new, name)
    return [*told, *_of_frame(before, now, is_quiet=bool(told))]


def _of_person(old: Planned, new: Planned, name: str) -> list[str]:
    told = [f"{name} is away at other times: {_spans(new)}."] if old.away != new.away else []
    changed = [
        one.name
        for one in fields(Planned)
        if one.name not in _NO_MATTER and getattr(old, one.name) != getattr(new, one.name)
    ]
    return told + [f"The {_MEANS[field]} of {name} changed." for field in changed]


def _spans(person: Planned) -> str:
    spans = [f"{one.starts_on:%-d %b} to {one.ends_on:%-d %b}" for one in person.away if one.bars != frozenset()]
    return ", ".join(spans) or "not at all in these weeks"


def _of_frame(before: Instance, now: Instance, *, is_quiet: bool) -> list[str]:
    told = []
    if before.spacing != now.spacing:
        told.append("The policy asks for other gaps between duties.")
    if before.holidays != now.holidays and not is_quiet:
        told.append("Public holidays or days off changed.")
    if before.frozen_weeks != now.frozen_weeks:
        told.append("Another week is frozen now.")
    standing = [dict(one.current.holders) if one.current else {} for one in (before, now)]
    if standing[0] != standing[1]:
        told.append("The duties that stand changed: somebody moved one since.")
    elif before.pins != now.pins:
        told.append("A swap or cover was agreed since; what was agreed stays.")
    return told
