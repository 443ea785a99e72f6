"""Until when an item must be answered, when its holder is reminded, and who hears of it when nobody did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hausmeister.base.priority import Priority
from hausmeister.triage.rules.hours import TriageHours
from hausmeister.triage.rules.states import ItemKind


class Clock(StrEnum):
    """Which promise runs: the first answer, or that an item does not lie idle after it."""

    FIRST = "first answer"
    IDLE = "idle"


@dataclass(frozen=True)
class Lengths:
    """What the policy promises, in working time: for questions, for problems without a priority, by priority."""

    question: timedelta
    problem: timedelta
    by_priority: Mapping[Priority, timedelta]

    def of(self, kind: ItemKind, priority: Priority | None) -> timedelta:
        """Return how long an item of `kind` may wait."""
        if priority is not None and kind is not ItemKind.QUESTION:
            return self.by_priority[priority]
        return self.question if kind is ItemKind.QUESTION else self.problem


@dataclass(frozen=True)
class Due:
    """When the promise ends, and when the holder is reminded of it."""

    nudge_at: datetime
    due_at: datetime


def due(since: datetime, length: timedelta, *, nudge_percent: int, hours: TriageHours) -> Due | None:
    """Return what is due when for a clock that runs since `since`; None where no such hours exist."""
    ends = hours.after(since, length)
    nudge = hours.after(since, length * nudge_percent / 100)
    return Due(nudge, ends) if ends is not None and nudge is not None else None
