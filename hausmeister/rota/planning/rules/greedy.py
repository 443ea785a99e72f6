"""A plan by hand, for where there is no solver: week by week, whoever is furthest below their share; many tries.

It keeps every hard rule or finds nothing, and it proves nothing. The same task and draws give the same plan.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hausmeister.rota.planner.costs import costs, targets
from hausmeister.rota.planner.instance import BACKSTOP_OF, CATEGORY_OF, PRIMARIES, Category, Instance, Plan, Slot
from hausmeister.rota.planning.rules.fits import why_not

# how much chance may change an order of people: in tenths of a duty
_NOISE = 8.0


@dataclass
class _Try:
    instance: Instance
    draw: Callable[[], float]
    keeps: bool
    targets: dict[Category, dict[str, int]]
    holders: dict[Slot, str] = field(default_factory=dict)
    counts: Counter[tuple[str, Category]] = field(default_factory=Counter)

    def give(self, slot: Slot, person: str) -> None:
        self.holders[slot] = person
        self.counts[person, CATEGORY_OF[slot.role]] += 1

    def order(self, slot: Slot) -> list[str]:
        """Return who could have `slot`, the one to take first."""
        plan = Plan.of(self.holders)
        free = [one.id for one in self.instance.people if not why_not(self.instance, plan, slot, one.id)]
        return sorted(free, key=lambda person: self._burden(slot, person))

    def _burden(self, slot: Slot, person: str) -> tuple[bool, float]:
        category = CATEGORY_OF[slot.role]
        one, target = self.instance.person[person], self.targets[category].get(person)
        had = one.history.count(category) + self.counts[person, category]
        current = self.instance.current.holders.get(slot) if self.instance.current else None
        over = 10 * (had + 1) - target if target is not None else 1000
        dislikes = 5.0 if slot in one.prefer_not else 0.0
        return (self.keeps and current is not None and current != person, over + dislikes + _NOISE * self.draw())

    def fill(self) -> Plan | None:
        """Return a whole plan, None when somebody could not be found for a slot."""
        for slot, person in self.instance.kept.items():
            self.give(slot, person)
        for week in range(self.instance.weeks):
            for role in PRIMARIES:
                if not self._pair(Slot(week, role), Slot(week, BACKSTOP_OF[role])):
                    return None
        return Plan.of(self.holders)

    def _pair(self, front: Slot, behind: Slot) -> bool:
        fronts = [self.holders[front]] if front in self.holders else self.order(front)
        for person in fronts:
            new = front not in self.holders
            if new:
                self.give(front, person)
            backs = [self.holders[behind]] if behind in self.holders else self.order(behind)
            if backs:
                if behind not in self.holders:
                    self.give(behind, backs[0])
                return True
            if new:
                self._take_back(front)
        return False

    def _take_back(self, slot: Slot) -> None:
        self.counts[self.holders.pop(slot), CATEGORY_OF[slot.role]] -= 1


def by_hand(
    instance: Instance, *, draw: Callable[[], float], keeps: bool, is_over: Callable[[], bool], most_tries: int = 400
) -> Plan | None:
    """Return the best plan of many tries, None when none was whole before `is_over`.

    `draw` gives numbers from 0 to 1. With `keeps` whoever stands is taken where they can be; then fewer changes come
    before fairness.
    """
    wanted, best, best_cost = targets(instance), None, (0, 0, 0)
    for _ in range(most_tries):
        if is_over():
            break
        plan = _Try(instance, draw, keeps, wanted).fill()
        if plan is None:
            continue
        cost = costs(instance, plan)
        found = (cost.changed_slots if keeps else 0, cost.fair.total, cost.comfort.total)
        if best is None or found < best_cost:
            best, best_cost = plan, found
    return best
