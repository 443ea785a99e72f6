"""The two costs of a plan, FAIR before COMFORT, and the count of changed slots. Whole numbers, exact.

FAIR: each person has a target in each category (D, W, B) of the pool that can hold it, in tenths of a duty;
a deviation of one duty costs 100, of two 400. Public holidays on own primary duties cost the growth of
their square. COMFORT: spacing, adjacent weeks, wishes, part-timers' free days, learning goals.
The arithmetic is written down in docs/planner.md. An incomplete plan costs what it holds.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from hausmeister.rota.planner.instance import (
    CATEGORIES,
    CATEGORY_OF,
    PRIMARIES,
    Category,
    Instance,
    Plan,
    Planned,
    Role,
    Slot,
)


@dataclass(frozen=True)
class Fair:
    """FAIR by its parts."""

    d: int
    w: int
    b: int
    holiday: int

    @property
    def total(self) -> int:
        return self.d + self.w + self.b + self.holiday


@dataclass(frozen=True)
class Comfort:
    """COMFORT by its parts."""

    spacing: int
    adjacent: int
    prefer_not: int
    off_day: int
    exposure: int

    @property
    def total(self) -> int:
        return self.spacing + self.adjacent + self.prefer_not + self.off_day + self.exposure


@dataclass(frozen=True)
class Costs:
    """All that a plan costs. `changed_slots` is 0 where there was no plan before."""

    fair: Fair
    comfort: Comfort
    changed_slots: int


def costs(instance: Instance, plan: Plan) -> Costs:
    """Return what `plan` costs."""
    return Costs(fair(instance, plan), comfort(instance, plan), changed_slots(instance, plan))


def pools(instance: Instance) -> dict[Category, tuple[str, ...]]:
    """Return who can hold each category at all: D and W need somebody above, B needs somebody below."""
    levels = [person.experience for person in instance.people]
    primary = tuple(one.id for one in instance.people if one.experience < max(levels))
    backstop = tuple(one.id for one in instance.people if one.experience > min(levels))
    return {Category.D: primary, Category.W: primary, Category.B: backstop}


def weeks_present(instance: Instance, person: Planned) -> int:
    """Return the planned weeks that count: employed on all seven days, and not on leave on all seven."""
    leaves = [one for one in person.away if one.kind == "leave"]
    count = 0
    for week in range(instance.weeks):
        monday = instance.monday(week)
        days = [monday + timedelta(days=day) for day in range(7)]
        is_employed = not (person.employed_from and days[0] < person.employed_from) and not (
            person.employed_to and days[6] > person.employed_to
        )
        on_leave = all(any(one.starts_on <= day <= one.ends_on for one in leaves) for day in days)
        count += is_employed and not on_leave
    return count


def shares(instance: Instance) -> dict[str, int]:
    """Return each person's share: percent of full time x (weeks of history + planned weeks present)."""
    return {one.id: one.fte * (one.history.weeks + weeks_present(instance, one)) for one in instance.people}


