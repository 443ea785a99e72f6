"""The hard facts against a person in a slot, in words. Each is one rule that the plan would break."""

from collections.abc import Iterator
from dataclasses import dataclass

from hausmeister.rota.planner.instance import Instance, Planned, Role, Rule, Slot
from hausmeister.rota.planner.standing import NOBODY, Standing, slot_of

WORDS = {
    Role.D: "the week's duty",
    Role.W: "the weekend",
    Role.BD: "the week's backstop",
    Role.BW: "the weekend's backstop",
}


@dataclass(frozen=True)
class Fact:
    """Why `person` cannot have a slot as things stand. `gives_way` is the slot that would have to move for it.

    Where it is None, no change of plan helps: only the absence, the date, the experience or the rule itself.
    """

    person: str
    rule: Rule
    words: str
    gives_way: Slot | None = None


def facts_against(standing: Standing, slot: Slot, person: str) -> Iterator[Fact]:
    """Yield every fact against `person` in `slot`, those that no change of plan mends first."""
    number, place = 4 * slot.week + list(Role).index(slot.role), standing.index[person]
    yield from _standing(standing, slot, place, number)
    yield from _own_duties(standing, place, number)
    yield from _partner(standing, place, number)


def _standing(standing: Standing, slot: Slot, place: int, number: int) -> Iterator[Fact]:
    instance, one = standing.instance, standing.people[place]
    for bar in instance.bars(one, slot):
        if instance.is_waived(bar.rule, slot.week, one.id):
            continue
        if bar.absence is None:
            yield Fact(one.id, Rule.R2, f"{one.called} is not employed {_employment(instance, one, slot)}.")
        else:
            first, last = bar.absence.starts_on, bar.absence.ends_on
            yield Fact(one.id, Rule.R3, f"{one.called} is away from {first} to {last} ({bar.absence.kind}).")
    last_week = one.history.last_primary_week
    if instance.is_there(one, slot) and not standing.is_there(place, number) and last_week is not None:
        yield Fact(one.id, Rule.R6, _too_near(standing, one, slot.week, last_week))


def _employment(instance: Instance, one: Planned, slot: Slot) -> str:
    if one.employed_from and instance.dates(slot)[0] < one.employed_from:
        return f"before {one.employed_from}"
    return f"after {one.employed_to}"


def _own_duties(standing: Standing, place: int, number: int) -> Iterator[Fact]:
    one = standing.people[place]
    for own in standing.duties[place]:
        if own == number or not standing.clash(place, own, number):
            continue
        held = slot_of(own)
        if own >> 2 == number >> 2:
            yield Fact(one.id, Rule.R4, f"{one.called} has {WORDS[held.role]} in the same week.", held)
        else:
            yield Fact(one.id, Rule.R6, _too_near(standing, one, number >> 2, held.week), held)


def _too_near(standing: Standing, one: Planned, week: int, other: int) -> str:
    gap, apart = standing.instance.spacing.min_gap, abs(week - other)
    when = f"in week {other}" if other >= 0 else f"{-other} {_weeks(-other)} before the plan"
    return f"{one.called} has a primary duty {when}, {apart} {_weeks(apart)} apart; at least {gap} must lie between."


def _weeks(count: int) -> str:
    return "week" if count == 1 else "weeks"


def _partner(standing: Standing, place: int, number: int) -> Iterator[Fact]:
    partner = standing.holder[number ^ 2]
    if partner in {NOBODY, place} or standing.backs(number, place, partner):
        return
    one, other = standing.people[place], standing.people[partner]
    held = slot_of(number ^ 2)
    if not number & 2 and one.experience == max(standing.level):
        yield Fact(one.id, Rule.R5, f"Nobody outranks {one.called} (experience {one.experience}): backstop only.")
    elif number & 2 and one.experience == min(standing.level):
        yield Fact(one.id, Rule.R5, f"{one.called} outranks nobody (experience {one.experience}): never a backstop.")
    elif number & 2:
        words = f"{one.called} (experience {one.experience}) does not outrank {other.called} ({other.experience})."
        yield Fact(one.id, Rule.R5, words, held)
    else:
        behind = f"{other.called} (experience {other.experience}), the backstop,"
        words = f"{behind} does not outrank {one.called} ({one.experience})."
        yield Fact(one.id, Rule.R5, words, held)
