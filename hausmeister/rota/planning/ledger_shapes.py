"""The ledger over the JSON API and the console."""

from datetime import date

from ninja import Schema

from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning.ledger import Ledger
from hausmeister.rota.planning.loads import Load
from hausmeister.rota.planning.rules.accounts import Account
from hausmeister.rota.planning.rules.instance import id_of


class LedgerEntryOut(Schema):
    """One kind of duty of one person; target and deviation in tenths of a duty, None for who cannot hold it."""

    done: int
    planned: int
    target_tenths: int | None
    deviation_tenths: int | None


class AccountOut(Schema):
    """One person's account. `share` is per cent times weeks; call-outs stand beside it as a second ledger."""

    person: int
    name: str
    share: int
    fte_percent: int
    note: str
    weekdays: LedgerEntryOut
    weekends: LedgerEntryOut
    backstops: LedgerEntryOut
    public_holidays: LedgerEntryOut
    called: int = 0
    called_at_night: int = 0


class LedgerOut(Schema):
    """Everybody's account, by name."""

    team: str
    since: date
    today_week: date
    until: date
    items: list[AccountOut]

    @staticmethod
    def of(found: Ledger, *, team: str) -> "LedgerOut":
        """Return `found` as the API words it, without call-outs."""
        return LedgerOut(
            team=team,
            since=found.since,
            today_week=found.today_week,
            until=found.until,
            items=[
                AccountOut(
                    person=id_of(one.person), name=one.name, share=one.share, fte_percent=one.fte, note=one.note,
                    weekdays=_entry(one, "D"), weekends=_entry(one, "W"), backstops=_entry(one, "B"),
                    public_holidays=_entry(one, "H"),
                )
                for one in found.accounts
            ],
        )  # fmt: skip


def _entry(account: Account, kind: str) -> LedgerEntryOut:
    one = account.entries[kind]
    return LedgerEntryOut(done=one.done, planned=one.planned, target_tenths=one.target, deviation_tenths=one.deviation)


class LoadOut(Schema):
    """Why somebody has so much. `proof` says how far the planner is: "" as long as it was not asked.

    `fewest` and `most` are what any plan could give them; where they are not `exact`, the true ones are narrower.
    """

    name: str
    kind: str
    done: int
    planned: int
    target_tenths: int
    deviation_tenths: int
    reasons: list[str]
    proof: str = ""
    problem: str = ""
    fewest: int | None = None
    most: int | None = None
    exact: bool | None = None

    @staticmethod
    def of(found: Load, kind: Category) -> "LoadOut":
        """Return `found` as the API words it."""
        row, limits, proof = found.why.row, found.why.limits, found.proof
        return LoadOut(
            name=found.name, kind=kind.value, done=row.done, planned=row.planned, target_tenths=row.target_tenths,
            deviation_tenths=row.deviation_tenths, reasons=list(found.why.reasons),
            proof=proof.state if proof else "", problem=proof.problem if proof else "",
            fewest=limits.floor if limits else None, most=limits.ceiling if limits else None,
            exact=limits.are_exact if limits else None,
        )  # fmt: skip
