"""Writing a feed as iCalendar (RFC 5545, with the names of RFC 7986), by the library that knows how to escape."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar import Event as IcalEvent

from hausmeister.base.untrusted import lines, one_line
from hausmeister.rota.rules.calendars.stretches import Event, Sheet, State

PRODUCT = "-//Hausmeister//Rota//EN"
REFRESH = timedelta(hours=1)
# part of what a stored calendar was made from: a new wording is a new calendar
WORDING = "2"


def as_of(moment: datetime, zone_name: str) -> str:
    """Return when something was so, on the clocks of the zone."""
    return f"{moment.astimezone(ZoneInfo(zone_name)):%a %d %b %Y %H:%M} ({zone_name})"


def write(sheet: Sheet, states: Mapping[str, State], *, changed_at: datetime) -> bytes:
    """Return the calendar's file. The same sheet and states give the same octets."""
    calendar = Calendar()
    name = one_line(sheet.name, 200)
    told = f"Names and times of duties, as of {as_of(changed_at, sheet.zone_name)}. Made by Hausmeister."
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("DESCRIPTION", told)
    calendar.add("X-WR-CALDESC", told)
    calendar.add("LAST-MODIFIED", changed_at)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    for zone in _zones(sheet.events):
        calendar.add_component(zone)
    for event in sheet.events:
        calendar.add_component(_event(event, states[event.uid]))
    written: bytes = calendar.to_ical()
    return written


def _event(event: Event, state: State) -> IcalEvent:
    written = IcalEvent()
    written.add("UID", event.uid)
    # without a METHOD the stamp is the time of the last revision
    written.add("DTSTAMP", state.changed_at)
    written.add("LAST-MODIFIED", state.changed_at)
    written.add("SEQUENCE", state.sequence)
    starts_at, ends_at = on_the_clock(event.starts_at, event.ends_at, ZoneInfo(event.zone_name))
    written.add("DTSTART", starts_at)
    written.add("DTEND", ends_at)
    written.add("SUMMARY", one_line(event.summary, 200))
    written.add("DESCRIPTION", lines(f"{event.text}\nAs of {as_of(state.changed_at, event.zone_name)}.", 1000))
    written.add("STATUS", "TENTATIVE" if event.is_tentative else "CONFIRMED")
    # somebody on call is not unavailable for the whole week
    written.add("TRANSP", "TRANSPARENT")
    return written


def on_the_clock(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both ends as clocks in `zone` show them, or in UTC where a clock would show them twice.

    A local time that happens twice means its first occurrence (RFC 5545, 3.3.5): the second cannot be written.
    """
    local = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return local if not any(one.fold for one in local) else (starts_at.astimezone(UTC), ends_at.astimezone(UTC))


def _zones(events: Sequence[Event]) -> list[Timezone]:
    """Return the VTIMEZONE of each zone in use, good for a year before and after what is written in it."""
    spans: dict[str, tuple[int, int]] = {}
    for event in events:
        first, last = spans.get(event.zone_name, (event.starts_at.year, event.ends_at.year))
        spans[event.zone_name] = min(first, event.starts_at.year), max(last, event.ends_at.year)
    return [_zone(name, first - 1, last + 2) for name, (first, last) in sorted(spans.items()) if name != "UTC"]


@lru_cache(maxsize=64)
def _zone(name: str, first: int, until: int) -> Timezone:
    """Return the zone's VTIMEZONE for the years from `first` up to `until`.

    Onsets are written as RFC 5545, 3.6.5 wants them: on the clock as it went until then.
    """
    zone = ZoneInfo(name)
    begin = datetime(first, 1, 1, tzinfo=UTC)
    onsets: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    offset = _offset(begin, zone)
    for moment in (begin, *_changes(zone, begin, datetime(until, 1, 1, tzinfo=UTC))):
        local, before = moment.astimezone(zone), offset
        offset = _offset(moment, zone)
        kind = (before, offset, local.tzname() or name, bool(local.dst()))
        onsets.setdefault(kind, []).append((moment + before).replace(tzinfo=None))
    written = Timezone()
    written.add("TZID", name)
    for (before, after, word, is_daylight), moments in onsets.items():
        part = TimezoneDaylight() if is_daylight else TimezoneStandard()
        part.add("DTSTART", moments[0])
        for moment in moments[1:]:
            # a property each: ical.js, and with it Thunderbird, reads only the first date of a list
            part.add("RDATE", moment)
        part.add("TZOFFSETFROM", before)
        part.add("TZOFFSETTO", after)
        part.add("TZNAME", word)
        written.add_component(part)
    return written


def _changes(zone: ZoneInfo, begin: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the instants at which the zone's offset changes, to the second."""
    day = timedelta(days=1)
    while begin < until:
        if _offset(begin, zone) != _offset(begin + day, zone):
            early, late = begin, begin + day
            while late - early > timedelta(seconds=1):
                middle = early + (late - early) // 2
                if _offset(middle, zone) == _offset(begin, zone):
                    early = middle
                else:
                    late = middle
            yield late.replace(microsecond=0)
        begin += day


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
