"""The ledger of a team: what everybody has done in a year, and will have done once what is planned is served."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.models import Shift
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.accounts import Account, accounts
from hausmeister.rota.planning.rules.history import WEEKS_BACK
from hausmeister.team.models import Team


@dataclass(frozen=True)
class Ledger:
    """Accounts by name. Done counts from `since` up to `today_week`, planned from there up to `until` (all Mondays)."""

    accounts: tuple[Account, ...]
    instance: Instance
    plan: Plan
    names: dict[str, str]
    titles: dict[str, str]
    since: date
    today_week: date
    until: date


def ledger(team: Team, *, now: datetime) -> Ledger:
    """Return the ledger as it is at `now`: the running week counts as planned. Raises CannotPlan."""
    this_week = monday_of(now.astimezone(team.zone).date())
    last: date | None = Shift.objects.filter(team=team).aggregate(last=Max("week"))["last"]
    weeks = 1 if last is None else min(max(1, (last - this_week).days // 7 + 1), 52)
    policy_title = snapshot.policy_in_force(team).rota.backstop_title
    found = snapshot.inputs(team, first_week=this_week, weeks=weeks, now=now)
    return Ledger(
        tuple(accounts(found.instance, found.stands)),
        found.instance,
        found.stands,
        found.names,
        {**found.titles, "B": policy_title},
        since=this_week - timedelta(weeks=WEEKS_BACK),
        today_week=this_week,
        until=this_week + timedelta(weeks=weeks),
    )
