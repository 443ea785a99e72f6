"""Who could cover? Everybody who can take a slot as the plan stands, and chains of up to three moves.

A chain moves another slot only because the one before makes it necessary: Bea can take Ana's week once Cem has
her weekend. So the chains are exactly the smallest repairs with at most three slots: give up any move of one and
some rule breaks. The search (`repairing.py`) is exact and needs no solver. Frozen and pinned slots do not move, but
for the slot that is asked about: its holder cannot.
"""

from dataclasses import dataclass
from heapq import nsmallest

from hausmeister.rota.planner.instance import Instance, Plan, Role, Slot
from hausmeister.rota.planner.offers import Offer, offer
from hausmeister.rota.planner.repairing import Repair, repairs
from hausmeister.rota.planner.standing import Standing, number_of

LONGEST_CHAIN = 3


class NoSuchSlot(LookupError):
    """The plan has no such week; the text says which there are."""


@dataclass(frozen=True)
class Cover:
    """The answer. `people` is complete, best first; `chains` are the best of `chains_found`."""

    people: tuple[Offer, ...]
    chains: tuple[Offer, ...]
    chains_found: int


def cover(
    *, instance: Instance, plan: Plan, week: int, role: Role, longest: int = LONGEST_CHAIN, most_chains: int = 20
) -> Cover:
    """Return who could take the slot of its holder, alone or by a chain of at most `longest` moves.

    People are ranked by the change in FAIR plus COMFORT; chains pay the weight of a changed slot for each
    further move besides, since somebody more has to agree.
    Raises NoSuchSlot.
    """
    slot = checked(instance, Slot(week, role))
    standing = Standing(instance, plan)
    asker = plan.holders.get(slot)
    alone: list[Repair] = []
    chains: list[Repair] = []
    for repair in repairs(standing, [number_of(slot)], most_moves=longest):
        (chains if len(repair.moves) > 1 else alone).append(repair)
    per_move = instance.weights.change
    best = nsmallest(most_chains, chains, key=lambda one: (one.price + per_move * len(one.moves), one.moves))
    people = [offer(standing, dict(one.moves), asker=asker) for one in alone]
    return Cover(
        people=tuple(sorted(people, key=lambda one: (one.d_fair + one.d_comfort, one.steps[0].taker))),
        chains=tuple(offer(standing, dict(one.moves), asker=asker) for one in best),
        chains_found=len(chains),
    )


def checked(instance: Instance, slot: Slot) -> Slot:
    """Return `slot` if the instance has it. Raises NoSuchSlot."""
    if not 0 <= slot.week < instance.weeks:
        raise NoSuchSlot(f"There is no week {slot.week}; the weeks are 0 to {instance.weeks - 1}.")
    return slot
