"""Ledger: everybody's share, target, done, planned and deviation, by name; call-outs beside it as a second one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.pager.call_outs import CallOuts
from hausmeister.pager.ledger_api import called
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.ledger import Ledger, ledger
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web import plans
from hausmeister.web.access import Request, needs
from hausmeister.web.teams import chosen


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the ledger of one team."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    context: dict[str, Any] = {
        "team": team,
        "teams": teams,
        "may_plan": permissions.can(request.user, Capability.CHANGE_ROTA, team_id=team.pk),
    }
    try:
        found = ledger(team, now=now)
    except CannotPlan as problem:
        context["cannot"] = str(problem)
    else:
        policy = team_queries.policy_of(team.pk)
        titles = snapshot.titles(policy)
        pairs = tuple((one, one) for one in found.accounts)
        firm = snapshot.horizon_of(team, policy, now=now)
        context |= {
            "ledger": found,
            "kinds": [("D", titles["D"]), ("W", titles["W"]), ("B", _("Backstops")), ("H", _("Public holidays"))],
            "charts": plans.fairness(pairs, titles, is_single=True),
            "year": plans.year(
                found.instance, found.plan, found.names, titles, firm, today=now.astimezone(team.zone).date()
            ),
            "called": _called(team, found),
        }
    return render(request, "web/ledger/ledger.html", context)


def _called(team: Team, found: Ledger) -> list[tuple[str, CallOuts]]:
    counts = called(team, found)
    return [(one.name, counts.get(id_of(one.person), CallOuts())) for one in found.accounts]
