"""The costs of the three tiers as linear sums over a model: changed slots, FAIR, COMFORT.

Each is built only while its tier is solved or bounds a later one: a lean model is solved twice as fast.
"""

import itertools
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from hausmeister.rota.planner.costs import holiday_dates, targets
from hausmeister.rota.planner.instance import CATEGORY_OF, PRIMARIES, Category, Planned, Role, Slot
from hausmeister.rota.planner.solving.model import Model


@dataclass
class Cost:
    """A cost as the solver adds it up: `constant` + the sum of coefficient x variable. Whole numbers."""

    constant: int = 0
    variables: list[cp_model.IntVar] = field(default_factory=list)
    coefficients: list[int] = field(default_factory=list)

    def add(self, variable: cp_model.IntVar, coefficient: int) -> None:
        """Add a term."""
        self.variables.append(variable)
        self.coefficients.append(coefficient)

    @property
    def sum(self) -> cp_model.LinearExprT:
        """The cost without its constant."""
        return cp_model.LinearExpr.weighted_sum(self.variables, self.coefficients)


def changed_cost(model: Model) -> Cost:
    """Return the number of slots from `frozen_weeks` on that differ from the current plan."""
    cost = Cost()
    current = model.instance.current
    for slot, person in current.holders.items() if current else ():
        if slot.week >= model.instance.frozen_weeks:
            cost.constant += 1
            if (person, slot) in model.holds:
                cost.add(model.holds[person, slot], -1)
    return cost


def fair_cost(model: Model) -> Cost:
    """Return FAIR: squares as unary steps, "has at least one", "at least two", each dearer than the last."""
    cost = Cost()
    for category, of_pool in targets(model.instance).items():
        for person, target in of_pool.items():
            _add_deviation(model, cost, model.instance.person[person], category, target)
    for one in model.instance.people:
        _add_holidays(model, cost, one)
    return cost


def _add_deviation(model: Model, cost: Cost, person: Planned, category: Category, target: int) -> None:
    own = [variable for slot, variable in model.roles_of(person.id) if CATEGORY_OF[slot.role] is category]
    most = len({slot.week for slot in model.by_person[person.id] if CATEGORY_OF[slot.role] is category})
    most *= 2 if category is Category.B else 1
    before, weight = person.history.count(category), model.instance.weights.fair
    squares = [weight * (10 * (before + new) - target) ** 2 for new in range(most + 1)]
    cost.constant += squares[0]
    steps = _steps(model, most)
    model.cp.add(sum(own) == sum(steps))
    for step, (less, more) in zip(steps, itertools.pairwise(squares), strict=True):
        cost.add(step, more - less)


def _add_holidays(model: Model, cost: Cost, person: Planned) -> None:
    dates = [
        (variable, count)
        for slot, variable in model.roles_of(person.id)
        if slot.role in PRIMARIES and (count := holiday_dates(model.instance, person, slot))
    ]
    if dates:
        steps = _steps(model, sum(count for _, count in dates))
        model.cp.add(sum(variable * count for variable, count in dates) == sum(steps))
        for place, step in enumerate(steps):
            cost.add(step, model.instance.weights.holiday * (2 * (person.history.h + place) + 1))


def _steps(model: Model, count: int) -> list[cp_model.IntVar]:
    """Return `count` variables of which each is true only if the one before it is."""
    steps = [model.cp.new_bool_var("") for _ in range(count)]
    for lower, upper in itertools.pairwise(steps):
        model.cp.add_implication(upper, lower)
    return steps


def comfort_cost(model: Model) -> Cost:
    """Return COMFORT by its five parts."""
    cost = Cost()
    for person in model.instance.people:
        _add_spacing(model, cost, person)
        _add_adjacent(model, cost, person)
        for slot, variable in model.roles_of(person.id):
            if person.would_rather_not(slot):
                cost.add(variable, model.instance.weights.prefer_not)
            if slot.role is Role.D and person.off_weekdays:
                cost.add(variable, model.instance.weights.off_day * len(person.off_weekdays))
        _add_goals(model, cost, person)
    return cost


def _add_spacing(model: Model, cost: Cost, person: Planned) -> None:
    least, ideal = max(1, model.instance.spacing.min_gap), model.instance.spacing.ideal_gap
    weight, last = model.instance.weights.spacing, person.history.last_primary_week
    own = {week: model.of(person.id, week, PRIMARIES) for week in range(model.instance.weeks)}
    for week, primaries in own.items():
        if last is not None and least <= week - last < ideal:
            for one in primaries:
                cost.add(one, weight * (ideal - (week - last)))
        for gap in range(least, ideal):
            if primaries and own.get(week + gap):
                both = model.cp.new_bool_var("")
                model.cp.add(sum(primaries) + sum(own[week + gap]) <= 1 + both)
                cost.add(both, weight * (ideal - gap))


def _add_adjacent(model: Model, cost: Cost, person: Planned) -> None:
    weight = model.instance.weights.adjacent
    busy: dict[int, cp_model.IntVar] = {}
    for week in range(model.instance.weeks):
        for one in model.of(person.id, week, Role):
            if week not in busy:
                busy[week] = model.cp.new_bool_var("")
            model.cp.add_implication(one, busy[week])
    if person.history.last_duty_week == -1 and 0 in busy:
        cost.add(busy[0], weight)
    for week, is_busy in busy.items():
        if week + 1 in busy:
            both = model.cp.new_bool_var("")
            model.cp.add_bool_or(is_busy.negated(), busy[week + 1].negated(), both)
            cost.add(both, weight)


def _add_goals(model: Model, cost: Cost, person: Planned) -> None:
    for goal in person.learning:
        met = [_together(model, person, week, goal.area) for week in range(model.instance.weeks)]
        units = [one for one in met if one is not None]
        missed = model.cp.new_int_var(0, goal.need, "")
        model.cp.add(missed + sum(units) >= goal.need)
        cost.add(missed, model.instance.weights.exposure)


def _together(model: Model, person: Planned, week: int, area: str) -> cp_model.IntVar | None:
    """Return what is true only if `person` is D in `week` with a BD expert in `area`; None if that cannot be."""
    own = model.holds.get((person.id, Slot(week, Role.D)))
    experts = [
        model.holds[one.id, Slot(week, Role.BD)]
        for one in model.instance.people
        if area in one.expert_in and (one.id, Slot(week, Role.BD)) in model.holds
    ]
    if own is None or not experts:
        return None
    together = model.cp.new_bool_var("")
    model.cp.add_implication(together, own)
    model.cp.add_bool_or(*experts, together.negated())
    return together


def at_most(model: Model, cost: Cost, value: int) -> None:
    """Forbid what costs more than `value`."""
    model.cp.add(cost.sum <= value - cost.constant)
