"""The ledger over the JSON API: duties from the rota, call-outs from the pager, side by side."""

from datetime import time, timedelta

from ninja import Router

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.wall_time import instant
from hausmeister.pager.call_outs import CallOuts, call_outs
from hausmeister.rota.planning.ledger import Ledger, ledger
from hausmeister.rota.planning.ledger_shapes import LedgerOut
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import queries as team_queries
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["planning"])


@router.get("/ledger", auth=Key(Scope.READ), response={200: LedgerOut, REFUSALS: ProblemOut}, summary="The ledger")
def of_team(request: ApiRequest) -> LedgerOut:
    """Share, target, done, planned and deviation of everybody, by name, with call-outs beside."""
    team = Team.objects.get(pk=request.auth.team_id)
    try:
        return both(team, ledger(team, now=clock.now()))
    except CannotPlan as error:
        raise Problem(422, "no_ledger", str(error)) from error


def both(team: Team, found: Ledger) -> LedgerOut:
    """Return the ledger with the call-outs of the same time."""
    told = LedgerOut.of(found, team=team.slug)
    counts = called(team, found)
    for one in told.items:
        mine = counts.get(one.person, CallOuts())
        one.called, one.called_at_night = mine.all, mine.at_night
    return told


def called(team: Team, found: Ledger) -> dict[int, CallOuts]:
    """Return the call-outs of everybody in the ledger, from its beginning to the end of the running week."""
    people = team_queries.people_by_id(id_of(one.person) for one in found.accounts)
    since, until = (instant(day, time(0), team.zone) for day in (found.since, found.today_week + timedelta(weeks=1)))
    return call_outs(people.values(), team_id=team.pk, since=since, until=until)
