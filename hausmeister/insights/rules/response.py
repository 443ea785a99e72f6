"""How long pages and questions waited: medians, ninths of ten, working time between two instants."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.base.priority import Priority
from hausmeister.base.working_time import WorkingHours


@dataclass(frozen=True)
class Answered:
    """One page: when it opened, was first acknowledged and by whom, and was closed.

    `by_person` None: nobody acknowledged it. `closed_by_source`: it ended without anybody of the team. `silent_until`:
    a silence kept it quiet at first, and nobody could answer before that ended.
    """

    page_id: int
    title: str
    priority: Priority
    is_hard: bool
    opened_at: datetime
    acked_at: datetime | None
    by_person: int | None
    closed_at: datetime | None
    closed_by_source: bool
    silent_until: datetime | None = None

    @property
    def called_at(self) -> datetime:
        """When it could call first."""
        return self.silent_until or self.opened_at

    @property
    def is_untouched(self) -> bool:
        """Whether it ended and nobody did anything."""
        return self.closed_at is not None and self.acked_at is None and self.closed_by_source


@dataclass(frozen=True)
class Summary:
    """How many lengths there are, their median and the length within which nine of ten lie; None without any."""

    count: int
    median: timedelta | None
    p90: timedelta | None


def summary(lengths: Sequence[timedelta]) -> Summary:
    """Return the summary; both by the nearest rank, so each is a length that occurred."""
    ordered = sorted(lengths)
    if not ordered:
        return Summary(0, None, None)

    def at(part: float) -> timedelta:
        return ordered[math.ceil(part * len(ordered)) - 1]

    return Summary(len(ordered), at(0.5), at(0.9))


def to_acknowledge(pages: Sequence[Answered], hours: WorkingHours) -> list[timedelta]:
    """Return how long each acknowledged page waited; a soft one, which waits for the working day, in working time."""
    return [
        one.acked_at - one.called_at if one.is_hard else worked(hours, one.called_at, one.acked_at)
        for one in pages
        if one.acked_at is not None
    ]


def to_resolve(pages: Sequence[Answered]) -> list[timedelta]:
    """Return how long each closed page was open, those among them that the source closed."""
    return [one.closed_at - one.opened_at for one in pages if one.closed_at is not None]


def worked(hours: WorkingHours, since: datetime, until: datetime) -> timedelta:
    """Return the working time from `since` up to `until`; none when `until` is not later."""
    total, day = timedelta(0), since.astimezone(hours.zone).date()
    last = until.astimezone(hours.zone).date()
    while day <= last:
        bounds = hours.bounds(day)
        if bounds is not None:
            total += max(timedelta(0), min(until, bounds[1]) - max(since, bounds[0]))
        day += timedelta(days=1)
    return total
