"""What each person owes and has done: share, target, done, planned and deviation, for D, W, B and H.

Counts are duties (D, W, B) or dates (H, public holidays on own primary duties). Targets and deviations are in
tenths, as FAIR counts them. FAIR has no target for holidays, it lets their squares grow; the one given here is
what an even split by share would be, so that people can see where they stand.
"""

from dataclasses import dataclass

from hausmeister.rota.planner.costs import holiday_dates, planned_counts, pools, shares, targets
from hausmeister.rota.planner.instance import CATEGORIES, PRIMARIES, Category, Instance, Plan

HOLIDAYS = "H"
COLUMNS = (*(category.value for category in CATEGORIES), HOLIDAYS)


@dataclass(frozen=True)
class Row:
    """One category of one person's ledger. Who is outside the pool cannot hold it: target 0, and no deviation."""

    category: str
    is_in_pool: bool
    share: int
    target_tenths: int
    done: int
    planned: int

    @property
    def deviation_tenths(self) -> int:
        """What is above (plus) or below (minus) the target at the end of the plan."""
        return 10 * (self.done + self.planned) - self.target_tenths if self.is_in_pool else 0


def ledger(instance: Instance, plan: Plan) -> dict[str, tuple[Row, ...]]:
    """Return each person's rows, in the order of `COLUMNS`."""
    share, planned, pool, target = shares(instance), planned_counts(plan), pools(instance), targets(instance)
    holiday_rows = _holidays(instance, plan, share)
    return {
        one.id: (
            *(
                Row(
                    category=category.value,
                    is_in_pool=one.id in pool[category],
                    share=share[one.id],
                    target_tenths=target[category].get(one.id, 0),
                    done=one.history.count(category),
                    planned=planned[one.id, category],
                )
                for category in CATEGORIES
            ),
            holiday_rows[one.id],
        )
        for one in instance.people
    }


def _holidays(instance: Instance, plan: Plan, share: dict[str, int]) -> dict[str, Row]:
    planned = {one.id: 0 for one in instance.people}
    for slot, holder in plan.holders.items():
        if slot.role in PRIMARIES and holder in planned:
            planned[holder] += holiday_dates(instance, instance.person[holder], slot)
    pool = pools(instance)[Category.D]
    total = sum(planned[one] + instance.person[one].history.h for one in pool)
    everything = sum(share[one] for one in pool)
    rows = {}
    for one in instance.people:
        part = share[one.id] if one.id in pool else 0
        target = (10 * total * part + everything // 2) // everything if everything else 0
        rows[one.id] = Row(HOLIDAYS, one.id in pool, share[one.id], target, one.history.h, planned[one.id])
    return rows
