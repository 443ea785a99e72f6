"""When each duty begins and ends, on the clocks of the team's zone (H1, H3, H4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant, monday_of


class Post(StrEnum):
    """The two people of every duty: the one on it, and the one behind them (H2)."""

    PRIMARY = "primary"
    BACKSTOP = "backstop"


@dataclass(frozen=True)
class WeeklyDuty:
    """A duty as the policy describes it: from one moment of the week to another; day 0 is Monday."""

    name: str
    starts_day: int
    starts: time
    ends_day: int
    ends: time
    triage: bool = False


@dataclass(frozen=True)
class Slot:
    """One week's turn of a duty, in UTC. `week` is the Monday of the week in which it begins."""

    duty: str
    week: date
    starts_at: datetime
    ends_at: datetime


def slot_of(duty: WeeklyDuty, week: date, zone: ZoneInfo) -> Slot:
    """Return the turn of `duty` that begins in the week of `week`, a Monday.

    Bounds are wall-clock times in `zone`, so a week with a clock change is an hour longer or shorter. A time
    that the change skips is the instant of the change, for the duty that ends there and the one that begins.
    Raises ValueError if `week` is another weekday.
    """
    if week.weekday():
        raise ValueError(f"{week} is not a Monday")
    days = duty.ends_day - duty.starts_day
    ends_later = (duty.ends_day, duty.ends) > (duty.starts_day, duty.starts)
    first = week + timedelta(days=duty.starts_day)
    last = first + timedelta(days=days if ends_later else days + 7)
    return Slot(duty.name, week, instant(first, duty.starts, zone), instant(last, duty.ends, zone))


def slots_between(
    duties: tuple[WeeklyDuty, ...], zone: ZoneInfo, starts_at: datetime, ends_at: datetime
) -> Iterator[Slot]:
    """Yield every turn that touches the span, in the order of time."""
    week = monday_of(starts_at.astimezone(zone).date()) - timedelta(days=14)
    in_order = sorted(duties, key=lambda duty: (duty.starts_day, duty.starts))
    while True:
        for duty in in_order:
            slot = slot_of(duty, week, zone)
            if slot.starts_at >= ends_at:
                return
            if slot.ends_at > starts_at:
                yield slot
        week += timedelta(days=7)


def slot_at(duties: tuple[WeeklyDuty, ...], zone: ZoneInfo, at: datetime) -> Slot:
    """Return the turn that holds `at`. Raises LookupError when the duties leave a hole there."""
    for slot in slots_between(duties, zone, at, at + timedelta(microseconds=1)):
        if slot.starts_at <= at < slot.ends_at:
            return slot
    raise LookupError(f"no duty covers {at}")
