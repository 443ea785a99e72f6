"""Incidents: what runs, what waits for its review, and one incident with all that is known, told and to be done."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hausmeister.base import chance, clock
from hausmeister.incidents import queries, tracker
from hausmeister.incidents.models import TITLE_MOST, Incident, Offer, Timer
from hausmeister.incidents.operations import open_incident
from hausmeister.incidents.operations.opening import NobodyToAct, NoTitle, UnknownLevel, of_origin
from hausmeister.incidents.rules.kinds import IncidentState, TimerKind
from hausmeister.incidents.story import Line
from hausmeister.pager import queries as pager
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Role
from hausmeister.triage.models import Item
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import whole_number
from hausmeister.web.teams import chosen

MOST_ROWS = 100
SHOWN = {"": (), "told": ("told",), "notes": ("note", "chat", "deploy")}


@needs(Capability.SEE_INCIDENTS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """List incidents: running first, then those that wait for their review, then the closed ones."""
    everything = queries.visible_to(request.user)
    found = {
        IncidentState.RUNNING: everything.with_due().running(),
        IncidentState.OVER: everything.open().exclude(over_at=None).order_by("-over_at", "-id"),
        IncidentState.CLOSED: everything.exclude(closed_at=None).order_by("-closed_at", "-id"),
    }
    counts = {state: rows.count() for state, rows in found.items()}
    asked = request.GET.get("show", "")
    shown = (
        IncidentState(asked)
        if asked in set(IncidentState)
        else next((one for one in found if counts[one]), IncidentState.RUNNING)
    )
    teams = permissions.teams(request.user, Capability.ACT_ON_INCIDENTS)
    seen = permissions.teams(request.user, Capability.SEE_INCIDENTS)
    context = {
        "rows": list(found[shown][:MOST_ROWS]),
        "tabs": [(state, counts[state]) for state in found],
        "shown": shown,
        "now": clock.now(),
        "teams": seen,
        "several": len(seen) > 1,
        "may_open": bool(teams),
        "last": everything.exclude(over_at=None).order_by("-over_at", "-id").first(),
    }
    return render(request, "web/incident/list.html", context)


# ---- one incident ----


def visible(person: Person, incident_id: int) -> Incident:
    """Return the incident, if `person` may see it; else it does not exist."""
    return fetch(queries.visible_to(person), pk=incident_id)


@needs(Capability.SEE_INCIDENTS)
@require_safe
def one(request: Request, incident_id: int) -> HttpResponse:
    """Show one incident; htmx gets the part that it asks for."""
    incident, now = visible(request.user, incident_id), clock.now()
    part = request.GET.get("part", "")
    if request.htmx and part in PARTS:
        return render(request, f"web/incident/{part}.html", part_context(request, incident, part, now=now))
    context: dict[str, Any] = {}
    for name in PARTS:
        context |= part_context(request, incident, name, now=now)
    return render(request, "web/incident/incident.html", context | _around(request, incident, now))


def part_context(request: Request, incident: Incident, part: str, *, now: datetime) -> dict[str, Any]:
    """Return what the part called `part` of the screen shows."""
    may_act = permissions.can(request.user, Capability.ACT_ON_INCIDENTS, team_id=incident.team_id)
    return {"incident": incident, "now": now, "may_act": may_act, **PARTS[part](request, incident, now)}


def _head(request: Request, incident: Incident, now: datetime) -> dict[str, Any]:
    timers = {timer.kind: timer for timer in Timer.objects.filter(incident=incident)}
    offers = queries.offers(incident)
    return {
        "update": timers.get(TimerKind.UPDATE),
        "announce": timers.get(TimerKind.ANNOUNCE),
        "offers": offers,
        "mine": [offer for offer in offers if offer.to_id == request.user.pk],
        "is_overdue": incident.review_is_overdue(now),
    }


def _told(_request: Request, incident: Incident, now: datetime) -> dict[str, Any]:
    told = queries.told(incident)
    return {
        "crash": queries.crash_channel(incident, now=now),
        "news": queries.news([one for one in told if one.row.text])[:20],
        "missing": [one for one in told if one.row.text and one.fate.is_missing][:5],
    }


def _timeline(request: Request, incident: Incident, _now: datetime) -> dict[str, Any]:
    lines = queries.timeline(incident)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    tabs = [(name, sum(_fits(line, name) for line in lines)) for name in SHOWN]
    return {"lines": [line for line in lines if _fits(line, show)], "show": show, "line_tabs": tabs}


def _fits(line: Line, show: str) -> bool:
    return not SHOWN[show] or line.kind in SHOWN[show]


def _steps(_request: Request, incident: Incident, _now: datetime) -> dict[str, Any]:
    return {"steps": list(incident.steps.filter(is_current=True).select_related("done_by").order_by("place"))}


PARTS: dict[str, Callable[[Request, Incident, datetime], dict[str, Any]]] = {
    "head": _head,
    "told": _told,
    "timeline": _timeline,
    "steps": _steps,
}


def _around(request: Request, incident: Incident, now: datetime) -> dict[str, Any]:
    """Return what stands around the parts: forms, people, follow-ups, the review."""
    policy = team_queries.policy_of(incident.team_id)
    members = [one.person for one in team_queries.members(incident.team_id) if one.role != Role.VIEWER]
    leads = permissions.can(request.user, Capability.CHANGE_ROTA, team_id=incident.team_id)
    return {
        "levels": policy.severity_levels,
        "squads": list(policy.squads.items()),
        "members": members,
        "rooms": queries.rooms(incident),
        "may_assign": leads or incident.point_id == request.user.pk,
        "emoji": policy.incidents.timeline_emoji,
        "key": chance.text(24),
        "follow_ups": queries.follow_ups(incident),
        "has_tracker": tracker.connected() is not None,
        "reviews": queries.reviews(incident)[:1],
        "origin": origin_of(incident),
        "zone": incident.team.zone,
        "drawn_at": now,
    }


def origin_of(incident: Incident) -> tuple[str, str]:
    """Return (words, address) of what set an incident off; the address is "" where we have no screen for it."""
    kind, _sep, number = incident.opened_from.partition(":")
    if kind == "page" and number.isdecimal():
        return _("page %(n)s") % {"n": number}, f"/pages/{number}"
    if kind == "item" and number.isdecimal():
        return _("item %(n)s of the inbox") % {"n": number}, f"/triage/{number}"
    if kind == "issue" and number.isdecimal():
        return _("issue %(n)s") % {"n": number}, f"/issues/{number}"
    return incident.opened_from.replace(":", " "), ""


# ---- opening ----


class OpenForm(forms.Form):
    """What is wrong, and how bad it is."""

    title = forms.CharField(
        label=gettext_lazy("What do people notice?"),
        help_text=gettext_lazy("In plain words: it stands in the topic of the crash channel."),
        max_length=TITLE_MOST,
    )
    level = forms.ChoiceField(label=gettext_lazy("How severe"), widget=forms.RadioSelect)
    opened_from = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = team_queries.policy_of(team.pk).severity_levels
        choices = [(level.name, f"■ {level.name} {level.word}: {level.meaning}") for level in levels]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]  # a choice field's own


@needs(Capability.ACT_ON_INCIDENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Show the form; a POST opens the incident and tells the crash channel."""
    teams = permissions.teams(request.user, Capability.ACT_ON_INCIDENTS)
    team = chosen(request, teams)
    origin = request.POST.get("opened_from", "") or _origin_asked(request, team)
    before = of_origin(team, origin)
    if before is not None:
        return see(request, f"/incidents/{before.pk}", Toast(_("It is an incident already: here it is.")))
    if request.method != "POST":
        form = OpenForm(team, initial={"title": _title_of(team, origin), "opened_from": origin})
        return _new(request, form, team, teams)
    form = OpenForm(team, request.POST)
    if not form.is_valid():
        return _new(request, form, team, teams)
    check(request.user, Capability.ACT_ON_INCIDENTS, team)
    try:
        made = open_incident(
            team, form.cleaned_data["title"], form.cleaned_data["level"], opened_from=form.cleaned_data["opened_from"],
            actor=team_operations.as_actor(request.user), now=clock.now(),
        )  # fmt: skip
    except (UnknownLevel, NobodyToAct, NoTitle) as problem:
        form.add_error(None, str(problem))
        return _new(request, form, team, teams)
    return see(request, f"/incidents/{made.pk}", Toast(_("Opened. %(name)s is point.") % {"name": made.point.name}))


