"""What is made of somebody else's calendar: days away, and the turns of a schedule with the people in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant


class ImportKind(StrEnum):
    """What a calendar is read as."""

    LEAVE = "leave"
    SCHEDULE = "schedule"


MOST_BYTES = 2 * 1024 * 1024
MOST_EVENTS = 5_000
MOST_OCCURRENCES = 3_000
MOST_LEAVES = 200
LOOK_BACK = timedelta(days=90)
LOOK_AHEAD = timedelta(days=400)
LONGEST = timedelta(days=366)
# a day counts as away when the event takes so much of it: a dentist's hour is no leave
SHORTEST_AWAY = timedelta(hours=4)
MOST_WORDS = 20
# what the form offers; a calendar with other things in it needs them
USUAL_WORDS = ("vacation", "holiday", "leave", "out of office")


class BadCalendar(Exception):
    """The calendar cannot be taken, as a whole; the text says why, in a sentence for a screen."""


@dataclass(frozen=True)
class Occurrence:
    """One event, or one of a series. All-day ones have days, both included; the others instants in UTC.

    `event` is its identity from one reading to the next; `people` are its attendees' addresses and names.
    """

    event: str
    summary: str
    starts_on: date | None = None
    ends_on: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    people: tuple[str, ...] = ()

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return beginning and end as instants; days are whole days on the clocks of `zone`."""
        if self.starts_on is not None and self.ends_on is not None:
            midnight = time(0)
            return instant(self.starts_on, midnight, zone), instant(self.ends_on + timedelta(days=1), midnight, zone)
        if self.starts_at is None or self.ends_at is None:
            raise ValueError("an occurrence has either days or instants")
        return self.starts_at, self.ends_at


@dataclass(frozen=True)
class Reading:
    """What stands in a calendar: the occurrences of the time that was asked for, and how many events it has in all."""

    occurrences: tuple[Occurrence, ...]
    events: int


def as_json(reading: Reading) -> dict[str, Any]:
    """Return a reading as one process hands it to another."""
    rows = [
        [
            one.event,
            one.summary,
            *(_text(m) for m in (one.starts_on, one.ends_on, one.starts_at, one.ends_at)),
            one.people,
        ]
        for one in reading.occurrences
    ]
    return {"events": reading.events, "occurrences": rows}


def of_json(told: dict[str, Any]) -> Reading:
    """Return the reading that was handed over."""
    return Reading(tuple(_row(*row) for row in told["occurrences"]), told["events"])


def _text(moment: date | None) -> str:
    return moment.isoformat() if moment else ""


def _row(event: str, summary: str, first: str, last: str, begins: str, ends: str, people: list[str]) -> Occurrence:
    if first:
        return Occurrence(event, summary, date.fromisoformat(first), date.fromisoformat(last), people=tuple(people))
    starts_at, ends_at = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    return Occurrence(event, summary, starts_at=starts_at, ends_at=ends_at, people=tuple(people))


# ---- leave ----

Days = tuple[date, date]


@dataclass(frozen=True)
class LeaveFound:
    """Days away by event, both ends included, and how many events were left out, by the reason in words."""

    days: dict[str, Days]
    left_out: dict[str, int] = field(default_factory=dict)


def find_leave(reading: Reading, *, words: Sequence[str], zone: ZoneInfo, today: date) -> LeaveFound:
    """Return the days away, from `today` on, that the calendar tells. Raises BadCalendar for too many."""
    days: dict[str, Days] = {}
    left_out: dict[str, int] = {}
    wanted = [word.casefold() for word in words]
    for one in reading.occurrences:
        why = _why_no_leave(one, wanted, zone)
        span = None if why else _days(one, zone)
        if why or span is None:
            why = why or "shorter than four hours"
            left_out[why] = left_out.get(why, 0) + 1
        elif span[1] >= today:
            days[one.event] = span
    if len(days) > MOST_LEAVES:
        raise BadCalendar(
            f"The calendar has {len(days)} events that would be days away; {MOST_LEAVES} is the most."
            " Name the words that such an event has in its title."
        )
    return LeaveFound(days, left_out)


def _why_no_leave(one: Occurrence, wanted: Sequence[str], zone: ZoneInfo) -> str:
    if wanted and not any(word in one.summary.casefold() for word in wanted):
        return "without one of the words"
    starts_at, ends_at = one.instants(zone)
    return "longer than a year" if ends_at - starts_at > LONGEST else ""


