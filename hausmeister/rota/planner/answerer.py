"""What the planner's process answers beside planning: three plans, the limits of a load, long leave; with the solver.

`worker.py` calls it in the child process; `asking.py` is the other side.
"""

from dataclasses import asdict
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.impossible import explain
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planner.messages import plan_from
from hausmeister.rota.planner.replanning import option_document

NO_SOLVER = "The solver (OR-Tools) is not installed here; this question cannot be answered without it."


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one question, or `{"problem": sentence}`."""
    try:
        from hausmeister.rota.planner.solving import leave_check, limits, prover, replanning
    except ImportError:
        return {"problem": NO_SOLVER}
    instance = files.instance_from(request["instance"])
    effort = replanning.Effort(budget_s=request["budget_s"], seed=request["seed"])
    if request["question"] == "compare":
        found = replanning.compare(instance=instance, effort=effort)
        conflict = explain(instance, prover) if found.is_impossible else None
        return {
            "is_impossible": found.is_impossible,
            "conflict": None if conflict is None else asdict(conflict),
            "options": [option_document(one) for one in found.options],
        }
    if request["question"] == "leave":
        mended = leave_check.mended(instance=instance, person=request["person"], effort=effort)
        return {
            "plan": None if mended.plan is None else files.assignments_document(mended.plan),
            "is_impossible": mended.is_impossible,
            "reasons": list(mended.reasons),
        }
    try:
        bounds = limits.limits(
            instance=instance,
            plan=plan_from(request["plan"]),
            person=request["person"],
            category=Category(request["category"]),
            effort=effort,
        )
    except limits.NoPlan as error:
        return {"problem": str(error)}
    return asdict(bounds)
