"""The solver behind the planner's narrow door: one tier at a time, one worker, reproducible.

One worker, because two make a different plan each time, and on these models cost more than they bring; the
second core searches by hand meanwhile. The same input, seed and work give the same answer on any machine, unless
the clock cuts the search, and then the proof says so.
"""

from collections.abc import Callable

from ortools.sat.python import cp_model

from hausmeister.rota.planner.candidates import Candidates
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planner.outcome import CHANGED, COMFORT, FAIR, Limits, Proof
from hausmeister.rota.planner.solving.model import Model
from hausmeister.rota.planner.solving.tiers import Cost, at_most, changed_cost, comfort_cost, fair_cost

_COSTS = {CHANGED: changed_cost, FAIR: fair_cost, COMFORT: comfort_cost}


def prove(
    instance: Instance,
    candidates: Candidates,
    *,
    tier: str,
    limits: Limits,
    start: Plan | None,
    seed: int,
    left_s: Callable[[], float],
    work: float,
) -> Proof:
    """Return what `outcome.Prover` promises."""
    if any(not own for own in candidates.values()):
        return Proof(None, 0, is_impossible=True)
    model = Model(instance, candidates)
    if limits.changed is not None:
        at_most(model, changed_cost(model), limits.changed)
    if limits.fair is not None:
        at_most(model, fair_cost(model), limits.fair)
    cost = _COSTS[tier](model) if tier else Cost()
    if tier:
        model.cp.minimize(cost.sum)
    if start is not None:
        model.hint(start)
    return _solve(model, cost, seed=seed, wall_s=left_s(), work=work)


def _solve(model: Model, cost: Cost, *, seed: int, wall_s: float, work: float) -> Proof:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = max(0.05, wall_s)
    solver.parameters.max_deterministic_time = work
    status = solver.solve(model.cp)
    if status == cp_model.INFEASIBLE:
        return Proof(None, 0, is_impossible=True)
    if status == cp_model.MODEL_INVALID:
        raise ValueError(f"The solver refused the model: {model.cp.validate()}")
    bound = cost.constant + round(solver.best_objective_bound)
    is_complete = status == cp_model.OPTIMAL
    used = solver.response_proto.deterministic_time
    was_cut = not is_complete and used < 0.95 * work
    has_plan = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    plan = model.plan(solver) if has_plan else None
    return Proof(plan, bound, is_complete=is_complete, was_cut=was_cut, work=used)
