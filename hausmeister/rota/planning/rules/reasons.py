"""Why somebody has a slot: computed from facts, never written by hand, and put as people say it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hausmeister.rota.planner.explaining import explain_slot
from hausmeister.rota.planner.instance import Instance, Plan, Slot
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
