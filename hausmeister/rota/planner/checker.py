"""The independent judge: every hard rule that a plan breaks, in words. It shares no arithmetic with the model.

A plan is checked here after it is solved and again before it is published. Availability is worked out anew,
date by date; nothing that the solver was told is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hausmeister.rota.planner.instance import Assignment, Instance, Plan, Planned, Role, Rule, Slot, Waiver

_WORDS = {
    Role.D: "the week's duty",
    Role.W: "the weekend",
    Role.BD: "the week's backstop",
    Role.BW: "the weekend's backstop",
}
_PAIRS = ((Role.D, Role.BD), (Role.W, Role.BW))


@dataclass(frozen=True)
class Violation:
    """A rule that a plan breaks: where, whose duty, in one sentence. `people` are ids; `role` None: several."""

    rule: Rule
    week: int
    role: Role | None
    people: tuple[str, ...]
    words: str


def check(instance: Instance, plan: Plan) -> list[Violation]:
    """Return every broken rule, in the order of the rules, then of weeks; an empty list means a valid plan."""
    found = [
        *_each_slot_once(instance, plan),
        *_there(instance, plan),
        *_one_duty_a_week(instance, plan),
        *_outranked(instance, plan),
        *_apart(instance, plan),
        *_kept(instance, plan),
    ]
    return sorted(found, key=lambda one: (one.rule, one.week, one.role or ""))


def _waived(instance: Instance, rule: Rule, week: int, person: str) -> bool:
    return Waiver(rule, week, None) in instance.waivers or Waiver(rule, week, person) in instance.waivers


def _known(instance: Instance, plan: Plan) -> list[tuple[Assignment, Planned]]:
    """Return the assignments that can be judged: the slot exists, and so does the person."""
    people = {one.id: one for one in instance.people}
    return [
        (one, people[one.person]) for one in plan.assignments if one.person in people and 0 <= one.week < instance.weeks
    ]


def _each_slot_once(instance: Instance, plan: Plan) -> Iterator[Violation]:
    known = [one for one, _ in _known(instance, plan)]
    for one in plan.assignments:
        if one not in known:
            words = f"{one.person} in week {one.week} is not of this task: its weeks are 0 to {instance.weeks - 1}."
            yield Violation(Rule.R1, one.week, one.role, (one.person,), words)
    for week in range(instance.weeks):
        for role in Role:
            holders = tuple(one.person for one in known if (one.week, one.role) == (week, role))
            if len(holders) != 1:
                count = "nobody" if not holders else f"{len(holders)} people"
                words = f"In week {week} {_WORDS[role]} has {count}; it needs exactly one person."
                yield Violation(Rule.R1, week, role, holders, words)


def _touched(instance: Instance, slot: Slot) -> list[date]:
    monday = instance.start + timedelta(days=7 * slot.week)
    days = range(5) if slot.role in {Role.D, Role.BD} else range(4, 8)
    return [monday + timedelta(days=day) for day in days]


def _there(instance: Instance, plan: Plan) -> Iterator[Violation]:
    for one, person in _known(instance, plan):
        days = _touched(instance, one.slot)
        unemployed = [day for day in days if not _is_employed(person, day)]
        if unemployed and not _waived(instance, Rule.R2, one.week, person.id):
            words = (
                f"{person.called} is not employed on {unemployed[0]}, but has {_WORDS[one.role]} of week {one.week}."
            )
            yield Violation(Rule.R2, one.week, one.role, (person.id,), words)
        away = [
            absence
            for absence in person.away
            if (one.slot in absence.bars if absence.bars is not None
                else any(absence.starts_on <= day <= absence.ends_on for day in days))
        ]  # fmt: skip
        if away and not _waived(instance, Rule.R3, one.week, person.id):
            span = f"{away[0].starts_on} to {away[0].ends_on}"
            words = f"{person.called} is away from {span}, but has {_WORDS[one.role]} of week {one.week}."
            yield Violation(Rule.R3, one.week, one.role, (person.id,), words)


def _is_employed(person: Planned, day: date) -> bool:
    begun = person.employed_from is None or person.employed_from <= day
    return begun and (person.employed_to is None or day <= person.employed_to)


def _one_duty_a_week(instance: Instance, plan: Plan) -> Iterator[Violation]:
    duties: dict[tuple[int, str], set[Role]] = {}
    for one, person in _known(instance, plan):
        duties.setdefault((one.week, person.id), set()).add(one.role)
    for (week, person_id), roles in duties.items():
        if len(roles) > 1 and roles != {Role.BD, Role.BW} and not _waived(instance, Rule.R4, week, person_id):
            held = " and ".join(_WORDS[role] for role in Role if role in roles)
            called = next(one.called for one in instance.people if one.id == person_id)
            words = f"{called} has {held} in week {week}; only both backstops may go together."
            yield Violation(Rule.R4, week, None, (person_id,), words)


def _outranked(instance: Instance, plan: Plan) -> Iterator[Violation]:
    holders = {one.slot: person for one, person in _known(instance, plan)}
    for week in range(instance.weeks):
        for primary, backstop in _PAIRS:
            front, behind = holders.get(Slot(week, primary)), holders.get(Slot(week, backstop))
            if front is None or behind is None or behind.experience > front.experience:
                continue
            if not _waived(instance, Rule.R5, week, behind.id):
                words = (
                    f"{behind.called} (experience {behind.experience}) backs {front.called} "
                    f"(experience {front.experience}) in week {week}; a backstop needs strictly more."
                )
                yield Violation(Rule.R5, week, backstop, (behind.id, front.id), words)


def _apart(instance: Instance, plan: Plan) -> Iterator[Violation]:
    weeks: dict[str, set[int]] = {}
    for one, person in _known(instance, plan):
        if one.role in {Role.D, Role.W}:
            weeks.setdefault(person.id, set()).add(one.week)
    for person in instance.people:
        own = {week for week in weeks.get(person.id, ()) if not _waived(instance, Rule.R6, week, person.id)}
        last = person.history.last_primary_week
        for earlier in sorted(own | ({last} if last is not None else set())):
            for later in sorted(own):
                if 0 < later - earlier < instance.spacing.min_gap:
                    words = (
                        f"{person.called} has a primary duty in week {later}, {later - earlier} after the one in "
                        f"week {earlier}; at least {instance.spacing.min_gap} weeks must lie between."
                    )
                    yield Violation(Rule.R6, later, None, (person.id,), words)


def _kept(instance: Instance, plan: Plan) -> Iterator[Violation]:
    holders = {one.slot: person.id for one, person in _known(instance, plan)}
    people = {one.id: one for one in instance.people}
    for slot, person_id in instance.pins.items():
        if holders.get(slot) != person_id:
            words = f"{_WORDS[slot.role].capitalize()} of week {slot.week} is pinned to {person_id}."
            yield Violation(Rule.R7, slot.week, slot.role, (person_id,), words)
    for one in instance.current.assignments if instance.current else ():
        if one.week >= instance.frozen_weeks or holders.get(one.slot) == one.person or one.person not in people:
            continue
        alone = Plan((one,))
        if (
            one.slot in instance.pins
            or any(_there(instance, alone))
            or _waived(instance, Rule.R7, one.week, one.person)
        ):
            continue
        words = f"Week {one.week} is frozen: {_WORDS[one.role]} stays with {people[one.person].called}."
        yield Violation(Rule.R7, one.week, one.role, (one.person,), words)
