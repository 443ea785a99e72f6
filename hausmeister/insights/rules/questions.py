"""Questions: how many were asked, answered by a suggestion, answered in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.base.working_time import WorkingHours
from hausmeister.insights.rules.response import Summary, summary, worked


@dataclass(frozen=True)
class Asked:
    """One question. `promise` is how much working time its first answer may take."""

    item_id: int
    title: str
    asked_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None
    self_served: bool
    promise: timedelta

    def waited(self, hours: WorkingHours, now: datetime) -> timedelta | None:
        """Return the working time up to the first answer, or until now; None for what needed no answer."""
        if self.self_served or (self.answered_at is None and self.closed_at is not None):
            return None
        return worked(hours, self.asked_at, self.answered_at or now)

    def is_late(self, hours: WorkingHours, now: datetime) -> bool:
        """Say whether its first answer came, or still is, later than promised."""
        waited = self.waited(hours, now)
        return waited is not None and waited > self.promise


@dataclass(frozen=True)
class Questions:
    """All questions of a span, each in exactly one of answered, self-served, waiting and closed unanswered."""

    asked: int
    answered: int
    self_served: int
    waiting: int
    closed_unanswered: int
    late: int
    first_answer: Summary


def questions(asked: Iterable[Asked], hours: WorkingHours, *, now: datetime) -> Questions:
    """Return the figures of `asked`; first answers are measured in working time."""
    everything = list(asked)
    served = [one for one in everything if one.self_served]
    answered = [one for one in everything if not one.self_served and one.answered_at is not None]
    rest = [one for one in everything if not one.self_served and one.answered_at is None]
    waiting = sum(one.closed_at is None for one in rest)
    waits = [waited for one in answered if (waited := one.waited(hours, now)) is not None]
    return Questions(
        len(everything), len(answered), len(served), waiting, len(rest) - waiting,
        sum(one.is_late(hours, now) for one in everything), summary(waits),
    )  # fmt: skip
