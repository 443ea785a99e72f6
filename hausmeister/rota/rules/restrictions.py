"""When a layer applies: by time of day, or by weekday and time of day, on the clocks of the schedule's zone.

A window may run over midnight, and over the end of the week.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import WEEKDAYS, instant

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Window:
    """From `starts` to `ends` of each day, or, with days (0 is Monday), of each week. The end is not part of it.

    An end at or before the start lies on the next day, or in the next week; equal ones are the whole of it.
    """

    starts: time
    ends: time
    starts_day: int | None = None
    ends_day: int | None = None

    @property
    def is_weekly(self) -> bool:
        """Whether it names days of the week."""
        return self.starts_day is not None

    def __str__(self) -> str:
        if self.starts_day is None or self.ends_day is None:
            return f"{self.starts:%H:%M}–{self.ends:%H:%M}"
        first, last = WEEKDAYS[self.starts_day].title(), WEEKDAYS[self.ends_day].title()
        if first == last and self.ends > self.starts:
            return f"{first} {self.starts:%H:%M}–{self.ends:%H:%M}"
        return f"{first} {self.starts:%H:%M} – {last} {self.ends:%H:%M}"

    def on(self, day: date, zone: ZoneInfo) -> Span | None:
        """Return the occurrence that begins on `day`, None when none does."""
        if self.starts_day is None or self.ends_day is None:
            days = 0 if self.ends > self.starts else 1
        elif day.weekday() == self.starts_day:
            days = self.ends_day - self.starts_day
            if (self.ends_day, self.ends) <= (self.starts_day, self.starts):
                days += 7
        else:
            return None
        return instant(day, self.starts, zone), instant(day + timedelta(days=days), self.ends, zone)


def open_spans(windows: Sequence[Window], zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> list[Span]:
    """Return when any of `windows` is open between the two instants, in order and apart; without any, always.

    A window that a clock change swallows whole does not open that day.
    """
    if not windows:
        return [(starts_at, ends_at)]
    found = sorted(_occurrences(windows, zone, starts_at, ends_at))
    joined: list[Span] = []
    for begin, end in found:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _occurrences(windows: Sequence[Window], zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Iterator[Span]:
    # the longest window lasts a week; a day more on either side covers every zone
    day = starts_at.astimezone(zone).date() - timedelta(days=8)
    last = ends_at.astimezone(zone).date()
    while day <= last:
        for window in windows:
            span = window.on(day, zone)
            if span is not None:
                begin, end = max(span[0], starts_at), min(span[1], ends_at)
                if begin < end:
                    yield begin, end
        day += timedelta(days=1)
