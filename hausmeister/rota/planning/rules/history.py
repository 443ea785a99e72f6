"""What somebody has served, as the planner counts it: share weeks, duties of each kind, the last ones.

Counted are turns as they were served, overrides included, of the year before a plan begins. A week counts as a share
week when the person could have been on duty in it: there on all seven days, and not on long leave on all seven.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS_BACK = 52
_WEEK = timedelta(weeks=1)
# the dates that a role touches, as days after the Monday of its week; backstops as the one they back
TOUCHED = {"D": range(5), "W": range(4, 8)}


@dataclass(frozen=True)
class Served:
    """One turn that somebody had, or most of it: the Monday of its week, and its role."""

    week: date
    role: str
    person_id: int


@dataclass(frozen=True)
class Presence:
    """When somebody shares the duties: from and until (None is open), spans of long leave, public holidays."""

    from_on: date
    until_on: date | None
    long_leaves: tuple[tuple[date, date], ...] = ()
    holidays: frozenset[date] = frozenset()

    def counts(self, monday: date) -> bool:
        """Say whether the week of `monday` counts for the person's share."""
        days = week_days(monday)
        if not all(self.from_on <= day and (self.until_on is None or day <= self.until_on) for day in days):
            return False
        return not all(any(first <= day <= last for first, last in self.long_leaves) for day in days)


@dataclass(frozen=True)
class Record:
    """What somebody brings into a plan. Last weeks count from its first week: -1 is the one before it."""

    weeks: int = 0
    D: int = 0
    W: int = 0
    B: int = 0
    H: int = 0
    last_primary_week: int | None = None
    last_duty_week: int | None = None


def week_days(monday: date) -> list[date]:
    """Return the seven days of the week that begins at `monday`."""
    return [monday + timedelta(days=day) for day in range(7)]


def dates_touched(monday: date, role: str) -> list[date]:
    """Return the dates that a turn of `role` touches: a weekend those of Friday to the next Monday."""
    return [monday + timedelta(days=day) for day in TOUCHED[role.removeprefix("B")]]


def records(
    served: Iterable[Served], presences: Mapping[int, Presence], *, first_week: date
) -> dict[int, Record]:  # fmt: skip
    """Return what each person of `presences` brings into a plan that begins in `first_week`, a Monday."""
    begin = first_week - WEEKS_BACK * _WEEK
    within = [turn for turn in served if begin <= turn.week < first_week]
    weeks = sorted({turn.week for turn in within})
    return {
        person_id: _record([turn for turn in within if turn.person_id == person_id], weeks, presence, first_week)
        for person_id, presence in presences.items()
    }


def _record(mine: Sequence[Served], weeks: Sequence[date], presence: Presence, first_week: date) -> Record:
    counts = dict.fromkeys(("D", "W", "B"), 0)
    for turn in mine:
        counts["B" if turn.role.startswith("B") else turn.role] += 1
    own = [turn for turn in mine if not turn.role.startswith("B")]
    return Record(
        weeks=sum(1 for week in weeks if presence.counts(week)),
        **counts,
        H=sum(day in presence.holidays for turn in own for day in dates_touched(turn.week, turn.role)),
        last_primary_week=_last(own, first_week),
        last_duty_week=_last(mine, first_week),
    )


def _last(turns: Sequence[Served], first_week: date) -> int | None:
    return max(((turn.week - first_week).days // 7 for turn in turns), default=None)
