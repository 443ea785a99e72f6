"""Working hours: when a soft alert may ring, and when clocks of questions run."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant


@dataclass(frozen=True)
class WorkingHours:
    """Wall-clock hours in `zone` on `days` (0 is Monday); `free` are single dates off, such as holidays."""

    zone: ZoneInfo
    days: frozenset[int]
    starts: time
    ends: time
    free: frozenset[date] = frozenset()

    def _is_working_day(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.free

    def bounds(self, day: date) -> tuple[datetime, datetime] | None:
        """Return start and end of `day`'s working hours, in UTC; None on a day off."""
        if not self._is_working_day(day):
            return None
        return instant(day, self.starts, self.zone), instant(day, self.ends, self.zone)

    def contains(self, at: datetime) -> bool:
        """Say whether `at` lies in working hours; the end itself does not."""
        bounds = self.bounds(at.astimezone(self.zone).date())
        return bounds is not None and bounds[0] <= at < bounds[1]

    def next_at(self, at: datetime) -> datetime:
        """Return `at` itself inside working hours, else the next start of them.

        Raises ValueError when no working day follows within a year: such hours are a mistake.
        """
        day = at.astimezone(self.zone).date()
        for ahead in range(367):
            bounds = self.bounds(day + timedelta(days=ahead))
            if bounds is not None and at < bounds[1]:
                return max(at, bounds[0])
        raise ValueError("no working day within a year")

    def after(self, at: datetime, length: timedelta) -> datetime:
        """Return the instant at which `length` of working time has passed since `at`."""
        moment, left = self.next_at(at), length
        while True:
            bounds = self.bounds(moment.astimezone(self.zone).date())
            if bounds is not None and moment + left <= bounds[1]:
                return moment + left
            if bounds is not None:
                left -= bounds[1] - moment
                moment = bounds[1]
            moment = self.next_at(moment)
