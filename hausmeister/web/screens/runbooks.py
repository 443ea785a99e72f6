"""Runbooks: find a heading, read a section, see which alerts have none and take the beginnings of one along."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.alerts import queries as alerts
from hausmeister.alerts.models import Alert
from hausmeister.base import clock, log
from hausmeister.base.untrusted import one_line
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.runbooks import queries
from hausmeister.runbooks.queries import Guidance
from hausmeister.runbooks.rules import showing
from hausmeister.runbooks.travelling import how_words
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.teams import chosen

_log = log.get(__name__)
LOOKS_BACK = timedelta(days=90)
MOST_LISTED = 200


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show what is missing first, then the folders and their headings."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team = chosen(request, teams)
    asked = one_line(request.GET.get("q", ""), 200)
    folders = queries.folders(team.pk)
    missing = [] if asked else queries.missing(team, since=clock.now() - LOOKS_BACK)
    context = {
        "team": team,
        "teams": teams,
        "asked": asked,
        "found": queries.find([team], asked, most=MOST_LISTED) if asked else [],
        "folders": folders,
        "missing": missing[:MOST_LISTED],
        "missing_count": len(missing),
        "headings": [] if asked else list(queries.of_teams([team]).filter(is_alert=True)[:MOST_LISTED]),
        "repeated": [] if asked or not folders else queries.repeated(team.pk),
        "noted": queries.files_with_notes(team.pk),
    }
    return render(request, "web/runbooks/runbooks.html", context)


@needs(Capability.SEE_PAGES)
@require_safe
def section(request: Request, section_id: int) -> HttpResponse:
    """Show one section with everything below it."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    found = fetch(queries.of_teams(teams), pk=section_id)
    return render(request, "web/runbooks/section.html", {"shown": queries.shown(found)})


@needs(Capability.SEE_PAGES)
@require_safe
def skeleton(request: Request, alert_id: int) -> HttpResponse:
    """Give the beginnings of a section for an alert: to be copied, or with `?file` as a file."""
    alert = fetch(alerts.visible_to(request.user).select_related("source", "team"), pk=alert_id)
    text = skeleton_of(alert)
    if "file" in request.GET:
        answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="runbook-alert-{alert.pk}.md"'
        return answer
    return render(request, "web/runbooks/skeleton.html", {"alert": alert, "text": text})


def skeleton_of(alert: Alert) -> str:
    """Return the beginnings of a section whose heading is the alert's title."""
    return showing.skeleton(alert.title, source=alert.source.name, severity=alert.severity, text=alert.text)


def beside(page: Page, first: Alert | None, team: TeamContext, *, most: int = 8_000) -> dict[str, Any]:
    """Return what a screen of `page` shows of the runbook; a failure is logged, and the screen shows the page."""
    try:
        guidance = queries.of_page(page, first, policy=team.policy, mark=team.revision)
    except Exception as error:  # noqa: BLE001 - the page must be read and answered whatever a runbook does
        _log.error("runbooks.not_looked_up", page=page.pk, error=f"{type(error).__name__}: {error}"[:300])
        return {"guidance": None, "runbook_failed": True}
    if guidance is None:
        return {"guidance": None, "has_runbooks": bool(team.policy.runbooks.folders)}
    blocks, fits = showing.within(guidance.first.text, most)
    return {
        "guidance": guidance,
        "runbook_how": how_words(guidance),
        "runbook_blocks": blocks,
        "runbook_is_whole": fits and guidance.first.is_whole,
        "runbook_others": guidance.sections[1:],
        "runbook_tone": tone_of(guidance),
    }


def tone_of(guidance: Guidance) -> str:
    """Return the tone of the badge that says how a section was found."""
    return "p3" if guidance.how == "similar" else "plain"
