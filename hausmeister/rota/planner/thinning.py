"""Fewer candidates for the solver where there are too many to build a model of."""

from random import Random  # noqa: TID251 - the type alone; the generator is handed in

from hausmeister.rota.planner.candidates import Candidates
from hausmeister.rota.planner.instance import Instance, Plan, Slot

MOST_VARIABLES = 40_000
KEPT_A_SLOT = 40


def is_too_large(candidates: Candidates) -> bool:
    """Say whether a model of all `candidates` takes the solver longer to build than it has."""
    return sum(map(len, candidates.values())) > MOST_VARIABLES


def thinned(instance: Instance, candidates: Candidates, *, keep: Plan, chance: Random) -> dict[Slot, tuple[str, ...]]:
    """Return about `KEPT_A_SLOT` candidates a slot, one from each band of experience, and whoever holds it in `keep`.

    `keep` stays possible, so a model of the thinned candidates has a plan whenever there is one at hand.
    """
    order = {one.id: place for place, one in enumerate(instance.people)}
    found = {}
    for slot, people in candidates.items():
        ranked = sorted(people, key=lambda one: (instance.person[one].experience, order[one]))
        size = max(1.0, len(ranked) / KEPT_A_SLOT)
        bands = [ranked[int(band * size) : int((band + 1) * size)] for band in range(round(len(ranked) / size))]
        chosen = {band[int(chance.random() * len(band))] for band in bands if band} | {keep.holders[slot]}
        found[slot] = tuple(sorted(chosen, key=order.__getitem__))
    return found
