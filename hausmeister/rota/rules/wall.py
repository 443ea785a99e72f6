"""Times of a rule as people write them: on the wall, without a zone. Instants are derived from them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant


@dataclass(frozen=True, order=True)
class WallMoment:
    """A day and a time on the wall."""

    day: date
    at: time

    def instant(self, zone: ZoneInfo) -> datetime:
        """Return, in UTC, when a clock in `zone` shows it; what a clock change skips or repeats as in `slots`."""
        return instant(self.day, self.at, zone)

    def days_later(self, days: int) -> "WallMoment":
        """Return the same time of day so many days later."""
        return WallMoment(self.day + timedelta(days=days), self.at)

    def hours_later(self, hours: int) -> "WallMoment":
        """Return what the wall shows so many full turns of the hand later: a clock change does not count."""
        minutes = self.at.hour * 60 + self.at.minute + hours * 60
        days, rest = divmod(minutes, 24 * 60)
        return WallMoment(self.day + timedelta(days=days), time(rest // 60, rest % 60))

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.at:%H:%M}"


def shown(moment: datetime, zone: ZoneInfo) -> WallMoment:
    """Return what a clock in `zone` shows at `moment`, to the minute."""
    local = moment.astimezone(zone)
    return WallMoment(local.date(), time(local.hour, local.minute))
