"""A plan under change: the hard rules kept at every step, both costs known after each.

For searching by hand: people and slots are numbers, weeks are bits, and placing somebody costs microseconds.
The state is never illegal; slots may be empty on the way. `costs.py` and `checker.py` are the judges, not this.
"""

from collections.abc import Mapping

from hausmeister.rota.planner.candidates import Candidates
from hausmeister.rota.planner.costs import holiday_dates, targets
from hausmeister.rota.planner.instance import CATEGORIES, Category, Instance, Plan, Planned, Role, Rule, Slot, Waiver

NOBODY = -1
_CATEGORY = (0, 1, 2, 2)  # of the roles D, W, BD, BW
_BACKSTOPS = 0b1100


class Board:
    """Who holds which slot, by number: slot `4 x week + role`; its partner (who backs it, whom it backs) is `slot ^ 2`.

    `fair` and `comfort` are exact once no slot is empty. `changed` counts slots that differ from the current plan.
    """

    def __init__(self, instance: Instance, candidates: Candidates) -> None:
        self.instance = instance
        self.slots = instance.slots
        self.number = {one.id: place for place, one in enumerate(instance.people)}
        self.candidates = [tuple(self.number[one] for one in candidates[slot]) for slot in self.slots]
        self.may = [frozenset(own) for own in self.candidates]
        self.experience = [one.experience for one in instance.people]
        self._set_up_rules()
        self._set_up_costs()
        self.clear()

    def _set_up_rules(self) -> None:
        task, gap = self.instance, self.instance.spacing.min_gap
        # a week is bit (week + shift), so that the last weeks before the plan have bits too
        self.shift = max(gap, task.spacing.ideal_gap, 1) + 1
        width = (1 << (task.weeks + 2 * self.shift)) - 1
        self.bit = [1 << (week + self.shift) for week in range(task.weeks)]
        self.too_near = [self._around(week, 1, gap) & width for week in range(task.weeks)]
        self.near = [self._around(week, max(1, gap), task.spacing.ideal_gap) & width for week in range(task.weeks)]
        everybody = range(len(task.people))
        self.gap_counts = [width for _ in everybody]
        self.waives_4: set[tuple[int, int]] = set()
        self.waives_5: set[tuple[int, int]] = set()
        for waiver in task.waivers:
            for person in everybody if waiver.person is None else (self.number[waiver.person],):
                self._waive(waiver, person)

    def _waive(self, waiver: Waiver, person: int) -> None:
        if waiver.rule is Rule.R4:
            self.waives_4.add((person, waiver.week))
        elif waiver.rule is Rule.R5:
            self.waives_5.add((person, waiver.week))
        elif waiver.rule is Rule.R6:
            self.gap_counts[person] &= ~self.bit[waiver.week]

    def _around(self, week: int, least: int, below: int) -> int:
        """Return the bits of the weeks that lie `least` or more, and less than `below`, from `week` on either side."""
        own = week + self.shift
        return sum((1 << (own - gap)) | (1 << (own + gap)) for gap in range(least, below))

    def _set_up_costs(self) -> None:
        task = self.instance
        weights, of_category = task.weights, targets(task)
        self.squares: list[list[list[int]]] = []
        for category in CATEGORIES:
            own = of_category[category]
            most = task.weeks * (2 if category is Category.B else 1) + 1
            self.squares.append([
                [
                    weights.fair * (10 * (one.history.count(category) + new) - own[one.id]) ** 2 if one.id in own else 0
                    for new in range(most + 1)
                ]
                for one in task.people
            ])  # fmt: skip
        self.dates = [
            [holiday_dates(task, one, slot) if slot.role in (Role.D, Role.W) else 0 for one in task.people]
            for slot in self.slots
        ]
        self.fixed = [[self._fixed(one, slot) for one in task.people] for slot in self.slots]
        ideal = task.spacing.ideal_gap
        self.by_gap = [weights.spacing * max(0, ideal - gap) for gap in range(ideal + 1)]
        self.current: list[int] = [NOBODY - 1] * len(self.slots)
        for slot, person in task.current.holders.items() if task.current else ():
            if slot.week >= task.frozen_weeks:
                self.current[4 * slot.week + _ROLE[slot.role]] = self.number.get(person, NOBODY)
        self.goals = [
            [(goal.need, frozenset(self.number[two.id] for two in task.people if goal.area in two.expert_in))
             for goal in one.learning]
            for one in task.people
        ]  # fmt: skip

    def _fixed(self, person: Planned, slot: Slot) -> int:
        """Return the comfort that `person` in `slot` costs whatever else is planned."""
        weights = self.instance.weights
        free_days = len(person.off_weekdays) if slot.role is Role.D else 0
        return weights.prefer_not * person.would_rather_not(slot) + weights.off_day * free_days

    def clear(self) -> None:
        """Empty every slot."""
        task, people = self.instance, self.instance.people
        self.holder = [NOBODY] * len(self.slots)
        self.empty = len(self.slots)
        self.counts = [[0] * len(people) for _ in CATEGORIES]
        self.dates_held = [one.history.h for one in people]
        self.roles = [[0] * task.weeks for _ in people]
        self.primary = [self._before(one.history.last_primary_week) for one in people]
        self.busy = [self._before(one.history.last_duty_week) for one in people]
        self.met = [[0] * len(own) for own in self.goals]
        self.fair = sum(rows[0] for of_category in self.squares for rows in of_category)
        self.comfort = task.weights.exposure * sum(need for own in self.goals for need, _ in own)
        self.changed = sum(person != NOBODY - 1 for person in self.current)

    def _before(self, week: int | None) -> int:
        return 0 if week is None or week + self.shift < 0 else 1 << (week + self.shift)

    def conflict(self, slot: int, person: int) -> bool:
        """Say whether giving the empty `slot` to `person` (one of its candidates) would break a rule."""
        week, role = slot >> 2, slot & 3
        held = self.roles[person][week]
        if held and (role < 2 or held & ~_BACKSTOPS) and (person, week) not in self.waives_4:
            return True
        partner = self.holder[slot ^ 2]
        if role < 2:
            counted = self.gap_counts[person]
            if self.primary[person] & self.too_near[week] & counted and counted & self.bit[week]:
                return True
            return partner != NOBODY and self._does_not_outrank(partner, person, week)
        return partner != NOBODY and self._does_not_outrank(person, partner, week)

    def _does_not_outrank(self, behind: int, front: int, week: int) -> bool:
        return self.experience[behind] <= self.experience[front] and (behind, week) not in self.waives_5

    def place(self, slot: int, person: int) -> None:
        """Give the empty `slot` to `person`; there must be no conflict."""
        self._count(slot, person, 1)
        self.holder[slot] = person
        self.empty -= 1
        if person == self.current[slot]:
            self.changed -= 1

    def remove(self, slot: int) -> int:
        """Empty `slot`; return who had it."""
        person = self.holder[slot]
        self.holder[slot] = NOBODY
        self._count(slot, person, -1)
        self.empty += 1
        if person == self.current[slot]:
            self.changed += 1
        return person

    def _count(self, slot: int, person: int, sign: int) -> None:
        """Add (or take away) what `person` in `slot` changes in the costs; the slot is empty meanwhile."""
        week, role = slot >> 2, slot & 3
        counts, squares = self.counts[_CATEGORY[role]], self.squares[_CATEGORY[role]][person]
        had = counts[person]
        counts[person] = had + sign
        self.fair += squares[had + sign] - squares[had]
        comfort = self.fixed[slot][person]
        own_roles = self.roles[person]
        own_roles[week] ^= 1 << role
        if (sign > 0 and own_roles[week] == 1 << role) or (sign < 0 and not own_roles[week]):
            here = self.bit[week]
            self.busy[person] = busy = self.busy[person] ^ here
            comfort += self.instance.weights.adjacent * ((busy & (here >> 1) != 0) + (busy & (here << 1) != 0))
        if role < 2:
            comfort += self._count_primary(slot, person, sign)
        self.comfort += sign * comfort
        if role in (0, 2) and self.holder[slot ^ 2] != NOBODY:
            front, behind = (person, self.holder[slot ^ 2]) if role == 0 else (self.holder[slot ^ 2], person)
            if self.goals[front]:
                self._count_goals(front, behind, sign)

    def _count_primary(self, slot: int, person: int, sign: int) -> int:
        """Count a primary duty; return what its spacing costs."""
        week = slot >> 2
        dates = self.dates[slot][person]
        if dates:
            held = self.dates_held[person]
            self.dates_held[person] = now = held + sign * dates
            self.fair += self.instance.weights.holiday * (now * now - held * held)
        if not (sign < 0 and self.roles[person][week] & 3):
            self.primary[person] ^= self.bit[week] if not (sign > 0 and self.primary[person] & self.bit[week]) else 0
        cost, others = 0, self.primary[person] & self.near[week]
        own = week + self.shift
        while others:
            lowest = others & -others
            cost += self.by_gap[abs(lowest.bit_length() - 1 - own)]
            others ^= lowest
        return cost

    def _count_goals(self, front: int, behind: int, sign: int) -> None:
        met = self.met[front]
        for place, (need, experts) in enumerate(self.goals[front]):
            if behind in experts:
                before = met[place]
                met[place] = before + sign
                missed = max(0, need - met[place]) - max(0, need - before)
                self.comfort += self.instance.weights.exposure * missed

    def load(self, plan: Plan) -> None:
        """Take over `plan` as far as the rules and the candidates allow, in its order."""
        self.clear()
        for slot, person in plan.holders.items():
            number, who = 4 * slot.week + _ROLE[slot.role], self.number.get(person, NOBODY)
            if who in self.may[number] and not self.conflict(number, who):
                self.place(number, who)

    def plan(self) -> Plan:
        """Return the plan as it stands; empty slots are left out."""
        people = self.instance.people
        held: Mapping[Slot, str] = {
            slot: people[person].id for slot, person in zip(self.slots, self.holder, strict=True) if person != NOBODY
        }
        return Plan.of(held)


_ROLE = {Role.D: 0, Role.W: 1, Role.BD: 2, Role.BW: 3}