def _days(one: Occurrence, zone: ZoneInfo) -> Days | None:
    """Return the first and the last day of which the event takes enough, None when there is none."""
    if one.starts_on is not None and one.ends_on is not None:
        return one.starts_on, one.ends_on
    starts_at, ends_at = one.instants(zone)
    day, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    taken = []
    while day <= last:
        begins, ends = instant(day, time(0), zone), instant(day + timedelta(days=1), time(0), zone)
        if min(ends_at, ends) - max(starts_at, begins) >= SHORTEST_AWAY:
            taken.append(day)
        day += timedelta(days=1)
    return (taken[0], taken[-1]) if taken else None


@dataclass(frozen=True)
class Taken:
    """A leave that an earlier reading made. `is_cancelled`: somebody took it back by hand."""

    leave_id: int
    days: Days
    is_cancelled: bool


@dataclass(frozen=True)
class LeaveChanges:
    """What a reading changes: events whose days are recorded, leaves that are withdrawn first."""

    record: dict[str, Days]
    withdraw: tuple[int, ...]


def change_leave(found: Mapping[str, Days], taken: Mapping[str, Taken], *, today: date) -> LeaveChanges:
    """Return what makes the leave that was taken into what is found.

    A leave that is over stays, whatever the calendar says now. One that somebody took back by hand stays taken
    back until its event changes.
    """
    record = {event: days for event, days in found.items() if event not in taken or taken[event].days != days}
    withdraw = tuple(
        one.leave_id
        for event, one in taken.items()
        if not one.is_cancelled and one.days[1] >= today and found.get(event) != one.days
    )
    return LeaveChanges(record, withdraw)


# ---- schedules ----


@dataclass(frozen=True)
class Member:
    """Somebody who can be recognised."""

    person_id: int
    name: str
    email: str
    may_be_called: bool = True


@dataclass(frozen=True)
class DutyFound:
    """A turn of the schedule: who, or nobody and why."""

    event: str
    title: str
    starts_at: datetime
    ends_at: datetime
    person_id: int | None
    problem: str = ""


def find_duties(reading: Reading, members: Sequence[Member], *, zone: ZoneInfo) -> list[DutyFound]:
    """Return the turns of the schedule, in the order of time."""
    found = [_duty(one, members, zone) for one in reading.occurrences]
    return sorted((one for one in found if one.starts_at < one.ends_at), key=lambda one: (one.starts_at, one.event))


def _duty(one: Occurrence, members: Sequence[Member], zone: ZoneInfo) -> DutyFound:
    starts_at, ends_at = one.instants(zone)
    if ends_at - starts_at > LONGEST:
        return DutyFound(one.event, one.summary, starts_at, ends_at, None, "It lasts longer than a year.")
    person_id, problem = recognise(one, members)
    if any(member.person_id == person_id and not member.may_be_called for member in members):
        person_id, problem = None, "It names somebody who only looks on in the team, and cannot be called."
    return DutyFound(one.event, one.summary, starts_at, ends_at, person_id, problem)


def recognise(one: Occurrence, members: Sequence[Member]) -> tuple[int | None, str]:
    """Return the member that an event means, or None and why.

    An attendee's address counts most, then an attendee's name, then a whole name in the title, then a first name
    that only one member has. What fits two people is nobody.
    """
    told = " ".join(one.people).casefold()
    for who in (
        {member.person_id for member in members if _names(member.email, told)},
        {member.person_id for member in members if member.name.casefold() in {name.casefold() for name in one.people}},
        {member.person_id for member in members if _is_in(one.summary, member.email, member.name)},
        {person_id for name, person_id in _first_names(members).items() if _is_in(one.summary, name)},
    ):
        if len(who) == 1:
            return who.pop(), ""
        if who:
            return None, "It fits more than one member."
    return None, "It names no member of the team, neither by address nor by name."


def _names(address: str, told: str) -> bool:
    return address.casefold() in told.split()


def _is_in(text: str, *names: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names if name)


def _first_names(members: Iterable[Member]) -> dict[str, int]:
    """Return the first names that only one member has."""
    found: dict[str, list[int]] = {}
    for member in members:
        found.setdefault(member.name.split(" ", maxsplit=1)[0].casefold(), []).append(member.person_id)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}


def read_words(text: str) -> list[str]:
    """Return the words of a comma-separated list, as they were typed; at most twenty, each once."""
    words = [" ".join(word.split())[:60] for word in text.split(",")]
    return list(dict.fromkeys(word for word in words if word))[:MOST_WORDS]


def span_of_reading(now: datetime) -> tuple[date, date]:
    """Return the first and the last day of a calendar that are looked at."""
    today = now.astimezone(UTC).date()
    return today - LOOK_BACK, today + LOOK_AHEAD
