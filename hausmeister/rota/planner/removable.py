"""The facts that a plan can fail on, each with its sentence, its way out, and the instance without it.

Employment, absences, the gap, the order of experience, one duty a week, frozen and pinned slots. Waiving is
weighed: asking somebody to move a holiday counts less than long leave, and both more than a waiver for one week.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hausmeister.rota.planner.instance import PRIMARY_OF, Absence, Bar, Instance, Planned, Role, Rule, Slot, Waiver
from hausmeister.rota.planner.outcome import Fact, Lift, Lifting

WORDS = {
    Role.D: "the week's duty",
    Role.W: "the weekend",
    Role.BD: "the week's backstop",
    Role.BW: "the weekend's backstop",
}
_COST = {Rule.R2: 40, Rule.R3: 8, Rule.R4: 6, Rule.R5: 4, Rule.R6: 3, Rule.R7: 2}
_LEAVE_COST = 20
_SMALLER_GAP_COST = 10


@dataclass(frozen=True)
class Removable:
    """A fact as the search for conflicts handles it: the instance without it, and the fact in words."""

    fact: Fact
    absence: Absence | None = None
    waivers: tuple[Waiver, ...] = ()
    employment: bool = False
    pin: Slot | None = None
    min_gap: int | None = None

    def removed_from(self, instance: Instance) -> Instance:
        """Return `instance` as it would be if this fact were not so."""
        if self.pin is not None:
            return replace(instance, pins={slot: who for slot, who in instance.pins.items() if slot != self.pin})
        if self.min_gap is not None:
            return replace(instance, spacing=replace(instance.spacing, min_gap=self.min_gap))
        if self.absence is None and not self.employment:
            return instance.waiving(self.waivers)
        return replace(
            instance,
            people=tuple(self._freed(one) if one.id in self.fact.people else one for one in instance.people),
        )

    def _freed(self, person: Planned) -> Planned:
        if self.employment:
            return replace(person, employed_from=None, employed_to=None)
        return replace(person, away=tuple(one for one in person.away if one != self.absence))


def facts(instance: Instance, weeks: range) -> list[Removable]:
    """Return every fact that bears on `weeks`, the dearest to remove first."""
    found = [
        *_employment(instance, weeks),
        *_absences(instance, weeks),
        *_rules(instance, weeks),
        *_settled(instance, weeks),
    ]
    return sorted(found, key=lambda one: (-one.fact.cost, one.fact.key))


def smaller_gaps(instance: Instance) -> Iterator[Removable]:
    """Yield a smaller gap for the whole plan, then a still smaller one, and so on, as ways out."""
    gap = instance.spacing.min_gap
    for smaller in range(gap - 1, 0, -1):
        words = f"Primary duties of a person lie at least {gap} weeks apart."
        way_out = f"Relax the gap from {gap} weeks to {smaller}, for the whole plan."
        cost = _SMALLER_GAP_COST * (gap - smaller)
        lift = Lift(Lifting.GAP, min_gap=smaller)
        yield Removable(Fact(Rule.R6, 0, (), f"gap to {smaller}", words, way_out, cost, lift), min_gap=smaller)


def span(weeks: range) -> str:
    """Return the weeks in words."""
    return f"week {weeks[0]}" if len(weeks) == 1 else f"weeks {weeks[0]} to {weeks[-1]}"


def _bars(instance: Instance, person: Planned, weeks: range) -> list[tuple[Bar, Slot]]:
    slots = [Slot(week, role) for week in weeks for role in Role]
    return [
        (bar, slot)
        for slot in slots
        for bar in instance.bars(person, slot)
        if not instance.is_waived(bar.rule, slot.week, person.id)
    ]


def _employment(instance: Instance, weeks: range) -> Iterator[Removable]:
    for person in instance.people:
        barred = [slot.week for bar, slot in _bars(instance, person, weeks) if bar.rule is Rule.R2]
        if barred:
            begins = f"begins on {person.employed_from}" if person.employed_from else ""
            ends = f"ends on {person.employed_to}" if person.employed_to else ""
            yield Removable(
                Fact(
                    rule=Rule.R2, week=barred[0], people=(person.id,), key=f"employed {person.id}",
                    words=f"{person.called}'s employment {' and '.join(filter(None, (begins, ends)))}.",
                    way_out=f"Agree with {person.called} on other dates.", cost=_COST[Rule.R2],
                    lift=Lift(Lifting.EMPLOYMENT),
                ),
                employment=True,
            )  # fmt: skip


def _absences(instance: Instance, weeks: range) -> Iterator[Removable]:
    for person in instance.people:
        barred = [(bar.absence, slot.week) for bar, slot in _bars(instance, person, weeks) if bar.absence]
        for absence in dict.fromkeys(absence for absence, _ in barred):
            first = next(week for one, week in barred if one == absence)
            yield Removable(
                Fact(
                    rule=Rule.R3, week=first, people=(person.id,), key=f"away {person.id} {absence.starts_on}",
                    words=f"{person.called} is away from {absence.starts_on} to {absence.ends_on} ({absence.kind}).",
                    way_out=f"Ask {person.called} to move the days from {absence.starts_on} to {absence.ends_on}.",
                    cost=_LEAVE_COST if absence.kind == "leave" else _COST[Rule.R3],
                    lift=Lift(Lifting.ABSENCE, starts_on=absence.starts_on.isoformat()),
                ),
                absence=absence,
            )  # fmt: skip


def _rules(instance: Instance, weeks: range) -> Iterator[Removable]:
    gap, where = instance.spacing.min_gap, span(weeks)
    unmatched = _unmatched(instance, weeks)
    if unmatched:
        names = " and ".join(one.called for one in unmatched)
        order = f"Nobody who is there has more experience than {names}: they can only be backstops in {where}."
    else:
        order = f"The backstop needs strictly more experience than the person backed, in {where}."
    rules: list[tuple[Rule, tuple[str, ...], str]] = [
        (Rule.R4, (), f"Nobody has two duties of a week, in {where}."),
        (Rule.R5, tuple(one.id for one in unmatched), order),
    ]
    if gap > 1:
        spaced = f"Primary duties of a person lie at least {gap} weeks apart, in {where}."
        rules.append((Rule.R6, (), spaced))
    for rule, people, words in rules:
        yield waived(instance, rule, weeks, people, words)


def waived(instance: Instance, rule: Rule, weeks: range, people: tuple[str, ...], words: str) -> Removable:
    """Return the rule R4, R5 or R6 in `weeks` as a fact whose way out is to waive it there."""
    where = span(weeks)
    way_out = {
        Rule.R4: f"Let one person take two duties in {where}.",
        Rule.R5: f"Let equal or less experience back in {where}.",
        Rule.R6: f"Relax the gap of {instance.spacing.min_gap} weeks in {where}.",
    }[rule]
    return Removable(
        Fact(
            rule=rule, week=weeks[0], people=people, key=f"{rule} {weeks[0]}-{weeks[-1]}", words=words,
            way_out=way_out, cost=_COST[rule] * len(weeks), lift=Lift(Lifting.WAIVER, weeks=tuple(weeks)),
        ),
        waivers=tuple(Waiver(rule, week) for week in weeks),
    )  # fmt: skip


def _unmatched(instance: Instance, weeks: range) -> list[Planned]:
    """Return who is there for some primary duty of `weeks`, but never with anybody there who outranks them."""
    found = []
    for person in instance.people:
        own = [
            Slot(week, role)
            for week in weeks
            for role in (Role.BD, Role.BW)
            if instance.is_there(person, Slot(week, PRIMARY_OF[role]))
        ]
        if own and not any(
            other.experience > person.experience and instance.is_there(other, slot)
            for slot in own
            for other in instance.people
        ):
            found.append(person)
    return found


def _settled(instance: Instance, weeks: range) -> Iterator[Removable]:
    for slot, person_id in instance.kept.items():
        if slot.week not in weeks:
            continue
        called, what = instance.person[person_id].called, WORDS[slot.role]
        is_pin = slot in instance.pins
        bound = "pinned to" if is_pin else "frozen with"
        yield Removable(
            Fact(
                rule=Rule.R7, week=slot.week, people=(person_id,), key=f"kept {slot.week} {slot.role}",
                words=f"{what.capitalize()} of week {slot.week} is {bound} {called}.",
                way_out=f"Give {what} of week {slot.week} free.", cost=_COST[Rule.R7],
                lift=Lift(Lifting.PIN if is_pin else Lifting.WAIVER, weeks=(slot.week,), role=slot.role.value),
            ),
            pin=slot if is_pin else None,
            waivers=() if is_pin else (Waiver(Rule.R7, slot.week, person_id),),
        )  # fmt: skip
