"""Everybody's account by name: the planner's ledger, with what people need to read it."""

from dataclasses import dataclass

from hausmeister.rota.planner.costs import pools
from hausmeister.rota.planner.instance import Category, Instance, Plan, Planned
from hausmeister.rota.planner.ledger import Row, ledger


@dataclass(frozen=True)
class Entry:
    """One kind of duty of one person. Targets and deviations are tenths of a duty, None for who cannot hold it."""

    done: int
    planned: int
    target: int | None
    deviation: int | None


@dataclass(frozen=True)
class Account:
    """What one person has done and will do. `share` is percent of full time times the weeks that count."""

    person: str
    name: str
    experience: int
    fte: int
    share: int
    # by D, W, B (duties) and H (public holidays on own weekday and weekend duties)
    entries: dict[str, Entry]
    # why a kind of duty is not theirs, "" where all are
    note: str


def accounts(instance: Instance, plan: Plan) -> list[Account]:
    """Return the account of everybody in `instance`, by name, if `plan` is served."""
    rows = ledger(instance, plan)
    return [
        Account(
            one.id,
            one.called,
            one.experience,
            one.fte,
            rows[one.id][0].share,
            {row.category: _entry(row) for row in rows[one.id]},
            _note(instance, one),
        )
        for one in sorted(instance.people, key=lambda one: (one.called.lower(), one.id))
    ]


def _entry(row: Row) -> Entry:
    if not row.is_in_pool:
        return Entry(row.done, row.planned, None, None)
    return Entry(row.done, row.planned, row.target_tenths, row.deviation_tenths)


def _note(instance: Instance, one: Planned) -> str:
    of = pools(instance)
    if one.id not in of[Category.D]:
        return f"nobody has more experience than {one.called}: backstop only"
    if one.id not in of[Category.B]:
        return f"nobody has less experience than {one.called}: never a backstop"
    return ""
