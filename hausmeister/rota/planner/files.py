"""The file format, read strictly: `rota-instance/1` in, `rota-plan/1` out. docs/planner.md describes it.

Whatever is not as described is refused with the place, what came and what is allowed. Keys that the format
does not know are refused too, except at the top, where they are named in `notes` and ignored.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from hausmeister.rota.planner.instance import (
    ROLES,
    Absence,
    Assignment,
    Goal,
    History,
    Instance,
    Plan,
    Planned,
    Role,
    Rule,
    Slot,
    Spacing,
    Waiver,
    Weights,
)
from hausmeister.rota.planner.shapes import (
    BadFile,
    date_of,
    date_or_none,
    exactly,
    list_of,
    need,
    one_of,
    parsed,
    shown,
    table_of,
    text_of,
    whole,
)

FORMAT = "rota-instance/1"
PLAN_FORMAT = "rota-plan/1"
MOST_PEOPLE, MOST_WEEKS, MOST_COUNT = 1000, 156, 100_000

_TOP = ("format", "name", "timezone", "start", "weeks", "roles", "people", "holidays", "rules", "weights")
_TOP_MAY = ("frozen_weeks", "current_plan", "events", "pins", "waivers")
_PERSON = (
    "id", "country", "experience", "fte", "off_weekdays", "employed_from", "employed_to", "away", "prefer_not",
    "history", "expert_in", "learning",
)  # fmt: skip
_HISTORY = ("weeks", "D", "W", "B", "H", "last_primary_week", "last_duty_week")
_WEIGHTS = ("fair", "holiday", "spacing", "adjacent", "prefer_not", "exposure", "off_day", "change")


def read_instance(text: str) -> Instance:
    """Return the instance that `text` (JSON) holds.

    Raises BadFile for anything that is not as docs/planner.md says.
    """
    return instance_from(parsed(text))


def read_plan(text: str) -> Plan:
    """Return the plan that `text` holds; whether it keeps any rule, or names people who exist, is not asked here.

    Raises BadFile.
    """
    top = table_of(parsed(text), "the file")
    return _plan(need(top, "assignments", "the file"), "assignments")


def notes(text: str) -> list[str]:
    """Return a sentence for each key at the top of an instance that the format does not know."""
    unknown = sorted(set(parsed(text)) - {*_TOP, *_TOP_MAY})
    return [f"The key {name!r} is not part of {FORMAT} and was ignored." for name in unknown]


def instance_from(value: Any) -> Instance:
    """Return the instance that parsed JSON holds. Raises BadFile."""
    top = table_of(value, "the file")
    one_of(need(top, "format", "the file"), (FORMAT,), "format")
    missing = [name for name in _TOP if name not in top]
    if missing:
        raise BadFile(f"the file lacks {', '.join(missing)}; {FORMAT} needs {', '.join(_TOP)}.")
    if top["roles"] != [role.value for role in ROLES]:
        raise BadFile(f'roles is {shown(top["roles"])}; it must be ["D", "W", "BD", "BW"].')
    weeks = whole(top["weeks"], "weeks", 1, MOST_WEEKS)
    start = date_of(top["start"], "start")
    if start.weekday() != 0:
        raise BadFile(f"start is {start}, a {start:%A}; it must be a Monday.")
    instance = Instance(
        name=text_of(top["name"], "name"),
        timezone=text_of(top["timezone"], "timezone"),
        start=start,
        weeks=weeks,
        people=_people(top["people"], weeks),
        holidays=_holidays(top["holidays"]),
        spacing=_spacing(top["rules"]),
        weights=_weights(top["weights"]),
        frozen_weeks=whole(top.get("frozen_weeks", 0), "frozen_weeks", 0, weeks),
        current=_current(top.get("current_plan"), weeks),
        pins=_pins(top.get("pins", []), weeks),
        waivers=frozenset(list_of(top.get("waivers", []), "waivers", lambda one, at: _waiver(one, at, weeks))),
    )
    _check_names(instance)
    return instance


def instance_document(instance: Instance) -> dict[str, Any]:
    """Return `instance` as the format writes it; reading it back gives an equal instance."""
    return {
        "format": FORMAT,
        "name": instance.name,
        "timezone": instance.timezone,
        "start": instance.start.isoformat(),
        "weeks": instance.weeks,
        "roles": [role.value for role in ROLES],
        "people": [_person_document(one) for one in instance.people],
        "holidays": {place: sorted(map(date.isoformat, days)) for place, days in sorted(instance.holidays.items())},
        "rules": {"min_gap": instance.spacing.min_gap, "ideal_gap": instance.spacing.ideal_gap},
        "weights": {name: getattr(instance.weights, name) for name in _WEIGHTS},
        "frozen_weeks": instance.frozen_weeks,
        "current_plan": None if instance.current is None else assignments_document(instance.current),
        "pins": assignments_document(Plan.of(dict(instance.pins))),
        "waivers": [
            {"rule": one.rule.value, "week": one.week, "person": one.person}
            for one in sorted(instance.waivers, key=lambda one: (one.week, one.rule, one.person or ""))
        ],
    }


def assignments_document(plan: Plan) -> list[dict[str, Any]]:
    """Return the assignments of `plan` as the format writes them."""
    return [{"week": one.week, "role": one.role.value, "person": one.person} for one in plan.assignments]


def fingerprint(instance: Instance) -> str:
    """Return the SHA-256 of everything the plan depends on, but the seed: the same inputs, the same text."""
    canonical = json.dumps(instance_document(instance), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _person_document(one: Planned) -> dict[str, Any]:
    history = one.history
    return {
        "id": one.id,
        "name": one.name,
        "country": one.country,
        "experience": one.experience,
        "fte": one.fte,
        "off_weekdays": list(one.off_weekdays),
        "employed_from": one.employed_from.isoformat() if one.employed_from else None,
        "employed_to": one.employed_to.isoformat() if one.employed_to else None,
        "away": [_absence_document(absence) for absence in one.away],
        "prefer_not": _slots_document(one.prefer_not),
        "history": {
            "weeks": history.weeks, "D": history.d, "W": history.w, "B": history.b, "H": history.h,
            "last_primary_week": history.last_primary_week, "last_duty_week": history.last_duty_week,
        },
        "expert_in": sorted(one.expert_in),
        "learning": [{"area": goal.area, "need": goal.need} for goal in one.learning],
    }  # fmt: skip


def _absence_document(one: Absence) -> dict[str, Any]:
    document: dict[str, Any] = {"from": one.starts_on.isoformat(), "to": one.ends_on.isoformat(), "kind": one.kind}
    return document if one.bars is None else {**document, "bars": _slots_document(one.bars)}


def _slots_document(slots: frozenset[Slot]) -> list[dict[str, Any]]:
    return [{"week": slot.week, "role": slot.role.value} for slot in sorted(slots)]


def _people(value: Any, weeks: int) -> tuple[Planned, ...]:
    people = tuple(list_of(value, "people", lambda one, at: _person(one, at, weeks)))
    if not 1 <= len(people) <= MOST_PEOPLE:
        raise BadFile(f"people holds {len(people)}; there must be from 1 to {MOST_PEOPLE}.")
    seen: set[str] = set()
    for one in people:
        if one.id in seen:
            raise BadFile(f"people: the id {one.id!r} comes twice; each person needs an id of their own.")
        seen.add(one.id)
    return people


def _person(value: Any, at: str, weeks: int) -> Planned:
    table = exactly(value, at, _PERSON, may=("name",))
    starts, ends = (date_or_none(table[name], f"{at}.{name}") for name in ("employed_from", "employed_to"))
    if starts and ends and ends < starts:
        raise BadFile(f"{at}.employed_to is {ends}; it must not be before employed_from, {starts}.")
    return Planned(
        id=text_of(table["id"], f"{at}.id"),
        name=text_of(table.get("name", ""), f"{at}.name", least=0),
        country=text_of(table["country"], f"{at}.country", least=0),
        experience=whole(table["experience"], f"{at}.experience", 0, 10**9),
        fte=whole(table["fte"], f"{at}.fte", 0, 100),
        off_weekdays=_off_weekdays(table["off_weekdays"], f"{at}.off_weekdays"),
        employed_from=starts,
        employed_to=ends,
        away=tuple(list_of(table["away"], f"{at}.away", lambda one, where: _absence(one, where, weeks))),
        prefer_not=_slots(table["prefer_not"], f"{at}.prefer_not", weeks),
        history=_history(table["history"], f"{at}.history"),
        expert_in=frozenset(list_of(table["expert_in"], f"{at}.expert_in", text_of)),
        learning=tuple(list_of(table["learning"], f"{at}.learning", _goal)),
    )


def _off_weekdays(value: Any, at: str) -> tuple[int, ...]:
    days = tuple(list_of(value, at, lambda one, where: whole(one, where, 0, 4)))
    if len(set(days)) != len(days):
        raise BadFile(f"{at} is {shown(value)}; each weekday (0 Monday to 4 Friday) may come once.")
    return days


def _absence(value: Any, at: str, weeks: int) -> Absence:
    table = exactly(value, at, ("from", "to", "kind"), may=("bars",))
    starts, ends = date_of(table["from"], f"{at}.from"), date_of(table["to"], f"{at}.to")
    if ends < starts:
        raise BadFile(f"{at} goes from {starts} to {ends}; it must not end before it begins.")
    bars = _slots(table["bars"], f"{at}.bars", weeks) if "bars" in table else None
    return Absence(starts, ends, text_of(table["kind"], f"{at}.kind"), bars)


def _history(value: Any, at: str) -> History:
    table = exactly(value, at, _HISTORY)
    counts = [whole(table[name], f"{at}.{name}", 0, MOST_COUNT) for name in _HISTORY[:5]]
    lasts = [
        None if table[name] is None else whole(table[name], f"{at}.{name}", -MOST_COUNT, -1) for name in _HISTORY[5:]
    ]
    return History(*counts, *lasts)


def _goal(value: Any, at: str) -> Goal:
    table = exactly(value, at, ("area", "need"))
    return Goal(text_of(table["area"], f"{at}.area"), whole(table["need"], f"{at}.need", 0, MOST_WEEKS))


def _spacing(value: Any) -> Spacing:
    table = exactly(value, "rules", ("min_gap", "ideal_gap"))
    least = whole(table["min_gap"], "rules.min_gap", 0, MOST_WEEKS)
    return Spacing(least, whole(table["ideal_gap"], "rules.ideal_gap", 0, MOST_WEEKS))


def _weights(value: Any) -> Weights:
    table = exactly(value, "weights", _WEIGHTS)
    return Weights(**{name: whole(table[name], f"weights.{name}", 0, 1000) for name in _WEIGHTS})


def _holidays(value: Any) -> dict[str, frozenset[date]]:
    table = table_of(value, "holidays")
    return {place: frozenset(list_of(days, f"holidays.{place}", date_of)) for place, days in table.items()}


def _slots(value: Any, at: str, weeks: int) -> frozenset[Slot]:
    return frozenset(list_of(value, at, lambda one, where: _slot(exactly(one, where, ("week", "role")), where, weeks)))


def _slot(table: Mapping[str, Any], at: str, weeks: int) -> Slot:
    role = one_of(table["role"], tuple(role.value for role in ROLES), f"{at}.role")
    return Slot(whole(table["week"], f"{at}.week", 0, weeks - 1), Role(role))


def _plan(value: Any, at: str, weeks: int = 10**6) -> Plan:
    def one(value: Any, at: str) -> Assignment:
        table = exactly(value, at, ("week", "role", "person"))
        return Assignment(*_slot(table, at, weeks), text_of(table["person"], f"{at}.person"))

    return Plan(tuple(list_of(value, at, one)))


def _current(value: Any, weeks: int) -> Plan | None:
    return None if value is None else _plan(value, "current_plan", weeks)


def _pins(value: Any, weeks: int) -> dict[Slot, str]:
    plan = _plan(value, "pins", weeks)
    if len(plan.holders) != len(plan.assignments):
        raise BadFile("pins names a slot twice; a slot can be pinned to one person.")
    return plan.holders


def _waiver(value: Any, at: str, weeks: int) -> Waiver:
    table = exactly(value, at, ("rule", "week"), may=("person",))
    rule = Rule(one_of(table["rule"], tuple(rule.value for rule in Rule if rule is not Rule.R1), f"{at}.rule"))
    person = table.get("person")
    who = None if person is None else text_of(person, f"{at}.person")
    return Waiver(rule, whole(table["week"], f"{at}.week", 0, weeks - 1), who)


def _check_names(instance: Instance) -> None:
    """Raise BadFile if a pin or a waiver names somebody who is not there. A current plan may: people leave."""
    for slot, person in instance.pins.items():
        if person not in instance.person:
            raise BadFile(f"pins: week {slot.week} {slot.role} names {person!r}, who is not among the people.")
    for one in instance.waivers:
        if one.person is not None and one.person not in instance.person:
            raise BadFile(f"waivers: week {one.week} names {one.person!r}, who is not among the people.")
