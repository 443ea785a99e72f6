"""Who could stand in on some days of a slot? The slot itself stays with its holder, and so do the ledgers."""

from dataclasses import dataclass
from datetime import date

from hausmeister.rota.planner.covering import NoSuchSlot, checked
from hausmeister.rota.planner.instance import CATEGORIES, CATEGORY_OF, Instance, Plan, Planned, Role, Slot
from hausmeister.rota.planner.ledger import Row, ledger
from hausmeister.rota.planner.standing import NOBODY, Standing, number_of, slot_of


@dataclass(frozen=True)
class DayCover:
    """Somebody who can stand in.

    `near_weeks` have an own primary duty nearer than the smallest gap, and `is_on_duty_that_week` says that they
    have another slot of the week: no bars for single days, but worth knowing. `owed` is the ledger row of the
    slot's category.
    """

    person: str
    near_weeks: tuple[int, ...]
    is_on_duty_that_week: bool
    owed: Row

    @property
    def burdens(self) -> int:
        return len(self.near_weeks) + self.is_on_duty_that_week


def cover_days(
    *, instance: Instance, plan: Plan, week: int, role: Role, starts_on: date, ends_on: date
) -> tuple[DayCover, ...]:
    """Return who can stand in from `starts_on` to `ends_on`, both included.

    They are employed and there on these days, have no slot that touches one of them, and keep the experience
    rule. Who has the fewest burdens comes first, then who is furthest below their target.
    Raises NoSuchSlot if a day lies outside the slot.
    """
    slot = checked(instance, Slot(week, role))
    dates = instance.dates(slot)
    if not dates[0] <= starts_on <= ends_on <= dates[-1]:
        raise NoSuchSlot(
            f"{role} of week {week} goes from {dates[0]} to {dates[-1]}; {starts_on} to {ends_on} is not within."
        )
    standing, rows, number = Standing(instance, plan), ledger(instance, plan), number_of(slot)
    column = CATEGORIES.index(CATEGORY_OF[role])
    found = [
        DayCover(
            person=one.id,
            near_weeks=_near(standing, person, number),
            is_on_duty_that_week=any(own >> 2 == week for own in standing.duties[person]),
            owed=rows[one.id][column],
        )
        for person, one in enumerate(instance.people)
        if _can_stand_in(standing, person, number, starts_on, ends_on)
    ]
    return tuple(sorted(found, key=lambda one: (one.burdens, one.owed.deviation_tenths, one.person)))


def _can_stand_in(standing: Standing, person: int, number: int, starts_on: date, ends_on: date) -> bool:
    partner = standing.holder[number ^ 2]
    return (
        person not in {standing.holder[number], partner}
        and _is_there(standing.people[person], slot_of(number), starts_on, ends_on)
        and not _is_busy(standing, person, starts_on, ends_on)
        and (partner == NOBODY or standing.backs(number, person, partner))
    )


def _is_there(person: Planned, slot: Slot, starts_on: date, ends_on: date) -> bool:
    if person.employed_from and starts_on < person.employed_from:
        return False
    if person.employed_to and ends_on > person.employed_to:
        return False
    return not any(
        one.starts_on <= ends_on and one.ends_on >= starts_on and (one.bars is None or slot in one.bars)
        for one in person.away
    )


def _is_busy(standing: Standing, person: int, starts_on: date, ends_on: date) -> bool:
    touched = [standing.instance.dates(slot_of(own)) for own in standing.duties[person]]
    return any(dates[0] <= ends_on and dates[-1] >= starts_on for dates in touched)


def _near(standing: Standing, person: int, number: int) -> tuple[int, ...]:
    if number & 2:
        return ()
    gap = standing.instance.spacing.min_gap
    primaries = {own >> 2 for own in standing.duties[person] if not own & 2}
    return tuple(sorted(week for week in primaries if 0 < abs(week - (number >> 2)) < gap))
