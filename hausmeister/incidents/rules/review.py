"""The review's first draft, in Markdown, and how many gaps are left in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.words import duration

GAP = "(write here)"


@dataclass(frozen=True)
class Line:
    """One entry of the timeline, in plain words."""

    at: datetime
    words: str
    note: str = ""


@dataclass(frozen=True)
class Draft:
    """What a draft is made of."""

    title: str
    label: str
    team: str
    opened_at: datetime
    over_at: datetime
    first_told_after: timedelta | None
    point: str
    comms: str
    helped: str
    lines: tuple[Line, ...]
    follow_ups: tuple[str, ...]


def write(draft: Draft, zone: ZoneInfo) -> str:
    """Return the draft: the facts filled in, the judgement left open."""
    told = "never" if draft.first_told_after is None else f"after {duration(draft.first_told_after)}"
    days = f"{draft.opened_at.astimezone(zone):%d %b %Y %H:%M} to {draft.over_at.astimezone(zone):%d %b %Y %H:%M}"
    head = [
        f"# Review: {draft.title}",
        "",
        f"- Level: {draft.label}",
        f"- From {days} ({zone.key}), {duration(draft.over_at - draft.opened_at)}",
        f"- Team: {draft.team}. Point: {draft.point}. Comms: {draft.comms or draft.point}",
        f"- Clients were told {told}",
    ]
    parts = [
        ("What our clients noticed", [GAP]),
        ("What happened", _timeline(draft.lines, zone)),
        ("Why it happened", [GAP]),
        ("What helped", [draft.helped or GAP]),
        ("What we change", [f"- {one}" for one in draft.follow_ups] or [GAP]),
    ]
    return "\n".join([*head, *(line for name, body in parts for line in ("", f"## {name}", "", *body))]) + "\n"


def _timeline(lines: Sequence[Line], zone: ZoneInfo) -> list[str]:
    told: list[str] = []
    for one in lines:
        text = f"- {one.at.astimezone(zone):%a %H:%M} {one.words}"
        told.append(f"{text} “{' '.join(one.note.split())}”" if one.note else text)
    return told or [GAP]


def gaps(text: str) -> int:
    """Return how many places of the draft nobody has filled in."""
    return text.count(GAP)
