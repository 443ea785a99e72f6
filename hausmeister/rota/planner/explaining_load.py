"""Why has this person so many duties? Share, history, days away, and what the rules force, in sentences.

Everything but `Limits` is read off the instance and the plan. The limits (the fewest and the most duties anybody's
plan could give this person) need the solver; `solving/limits.py` finds them in the planner's child process.
"""

from dataclasses import dataclass

from hausmeister.rota.planner.costs import pools, shares
from hausmeister.rota.planner.instance import CATEGORIES, CATEGORY_OF, Category, Instance, Plan, Planned
from hausmeister.rota.planner.ledger import Row, ledger

_NAMES = {Category.D: "weekday duties", Category.W: "weekends", Category.B: "backstops"}
_ONE = {Category.D: "weekday duty", Category.W: "weekend", Category.B: "backstop"}


@dataclass(frozen=True)
class Limits:
    """Bounds on the planned duties that any plan can give. Where they are not exact, the true ones are narrower."""

    floor: int
    ceiling: int
    are_exact: bool


@dataclass(frozen=True)
class LoadWhy:
    """The row, the limits if they were asked for, and the reasons as sentences."""

    row: Row
    limits: Limits | None
    reasons: tuple[str, ...]


def explain_load(
    *, instance: Instance, plan: Plan, person: str, category: Category, limits: Limits | None = None
) -> LoadWhy:
    """Return why `person` has as many duties of `category` as they have. Raises KeyError for somebody unknown."""
    one = instance.person[person]
    row = ledger(instance, plan)[person][CATEGORIES.index(category)]
    if not row.is_in_pool:
        return LoadWhy(row, limits, (_outside(one, category),))
    reasons = [
        _share(instance, one, category, row),
        _balance(category, row),
        *_history(instance, one, category, row),
        *_blocked(instance, one, category),
        *_pool(instance, category),
        *_forced(instance, category, limits),
    ]
    return LoadWhy(row, limits, tuple(reasons))


def _outside(one: Planned, category: Category) -> str:
    if category is Category.B:
        return f"{one.called} outranks nobody: never a backstop."
    return f"Nobody outranks {one.called}: backstop only."


def _tenths(value: int) -> str:
    return f"{value / 10:.1f}"


def _count(number: int, category: Category) -> str:
    return f"{number} {_ONE[category] if number == 1 else _NAMES[category]}"


def _share(instance: Instance, one: Planned, category: Category, row: Row) -> str:
    pool = pools(instance)[category]
    share = shares(instance)
    everything = sum(share[name] for name in pool)
    part = f"{100 * row.share / everything:.1f} %" if everything else "an equal part"
    weeks = one.history.weeks + (row.share // one.fte - one.history.weeks if one.fte else 0)
    return (
        f"{one.called}'s share is {part} of what the {len(pool)} people do who can hold {_NAMES[category]}: "
        f"{weeks} weeks at {one.fte} %. Fair would be {_tenths(row.target_tenths)}, history included."
    )


def _balance(category: Category, row: Row) -> str:
    deviation = row.deviation_tenths
    apart = f"{_tenths(abs(deviation))} {'above' if deviation > 0 else 'below'} it"
    side = apart if deviation else "exactly the share"
    return f"{row.done} done before and {row.planned} planned make {_count(row.done + row.planned, category)}: {side}."


def _history(instance: Instance, one: Planned, category: Category, row: Row) -> list[str]:
    """Say what is carried over: what was done before against what the same share of the past would have been."""
    pool = pools(instance)[category]
    past = {name: instance.person[name].fte * instance.person[name].history.weeks for name in pool}
    everything = sum(past.values())
    if not everything:
        return []
    total = sum(instance.person[name].history.count(category) for name in pool)
    fair = (10 * total * past[one.id] + everything // 2) // everything
    carried = 10 * row.done - fair
    if abs(carried) < 5:
        return []
    side = "more" if carried > 0 else "fewer"
    before = f"Before this plan {one.called} had done {_tenths(abs(carried))} {side} than their part"
    return [f"{before}; the plan evens that out."]


def _blocked(instance: Instance, one: Planned, category: Category) -> list[str]:
    slots = [slot for slot in instance.slots if CATEGORY_OF[slot.role] is category]
    shut = sum(not instance.is_there(one, slot) for slot in slots)
    return [f"In {shut} of the {len(slots)} slots {one.called} is away or not employed."] if shut else []


def _pool(instance: Instance, category: Category) -> list[str]:
    """Say whom only few outrank; that is what makes backstops scarce."""
    if category is not Category.B:
        return []
    levels = sorted((one.experience for one in instance.people), reverse=True)
    primaries = [instance.person[name] for name in pools(instance)[Category.D]]
    for few in (1, 2, 3):
        hard = [one for one in primaries if sum(level > one.experience for level in levels) <= few]
        if hard:
            who = ", ".join(one.called for one in hard[:5])
            people = "1 person outranks" if few == 1 else f"{few} people outrank"
            return [f"Only {people} {who}; when they are on duty, one of these backs."]
    return []


def _forced(instance: Instance, category: Category, limits: Limits | None) -> list[str]:
    if limits is None:
        return []
    total = sum(CATEGORY_OF[slot.role] is category for slot in instance.slots)
    note = "" if limits.are_exact else " (the true limit may be narrower)"
    found = []
    if limits.floor > 0:
        found.append(
            f"Cannot be under {_count(limits.floor, category)}{note}: everybody else together can take at most "
            f"{total - limits.floor} of the {total}."
        )
    if limits.ceiling < total:
        found.append(f"Cannot be over {_count(limits.ceiling, category)}{note}: {_ceiling_cause(instance, category)}.")
    return found


def _ceiling_cause(instance: Instance, category: Category) -> str:
    if category is Category.B:
        return "days away, own duties of the same weeks and whom they outrank leave no more"
    return f"days away and the gap of {instance.spacing.min_gap} weeks leave no more"
