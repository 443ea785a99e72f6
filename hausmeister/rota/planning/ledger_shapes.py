"""The ledger over the JSON API and the console."""

from datetime import date

from ninja import Schema

from hausmeister.rota.planning.ledger import Ledger
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
