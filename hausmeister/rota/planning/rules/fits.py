"""Whether somebody could take one slot of a plan, everything else staying: exact, by the hard rules alone."""

from hausmeister.rota.planner.instance import (
    BACKSTOP_OF,
    PRIMARIES,
    PRIMARY_OF,
    ROLES,
    Instance,
    Plan,
    Rule,
    Slot,
)
from hausmeister.rota.planning.rules.instance import MUST_NOT


def why_not(instance: Instance, plan: Plan, slot: Slot, person: str) -> str:
    """Return the first hard fact against `person` in `slot`, in words; "" when nothing stands against it."""
    return (
        _not_there(instance, slot, person)
        or _another_duty(instance, plan, slot, person)
        or _rank(instance, plan, slot, person)
        or _gap(instance, plan, slot, person)
    )


def _not_there(instance: Instance, slot: Slot, person: str) -> str:
    for bar in instance.bars(instance.person[person], slot):
        if instance.is_waived(bar.rule, slot.week, person):
            continue
        if bar.absence is None:
            return "does not take duties then"
        if bar.absence.kind == MUST_NOT:
            return "must not be on duty then"
        first, last = bar.absence.starts_on, bar.absence.ends_on
        return f"is away from {first.day} {first:%b} to {last.day} {last:%b}"
    return ""


def _another_duty(instance: Instance, plan: Plan, slot: Slot, person: str) -> str:
    if instance.is_waived(Rule.R4, slot.week, person):
        return ""
    held = {role for role in ROLES if role != slot.role and plan.holders.get(Slot(slot.week, role)) == person}
    if not held or (slot.role in PRIMARY_OF and held <= set(PRIMARY_OF)):
        return ""
    return "has another duty in that week"


def _rank(instance: Instance, plan: Plan, slot: Slot, person: str) -> str:
    is_backstop = slot.role in PRIMARY_OF
    other = plan.holders.get(Slot(slot.week, PRIMARY_OF[slot.role] if is_backstop else BACKSTOP_OF[slot.role]))
    if other is None or other not in instance.person:
        return ""
    front, behind = (other, person) if is_backstop else (person, other)
    if instance.person[behind].experience > instance.person[front].experience:
        return ""
    if instance.is_waived(Rule.R5, slot.week, behind):
        return ""
    name = instance.person[other].called
    if is_backstop:
        return f"does not have more experience than {name}, who would be backed"
    return f"could not be backed by {name}, who does not have more experience"


def _gap(instance: Instance, plan: Plan, slot: Slot, person: str) -> str:
    if slot.role not in PRIMARIES or instance.is_waived(Rule.R6, slot.week, person):
        return ""
    own = [
        other.week for other, who in plan.holders.items()
        if who == person and other.role in PRIMARIES and other.week != slot.week
    ]  # fmt: skip
    last = instance.person[person].history.last_primary_week
    for week in sorted([*own, *([] if last is None else [last])], key=lambda week: abs(week - slot.week)):
        if abs(week - slot.week) < instance.spacing.min_gap and not instance.is_waived(Rule.R6, week, person):
            day = instance.monday(week)
            return f"has a duty too near, in the week of {day.day} {day:%b}"
    return ""
