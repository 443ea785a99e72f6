"""The chat, as it stands: the line, the rooms that are heard, who is linked, what is missing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.chat import standing
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.teams import chosen


@needs(Capability.MANAGE_SOURCES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show how we stand with the chat."""
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    team, now = chosen(request, teams), clock.now()
    found = standing.standing(team, now=now)
    policy = team_queries.policy_of(team.pk)
    context = {
        "team": team,
        "teams": teams,
        "standing": found,
        "line_words": standing.line_words(found.service, found.line, now=now) if found else "",
        "line_problem": standing.line_problem(found.service, found.line, now=now) if found else "",
        "lost": len(found.lost) if found else 0,
        "groups": [(handle, ", ".join(calls)) for handle, calls in policy.chat_groups.items()],
        "shifts": policy.shift_channel,
    }
    return render(request, "web/integrations/chat.html", context)
