"""Reading a moment as people write it: ISO 8601, "fri 18:00", "tomorrow 9:00", "in 3h"."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import WEEKDAYS, instant
from hausmeister.base.words import read_duration

_EXAMPLES = '"2026-11-27 18:00", "2026-11-27T18:00+01:00", "18:00", "fri 18:00", "tomorrow 9:00" or "in 3h"'
_CLOCK = re.compile(r"(?:(?P<day>[a-z]+)\s+)?(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?")
# a + in an address arrives as a blank
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d{2}:?\d{2}$)")


class NoMoment(ValueError):
    """The text names no moment; the message says what could."""


def read_moment(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the instant that `text` names on the clocks of `zone`.

    A time of day or of the week is the next such moment from `now` on; an offset or Z in the text wins over
    `zone`. Raises NoMoment.
    """
    given = " ".join(text.strip().lower().split())
    try:
        if given in {"", "now"}:
            return now
        if given.startswith("in "):
            return now + read_duration(given.removeprefix("in "))
        if match := _CLOCK.fullmatch(given):
            return _next(match, now=now, zone=zone)
        return _iso(given.upper(), zone)
    except (ValueError, OverflowError) as error:
        raise NoMoment(f"{text[:80]!r} is no moment that can be read; write for example {_EXAMPLES}.") from error


def _iso(given: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = datetime.fromisoformat(_LOST_PLUS.sub("+", given))
    if not 2000 <= moment.year <= 2200:
        raise ValueError("a year that no rota knows")
    if moment.tzinfo is None:
        return instant(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)


def _next(match: re.Match[str], *, now: datetime, zone: ZoneInfo) -> datetime:
    at = time(int(match["hour"]), int(match["minute"] or 0))
    today = now.astimezone(zone).date()
    for day in _days(match["day"] or "", today):
        moment = instant(day, at, zone)
        if moment >= now:
            return moment
    raise ValueError("that day is over")


def _days(word: str, today: date) -> list[date]:
    if word == "":
        return [today, today + timedelta(days=1)]
    if word == "today":
        return [today]
    if word == "tomorrow":
        return [today + timedelta(days=1)]
    wanted = [number for number, short in enumerate(WEEKDAYS) if len(word) >= 3 and _full(short).startswith(word)]
    if not wanted:
        raise ValueError("no weekday")
    first = today + timedelta(days=(wanted[0] - today.weekday()) % 7)
    return [first, first + timedelta(days=7)]


def _full(short: str) -> str:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return names[WEEKDAYS.index(short)]
