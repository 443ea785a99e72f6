"""The span that figures are about: whole days on the team's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant, monday_of

LENGTHS = {"weeks": timedelta(weeks=4), "quarter": timedelta(weeks=13), "year": timedelta(weeks=52)}
# a longer span is refused: nothing that old is kept
MOST_DAYS = 800


class BadPeriod(Exception):
    """The span that was asked for cannot be."""


@dataclass(frozen=True)
class Period:
    """Days from `since` to `until`, both included, on clocks in `zone`."""

    since: date
    until: date
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        """The first instant, in UTC."""
        return instant(self.since, time(0), self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last, in UTC."""
        return instant(self.until + timedelta(days=1), time(0), self.zone)

    def mondays(self) -> Iterator[date]:
        """Yield the Monday of each week that the span touches."""
        monday = monday_of(self.since)
        while monday <= self.until:
            yield monday
            monday += timedelta(weeks=1)


def named(name: str, *, today: date, zone: ZoneInfo) -> Period:
    """Return the span called `name` that ends today, four weeks for an unknown name."""
    return Period(today - LENGTHS.get(name, LENGTHS["weeks"]) + timedelta(days=1), today, zone)


def between(since: str, until: str, *, today: date, zone: ZoneInfo) -> Period:
    """Return the days from `since` to `until`, as 2026-11-24; what lies ahead is cut off. Raises BadPeriod."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError as error:
        raise BadPeriod(f"The days are {since!r} and {until!r}; write them as 2026-11-24.") from error
    last = min(last, today)
    if first > last:
        raise BadPeriod(f"The first day, {first}, must not come after the last, {last}.")
    if (last - first).days >= MOST_DAYS:
        raise BadPeriod(f"From {first} to {last} are more than {MOST_DAYS} days; ask for a shorter time.")
    return Period(first, last, zone)
