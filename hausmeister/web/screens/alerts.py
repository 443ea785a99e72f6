"""Alerts: every one that is open, worst first; filters are addresses; acts on many at once."""

from collections import Counter
from datetime import datetime, time
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hausmeister.alerts import operations as alert_operations
from hausmeister.alerts import queries as alerts
from hausmeister.alerts.queries import Filter, Show
from hausmeister.alerts.silences import queries as silences
from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import one_line
from hausmeister.base.wall_time import instant
from hausmeister.pager import queries as pager
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.runbooks import queries as runbooks
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability
from hausmeister.web import moments
from hausmeister.web.access import Request, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import whole_number

A_PAGE = 50
MOST_AT_ONCE = 200


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the list that the address asks for."""
    person, now = request.user, clock.now()
    teams = permissions.teams(person, Capability.SEE_PAGES)
    wanted = read_filter(request.GET, teams)
    paginator = Paginator(
        alerts.listed(person, wanted).select_related("page", "page__acked_by", "team", "source"), A_PAGE
    )
    page = paginator.get_page(request.GET.get("page"))
    midnight = instant(now.astimezone(person.zone).date(), time(0), person.zone)
    context = {
        "wanted": wanted,
        "listed": page,
        "called": pager.people_on_many([alert.page for alert in page]),
        "tabs": tabs(alerts.counts(person, wanted, closed_since=midnight)),
        "teams": teams,
        "priorities": list(reversed(Priority)),
        "may_act": permissions.can(person, Capability.ACT_ON_PAGES),
        "now": now,
        "silences": silences.brief(person, now=now),
        "headings": runbooks.find(teams, wanted.text, most=5) if wanted.text else [],
    }
    part = bool(request.htmx and request.htmx.target == "alerts")
    return render(request, "web/alerts/list.html" if part else "web/alerts/alerts.html", context)


def read_filter(query: QueryDict, teams: list[Team]) -> Filter:
    """Return what the address asks for; what it asks wrongly is left out."""
    show, priority = query.get("show", ""), query.get("priority", "")
    return Filter(
        show=Show(show) if show in set(Show) else Show.OPEN,
        team_id=next((team.pk for team in teams if team.slug == query.get("team")), None),
        priority=Priority[priority] if priority in Priority.__members__ else None,
        text=one_line(query.get("find", ""), 100),
    )


def tabs(counts: dict[Show, int]) -> list[tuple[Show, str, int]]:
    """Return the filters with their words and counts; they keep their places at 0."""
    words = {
        Show.OPEN: _("Open"),
        Show.FIRING: _("Firing"),
        Show.ACKNOWLEDGED: _("Acknowledged"),
        Show.QUIET: _("Quiet"),
        Show.CLOSED: _("Closed"),
    }
    return [(show, words[show], counts[show]) for show in Show]


@needs(Capability.ACT_ON_PAGES)
@require_POST
def act(request: Request) -> HttpResponse:
    """Acknowledge, snooze or close the chosen ones, and say what became of each."""
    now = clock.now()
    chosen = list(filter(None, map(whole_number, request.POST.getlist("chosen")[:MOST_AT_ONCE])))
    teams = permissions.team_ids(request.user, Capability.ACT_ON_PAGES)
    pages = pager.visible_to(request.user).filter(pk__in=chosen).order_by("id")
    done: Counter[str] = Counter()
    problems: list[str] = []
    for page in pages if teams is None else pages.filter(team_id__in=teams):
        try:
            done[_act_on(request.POST, page, request.user, now)] += 1
        except (acting.PageAlreadyTaken, acting.PageIsClosed, acting.BadSnooze, moments.NotAMoment) as problem:
            problems.append(str(problem) or _("Snooze it until a time within the next seven days."))
    return see(request, back(request, "/alerts"), said(done, problems))


def _act_on(form: QueryDict, page: Page, person: Person, now: datetime) -> str:
    verb = form.get("do", "")
    if verb == "acknowledge":
        acting.acknowledge(page.pk, by=person, now=now, via="web")
    elif verb == "close":
        reason = one_line(form.get("reason", ""), 200) or _("done")
        by = team_operations.as_actor(person)
        alert_operations.close_page(page.pk, by=by, person=person, reason=reason, now=now, via="web")
    else:
        verb = "snooze"
        acting.snooze(page.pk, by=person, until=moments.chosen(form, now=now, person=person), now=now, via="web")
    return verb


def said(done: "Counter[str]", problems: list[str]) -> Toast:
    """Return in one sentence what became of the chosen ones."""
    words: dict[str, Any] = {
        "acknowledge": lambda n: ngettext("%(n)d acknowledged.", "%(n)d acknowledged.", n) % {"n": n},
        "snooze": lambda n: ngettext("%(n)d snoozed.", "%(n)d snoozed.", n) % {"n": n},
        "close": lambda n: ngettext("%(n)d closed.", "%(n)d closed.", n) % {"n": n},
    }
    told = [words[verb](number) for verb, number in done.items()]
    if not told and not problems:
        return Toast(_("Nothing was chosen."), is_problem=True)
    return Toast(" ".join([*told, *problems[:3]]), is_problem=bool(problems) and not told)