def targets(instance: Instance) -> dict[Category, dict[str, int]]:
    """Return, in tenths of a duty, what each person of the pool should have had at the end of the plan.

    Where nobody of a pool has any share, all of it count alike.
    """
    share = shares(instance)
    found: dict[Category, dict[str, int]] = {}
    for category, pool in pools(instance).items():
        new = instance.weeks * (2 if category is Category.B else 1)
        total = new + sum(instance.person[one].history.count(category) for one in pool)
        own = {one: share[one] for one in pool} if any(share[one] for one in pool) else dict.fromkeys(pool, 1)
        all_of_them = sum(own.values())
        found[category] = {one: (10 * total * own[one] + all_of_them // 2) // all_of_them for one in pool}
    return found


def planned_counts(plan: Plan) -> Counter[tuple[str, Category]]:
    """Return how many duties of each category each person has in `plan`."""
    return Counter((person, CATEGORY_OF[slot.role]) for slot, person in plan.holders.items())


def holiday_dates(instance: Instance, person: Planned, slot: Slot) -> int:
    """Return how many dates that the primary `slot` touches are public holidays where `person` lives."""
    own = instance.holidays.get(person.country, frozenset())
    return sum(day in own for day in instance.dates(slot))


def fair(instance: Instance, plan: Plan) -> Fair:
    """Return FAIR of `plan`, by its parts."""
    planned = planned_counts(plan)
    parts = dict.fromkeys(CATEGORIES, 0)
    for category, of_pool in targets(instance).items():
        for person, target in of_pool.items():
            had = instance.person[person].history.count(category) + planned[person, category]
            parts[category] += instance.weights.fair * (10 * had - target) ** 2
    return Fair(parts[Category.D], parts[Category.W], parts[Category.B], _holiday(instance, plan))


def _holiday(instance: Instance, plan: Plan) -> int:
    dates: Counter[str] = Counter()
    for slot, person in plan.holders.items():
        if slot.role in PRIMARIES and person in instance.person:
            dates[person] += holiday_dates(instance, instance.person[person], slot)
    before = {one.id: one.history.h for one in instance.people}
    return instance.weights.holiday * sum((before[one] + new) ** 2 - before[one] ** 2 for one, new in dates.items())


def comfort(instance: Instance, plan: Plan) -> Comfort:
    """Return COMFORT of `plan`, by its parts."""
    weights = instance.weights
    primary: dict[str, list[int]] = {one.id: [] for one in instance.people}
    any_duty: dict[str, set[int]] = {one.id: set() for one in instance.people}
    wishes = free_days = 0
    for slot, holder in plan.holders.items():
        if holder not in instance.person:
            continue
        any_duty[holder].add(slot.week)
        if slot.role in PRIMARIES:
            primary[holder].append(slot.week)
        wishes += instance.person[holder].would_rather_not(slot)
        free_days += len(instance.person[holder].off_weekdays) if slot.role is Role.D else 0
    return Comfort(
        spacing=weights.spacing * sum(_too_near(instance, one, primary[one.id]) for one in instance.people),
        adjacent=weights.adjacent * sum(_adjacent(one, any_duty[one.id]) for one in instance.people),
        prefer_not=weights.prefer_not * wishes,
        off_day=weights.off_day * free_days,
        exposure=weights.exposure * sum(missed_goals(instance, plan, one) for one in instance.people),
    )


def _too_near(instance: Instance, person: Planned, weeks: list[int]) -> int:
    """Return the weeks missing to the ideal gap, summed over every pair of own primary duties."""
    last = person.history.last_primary_week
    everything = sorted([*weeks, *([] if last is None else [last])])
    least, ideal = instance.spacing.min_gap, instance.spacing.ideal_gap
    gaps = [later - earlier for place, later in enumerate(everything) if later >= 0 for earlier in everything[:place]]
    return sum(ideal - gap for gap in gaps if max(1, least) <= gap < ideal)


def _adjacent(person: Planned, weeks: set[int]) -> int:
    """Return the weeks with a duty whose week before had one too."""
    before = set() if person.history.last_duty_week is None else {person.history.last_duty_week}
    return sum(week - 1 in weeks | before for week in weeks)


def missed_goals(instance: Instance, plan: Plan, person: Planned) -> int:
    """Return the units of learning goals that `plan` leaves unmet for `person`."""
    missed = 0
    for goal in person.learning:
        met = 0
        for slot, holder in plan.holders.items():
            if holder == person.id and slot.role is Role.D:
                behind = instance.person.get(plan.holders.get(Slot(slot.week, Role.BD), ""))
                met += behind is not None and goal.area in behind.expert_in
        missed += max(0, goal.need - met)
    return missed


def changed_slots(instance: Instance, plan: Plan) -> int:
    """Return how many slots from `frozen_weeks` on differ from the current plan."""
    if instance.current is None:
        return 0
    return sum(
        plan.holders.get(slot) != person
        for slot, person in instance.current.holders.items()
        if slot.week >= instance.frozen_weeks
    )
