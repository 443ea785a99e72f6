"""What a scheduler says of a run, and which of two words about the same thing is believed. Pure.

Words arrive out of order, repeated, from clocks that are wrong, and by two ways at once (asked for and pushed).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """How a task, or a run, stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    RETRY = "waits for its next try"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    REMOVED = "removed"


# a try that is in one of these is over; BLOCKED and SKIPPED may begin after all, once somebody clears them
OVER = frozenset({State.RETRY, State.SUCCESS, State.FAILED, State.SKIPPED, State.BLOCKED, State.REMOVED})
DONE = frozenset({State.SUCCESS, State.SKIPPED})
NEVER_BEGAN = frozenset({State.BLOCKED, State.SKIPPED, State.REMOVED})
_ORDER = (State.WAITING, State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class TaskSaid:
    """One word about one try of a task: `at` is when it was so. `place` is the index of a mapped task, else -1."""

    task: str
    state: State
    at: datetime
    place: int = -1
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    # "hard" or "soft" where the task says so itself
    alarm: str = ""


@dataclass(frozen=True)
class TaskShape:
    """What the DAG says of a task: which follow it, its tags, and "hard" or "soft" where it says so."""

    then: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    alarm: str = ""


Shape = Mapping[str, TaskShape]


@dataclass(frozen=True)
class RunSaid:
    """What is said of a run. `run` is the scheduler's own name for it; `state` is None where only tasks are told.

    `is_scheduled` is False for a run that somebody began by hand, or a backfill. `shape` is the DAG as it is now,
    None where nothing is said of it.
    """

    dag: str
    run: str
    at: datetime
    state: State | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_scheduled: bool = True
    tasks: tuple[TaskSaid, ...] = ()
    shape: Shape | None = None
    link: str = ""
    # other names under which the same run is told
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Believed:
    """How one try, or a run, stands as far as we know; `said_at` is how fresh that is."""

    state: State
    said_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


def sane(moment: datetime | None, *, heard_at: datetime) -> datetime | None:
    """Return `moment`, but never later than it was heard: a clock that is ahead must not silence what comes after."""
    return None if moment is None else min(moment, heard_at)


def merged(old: Believed | None, new: Believed) -> Believed:
    """Return what is believed of one try after `new`.

    A try that is over does not begin again, whatever the order of the words; of two ends the later said is right.
    What never began (blocked, skipped) may begin after all.
    """
    if old is None:
        return _in_order(new)
    started, ended = new.started_at or old.started_at, new.ended_at or old.ended_at
    if _keeps(old, new):
        kept = replace(old, started_at=old.started_at or started, ended_at=old.ended_at if old.state in OVER else None)
        return _in_order(kept)
    return _in_order(replace(new, started_at=started, ended_at=ended if new.state in OVER else None))


def _keeps(old: Believed, new: Believed) -> bool:
    """Say whether the state stays: `new` is older, or would undo what cannot be undone."""
    if old.state in OVER and new.state not in OVER:
        return old.state not in NEVER_BEGAN or new.said_at <= old.said_at
    if old.state in OVER:
        return new.said_at < old.said_at
    if new.state in OVER:
        return False
    return _ORDER.index(new.state) < _ORDER.index(old.state)


def merged_run(old: Believed | None, new: Believed) -> Believed:
    """Return what is believed of a run after `new`: the later word, since a run may be cleared and begin again."""
    if old is None:
        return _in_order(new)
    is_older = new.said_at < old.said_at or (new.said_at == old.said_at and old.state in OVER and new.state not in OVER)
    if is_older and not (new.state in OVER and old.state not in OVER):
        return _in_order(replace(old, started_at=old.started_at or new.started_at))
    ended = (new.ended_at or old.ended_at) if new.state in OVER else None
    return _in_order(replace(new, started_at=new.started_at or old.started_at, ended_at=ended))


def _in_order(one: Believed) -> Believed:
    if one.state not in OVER and one.ended_at is not None:
        return replace(one, ended_at=None)
    if one.started_at and one.ended_at and one.ended_at < one.started_at:
        return replace(one, ended_at=one.started_at)
    return one


@dataclass(frozen=True, slots=True)
class Unit:
    """A task of a run as it stands: its last try. A mapped task is as many units as it was mapped to."""

    task: str
    place: int
    state: State
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    alarm: str = ""

    @property
    def name(self) -> str:
        """How people call it: contracts.load, contracts.load[3]."""
        return self.task if self.place < 0 else f"{self.task}[{self.place}]"

    def took(self, now: datetime) -> timedelta | None:
        """Return how long it ran, or runs by now; None where it did not begin."""
        if self.started_at is None:
            return None
        return max((self.ended_at or now) - self.started_at, timedelta(0))
