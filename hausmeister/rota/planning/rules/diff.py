"""What a plan changes against what stands: for whom, where to, and why each change is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hausmeister.rota.planner.instance import (
    BACKSTOP_OF,
    CATEGORY_OF,
    PRIMARIES,
    PRIMARY_OF,
    ROLES,
    Category,
    Instance,
    Plan,
    Role,
    Rule,
    Slot,
)
from hausmeister.rota.planning.rules.instance import MUST_NOT

NEWLY_PLANNED = "newly planned"
_KINDS = {Category.D: "weekday duties", Category.W: "weekends", Category.B: "backstops"}


@dataclass(frozen=True)
class Change:
    """One slot that changes hands. `before` and `after` are people as the instance calls them, None for nobody."""

    slot: Slot
    before: str | None
    after: str | None
    cause: str


@dataclass(frozen=True)
class Moved:
    """What becomes of one person's duty: "added" as `to`, "removed" from `origin`, or "moved" from one to the other."""

    kind: str
    origin: Slot | None
    to: Slot | None
    cause: str

    @property
    def slot(self) -> Slot:
        """The slot that the person has afterwards, or had before."""
        found = self.to or self.origin
        if found is None:  # pragma: no cover - one of the two is always there
            raise ValueError("nothing moved")
        return found


def changes(instance: Instance, names: Mapping[str, str], *, stands: Plan, plan: Plan) -> list[Change]:
    """Return every slot of the instance that `plan` gives to somebody else, in the order of time."""
    causes = _Causes(instance, names, stands, plan)
    return [
        Change(slot, before, after, causes.of(slot))
        for slot in instance.slots
        if (before := stands.holders.get(slot)) != (after := plan.holders.get(slot))
    ]


def by_person(found: Sequence[Change]) -> dict[str, list[Moved]]:
    """Return for each person what becomes of their duties; one that goes and one of its kind that comes is a move."""
    people = sorted({who for one in found for who in (one.before, one.after) if who is not None})
    return {person: _moves(person, found) for person in people}


def _moves(person: str, found: Sequence[Change]) -> list[Moved]:
    moves: list[Moved] = []
    for roles in ((Role.D,), (Role.W,), (Role.BD, Role.BW)):
        lost = [one for one in found if one.before == person and one.slot.role in roles]
        won = [one for one in found if one.after == person and one.slot.role in roles]
        both = min(len(lost), len(won))
        moves += [Moved("moved", old.slot, new.slot, old.cause) for old, new in zip(lost, won, strict=False)]
        moves += [Moved("removed", one.slot, None, one.cause) for one in lost[both:]]
        moves += [Moved("added", None, one.slot, one.cause) for one in won[both:]]
    return sorted(moves, key=lambda one: (one.slot.week, ROLES.index(one.slot.role)))


class _Causes:
    """Says why a slot cannot, or need not, stay with whom it stands: the first hard fact, else fairness."""

    def __init__(self, instance: Instance, names: Mapping[str, str], stands: Plan, plan: Plan) -> None:
        self._instance, self._names, self._stands, self._plan = instance, names, stands, plan

    def of(self, slot: Slot) -> str:
        """Return the cause for `slot`."""
        old = self._stands.holders.get(slot)
        if old is None:
            return NEWLY_PLANNED
        if old not in self._instance.person:
            return f"{self._name(old)} no longer takes duties here"
        return (
            self._by_absence(old, slot)
            or self._by_rank(old, slot)
            or self._by_week(old, slot)
            or self._by_gap(old, slot)
            or self._by_load(old, slot)
        )

    def _name(self, key: str) -> str:
        return self._names.get(key, "somebody who left").split(" ", maxsplit=1)[0]

    def _by_absence(self, old: str, slot: Slot) -> str:
        for bar in self._instance.bars(self._instance.person[old], slot):
            if self._instance.is_waived(bar.rule, slot.week, old):
                continue
            if bar.rule is Rule.R2:
                return f"{self._name(old)} does not take duties then"
            if bar.absence is not None and bar.absence.kind == MUST_NOT:
                return f"{self._name(old)} must not be on duty then"
            return f"{self._name(old)} is away"
        return ""

    def _rank(self, key: str) -> int:
        found = self._instance.person.get(key)
        return found.experience if found else 0

    def _by_rank(self, old: str, slot: Slot) -> str:
        is_backstop = slot.role in PRIMARY_OF
        other = PRIMARY_OF[slot.role] if is_backstop else BACKSTOP_OF[slot.role]
        who = self._plan.holders.get(Slot(slot.week, other))
        if who is None:
            return ""
        if is_backstop and self._rank(old) <= self._rank(who):
            return f"the backstop must have more experience than {self._name(who)}"
        if not is_backstop and self._rank(who) <= self._rank(old):
            return f"{self._name(who)} stands behind, and does not have more experience than {self._name(old)}"
        return ""

    def _by_week(self, old: str, slot: Slot) -> str:
        held = {role for role in ROLES if role != slot.role and self._plan.holders.get(Slot(slot.week, role)) == old}
        if not held or (slot.role in PRIMARY_OF and held <= set(PRIMARY_OF)):
            return ""
        return f"{self._name(old)} has another duty in that week"

    def _by_gap(self, old: str, slot: Slot) -> str:
        if slot.role not in PRIMARIES:
            return ""
        near = [
            other.week
            for other, who in self._plan.holders.items()
            if who == old and other.role in PRIMARIES
            and 0 < abs(other.week - slot.week) < self._instance.spacing.min_gap
        ]  # fmt: skip
        if not near:
            return ""
        day = self._instance.start + timedelta(weeks=min(near))
        return f"{self._name(old)} is on duty too near, in the week of {day.day} {day:%b}"

    def _by_load(self, old: str, slot: Slot) -> str:
        kind = CATEGORY_OF[slot.role]
        before, after = (
            sum(who == old and CATEGORY_OF[other.role] is kind for other, who in plan.holders.items())
            for plan in (self._stands, self._plan)
        )
        if after >= before:
            return "follows from other changes in these weeks"
        return f"fairer shares: fewer {_KINDS[kind]} for {self._name(old)}, {after} instead of {before}"
