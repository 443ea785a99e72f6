"""Plans as a draft keeps them: a list of assignments, in the planner's own format."""

from collections.abc import Iterable, Mapping
from typing import Any

from hausmeister.rota.planner.instance import Assignment, Plan, Role


def plan_of(assignments: Iterable[Mapping[str, Any]]) -> Plan:
    """Return the plan that a list of assignments holds."""
    return Plan(tuple(Assignment(one["week"], Role(one["role"]), one["person"]) for one in assignments))
