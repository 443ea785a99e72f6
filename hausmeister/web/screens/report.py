"""The weekly report to the clients: the draft, to be written on; posted only after it was asked about, and once."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.handoff import queries
from hausmeister.handoff.models import REPORT_MOST, Report
from hausmeister.handoff.operations import reporting
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.incidents.queries import fate_of
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Asked, Toast, first_ask, see
from hausmeister.web.forms import whole_number
from hausmeister.web.teams import chosen


def visible(person: Person, report_id: int) -> Report:
    """Return the report, if `person` may see it; else it does not exist."""
    return fetch(queries.reports_visible_to(person), pk=report_id)


@needs(Capability.ACT_ON_PAGES)
@require_POST
def write(request: Request) -> HttpResponse:
    """Draft the report of the time since the last one, up to now."""
    team, now = chosen(request, permissions.teams(request.user, Capability.ACT_ON_PAGES)), clock.now()
    made = reporting.draft(team, ends_at=now, now=now, by=as_actor(request.user))
    return see(request, f"/handoff/report/{made.pk}", Toast(_("Drafted from what was done.")))


@needs(Capability.SEE_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request, report_id: int) -> HttpResponse:
    """Show the report to write on; a POST keeps it, or drafts it anew."""
    report = visible(request.user, report_id)
    if request.method != "POST":
        return _screen(request, report, report.text)
    check(request.user, Capability.ACT_ON_PAGES, report.team)
    seen, now = whole_number(request.POST.get("seen", "")), clock.now()
    text = request.POST.get("text", "")
    try:
        if request.POST.get("anew"):
            reporting.draft_anew(report.pk, seen=seen, by=request.user, now=now)
        else:
            reporting.edit(report.pk, text, seen=seen, by=request.user, now=now)
    except HandoffRefused as problem:
        newest = visible(request.user, report_id)
        return _screen(request, newest, text, problem=str(problem), status=409)
    return see(request, f"/handoff/report/{report.pk}", Toast(_("Kept.")))


def _screen(request: Request, report: Report, text: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    channel, why_not = "", ""
    try:
        channel = reporting.channel_of(report.team)
    except reporting.NowhereToPost as nowhere:
        why_not = str(nowhere)
    context = {
        "report": report,
        "text": text,
        "problem": problem,
        "channel": channel,
        "why_not": why_not,
        "may_act": permissions.can(request.user, Capability.ACT_ON_PAGES, team_id=report.team_id),
        "fate": fate_of(queries.post_of(report)) if report.posted_at else None,
        "most": REPORT_MOST,
    }
    return render(request, "web/handoff/report.html", context, status=status)


@needs(Capability.ACT_ON_PAGES)
@require_POST
def post(request: Request, report_id: int, version: int) -> HttpResponse:
    """Post the version that was looked at in the clients' channel, after it was asked about: they cannot unread it."""
    report = visible(request.user, report_id)
    check(request.user, Capability.ACT_ON_PAGES, report.team)
    address = f"/handoff/report/{report.pk}"
    try:
        channel = reporting.channel_of(report.team)
        asked = first_ask(
            request,
            Asked(
                _("Post the report to %(channel)s?") % {"channel": channel},
                _("Clients read it there; it cannot be taken back, and is posted once."),
                _("Post it to %(channel)s") % {"channel": channel},
                address,
            ),
        )
        if asked is not None:
            return asked
        reporting.post(report.pk, seen=version, by=request.user, now=clock.now())
    except HandoffRefused as problem:
        return see(request, address, Toast(str(problem), is_problem=True))
    return see(request, address, Toast(_("Posted to %(channel)s.") % {"channel": channel}))
