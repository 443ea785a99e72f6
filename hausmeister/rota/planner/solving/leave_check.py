"""The part of `leave_check.py` that needs the solver: long leave, or a plan with little room."""

from dataclasses import dataclass

from hausmeister.rota.planner.impossible import explain
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planner.solving import prover
from hausmeister.rota.planner.solving.replanning import Effort, compare


@dataclass(frozen=True)
class Mended:
    """A plan with the fewest changes; or None, with why there is none, or without reasons where time did not do."""

    plan: Plan | None
    is_impossible: bool = False
    reasons: tuple[str, ...] = ()


def mended(*, instance: Instance, person: str, effort: Effort) -> Mended:
    """Return the current plan mended for an instance in which `person` is away already."""
    found = compare(instance=instance, effort=effort, names=("fewest",))
    if found.options:
        return Mended(found.options[0].plan)
    if not found.is_impossible:
        return Mended(None)
    words = f"With {instance.person[person].called} away as well, no plan keeps the rules."
    return Mended(None, is_impossible=True, reasons=(words, *_conflict(instance)))


def _conflict(instance: Instance) -> tuple[str, ...]:
    """Return a smallest set of facts that cannot all hold, as sentences; nothing where time did not do."""
    conflict = explain(instance, prover)
    return () if conflict is None else tuple(fact.words for fact in conflict.facts)
