"""Finds the three plans of a replan: fewest changes, a few more, free. Exact while the budget lasts.

The fewest changes are proven first, on a model without costs. Then FAIR is minimised three times over one model,
with the changes bound to the fewest, to a few more, and not at all; each begins from the plan before. Among plans
equally fair the one with fewer changes is taken, and what is left of the budget goes to COMFORT, unproven.

One worker and a limit in the solver's own deterministic units: the same input and seed give the same plans, unless
the clock ends a search first.
"""

from dataclasses import dataclass

from ortools.sat.python import cp_model

from hausmeister.rota.planner.candidates import candidates
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planner.replanning import (
    A_FEW_MORE,
    OPTIONS,
    Comparison,
    Option,
    changes,
    in_words,
    weight_of,
    weighted_changes,
)
from hausmeister.rota.planner.solving.model import Model
from hausmeister.rota.planner.solving.tiers import Cost, comfort_cost, fair_cost


@dataclass(frozen=True)
class Effort:
    """How much may be spent, in seconds in all, and the seed."""

    budget_s: float = 20.0
    seed: int = 1


# the solver's units a second, on a slow core: what a budget is translated with
_WORK_A_SECOND = 0.7
# of the budget: for the fewest changes, and at most so much for the comfort of each plan
_FOR_CHANGES, _FOR_COMFORT = 0.4, 0.1


@dataclass(frozen=True)
class _Answer:
    plan: Plan | None
    proven: bool
    took_s: float


_DEFAULT = Effort()


def compare(*, instance: Instance, effort: Effort = _DEFAULT, names: tuple[str, ...] = OPTIONS) -> Comparison:
    """Return the plans of `names` (the first of them or all) for an instance with a current plan.

    Raises ValueError where there is no current plan.
    """
    if instance.current is None:
        raise ValueError("The instance has no current plan; there is nothing to compare with.")
    model = Model(instance, candidates(instance))
    fewest = fewest_changes(model, effort=effort)
    if fewest.plan is None:
        return Comparison((), is_impossible=fewest.proven)
    left = effort.budget_s - fewest.took_s
    fair = fair_cost(model)
    options: list[Option] = []
    plan = fewest.plan
    for place, name in enumerate(names):
        bounded = model.cp.clone()
        if name == "fewest":
            at_most_in(bounded, _weighted(model), weighted_changes(instance, fewest.plan))
        elif name == "a few more":
            at_most_in(bounded, _counted(model), options[0].costs.changed_slots + A_FEW_MORE)
        found = _minimised(model, bounded, _with_ties(model, fair), plan, left / (len(names) - place), effort)
        plan = found.plan or plan
        nicer = _nicer(instance, plan, min(left - found.took_s, effort.budget_s * _FOR_COMFORT), effort)
        left -= found.took_s + nicer.took_s
        plan = nicer.plan or plan
        options.append(_option(instance, name, plan, fewest.proven, found.proven, options))
    return Comparison(tuple(options))


def _nicer(instance: Instance, plan: Plan, budget_s: float, effort: Effort) -> "_Answer":
    """Return a plan with no more changes, as fair, and less COMFORT to pay, if one is found."""
    model = Model(instance, candidates(instance))
    at_most_in(model.cp, _weighted(model), weighted_changes(instance, plan))
    at_most_in(model.cp, _counted(model), costs(instance, plan).changed_slots)
    at_most_in(model.cp, fair_cost(model), costs(instance, plan).fair.total)
    return _minimised(model, model.cp, comfort_cost(model), plan, budget_s, effort)


def fewest_changes(model: Model, *, effort: Effort) -> "_Answer":
    """Return a plan with the smallest weighted number of changes, whatever it costs."""
    hint = model.instance.current or Plan(())
    return _minimised(model, model.cp.clone(), _weighted(model), hint, effort.budget_s * _FOR_CHANGES, effort)


def fairest(model: Model, *, budget_s: float, effort: Effort = _DEFAULT) -> Plan | None:
    """Return the fairest plan found, changes aside; None if there is none, or none was found in time."""
    return _minimised(model, model.cp, fair_cost(model), model.instance.current or Plan(()), budget_s, effort).plan


def _weighted(model: Model) -> Cost:
    return _changed(model, is_weighted=True)


def _counted(model: Model) -> Cost:
    return _changed(model, is_weighted=False)


def _changed(model: Model, *, is_weighted: bool) -> Cost:
    cost = Cost()
    current = model.instance.current
    for slot, person in current.holders.items() if current else ():
        weight = weight_of(model.instance, slot)
        weight = weight if is_weighted else min(1, weight)
        cost.constant += weight
        if weight and (person, slot) in model.holds:
            cost.add(model.holds[person, slot], -weight)
    return cost


def _with_ties(model: Model, fair: Cost) -> Cost:
    """Return FAIR such that among plans equally fair the one with the smaller weighted changes is less."""
    ties = _weighted(model)
    scale = ties.constant + 1
    both = Cost(fair.constant * scale, list(fair.variables), [scale * one for one in fair.coefficients])
    both.constant += ties.constant
    for variable, coefficient in zip(ties.variables, ties.coefficients, strict=True):
        both.add(variable, coefficient)
    return both


def at_most_in(cp: cp_model.CpModel, cost: Cost, value: int) -> None:
    """Forbid what costs more than `value`, in a model or a copy of it."""
    cp.add(cost.sum <= value - cost.constant)


def _minimised(model: Model, cp: cp_model.CpModel, cost: Cost, hint: Plan, budget_s: float, effort: Effort) -> _Answer:
    cp.minimize(cost.sum)
    for (person, slot), variable in model.holds.items() if hint.assignments else ():
        cp.add_hint(variable, hint.holders.get(slot) == person)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.1, 1.5 * budget_s)
    solver.parameters.max_deterministic_time = max(0.05, budget_s * _WORK_A_SECOND)
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = effort.seed
    status = solver.solve(cp)
    is_found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    proven = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return _Answer(model.plan(solver) if is_found else None, proven, solver.wall_time)


def _option(
    instance: Instance, name: str, plan: Plan, changes_proven: bool, fair_proven: bool, before: list[Option]
) -> Option:
    bare = Option(
        name=name,
        plan=plan,
        costs=costs(instance, plan),
        weighted_changes=weighted_changes(instance, plan),
        changes=changes(instance, plan),
        changes_proven=changes_proven and name == "fewest",
        fair_proven=fair_proven,
        buys="",
    )
    return Option(**{**bare.__dict__, "buys": in_words(bare, before[-1] if before else None)})
