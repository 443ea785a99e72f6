"""A plan as it stands, opened for small changes: what bars a person, and what a handful of moves costs, at once.

The costs of a plan are sums over people, but for learning goals, which hang on two people of a week; so a few
moves are priced by looking at those they touch. The figures equal a recount by `costs.py` (a test compares).
Inside, people are numbered in their order and slots are `4 x week + place of the role`: the partner of a slot
(its backstop, or whom it backs) is `number ^ 2`, and a primary has bit 2 clear.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from hausmeister.rota.planner.costs import holiday_dates, targets
from hausmeister.rota.planner.instance import CATEGORIES, CATEGORY_OF, ROLES, Category, Instance, Plan, Rule, Slot

NOBODY = -1


class Price(NamedTuple):
    """What changes cost: the difference in FAIR and in COMFORT. Below zero is a gain."""

    fair: int
    comfort: int

    @property
    def total(self) -> int:
        return self.fair + self.comfort


def number_of(slot: Slot) -> int:
    """Return the number of `slot`."""
    return 4 * slot.week + ROLES.index(slot.role)


def slot_of(number: int) -> Slot:
    """Return the slot with this number."""
    return Slot(number >> 2, ROLES[number & 3])


class Standing:
    """One plan of one instance. Reads only; `moves` everywhere map slot numbers to people's numbers."""

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.instance = instance
        self.plan = plan
        self.people = instance.people
        self.index = {one.id: place for place, one in enumerate(instance.people)}
        self.level = [one.experience for one in instance.people]
        self.holder = [self.index.get(plan.holders.get(slot, ""), NOBODY) for slot in instance.slots]
        self.duties: list[list[int]] = [[] for _ in self.people]
        for number, holder in enumerate(self.holder):
            if holder != NOBODY:
                self.duties[holder].append(number)
        self._takers: dict[int, tuple[tuple[int, tuple[int, ...]], ...]] = {}
        self._ready: dict[int, tuple[int, ...]] = {}
        self._own: dict[tuple[int, frozenset[int], frozenset[int]], Price] = {}
        self._before: dict[int, Price] = {}
        self._gain: dict[tuple[int, int], int] = {}

    @cached_property
    def fixed(self) -> frozenset[int]:
        """Slots that stay with their holder: pinned ones, and those of frozen weeks."""
        instance = self.instance
        frozen = {number for number in range(len(self.holder)) if number >> 2 < instance.frozen_weeks}
        return frozenset(frozen.union(number_of(slot) for slot in instance.kept))

    # What stands in the way

    def is_there(self, person: int, slot: int) -> bool:
        """Say whether R2, R3 and the duties before week 0 (R6) let `person` take `slot`."""
        one = self.people[person]
        if (one.id, slot_of(slot)) not in self.instance.available:
            return False
        last = one.history.last_primary_week
        if slot & 2 or last is None or not 0 < (slot >> 2) - last < self.instance.spacing.min_gap:
            return True
        return self._waived(Rule.R6, slot >> 2, person)

    def clash(self, person: int, one: int, other: int) -> bool:
        """Say whether R4 or R6 keeps `person` from holding both slots."""
        week, other_week = one >> 2, other >> 2
        if week == other_week:
            return not (one & 2 and other & 2) and not self._waived(Rule.R4, week, person)
        if one & 2 or other & 2 or abs(week - other_week) >= self.instance.spacing.min_gap:
            return False
        return not (self._waived(Rule.R6, week, person) or self._waived(Rule.R6, other_week, person))

    def backs(self, slot: int, person: int, partner: int) -> bool:
        """Say whether R5 holds with `person` in `slot` and `partner` in its counterpart (R5)."""
        front, behind = (partner, person) if slot & 2 else (person, partner)
        if NOBODY in (front, behind) or self.level[behind] > self.level[front]:
            return True
        return self._waived(Rule.R5, slot >> 2, behind)

    def takers(self, slot: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Return who is there for `slot`, each with their own slots that R4 and R6 would make them give up."""
        if slot not in self._takers:
            self._takers[slot] = tuple(
                (person, tuple(own for own in self.duties[person] if self.clash(person, own, slot)))
                for person in range(len(self.people))
                if person != self.holder[slot] and self.is_there(person, slot)
            )
        return self._takers[slot]

    def ready(self, slot: int) -> tuple[int, ...]:
        """Return who could take `slot` as the plan stands, with nothing else moved."""
        if slot not in self._ready:
            self._ready[slot] = tuple(
                person for person, own in self.takers(slot) if self.in_the_way(slot, person, own, {}) == []
            )
        return self._ready[slot]

    def in_the_way(self, slot: int, person: int, own: Iterable[int], moves: Mapping[int, int]) -> list[int] | None:
        """Return the slots that must move too when, after `moves`, `person` takes `slot`; None if that is hopeless.

        `own` are the clashes that `takers` gave for the person.
        """
        for moved, taker in moves.items():
            if taker == person and self.clash(person, moved, slot):
                return None
        found = [clash for clash in own if clash not in moves]
        partner = slot ^ 2
        if not self.backs(slot, person, moves.get(partner, self.holder[partner])):
            if partner in moves:
                return None
            if partner not in found:
                found.append(partner)
        return found

    def _waived(self, rule: Rule, week: int, person: int) -> bool:
        return self.instance.is_waived(rule, week, self.people[person].id)

    # What it costs

    def price(self, moves: Mapping[int, int]) -> Price:
        """Return what giving these slots to these people costs."""
        gains: dict[int, list[int]] = {}
        losses: dict[int, list[int]] = {}
        for slot, taker in moves.items():
            gains.setdefault(taker, []).append(slot)
            losses.setdefault(self.holder[slot], []).append(slot)
        fair, comfort = 0, self.goals(moves)
        for person in gains.keys() | losses.keys():
            own = self.own(person, gains.get(person, ()), losses.get(person, ()))
            fair += own.fair
            comfort += own.comfort
        return Price(fair, comfort)

    def own(self, person: int, gained: Iterable[int], lost: Iterable[int]) -> Price:
        """Return the change in what `person`'s own duties cost, learning goals aside."""
        if person == NOBODY:
            return Price(0, 0)
        key = (person, frozenset(gained), frozenset(lost))
        if key not in self._own:
            duties = sorted(key[1].union(self.duties[person]) - key[2])
            before, after = self._base(person), self._cost(person, duties)
            self._own[key] = Price(after.fair - before.fair, after.comfort - before.comfort)
        return self._own[key]

    def gain(self, person: int, slot: int) -> int:
        """Return the same for one more slot, FAIR plus COMFORT."""
        if (person, slot) not in self._gain:
            self._gain[person, slot] = self.own(person, (slot,), ()).total
        return self._gain[person, slot]

    def _base(self, person: int) -> Price:
        if person not in self._before:
            self._before[person] = self._cost(person, self.duties[person])
        return self._before[person]

    @cached_property
    def targets(self) -> dict[Category, dict[str, int]]:
        return targets(self.instance)

    def _cost(self, person: int, duties: list[int]) -> Price:
        return Price(self._fair(person, duties), self._comfort(person, duties))

    def _fair(self, person: int, duties: list[int]) -> int:
        one, weights = self.people[person], self.instance.weights
        counts = Counter(CATEGORY_OF[ROLES[slot & 3]] for slot in duties)
        cost = 0
        for category in CATEGORIES:
            target = self.targets[category].get(one.id)
            if target is not None:
                cost += weights.fair * (10 * (one.history.count(category) + counts[category]) - target) ** 2
        dates = sum(holiday_dates(self.instance, one, slot_of(slot)) for slot in duties if not slot & 2)
        return cost + weights.holiday * ((one.history.h + dates) ** 2 - one.history.h**2)

    def _comfort(self, person: int, duties: list[int]) -> int:
        one, weights = self.people[person], self.instance.weights
        weeks = {slot >> 2 for slot in duties}
        last = one.history.last_duty_week
        known = weeks if last is None else weeks | {last}
        return (
            weights.spacing * self._too_near(person, [slot >> 2 for slot in duties if not slot & 2])
            + weights.adjacent * sum(week - 1 in known for week in weeks)
            + weights.prefer_not * sum(one.would_rather_not(slot_of(slot)) for slot in duties)
            + weights.off_day * len(one.off_weekdays) * sum(not slot & 3 for slot in duties)
        )

    def _too_near(self, person: int, weeks: list[int]) -> int:
        """Return the weeks missing to the ideal gap, over every pair of the sorted primary `weeks`."""
        last = self.people[person].history.last_primary_week
        least, ideal = max(1, self.instance.spacing.min_gap), self.instance.spacing.ideal_gap
        everything = weeks if last is None else [last, *weeks]
        missing = 0
        for place, later in enumerate(everything):
            for earlier in reversed(everything[:place]):
                if later - earlier >= ideal:
                    break
                if later >= 0 and later - earlier >= least:
                    missing += ideal - (later - earlier)
        return missing

    # Learning goals: a unit is an own D with a BD who is expert in the area

    @cached_property
    def _met(self) -> Counter[tuple[int, str]]:
        met: Counter[tuple[int, str]] = Counter()
        for slot in range(0, len(self.holder), 4):
            met.update(set(self._lesson(self.holder[slot], self.holder[slot + 2])))
        return met

    def _lesson(self, front: int, behind: int) -> list[tuple[int, str]]:
        if NOBODY in (front, behind):
            return []
        return [
            (front, goal.area) for goal in self.people[front].learning if goal.area in self.people[behind].expert_in
        ]

    def goals(self, moves: Mapping[int, int]) -> int:
        """Return the change in what missed learning goals cost."""
        change: Counter[tuple[int, str]] | None = None
        for slot in moves:
            if slot & 1 or (slot & 2 and slot ^ 2 in moves):  # a weekend, or a week already counted by its D
                continue
            front, behind = slot & ~2, slot | 2
            old = self._lesson(self.holder[front], self.holder[behind])
            new = self._lesson(moves.get(front, self.holder[front]), moves.get(behind, self.holder[behind]))
            if old != new:
                change = change if change is not None else Counter()
                change.subtract(set(old))
                change.update(set(new))
        return 0 if change is None else self.instance.weights.exposure * self._missed_more(change)

    def _missed_more(self, change: Counter[tuple[int, str]]) -> int:
        missed = 0
        for person in {person for person, _ in change}:
            for goal in self.people[person].learning:
                before = self._met[person, goal.area]
                after = before + change[person, goal.area]
                missed += max(0, goal.need - after) - max(0, goal.need - before)
        return missed
