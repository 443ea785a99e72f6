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
    """Somebody of the team who might be pulled in. `is_backstop` is whom an issue is elevated to first (H2)."""

    person_id: int
    experience: int
    is_reachable: bool
    is_away: bool
    takes_part: bool
    is_backstop: bool = False


def candidates(team: Sequence[Helper], *, on_it: frozenset[int], asked: frozenset[int]) -> list[int]:
    """Return whom to pull in, in this order: the backstop, then the most experienced who is there and can be reached.

    Familiarity with the area will go before experience once it is known.
    """
    able = [
        one
        for one in team
        if one.takes_part and one.is_reachable and not one.is_away and one.person_id not in on_it | asked
    ]
    return [
        one.person_id for one in sorted(able, key=lambda one: (not one.is_backstop, -one.experience, one.person_id))
    ]
