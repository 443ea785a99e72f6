"""Why somebody has a slot, and why somebody's load is what it is: computed from facts, never written by hand."""

from dataclasses import dataclass

from hausmeister.rota.planner.board import Board, number_of
from hausmeister.rota.planner.costs import pools
from hausmeister.rota.planner.instance import CATEGORY_OF, Category, Instance, Plan, Slot
from hausmeister.rota.planning.rules.accounts import Account, accounts
from hausmeister.rota.planning.rules.fits import why_not


@dataclass(frozen=True)
class Barred:
    """Somebody who cannot have the slot, and the first hard fact against them."""

    name: str
    why: str


@dataclass(frozen=True)
class Priced:
    """Somebody who could have it, everything else staying, and by how much fairness and comfort would be worse."""

    name: str
    fair: int
    comfort: int
    words: str


@dataclass(frozen=True)
class SlotReasons:
    """Why the holder has a slot: who was barred by what, and what choosing another would cost."""

    holder: str
    barred: tuple[Barred, ...]
    priced: tuple[Priced, ...]


def of_slot(instance: Instance, plan: Plan, slot: Slot) -> SlotReasons:
    """Return why `slot` is with whom it is in `plan`: the barred by name, the others by what they would cost."""
    holder = plan.holders.get(slot, "")
    against = {one.id: why_not(instance, plan, slot, one.id) for one in instance.people if one.id != holder}
    kind = CATEGORY_OF[slot.role].value
    told = {one.person: one for one in accounts(instance, plan)}
    board = Board(instance, plan)
    priced = []
    for person in (person for person, why in against.items() if not why):
        price = board.price({number_of(slot): board.index[person]})
        words = _price(told[person], kind, price.fair, price.comfort)
        priced.append(Priced(told[person].name, price.fair, price.comfort, words))
    return SlotReasons(
        instance.person[holder].called if holder in instance.person else "",
        tuple(sorted((Barred(told[one].name, why) for one, why in against.items() if why), key=lambda one: one.name)),
        tuple(sorted(priced, key=lambda one: (one.fair, one.comfort, one.name))),
    )


def _price(account: Account, kind: str, fair: int, comfort: int) -> str:
    """Return the price in words: how far from a fair share the person would be."""
    deviation = account.entries[kind].deviation
    would = f"would be {_apart(deviation + 10)}" if deviation is not None else "has no share of these duties"
    if fair < 0 or (fair == 0 and comfort < 0):
        return f"{would}; the plan would be no worse"
    parts = [f"fairness {fair:+d}" if fair else "", f"comfort {comfort:+d}" if comfort else ""]
    return f"{would}; " + (", ".join(part for part in parts if part) or "the same in all")


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
