"""From wall-clock time in a zone to instants, on the two nights a year when that is not obvious."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; write for example Europe/Berlin") from error


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the instant at which a clock on the wall in `zone` shows `day` `at`.

    A time that a clock change skips is read as the instant of the change; one that happens twice is its
    first occurrence.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    """Return the first instant after the gap that swallows the wall-clock time `local`.

    PEP 495: inside a gap fold=0 answers with the offset before it, fold=1 with the one after.
    """
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or after is None:  # pragma: no cover - a ZoneInfo always has offsets
        raise ValueError(f"{local} has no offset")
    late, early = (
        (local.replace(tzinfo=UTC) - min(before, after)),
        (local.replace(tzinfo=UTC) - max(before, after)),
    )
    zone = local.tzinfo
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def monday_of(day: date) -> date:
    """Return the Monday of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())
