"""Everybody's account: share, target, done, planned, deviation, by the arithmetic of the planner's own costs."""

from collections import Counter
from dataclasses import dataclass

from hausmeister.rota.planner.costs import holiday_dates, planned_counts, pools, shares, targets
from hausmeister.rota.planner.instance import CATEGORIES, PRIMARIES, Category, Instance, Plan, Planned

# the fourth kind, which has no pool of its own: public holidays on own weekday and weekend duties
HOLIDAYS = "H"
KINDS = (*(one.value for one in CATEGORIES), HOLIDAYS)


@dataclass(frozen=True)
class Entry:
    """One kind of duty of one person. Targets and deviations are tenths of a duty, None for who cannot hold it."""

    done: int
    planned: int
    target: int | None

    @property
    def deviation(self) -> int | None:
        """How much more than the target, in tenths; negative is less."""
        return None if self.target is None else 10 * (self.done + self.planned) - self.target


@dataclass(frozen=True)
class Account:
    """What one person has done and will do. `share` is percent of full time times the weeks that count."""

    person: str
    name: str
    experience: int
    fte: int
    share: int
    entries: dict[str, Entry]
    # why a kind of duty is not theirs, "" where all are
    note: str


def accounts(instance: Instance, plan: Plan) -> list[Account]:
    """Return the account of everybody in `instance`, by name, if `plan` is served."""
    share, target, planned = shares(instance), targets(instance), planned_counts(plan)
    dates = _holidays(instance, plan)
    wanted = _holiday_targets(instance, dates, share)
    return [
        Account(one.id, one.called, one.experience, one.fte, share[one.id], {
            **{
                category.value: Entry(
                    one.history.count(category), planned[one.id, category], target[category].get(one.id)
                )
                for category in CATEGORIES
            },
            HOLIDAYS: Entry(one.history.h, dates[one.id], wanted.get(one.id)),
        }, _note(instance, one))
        for one in sorted(instance.people, key=lambda one: (one.called.lower(), one.id))
    ]  # fmt: skip


def _holidays(instance: Instance, plan: Plan) -> Counter[str]:
    found: Counter[str] = Counter()
    for slot, person in plan.holders.items():
        if slot.role in PRIMARIES and person in instance.person:
            found[person] += holiday_dates(instance, instance.person[person], slot)
    return found


def _holiday_targets(instance: Instance, dates: Counter[str], share: dict[str, int]) -> dict[str, int]:
    """Return an even share of all holiday dates, in tenths; the planner evens them out by their squares."""
    pool = pools(instance)[Category.W]
    total = sum(instance.person[one].history.h + dates[one] for one in pool)
    everything = sum(share[one] for one in pool)
    if not everything:
        return dict.fromkeys(pool, 0)
    return {one: (10 * total * share[one] + everything // 2) // everything for one in pool}


def _note(instance: Instance, one: Planned) -> str:
    of = pools(instance)
    if one.id not in of[Category.D]:
        return f"nobody has more experience than {one.called}: backstop only"
    if one.id not in of[Category.B]:
        return f"nobody has less experience than {one.called}: never a backstop"
    return ""
