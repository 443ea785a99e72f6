"""May somebody be away then? Fine, fine with these changes, or impossible because of this.

Short leave touches a duty or two; the fewest changes are then found here, exactly (`repairing.py`), by allowing one
more changed slot at a time. Where that is too many to try, the answer is UNSETTLED and the solver decides
(`asking.leave_in_child`).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from hausmeister.rota.planner.instance import Absence, Instance, Plan, Slot
from hausmeister.rota.planner.offers import Offer, offer
from hausmeister.rota.planner.repairing import Repair, TooMany, repairs
from hausmeister.rota.planner.standing import Standing, number_of

# a few tenths of a second; more is the solver's
MOST_TRIED = 60_000
MOST_MOVES = 6


class Verdict(StrEnum):
    """The answer in one word."""

    FINE = "fine"
    REPAIR = "repair"
    IMPOSSIBLE = "impossible"
    UNSETTLED = "unsettled"


@dataclass(frozen=True)
class LeaveAnswer:
    """The verdict. `touched` are the person's duties on these days; `repair` is there for REPAIR alone.

    The repair changes the fewest slots there can be (proven) and is the cheapest of those. `reasons` are sentences.
    """

    verdict: Verdict
    touched: tuple[Slot, ...] = ()
    repair: Offer | None = None
    reasons: tuple[str, ...] = ()


def with_leave(instance: Instance, person: str, absence: Absence) -> Instance:
    """Return the instance in which `person` is away as well. Raises KeyError for somebody unknown."""
    one = instance.person[person]
    gone = replace(one, away=(*one.away, absence))
    return replace(instance, people=tuple(gone if other.id == person else other for other in instance.people))


def check_leave(
    *, instance: Instance, plan: Plan, person: str, absence: Absence, most_tried: int = MOST_TRIED
) -> LeaveAnswer:
    """Return whether `plan` stands, or can be mended, when `person` is away. Raises KeyError for somebody unknown."""
    return check_away(instance, with_leave(instance, person, absence), plan, person, most_tried=most_tried)


def check_away(
    instance: Instance, asked: Instance, plan: Plan, person: str, *, most_tried: int = MOST_TRIED
) -> LeaveAnswer:
    """Return the same where `asked` is the instance in which `person` is away as well."""
    touched = touched_by(instance, asked, plan, person)
    if not touched:
        return LeaveAnswer(Verdict.FINE)
    empty = [slot for slot in touched if not _anybody(asked, slot)]
    if empty:
        return LeaveAnswer(Verdict.IMPOSSIBLE, touched, reasons=tuple(_nobody_left(slot) for slot in empty))
    standing = Standing(asked, plan)
    try:
        found = _fewest(standing, touched, most_tried)
    except TooMany:
        found = None
    if found is None:
        return LeaveAnswer(Verdict.UNSETTLED, touched)
    return LeaveAnswer(Verdict.REPAIR, touched, offer(standing, dict(found.moves), asker=person))


def touched_by(instance: Instance, asked: Instance, plan: Plan, person: str) -> tuple[Slot, ...]:
    """Return the slots of `person` that they can have in `instance` and not in `asked`."""
    return tuple(
        slot
        for slot in instance.slots
        if plan.holders.get(slot) == person
        and instance.is_there(instance.person[person], slot)
        and not asked.is_there(asked.person[person], slot)
    )


def _fewest(standing: Standing, touched: tuple[Slot, ...], most_tried: int) -> Repair | None:
    numbers = [number_of(slot) for slot in touched]
    for most in range(len(numbers), MOST_MOVES + 1):
        found = repairs(standing, numbers, most_moves=most, most_tried=most_tried)
        best = min(found, default=None)
        if best is not None:
            return best
    return None


def _anybody(instance: Instance, slot: Slot) -> bool:
    return any(instance.is_there(one, slot) for one in instance.people)


def _nobody_left(slot: Slot) -> str:
    return f"Nobody at all would be there for {slot.role} of week {slot.week}."
