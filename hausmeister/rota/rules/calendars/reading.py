"""Reading an iCalendar file that somebody else wrote, as a program of its own.

Such a file can be a bomb: a rule that never comes to an end, a series from the year 1, megabytes of nothing. So it
is read in another process, with limits on time and memory, that knows no secret and has no database. It is handed
a line of JSON and the file, and answers in JSON (`reader.py` is its other end).
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from hausmeister.base.untrusted import one_line
from hausmeister.rota.rules.calendars.importing import (
    MOST_EVENTS,
    MOST_OCCURRENCES,
    BadCalendar,
    Occurrence,
    Reading,
    as_json,
)

MEMORY_BYTES = 1024 * 1024 * 1024
_STRIDE = timedelta(days=98)
_MOMENTS = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_TOO_FINE = {"SECONDLY", "MINUTELY", "HOURLY"}


def read(body: bytes, *, since: date, until: date, zone: ZoneInfo) -> Reading:
    """Return what happens from `since` to `until`. `zone` is for times without one. Raises BadCalendar."""
    calendar = _calendar(body)
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise BadCalendar(f"The calendar has {len(events)} events; {MOST_EVENTS} is the most.")
    for place, event in enumerate(events, 1):
        _check(event, f"Event {place}")
    for component in calendar.walk():
        _check_rules(component)
    series = _series(events)
    found: dict[str, Occurrence] = {}
    for one in _occurrences(calendar, since, until):
        if str(one.get("STATUS", "")).upper() != "CANCELLED":
            occurrence = _occurrence(one, series, zone)
            found[occurrence.event] = occurrence
        if len(found) > MOST_OCCURRENCES:
            raise BadCalendar(
                f"More than {MOST_OCCURRENCES} things happen in the calendar within a year; that is the most."
            )
    return Reading(tuple(found.values()), len(events))


def _calendar(body: bytes) -> Any:
    begin = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    if begin.startswith((b"<!DOCTYPE", b"<HTML", b"<?XML")):
        raise BadCalendar("What came is a web page, not a calendar. The address may need a sign-in, or be another one.")
    if not begin.startswith(b"BEGIN:VCALENDAR"):
        raise BadCalendar("What came is no calendar: it does not begin with BEGIN:VCALENDAR.")
    if not body.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise BadCalendar("The calendar breaks off: its last line is not END:VCALENDAR.")
    try:
        return Calendar.from_ical(body)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadCalendar("The calendar cannot be read: a line in it is not as RFC 5545 wants it.") from error


def _check(event: Any, named: str) -> None:
    """Refuse an event that would have to be guessed at."""
    if "DTSTART" not in event:
        raise BadCalendar(f"{named} has no beginning (DTSTART).")
    for name in _MOMENTS:
        for value in _values(event.get(name)):
            _check_moment(value, f"{named}, {name},")
    starts, ends = event["DTSTART"].dt, getattr(event.get("DTEND"), "dt", None)
    if ends is not None and type(ends) is type(starts) and _comparable(ends) < _comparable(starts):
        raise BadCalendar(f"{named} ends before it begins.")


def _values(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _check_moment(value: Any, named: str) -> None:
    zone_name = value.params.get("TZID") if hasattr(value, "params") else None
    try:
        moments = [one.dt for one in value.dts] if hasattr(value, "dts") else [value.dt]
    except ValueError as error:
        raise BadCalendar(f"{named} is no date and no time.") from error
    for moment in moments:
        if zone_name and isinstance(moment, datetime) and moment.tzinfo is None:
            raise BadCalendar(f"{named} is in the time zone {one_line(str(zone_name), 60)!r}, which is not known.")


def _comparable(moment: date | datetime) -> Any:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if isinstance(moment, datetime) else moment


def _check_rules(component: Any) -> None:
    for rule in _values(component.get("RRULE")):
        try:
            frequency = str((rule.get("FREQ") or [""])[0]).upper()
        except ValueError as error:
            raise BadCalendar("A series in the calendar has a rule that is not as RFC 5545 wants it.") from error
        if frequency in _TOO_FINE:
            raise BadCalendar(f"A series in the calendar repeats {frequency.lower()}; daily is the most often.")


def _series(events: list[Any]) -> set[str]:
    """Return the identities under which there is more than one event."""
    return {
        str(event.get("UID", ""))
        for event in events
        if any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    }


def _occurrences(calendar: Any, since: date, until: date) -> Iterator[Any]:
    """Yield what happens, a few months at a time, so that too much is noticed early; some come twice."""
    query = recurring_ical_events.of(calendar)
    while since <= until:
        try:
            yield from query.between(since, min(since + _STRIDE, until + timedelta(days=1)))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            raise BadCalendar(
                "A series in the calendar cannot be followed: its rule is not as RFC 5545 wants it."
            ) from (error)
        since += _STRIDE


def _occurrence(one: Any, series: set[str], zone: ZoneInfo) -> Occurrence:
    uid, summary = str(one.get("UID", "")), one_line(str(one.get("SUMMARY", "")), 200)
    starts, ends = one.start, one.end
    told = [uid] if uid else [summary, starts.isoformat()]
    if uid in series:
        moment = getattr(one.get("RECURRENCE-ID"), "dt", starts)
        told.append(moment.isoformat())
    event = hashlib.sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()[:32]
    if isinstance(starts, datetime):
        return Occurrence(
            event, summary, starts_at=_instant(starts, zone), ends_at=_instant(ends, zone), people=_people(one)
        )
    last = max(starts, ends - timedelta(days=1))
    return Occurrence(event, summary, starts_on=starts, ends_on=last, people=_people(one))


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _people(one: Any) -> tuple[str, ...]:
    """Return the addresses and the names of those who have not declined."""
    found: list[str] = []
    for attendee in _values(one.get("ATTENDEE"))[:20]:
        given = getattr(attendee, "params", {})
        if str(given.get("PARTSTAT", "")).upper() != "DECLINED":
            address = str(attendee)
            found += [address[7:] if address.lower().startswith("mailto:") else "", str(given.get("CN", ""))]
    return tuple(one_line(text, 254) for text in found if text)


# ---- the program ----


def _limit(cpu_s: int) -> None:
    """Bound what this process may use, where the system can."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Read standard input, answer on standard output."""
    asked = json.loads(sys.stdin.buffer.readline())
    _limit(asked["cpu_s"])
    try:
        reading = read(
            sys.stdin.buffer.read(),
            since=date.fromisoformat(asked["since"]),
            until=date.fromisoformat(asked["until"]),
            zone=ZoneInfo(asked["zone"]),
        )
        answer = as_json(reading)
    except BadCalendar as error:
        answer = {"problem": str(error)}
    except (MemoryError, RecursionError, OverflowError):
        answer = {"problem": "The calendar is too much: reading it takes more memory than is given to it."}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
