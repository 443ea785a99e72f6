"""Who can have which slot at all, by data alone: the model and the search by hand only choose among these."""

from collections.abc import Mapping

from hausmeister.rota.planner.costs import pools
from hausmeister.rota.planner.instance import (
    CATEGORY_OF,
    PRIMARIES,
    Instance,
    Planned,
    Rule,
    Slot,
)

Candidates = Mapping[Slot, tuple[str, ...]]


def candidates(instance: Instance, weeks: range | None = None) -> dict[Slot, tuple[str, ...]]:
    """Return, for each slot (of `weeks`, or all), the ids of those who could have it if it were the only one.

    A settled slot (`Instance.kept`) has its holder alone, or nobody if they cannot take it. Left out are: who is
    not there (R2, R3), who has nobody above or below them (R5), who had a primary duty too lately (R6).
    """
    of_pool = {category: frozenset(pool) for category, pool in pools(instance).items()}
    found = {}
    for slot in instance.slots:
        if weeks is not None and slot.week not in weeks:
            continue
        settled = instance.kept.get(slot)
        anybody = is_backed_freely(instance, slot)
        found[slot] = tuple(
            one.id
            for one in instance.people
            if (settled is None or settled == one.id)
            and instance.is_there(one, slot)
            and (anybody or one.id in of_pool[CATEGORY_OF[slot.role]])
            and not is_too_soon_after_history(instance, one, slot)
        )
    return found


def is_backed_freely(instance: Instance, slot: Slot) -> bool:
    """Say whether R5 is waived in the week of `slot`, for somebody at least."""
    return any(one.rule is Rule.R5 and one.week == slot.week for one in instance.waivers)


def is_too_soon_after_history(instance: Instance, person: Planned, slot: Slot) -> bool:
    """Say whether `slot` is a primary duty too near to the last one before the plan (R6)."""
    last = person.history.last_primary_week
    if slot.role not in PRIMARIES or last is None or instance.is_waived(Rule.R6, slot.week, person.id):
        return False
    return slot.week - last < instance.spacing.min_gap
