"""When a heartbeat is due, late, and missed: by a period, or by a cron expression in a zone of its own.

Source of the expressions: Debian's cron, as `cronsim` reads it, clock changes included: a job in the hour that is
left out runs right after it, one in the hour that comes twice runs once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

SHORTEST_PERIOD, LONGEST_PERIOD = timedelta(minutes=1), timedelta(days=366)
LONGEST_GRACE = timedelta(days=31)
CRON_MOST = 100


class BadSchedule(ValueError):
    """The expression is none, or never comes; the message says so."""


@dataclass(frozen=True)
class Beat:
    """How often a heartbeat comes: each `period`, or by `cron` in `zone`; and how much later it may come."""

    period: timedelta | None
    cron: str
    zone: ZoneInfo
    grace: timedelta


class State(StrEnum):
    """How a heartbeat stands. NEW: none has come yet, so nothing can be missing."""

    NEW = "new"
    UP = "up"
    RUNNING = "running"
    DOWN = "down"
    PAUSED = "paused"


class Kind(StrEnum):
    """What a ping says."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"


def checked_cron(expression: str, *, zone: ZoneInfo, now: datetime) -> str:
    """Return the expression in its plain form. Raises BadSchedule for one that cannot be read or never comes."""
    text = " ".join(expression.split())
    if not text or len(text) > CRON_MOST:
        raise BadSchedule(
            f'{expression[:60]!r} is no cron expression; five fields are, such as "30 5 * * 1-5" for 05:30 on weekdays.'
        )
    try:
        next(CronSim(text, now.astimezone(zone)))
    except CronSimError as error:
        raise BadSchedule(
            f'{text!r} is no cron expression ({error}); five fields are, such as "30 5 * * 1-5" for 05:30 on weekdays.'
        ) from error
    except StopIteration as error:
        raise BadSchedule(f"{text!r} names a moment that never comes.") from error
    return text


def expected_at(beat: Beat, *, last_at: datetime) -> datetime:
    """Return when the next success is expected after one at `last_at`."""
    if beat.period is not None:
        return last_at + beat.period
    local = next(CronSim(beat.cron, last_at.astimezone(beat.zone)))
    return local.astimezone(last_at.tzinfo)


def alarm_at(beat: Beat, *, last_at: datetime, started_at: datetime | None) -> datetime:
    """Return when to raise the alarm unless something comes: the expected time and the grace.

    A run that has begun must also end within the grace, whichever comes first.
    """
    missed = expected_at(beat, last_at=last_at) + beat.grace
    # without a grace a run that begins would be late at that very moment
    return missed if started_at is None or not beat.grace else min(missed, started_at + beat.grace)


def kind_of(word: str) -> tuple[Kind, int | None] | None:
    """Return what the end of a ping's address says: "", "start", "fail" or an exit code; None for anything else."""
    if word == "":
        return Kind.SUCCESS, None
    if word in {"start", "fail"}:
        return Kind(word), None
    if word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) <= 255:
        return (Kind.SUCCESS if int(word) == 0 else Kind.FAIL), int(word)
    return None
