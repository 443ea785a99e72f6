"""Questions to a plan that need the solver, put to a child process: three plans, limits of a load, long leave.

The child (`worker.py`, which hands it to `answerer.py`) is asked one question as JSON and answers with one JSON
document. It is killed when its time is over, and its answer is checked here: a plan that breaks a rule is never
handed on. Whoever asks never loads the solver.
"""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import costs
from hausmeister.rota.planner.explaining_load import Limits
from hausmeister.rota.planner.files import assignments_document, instance_document
from hausmeister.rota.planner.instance import Absence, Category, Instance, Plan
from hausmeister.rota.planner.leave_check import LeaveAnswer, Verdict, check_leave, with_leave
from hausmeister.rota.planner.messages import plan_from
from hausmeister.rota.planner.offers import offer
from hausmeister.rota.planner.replanning import Comparison, Option, changes, weighted_changes
from hausmeister.rota.planner.standing import Standing, number_of

_COMMAND = (sys.executable, "-m", "hausmeister.rota.planner.worker")
GRACE_S = 15.0  # past the budget: starting and building models


class NoAnswer(Exception):
    """The child gave no answer that can be used; the text says how it ended."""


def compare_in_child(
    *, instance: Instance, budget_s: float = 20.0, seed: int = 1, command: tuple[str, ...] = _COMMAND
) -> Comparison:
    """Return the three plans for an instance with a current plan; see `solving/replanning.py`.

    Raises NoAnswer; ValueError where there is no current plan.
    """
    if instance.current is None:
        raise ValueError("The instance has no current plan; there is nothing to compare with.")
    answer = _ask({"question": "compare"}, instance, budget_s=budget_s, seed=seed, command=command)
    options = tuple(_option(instance, one) for one in answer["options"])
    return Comparison(options, is_impossible=answer["is_impossible"])


def limits_in_child(
    *,
    instance: Instance,
    plan: Plan,
    person: str,
    category: Category,
    budget_s: float = 10.0,
    seed: int = 1,
    command: tuple[str, ...] = _COMMAND,
) -> Limits:
    """Return the fewest and the most duties that any plan could give `person`. Raises NoAnswer."""
    question = {
        "question": "limits", "plan": assignments_document(plan), "person": person, "category": category.value,
    }  # fmt: skip
    return Limits(**_ask(question, instance, budget_s=budget_s, seed=seed, command=command))


def leave_in_child(
    *,
    instance: Instance,
    plan: Plan,
    person: str,
    absence: Absence,
    budget_s: float = 8.0,
    seed: int = 1,
    command: tuple[str, ...] = _COMMAND,
) -> LeaveAnswer:
    """Return the answer to a leave, from the child only if it cannot be found here at once. Raises NoAnswer."""
    quick = check_leave(instance=instance, plan=plan, person=person, absence=absence)
    if quick.verdict is not Verdict.UNSETTLED:
        return quick
    asked = replace(with_leave(instance, person, absence), current=plan)
    answer = _ask({"question": "leave", "person": person}, asked, budget_s=budget_s, seed=seed, command=command)
    if answer["plan"] is None:
        verdict = Verdict.IMPOSSIBLE if answer["is_impossible"] else Verdict.UNSETTLED
        return replace(quick, verdict=verdict, reasons=tuple(answer["reasons"]))
    mended = _checked(asked, plan_from(answer["plan"]))
    standing = Standing(asked, plan)
    moves = {number_of(one.slot): standing.index[one.after] for one in changes(asked, mended)}
    return replace(quick, verdict=Verdict.REPAIR, repair=offer(standing, moves, asker=person))


def _option(instance: Instance, document: dict[str, Any]) -> Option:
    plan = _checked(instance, plan_from(document["assignments"]))
    return Option(
        name=document["name"],
        plan=plan,
        costs=costs(instance, plan),
        weighted_changes=weighted_changes(instance, plan),
        changes=changes(instance, plan),
        changes_proven=document["changes_proven"],
        fair_proven=document["fair_proven"],
        buys=document["buys"],
    )


def _checked(instance: Instance, plan: Plan) -> Plan:
    broken = check(instance, plan)
    if broken:
        raise NoAnswer(f"The planner's answer breaks {len(broken)} rules, the first: {broken[0].words}")
    return plan


def _ask(
    question: dict[str, Any], instance: Instance, *, budget_s: float, seed: int, command: tuple[str, ...]
) -> dict[str, Any]:
    request = json.dumps({**question, "instance": instance_document(instance), "budget_s": budget_s, "seed": seed})
    try:
        child = subprocess.run(
            command, input=request, capture_output=True, text=True, timeout=budget_s + GRACE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"The planner took more than {budget_s + GRACE_S:.0f} s and was ended.") from error
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1][:300]
        raise NoAnswer(f"The planner ended with code {child.returncode}: {last}")
    answer: dict[str, Any] = json.loads(child.stdout)["answer"]
    if "problem" in answer:
        raise NoAnswer(answer["problem"])
    return answer
