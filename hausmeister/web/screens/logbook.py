"""The log book: what failed, how often, what helped; and the step from there to ending it for good (L4)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hausmeister.base import clock
from hausmeister.incidents import queries, tracker
from hausmeister.incidents.operations import remedies, reviewing
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.teams import chosen

MOST_ROWS = 100


@needs(Capability.SEE_INCIDENTS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the failures of the last ninety days, the commonest first."""
    teams = permissions.teams(request.user, Capability.SEE_INCIDENTS)
    team = chosen(request, teams)
    failures = queries.log_book(team, now=clock.now())
    shown = failures[:MOST_ROWS]
    tasks = queries.tasks_of_failures(team, [one.key for one in shown])
    context = {
        "team": team,
        "teams": teams,
        "rows": [(one, tasks.get(one.key)) for one in shown],
        "all": len(failures),
        "days": queries.LOG_BOOK_DAYS,
        "has_tracker": tracker.connected() is not None,
        "may_act": permissions.can(request.user, Capability.ACT_ON_INCIDENTS, team_id=team.pk),
    }
    return render(request, "web/incident/logbook.html", context)


@needs(Capability.ACT_ON_INCIDENTS)
@require_POST
def task(request: Request) -> HttpResponse:
    """Make an issue of a failure; without a tracker it is kept here as a task."""
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_INCIDENTS))
    failure, now = request.POST.get("failure", "").strip(), clock.now()
    address = f"/logbook?team={team.slug}"
    if not failure:
        return see(request, address, Toast(_("Choose a failure of the list."), is_problem=True))
    made = reviewing.task_of_failure(team, failure, owner=request.user, by=request.user, now=now)
    if tracker.connected() is None:
        return see(request, address, Toast(_("Kept as a task of yours: no tracker is connected yet.")))
    reviewing.make_issue(made.pk, by=request.user, now=now)
    return see(request, address, Toast(_("It is an issue now.")))


@needs(Capability.ACT_ON_INCIDENTS)
@require_POST
def remedy(request: Request) -> HttpResponse:
    """Write down what helps against a failure."""
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_INCIDENTS))
    failure, text = request.POST.get("failure", ""), request.POST.get("text", "")
    try:
        remedies.write_down(team, failure, text, by=request.user, now=clock.now())
    except remedies.NoRemedy as problem:
        toast = Toast(str(problem), is_problem=True)
    else:
        toast = Toast(_("Written down."))
    return see(request, f"/logbook?team={team.slug}", toast)
