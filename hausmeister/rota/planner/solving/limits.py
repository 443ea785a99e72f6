"""The fewest and the most duties of a category that the hard rules leave for one person."""

from collections.abc import Callable

from ortools.sat.python import cp_model

from hausmeister.rota.planner.candidates import candidates
from hausmeister.rota.planner.explaining_load import Limits
from hausmeister.rota.planner.instance import CATEGORY_OF, Category, Instance, Plan
from hausmeister.rota.planner.solving.model import Model
from hausmeister.rota.planner.solving.replanning import Effort

_DEFAULT = Effort()


class NoPlan(Exception):
    """No plan keeps the rules, or none was found in time; there is nothing to count."""


def limits(*, instance: Instance, plan: Plan, person: str, category: Category, effort: Effort = _DEFAULT) -> Limits:
    """Return the limits; where the budget does not do, the widest that were not ruled out.

    `plan` is where the search begins. Raises NoPlan.
    """
    model = Model(instance, candidates(instance))
    own = [variable for slot, variable in model.roles_of(person) if CATEGORY_OF[slot.role] is category]
    if not own:
        return Limits(0, 0, are_exact=True)
    model.hint(plan)
    floor, floor_exact = _extreme(model, sum(own), model.cp.minimize, effort)
    ceiling, ceiling_exact = _extreme(model, sum(own), model.cp.maximize, effort)
    return Limits(floor, ceiling, are_exact=floor_exact and ceiling_exact)


def _extreme(
    model: Model, count: cp_model.LinearExprT, towards: Callable[[cp_model.LinearExprT], None], effort: Effort
) -> tuple[int, bool]:
    towards(count)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = effort.budget_s / 2
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = effort.seed
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise NoPlan("No plan that keeps the rules was found, so nothing can be said of fewest and most.")
    return round(solver.best_objective_bound), status == cp_model.OPTIMAL
