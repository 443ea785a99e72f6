"""The mailbox, as it stands: its address, the line to its server, what came and what became of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.mailbox import queries
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.teams import chosen


@needs(Capability.MANAGE_SOURCES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show how we stand with the mailbox."""
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    team = chosen(request, teams)
    context = {
        "team": team,
        "teams": teams,
        "standing": queries.of_mailbox(now=clock.now()),
        "address": queries.address_of_team(team.slug),
        "alerts": queries.address_of_team("alert-KEY"),
        # one mailbox serves all teams: whoever leads only one of them does not read the others' letters
        "sees_letters": permissions.can(request.user, Capability.ADMINISTER),
    }
    return render(request, "web/integrations/mailbox.html", context)
