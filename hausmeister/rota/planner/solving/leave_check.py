"""The part of `leave_check.py` that needs the solver: long leave, or a plan with little room."""

from dataclasses import replace

from hausmeister.rota.planner.impossible import Undecided, explain
from hausmeister.rota.planner.instance import Absence, Instance, Plan
from hausmeister.rota.planner.leave_check import MOST_TRIED, LeaveAnswer, Verdict, check_leave, with_leave
from hausmeister.rota.planner.offers import offer
from hausmeister.rota.planner.solving import prover
from hausmeister.rota.planner.solving.replanning import Effort, compare
from hausmeister.rota.planner.standing import Standing, number_of

_DEFAULT = Effort(budget_s=8.0)


def settle_leave(
    *,
    instance: Instance,
    plan: Plan,
    person: str,
    absence: Absence,
    effort: Effort = _DEFAULT,
    most_tried: int = MOST_TRIED,
) -> LeaveAnswer:
    """Return the same as `check_leave`, never UNSETTLED but for lack of time. Raises KeyError for somebody unknown."""
    quick = check_leave(instance=instance, plan=plan, person=person, absence=absence, most_tried=most_tried)
    if quick.verdict is not Verdict.UNSETTLED:
        return quick
    asked = replace(with_leave(instance, person, absence), current=plan)
    found = compare(instance=asked, effort=effort, names=("fewest",))
    if found.is_impossible:
        words = f"With {asked.person[person].called} away as well, no plan keeps the rules."
        return replace(quick, verdict=Verdict.IMPOSSIBLE, reasons=(words, *_conflict(asked)))
    if not found.options:
        return quick
    standing = Standing(asked, plan)
    moves = {number_of(one.slot): standing.index[one.after] for one in found.options[0].changes}
    return replace(quick, verdict=Verdict.REPAIR, repair=offer(standing, moves, asker=person))


def _conflict(asked: Instance) -> tuple[str, ...]:
    """Return the smallest set of facts that cannot all hold, as sentences; nothing where time did not do."""
    try:
        conflict = explain(asked, prover)
    except Undecided:
        return ()
    return () if conflict is None else tuple(fact.words for fact in conflict.facts)
