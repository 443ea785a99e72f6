"""After sickness, leaving, joining or new leave: three plans side by side, and what each buys.

This module holds the answer; `solving/replanning.py` finds it, in the planner's child process.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hausmeister.rota.planner.costs import Costs
from hausmeister.rota.planner.instance import Instance, Plan, Slot, slot_order

# changes in the weeks right after the frozen ones count double: people have made plans for them
NEAR_WEEKS = 4
NEAR_WEIGHT = 2
# what the three plans are called
OPTIONS = ("fewest", "a few more", "free")
# how many more changed slots than necessary the second plan may have
A_FEW_MORE = 4


@dataclass(frozen=True)
class Change:
    """A slot of the current plan that goes to somebody else. `forced` says that its holder cannot have it any more."""

    slot: Slot
    before: str
    after: str
    forced: bool


@dataclass(frozen=True)
class Option:
    """One of the three plans. `name` is "fewest", "a few more" or "free".

    `changes_proven`: no plan has a smaller weighted number of changes (only claimed for the fewest).
    `fair_proven`: no plan with as many changes is fairer.
    """

    name: str
    plan: Plan
    costs: Costs
    weighted_changes: int
    changes: tuple[Change, ...]
    changes_proven: bool
    fair_proven: bool
    buys: str


@dataclass(frozen=True)
class Comparison:
    """The options, fewest changes first; empty if there is no plan at all (`is_impossible`) or none was found."""

    options: tuple[Option, ...]
    is_impossible: bool = False


def weight_of(instance: Instance, slot: Slot) -> int:
    """Return what changing `slot` counts: nothing in the frozen weeks, where only what must change can."""
    if slot.week < instance.frozen_weeks:
        return 0
    return NEAR_WEIGHT if slot.week < instance.frozen_weeks + NEAR_WEEKS else 1


def weighted_changes(instance: Instance, plan: Plan) -> int:
    """Return the weighted number of slots that differ from the current plan."""
    return sum(weight_of(instance, one.slot) for one in changes(instance, plan))


def changes(instance: Instance, plan: Plan) -> tuple[Change, ...]:
    """Return the slots that differ from the current plan, frozen weeks included, in order."""
    current = instance.current.holders if instance.current else {}
    return tuple(
        Change(slot, current[slot], plan.holders[slot], not _can(instance, current[slot], slot))
        for slot in sorted(current, key=slot_order)
        if slot in plan.holders and plan.holders[slot] != current[slot]
    )


def _can(instance: Instance, name: str, slot: Slot) -> bool:
    return name in instance.person and instance.is_there(instance.person[name], slot)


def in_words(option: Option, before: Option | None) -> str:
    """Return what `option` buys over `before`, the one with fewer changes."""
    forced = sum(one.forced for one in option.changes)
    slots = _slots(option.costs.changed_slots)
    if before is None:
        return (
            f"{slots} in new hands, {forced} of them because their holder cannot; unfairness {option.costs.fair.total}."
        )
    more = option.costs.changed_slots - before.costs.changed_slots
    gain = before.costs.fair.total - option.costs.fair.total
    if gain <= 0:
        return f"{slots} in new hands; no fairer than with fewer."
    percent = round(100 * gain / before.costs.fair.total) if before.costs.fair.total else 0
    touched = len(_moved(option.changes))
    return f"{_slots(more)} more ({touched} people touched); unfairness falls by {gain} ({percent} %)."


def _moved(of_them: tuple[Change, ...]) -> Counter[str]:
    return Counter(name for one in of_them for name in (one.before, one.after))


def _slots(count: int) -> str:
    return "1 slot" if count == 1 else f"{count} slots"


def option_document(option: Option) -> dict[str, Any]:
    """Return `option` as JSON has it."""
    return {
        "name": option.name,
        "changed_slots": option.costs.changed_slots,
        "weighted_changes": option.weighted_changes,
        "fair": option.costs.fair.total,
        "comfort": option.costs.comfort.total,
        "changes_proven": option.changes_proven,
        "fair_proven": option.fair_proven,
        "buys": option.buys,
        "changes": [
            {"week": one.slot.week, "role": one.slot.role.value,
             "from": one.before, "to": one.after, "forced": one.forced}
            for one in option.changes
        ],
        "assignments": [
            {"week": one.week, "role": one.role.value, "person": one.person} for one in option.plan.assignments
        ],
    }  # fmt: skip
