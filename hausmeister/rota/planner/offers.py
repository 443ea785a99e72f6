"""An offer: a few moves that keep every rule, with their price, both sides' ledgers and who must agree.

Cover, chains and swaps are all made of these; the search for them is in `covering.py` and `swapping.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hausmeister.rota.planner.costs import holiday_dates
from hausmeister.rota.planner.instance import CATEGORIES, CATEGORY_OF, Category, Plan, Role, Slot
from hausmeister.rota.planner.ledger import HOLIDAYS
from hausmeister.rota.planner.standing import NOBODY, Standing, slot_of


class Step(NamedTuple):
    """A slot that goes from one person to another. `giver` is None where the slot was empty."""

    week: int
    role: Role
    giver: str | None
    taker: str


@dataclass(frozen=True)
class Shift:
    """What an offer does to one person's ledger in one category (D, W, B in duties, H in dates).

    Deviations are in tenths of a duty; None for H, which has no target, and outside the pool.
    """

    person: str
    category: str
    planned_before: int
    planned_after: int
    deviation_before_tenths: int | None
    deviation_after_tenths: int | None


@dataclass(frozen=True)
class Offer:
    """Moves to be made together. Costs are differences, below zero is a gain; `must_agree` are ids."""

    steps: tuple[Step, ...]
    d_fair: int
    d_comfort: int
    shifts: tuple[Shift, ...]
    must_agree: tuple[str, ...]

    @property
    def changed_slots(self) -> int:
        return len(self.steps)

    def applied(self, plan: Plan) -> Plan:
        """Return `plan` after the moves."""
        return Plan.of({**plan.holders, **{Slot(one.week, one.role): one.taker for one in self.steps}})


def offer(standing: Standing, moves: Mapping[int, int], *, asker: str | None) -> Offer:
    """Return the offer that `moves` (slot to taker, by number) make. The asker needs not be asked."""
    price = standing.price(moves)
    steps = tuple(
        Step(*slot_of(slot), _name(standing, standing.holder[slot]), standing.people[taker].id)
        for slot, taker in moves.items()
    )
    touched = dict.fromkeys(one for step in steps for one in (step.giver, step.taker) if one is not None)
    return Offer(
        steps=steps,
        d_fair=price.fair,
        d_comfort=price.comfort,
        shifts=tuple(shift for one in touched for shift in _shifts(standing, moves, one)),
        must_agree=tuple(one for one in touched if one != asker),
    )


def _name(standing: Standing, person: int) -> str | None:
    return None if person == NOBODY else standing.people[person].id


def _shifts(standing: Standing, moves: Mapping[int, int], name: str) -> list[Shift]:
    person = standing.index[name]
    before = _counts(standing, person, standing.duties[person])
    kept = [slot for slot in standing.duties[person] if slot not in moves]
    after = _counts(standing, person, [*kept, *(slot for slot, taker in moves.items() if taker == person)])
    found = []
    for category in (*CATEGORIES, HOLIDAYS):
        if before[category] != after[category]:
            target = standing.targets[category].get(name) if isinstance(category, Category) else None
            done = standing.people[person].history.count(category) if isinstance(category, Category) else 0
            deviations = [
                None if target is None else 10 * (done + count[category]) - target for count in (before, after)
            ]
            found.append(Shift(name, str(category), before[category], after[category], *deviations))
    return found


def _counts(standing: Standing, person: int, duties: list[int]) -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys((*CATEGORIES, HOLIDAYS), 0)
    for number in duties:
        slot = slot_of(number)
        counts[CATEGORY_OF[slot.role]] += 1
        if not number & 2:
            counts[HOLIDAYS] += holiday_dates(standing.instance, standing.people[person], slot)
    return counts
