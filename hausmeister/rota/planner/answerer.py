"""The child process that answers questions with the solver: `python -m hausmeister.rota.planner.answerer`.

One question as JSON on standard input, one answer as JSON on standard output; `asking.py` is the other side.
"""

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planner.messages import plan_from
from hausmeister.rota.planner.replanning import option_document
from hausmeister.rota.planner.worker import MOST_MEMORY_BYTES

NO_SOLVER = "The solver (OR-Tools) is not installed here; this question cannot be answered without it."


def main() -> None:
    """Read the question, answer it."""
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES,) * 2)
    json.dump(answer(request), sys.stdout, separators=(",", ":"))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one question, or `{"problem": sentence}`."""
    try:
        from hausmeister.rota.planner.solving import leave_check, limits, replanning
    except ImportError:
        return {"problem": NO_SOLVER}
    instance = files.instance_from(request["instance"])
    effort = replanning.Effort(budget_s=request["budget_s"], seed=request["seed"])
    if request["question"] == "compare":
        found = replanning.compare(instance=instance, effort=effort)
        return {"is_impossible": found.is_impossible, "options": [option_document(one) for one in found.options]}
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


if __name__ == "__main__":
    main()
