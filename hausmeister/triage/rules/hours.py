"""The hours in which clocks of the inbox run: working hours in which a duty that takes questions is on (H1, H3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hausmeister.base.wall_time import instant
from hausmeister.base.working_time import WorkingHours

_DAY_MIN, _WEEK_MIN = 1440, 7 * 1440
_FARTHEST_DAYS = 400


@dataclass(frozen=True)
class Window:
    """A stretch of the week, on the wall clock, in which questions are taken; day 0 is Monday."""

    starts_day: int
    starts: time
    ends_day: int
    ends: time

    def minutes(self) -> tuple[int, int]:
        """Return first and last minute of the week; the last is beyond the week's end when it runs over it."""
        first = self.starts_day * _DAY_MIN + self.starts.hour * 60 + self.starts.minute
        last = self.ends_day * _DAY_MIN + self.ends.hour * 60 + self.ends.minute
        return first, last if last > first else last + _WEEK_MIN


@dataclass(frozen=True)
class TriageHours:
    """Working hours within `windows`. On the weekend's duty, and before it ends on Monday, no clock runs."""

    working: WorkingHours
    windows: tuple[Window, ...]

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the stretches of `day` in which clocks run, in UTC, in the order of time."""
        if self.working.bounds(day) is None:
            return []
        base = day.weekday() * _DAY_MIN
        opens = base + self.working.starts.hour * 60 + self.working.starts.minute
        shuts = base + self.working.ends.hour * 60 + self.working.ends.minute
        cuts = []
        for window in self.windows:
            first, last = window.minutes()
            for turn in (-_WEEK_MIN, 0, _WEEK_MIN):
                starts, ends = max(opens, first + turn), min(shuts, last + turn)
                if starts < ends:
                    cuts.append((starts - base, ends - base))
        return [(self._instant(day, starts), self._instant(day, ends)) for starts, ends in sorted(cuts)]

    def _instant(self, day: date, minute: int) -> datetime:
        return instant(day, time(minute // 60, minute % 60), self.working.zone)

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the stretches that end after `at`, cut to begin at it."""
        day = at.astimezone(self.working.zone).date()
        for ahead in range(_FARTHEST_DAYS):
            for starts, ends in self.spans(day + timedelta(days=ahead)):
                if at < ends:
                    yield max(at, starts), ends

    def contains(self, at: datetime) -> bool:
        """Say whether clocks run at `at`; the end of the hours does not belong to them."""
        return any(starts <= at < ends for starts, ends in self.spans(at.astimezone(self.working.zone).date()))

    def next_at(self, at: datetime) -> datetime | None:
        """Return `at` itself within the hours, else when they begin; None when they do not within a year."""
        return next((starts for starts, _ in self._from(at)), None)

    def after(self, at: datetime, length: timedelta) -> datetime | None:
        """Return when `length` of these hours has passed since `at`; None when it does not within a year."""
        left = length
        for starts, ends in self._from(at):
            if starts + left <= ends:
                return starts + left
            left -= ends - starts
        return None

    def between(self, starts_at: datetime, ends_at: datetime) -> timedelta:
        """Return how much of these hours lies from `starts_at` up to `ends_at`."""
        passed = timedelta()
        for starts, ends in self._from(starts_at):
            if starts >= ends_at:
                break
            passed += min(ends, ends_at) - starts
        return passed