def _new(request: Request, form: OpenForm, team: Team, teams: list[Team]) -> HttpResponse:
    policy = team_queries.policy_of(team.pk)
    context = {"form": form, "team": team, "teams": teams, "crash": policy.crash_channel,
               "has_levels": bool(policy.severity_levels)}  # fmt: skip
    return render(request, "web/incident/new.html", context, status=422 if form.errors else 200)


def _origin_asked(request: Request, team: Team) -> str:
    """Return the origin that a link names, if it is a page or an item of the team's; "" for anything else."""
    kind, _sep, text = request.GET.get("from", "").partition(":")
    number = whole_number(text)
    if number is None:
        return ""
    page = pager.find(number) if kind == "page" else None
    if page is not None and page.team_id == team.pk:
        return f"page:{page.pk}"
    return f"item:{number}" if kind == "item" and _item(team, number) is not None else ""


def _item(team: Team, number: int) -> Item | None:
    return Item.objects.filter(team=team, pk=number).first()


def _title_of(team: Team, origin: str) -> str:
    kind, _sep, number = origin.partition(":")
    if kind == "item" and number.isdecimal():
        item = _item(team, int(number))
        return item.title[:TITLE_MOST] if item is not None else ""
    page = pager.find(int(number)) if kind == "page" and number.isdecimal() else None
    return page.title[:TITLE_MOST] if page is not None and page.team_id == team.pk else ""


def offer_visible(person: Person, offer_id: int) -> Offer:
    """Return what somebody is asked to take, if `person` may see its incident."""
    found = Offer.objects.filter(incident__in=queries.visible_to(person)).select_related("incident__team", "to")
    return fetch(found, pk=offer_id)
