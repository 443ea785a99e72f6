"""Why somebody has a slot, and why somebody's load is what it is: computed from facts, never written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from hausmeister.rota.planner.costs import pools
from hausmeister.rota.planner.explaining import explain_slot
from hausmeister.rota.planner.instance import Category, Instance, Plan, Slot
from hausmeister.rota.planning.rules.accounts import accounts
from hausmeister.rota.planning.rules.sentences import for_people


@dataclass(frozen=True)
class Barred:
    """Somebody who cannot have the slot, and the fact that decides it."""

    name: str
    why: str


@dataclass(frozen=True)
class Priced:
    """Somebody who could have it with `changes` duties moved: how much worse fairness and comfort would be."""

    name: str
    changes: int
    fair: int
    comfort: int
    words: str


@dataclass(frozen=True)
class SlotReasons:
    """Why the holder has a slot: who was barred by what, and what choosing another would cost.

    `kept` says by what it is settled: a frozen week, or a pin.
    """

    holder: str
    kept: str
    barred: tuple[Barred, ...]
    priced: tuple[Priced, ...]


def of_slot(instance: Instance, plan: Plan, slot: Slot, titles: Mapping[str, str]) -> SlotReasons:
    """Return why `slot` is with whom it is in `plan`: the barred by name, the others by what they would cost."""
    told = explain_slot(instance=instance, plan=plan, week=slot.week, role=slot.role)
    names = {one.id: one.called for one in instance.people}
    barred = [Barred(names[one.person], for_people(one.fact, instance, titles)) for one in told.blocked]
    return SlotReasons(
        names.get(told.holder or "", ""),
        for_people(told.kept, instance, titles),
        tuple(sorted(barred, key=lambda one: one.name)),
        tuple(
            Priced(
                names[one.person],
                one.changes,
                one.d_fair,
                one.d_comfort,
                _price(one.words, one.d_fair, instance, titles),
            )
            for one in told.priced
        ),
    )


def _price(words: str, fair: int, instance: Instance, titles: Mapping[str, str]) -> str:
    cost = f" Fairness {fair:+d}." if fair else ""
    return for_people(words, instance, titles) + cost


def _apart(tenths: int) -> str:
    if tenths == 0:
        return "exactly at a fair share"
    return f"{abs(tenths) / 10:.1f} {'over' if tenths > 0 else 'under'} a fair share"


def of_load(instance: Instance, plan: Plan, person: str, kind: str) -> list[str]:
    """Return in sentences why `person` has as many duties of `kind` (D, W or B) as they have in `plan`.

    Raises KeyError for somebody who is not in the instance.
    """
    one = instance.person[person]
    account = next(found for found in accounts(instance, plan) if found.person == person)
    entry = account.entries[kind]
    if entry.target is None or entry.deviation is None:
        return [account.note[:1].upper() + account.note[1:] + "."]
    pool = pools(instance)[Category(kind)]
    everybody = sum(found.share for found in accounts(instance, plan) if found.person in pool)
    weeks = f"{account.share / 100:.0f} of {everybody / 100:.0f} share weeks"
    told = [
        f"A fair share is {entry.target / 10:.1f}: {weeks} of the {len(pool)} people who can hold it.",
        (
            f"{one.called} has served {entry.done} in the last year, and has {entry.planned} in the weeks planned:"
            f" together {_apart(entry.deviation)}."
        ),
    ]
    if one.fte < 100:
        told.append(f"The share is {one.fte} % of a full one.")
    barred = sum(any(True for _bar in instance.bars(one, slot)) for slot in instance.slots if _is(slot, kind))
    slots = sum(_is(slot, kind) for slot in instance.slots)
    if barred:
        told.append(f"Days away and dates of coming or going bar {barred} of the {slots} in the weeks planned.")
    if kind == "B":
        below = sum(other.experience < one.experience for other in instance.people)
        told.append(f"{one.called} has more experience than {below} of {len(instance.people) - 1} others.")
    else:
        above = sum(other.experience > one.experience for other in instance.people)
        told.append(f"{above} of {len(instance.people) - 1} others have more experience and can stand behind.")
    return told


def _is(slot: Slot, kind: str) -> bool:
    return (slot.role.value.startswith("B") and kind == "B") or slot.role.value == kind
