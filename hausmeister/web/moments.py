"""Moments that people choose in a form: a length from now, tomorrow morning, or a time on their own clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant
from hausmeister.base.words import read_duration
from hausmeister.team.models import Person

MORNING = time(9)


class NotAMoment(Exception):
    """What came is no time that can be read."""


def chosen(form: Mapping[str, str], *, now: datetime, person: Person) -> datetime:
    """Return the moment that a form names: `until` (a local time) wins over `for` (a length, or "morning").

    Raises NotAMoment.
    """
    if form.get("until"):
        return local(form["until"], zone=person.zone)
    length = form.get("for", "")
    if length == "morning":
        return next_morning(now, zone=person.zone)
    try:
        return now + read_duration(length)
    except (ValueError, OverflowError) as error:
        raise NotAMoment(f"{length[:40]!r} is no length of time") from error


def next_morning(now: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the next nine o'clock on the clocks of `zone`."""
    day = now.astimezone(zone).date()
    today = instant(day, MORNING, zone)
    return today if today > now else instant(day + timedelta(days=1), MORNING, zone)


def local(text: str, *, zone: ZoneInfo) -> datetime:
    """Return the instant at which a clock in `zone` shows `text`, such as 2026-11-27T17:00. Raises NotAMoment."""
    try:
        given = datetime.fromisoformat(text)
        if given.tzinfo is not None:
            return given.astimezone(UTC)
        return instant(given.date(), given.time(), zone)
    except (ValueError, OverflowError) as error:
        # the first and the last day of the calendar have no instant in every zone
        raise NotAMoment(f"{text[:40]!r} is not a date and a time, such as 2026-11-27 17:00") from error


def as_field(moment: datetime, *, zone: ZoneInfo) -> str:
    """Return `moment` as a field for local times holds it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
