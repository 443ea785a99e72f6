"""What the pager costs each person: calls by the hour of their own clock, wake-ups, weekends, interruptions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOURS = 24


@dataclass(frozen=True)
class Call:
    """A page called a person. A storm is one page, so it is one call."""

    page_id: int
    person_id: int
    at: datetime
    title: str = ""
    is_hard: bool = True


@dataclass(frozen=True)
class Night:
    """The hours of the night on everybody's own clock; they run over midnight."""

    begins: time
    ends: time

    def contains(self, clock: time) -> bool:
        """Say whether a clock that shows `clock` is in the night."""
        return clock >= self.begins or clock < self.ends

    def date_of(self, local: datetime) -> date:
        """Return the evening's date of the night that `local` lies in: 03:00 on Tuesday is Monday's night."""
        return local.date() - timedelta(days=1) if local.time() < self.ends else local.date()


@dataclass(frozen=True)
class Load:
    """One person's calls. `wakes` and `interruptions` together are `calls`; weekend calls are among both."""

    person_id: int
    calls: int = 0
    wakes: int = 0
    interruptions: int = 0
    weekends: int = 0
    nights: int = 0
    by_hour: tuple[int, ...] = (0,) * HOURS


def loads(calls: Iterable[Call], zones: Mapping[int, ZoneInfo], night: Night) -> dict[int, Load]:
    """Return the load of everybody in `zones`, also of those whom nothing called.

    Raises KeyError for a call of somebody without a zone.
    """
    mine: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        mine[call.person_id].append(call)
    missing = mine.keys() - zones.keys()
    if missing:
        raise KeyError(f"people without a zone: {sorted(missing)}")
    return {person_id: _load(person_id, mine[person_id], zone, night) for person_id, zone in zones.items()}


def _load(person_id: int, calls: Iterable[Call], zone: ZoneInfo, night: Night) -> Load:
    hours = [0] * HOURS
    wakes = interruptions = weekends = 0
    nights: set[date] = set()
    for call in calls:
        local = call.at.astimezone(zone)
        hours[local.hour] += 1
        weekends += local.weekday() >= 5
        if night.contains(local.time()):
            wakes += 1
            nights.add(night.date_of(local))
        else:
            interruptions += 1
    return Load(person_id, wakes + interruptions, wakes, interruptions, weekends, len(nights), tuple(hours))


def by_hour(found: Iterable[Load]) -> tuple[int, ...]:
    """Return the team's calls by hour, each on the clock of whoever was called."""
    everybody = list(found)
    return tuple(sum(one.by_hour[hour] for one in everybody) for hour in range(HOURS))
