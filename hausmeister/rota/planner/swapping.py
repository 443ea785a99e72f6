"""Swaps of one slot against another: every one that keeps the rules, best for both ledgers first."""

from hausmeister.rota.planner.covering import checked
from hausmeister.rota.planner.instance import Instance, Plan, Role, Slot
from hausmeister.rota.planner.offers import Offer, offer
from hausmeister.rota.planner.standing import NOBODY, Standing, number_of


def swaps(*, instance: Instance, plan: Plan, week: int, role: Role) -> tuple[Offer, ...]:
    """Return every valid swap of the slot, by the change in FAIR plus COMFORT. Complete.

    The first step of each gives the slot away, the second is what its holder takes. Slots of frozen weeks, and
    pinned ones, are not swapped. Raises NoSuchSlot.
    """
    slot = checked(instance, Slot(week, role))
    standing = Standing(instance, plan)
    number = number_of(slot)
    asker = standing.holder[number]
    if asker == NOBODY or instance.kept.get(slot) == plan.holders[slot]:
        return ()
    found = [offer(standing, moves, asker=plan.holders[slot]) for moves in _swaps(standing, number, asker)]
    return tuple(sorted(found, key=lambda one: (one.d_fair + one.d_comfort, one.steps[1][:2], one.steps[0].taker)))


def _swaps(standing: Standing, number: int, asker: int) -> list[dict[int, int]]:
    takers = dict(standing.takers(number))
    found = []
    for other, holder in enumerate(standing.holder):
        if holder not in takers or other in standing.fixed or not standing.is_there(asker, other):
            continue
        given = standing.in_the_way(number, holder, takers[holder], {other: asker})
        own = [duty for duty in standing.duties[asker] if standing.clash(asker, duty, other)]
        if given == [] and standing.in_the_way(other, asker, own, {number: holder}) == []:
            found.append({number: holder, other: asker})
    return found
