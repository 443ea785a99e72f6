"""The hard rules as a CP-SAT model. The formulation is the speed: docs/planner.md has the measurements.

A variable exists only where the data allow it. The backstop rule is a set of cliques over experience levels;
written as sums, or with multiplied squares in the costs, the same model takes a hundred times as long.
"""

from collections.abc import Iterable

from ortools.sat.python import cp_model

from hausmeister.rota.planner.candidates import Candidates
from hausmeister.rota.planner.instance import BACKSTOP_OF, PRIMARIES, ROLES, Instance, Plan, Planned, Role, Rule, Slot


class Model:
    """The slots that have candidates, and their hard rules; the tiers add their costs.

    `holds[person id, slot]` is true if the person has the slot; `by_person` are the same variables by person.
    """

    def __init__(self, instance: Instance, candidates: Candidates) -> None:
        self.instance = instance
        self.cp = cp_model.CpModel()
        self.holds: dict[tuple[str, Slot], cp_model.IntVar] = {}
        self.by_person: dict[str, dict[Slot, cp_model.IntVar]] = {one.id: {} for one in instance.people}
        for slot, people in candidates.items():
            for person in people:
                variable = self.cp.new_bool_var("")
                self.holds[person, slot] = self.by_person[person][slot] = variable
            self.cp.add_exactly_one(self.holds[person, slot] for person in people)
        for one in instance.people:
            self._one_duty_a_week(one)
            self._gaps(one)
        self._backstops_outrank()

    def of(self, person: str, week: int, roles: Iterable[Role]) -> list[cp_model.IntVar]:
        """Return the variables of `person` in `week` for those of `roles` that they could have."""
        own = self.by_person[person]
        return [own[slot] for role in roles if (slot := Slot(week, role)) in own]

    def _one_duty_a_week(self, person: Planned) -> None:
        for week in range(self.instance.weeks):
            if not self.instance.is_waived(Rule.R4, week, person.id):
                for backstop in (Role.BD, Role.BW):
                    self._at_most_one(self.of(person.id, week, (*PRIMARIES, backstop)))

    def _gaps(self, person: Planned) -> None:
        weeks, gap = self.instance.weeks, self.instance.spacing.min_gap
        own = [
            [] if self.instance.is_waived(Rule.R6, week, person.id) else self.of(person.id, week, PRIMARIES)
            for week in range(weeks)
        ]
        for first in range(max(1, weeks - gap + 1) if gap > 1 else 0):
            self._at_most_one([one for week in own[first : first + gap] for one in week])

    def _backstops_outrank(self) -> None:
        """For each level: not somebody of that level or above in front, and of that level or below behind."""
        people = sorted(self.instance.people, key=lambda one: one.experience)
        for week in range(self.instance.weeks):
            bound = [one for one in people if not self.instance.is_waived(Rule.R5, week, one.id)]
            for primary, backstop in BACKSTOP_OF.items():
                front = [(one.experience, self.of(one.id, week, [primary])) for one in people]
                behind = [(one.experience, self.of(one.id, week, [backstop])) for one in bound]
                for level in sorted({experience for experience, own in (*front, *behind) if own}):
                    self._at_most_one(
                        [one for experience, own in front if experience >= level for one in own]
                        + [one for experience, own in behind if experience <= level for one in own]
                    )

    def _at_most_one(self, variables: list[cp_model.IntVar]) -> None:
        if len(variables) > 1:
            self.cp.add_at_most_one(variables)

    def hint(self, plan: Plan) -> None:
        """Tell the solver where to begin."""
        for (person, slot), variable in self.holds.items():
            self.cp.add_hint(variable, plan.holders.get(slot) == person)

    def plan(self, values: cp_model.CpSolver | cp_model.CpSolverSolutionCallback) -> Plan:
        """Return the plan that a solution holds."""
        read = values.boolean_value
        return Plan.of({slot: person for (person, slot), variable in self.holds.items() if read(variable)})

    def roles_of(self, person: str) -> list[tuple[Slot, cp_model.IntVar]]:
        """Return the slots that `person` could have, with their variables, in order."""
        return sorted(self.by_person[person].items(), key=lambda one: (one[0].week, ROLES.index(one[0].role)))
