"""What people whose duty changed are told: a line for each change, on their own clocks."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from hausmeister.rota.planning.rules.diff import Moved

Span = tuple[datetime, datetime]


def line(
    one: Moved, *, titles: Mapping[str, str], turn: Span | None, was: Span | None, zone: ZoneInfo, is_tentative: bool
) -> str:
    """Return one change as a line of a letter. `turn` is when the slot is; `was` is when the one before was."""
    title = titles[one.slot.role.value]
    tentative = ", tentative" if is_tentative else ""
    when = _words(turn, zone)
    if one.kind == "moved":
        return f"* {title}: {when}{tentative}, instead of {_words(was, zone)} ({one.cause})"
    if one.kind == "removed":
        return f"- {title}: not any more {when} ({one.cause})"
    return f"+ {title}: {when}{tentative} ({one.cause})"


def _words(span: Span | None, zone: ZoneInfo) -> str:
    if span is None:  # pragma: no cover - every line has its span
        return ""
    first, last = (moment.astimezone(zone) for moment in span)
    return f"{first:%a} {first.day} {first:%b %H:%M} to {last:%a} {last.day} {last:%b %H:%M}"
