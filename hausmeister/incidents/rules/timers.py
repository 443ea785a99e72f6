"""When somebody is reminded that news are due. In real time: an incident runs at all hours.

Once before the end of each interval (to comms), once at its end (to point and backstop), until somebody tells.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_LEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Reminder:
    """The next reminder: when, whether it comes too late already, and the end of the interval it is about."""

    at: datetime
    is_late: bool
    interval_ends_at: datetime


def lead(every: timedelta) -> timedelta:
    """Return how long before the end of an interval comms is reminded: a quarter of it, ten minutes at most."""
    return min(every / 4, LONGEST_LEAD)


def first(due_at: datetime, every: timedelta) -> Reminder:
    """Return the first reminder of what is due at `due_at`."""
    return Reminder(due_at - lead(every), is_late=False, interval_ends_at=due_at)


def said(reminder: Reminder, *, now: datetime) -> bool:
    """Say whether the reminder that is told now is a late one: an engine that stood still skips the early one."""
    return reminder.is_late or now >= reminder.interval_ends_at


def following(reminder: Reminder, *, every: timedelta, now: datetime) -> Reminder:
    """Return the reminder after the one told at `now`; intervals that went by meanwhile are left out."""
    if not said(reminder, now=now):
        return Reminder(reminder.interval_ends_at, is_late=True, interval_ends_at=reminder.interval_ends_at)
    missed = max(0, (now - reminder.interval_ends_at) // every)
    return first(reminder.interval_ends_at + (missed + 1) * every, every)
