"""What a priority asks of the people: who works on it, when they are asked about it, who is pulled in (H11, H12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.base.priority import Priority
from hausmeister.base.working_time import WorkingHours

WHY_MOST = 500
NOTE_MOST = 4000
# the owner is asked first, then the backstop; then it stays on the board as idle
MOST_NAGS = 2


def needs_why(priority: Priority) -> bool:
    """Say whether the backlog asks for a reason (L8)."""
    return priority <= Priority.P2


def needs_owner(priority: Priority) -> bool:
    """Say whether somebody works on it now."""
    return priority >= Priority.P3


def nag_at(
    priority: Priority, *, is_open: bool, nags: int, touched_at: datetime, idle: timedelta, hours: WorkingHours
) -> datetime | None:
    """Return when somebody is asked about a P3 that lies idle, in working time; None for never."""
    if priority is not Priority.P3 or not is_open or nags >= MOST_NAGS:
        return None
    return hours.after(touched_at, idle)


@dataclass(frozen=True)
class Helper:
    """Somebody of the team who might be pulled in. `is_backstop` is whom an issue is elevated to first (H2).

    `familiarity` is how well they know the issue's area, from 0 to 3 (H17).
    """

    person_id: int
    experience: int
    is_reachable: bool
    is_away: bool
    takes_part: bool
    is_backstop: bool = False
    familiarity: int = 0


def candidates(team: Sequence[Helper], *, on_it: frozenset[int], asked: frozenset[int]) -> list[int]:
    """Return whom to pull in, of those who are there and can be reached.

    In this order: the backstop, then who knows the issue's area best, then the most experienced.
    """
    able = [
        one
        for one in team
        if one.takes_part and one.is_reachable and not one.is_away and one.person_id not in on_it | asked
    ]
    able.sort(key=lambda one: (not one.is_backstop, -one.familiarity, -one.experience, one.person_id))
    return [one.person_id for one in able]
