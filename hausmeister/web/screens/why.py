"""Why a duty is with whom it is, and why somebody's load is what it is."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.rota.planner.explaining_load import explain_load
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning import why
from hausmeister.rota.planning.ledger import ledger
from hausmeister.rota.planning.publishing import PublishRefused
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.why import NothingToExplain
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.screens.plan import visible
from hausmeister.web.teams import chosen

_KINDS = tuple(one.value for one in Category)


@needs(Capability.CHANGE_ROTA)
@require_safe
def of_draft(request: Request, draft_id: int) -> HttpResponse:
    """Explain one slot of a draft."""
    draft = fetch(visible(request), pk=draft_id)
    text = request.GET.get("week", "")
    week = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1
    context: dict[str, Any] = {"team": draft.team, "back": f"/rota/plan/{draft.pk}"}
    try:
        context["why"] = why.of_draft(draft, week=week, role=request.GET.get("role", ""), now=clock.now())
    except (NothingToExplain, CannotPlan, PublishRefused) as problem:
        context["problem"] = str(problem)
    return render(request, "web/plan/why.html", context)


@needs(Capability.SEE_PAGES)
@require_safe
def of_standing(request: Request) -> HttpResponse:
    """Explain one duty as it stands."""
    team = chosen(request, permissions.teams(request.user, Capability.SEE_PAGES))
    context: dict[str, Any] = {"team": team, "back": f"/rota?team={team.slug}"}
    monday = _date(request.GET.get("week", ""))
    try:
        context["why"] = why.of_standing(team, monday=monday, role=request.GET.get("role", ""), now=clock.now())
    except (NothingToExplain, CannotPlan) as problem:
        context["problem"] = str(problem)
    return render(request, "web/plan/why.html", context)


def _date(text: str) -> date:
    """Return the date that an address names; what is none is a day that nobody can explain."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


@needs(Capability.SEE_PAGES)
@require_safe
def load(request: Request) -> HttpResponse:
    """Explain how many duties of one kind somebody has."""
    team = chosen(request, permissions.teams(request.user, Capability.SEE_PAGES))
    person, kind = request.GET.get("person", ""), request.GET.get("kind", "")
    context: dict[str, Any] = {"team": team, "kind": kind}
    try:
        found = ledger(team, now=clock.now())
    except CannotPlan as problem:
        context["problem"] = str(problem)
    else:
        if person not in found.instance.person or kind not in _KINDS:
            raise Http404
        context |= {
            "name": found.instance.person[person].called,
            "title": found.titles.get(kind, ""),
            "sentences": explain_load(
                instance=found.instance, plan=found.plan, person=person, category=Category(kind)
            ).reasons,
        }
    return render(request, "web/plan/load.html", context)
