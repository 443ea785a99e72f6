"""Why a duty is with whom it is, and why somebody's load is what it is."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from hausmeister.base import clock
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning import loads, why
from hausmeister.rota.planning.drafts import DraftRefused
from hausmeister.rota.planning.loads import Load, NobodyWithThatLoad
from hausmeister.rota.planning.publishing import PublishRefused
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.why import NothingToExplain
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web import plan_words
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.screens.plan import visible
from hausmeister.web.teams import chosen


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
@require_http_methods(["GET", "HEAD", "POST"])
def load(request: Request) -> HttpResponse:
    """Explain how many duties of one kind somebody has; a POST asks the planner for the fewest and the most."""
    team = chosen(request, permissions.teams(request.user, Capability.SEE_PAGES))
    person, kind = request.GET.get("person", ""), request.GET.get("kind", "")
    here = f"/rota/load?{urlencode({'team': team.slug, 'person': person, 'kind': kind})}"
    context: dict[str, Any] = {"team": team, "here": here}
    try:
        category, now = Category(kind), clock.now()
        if request.method == "POST":
            by = team_operations.as_actor(request.user)
            loads.ask(team, person=person, category=category, by=by, asked_by=request.user, now=now)
            return redirect(here)
        context |= _load_context(loads.load(team, person=person, category=category, now=now))
    except (NobodyWithThatLoad, ValueError) as error:
        raise Http404 from error
    except (CannotPlan, DraftRefused) as problem:
        context["problem"] = str(problem)
    template = "web/plan/load_part.html" if request.htmx and request.method != "POST" else "web/plan/load.html"
    return render(request, template, context)


def _load_context(found: Load) -> dict[str, Any]:
    proof = found.proof
    is_open = proof is not None and proof.is_open
    return {
        "load": found,
        "progress": plan_words.progress(proof, now=clock.now()) if proof is not None and is_open else None,
        "may_ask": found.why.row.is_in_pool and not is_open and not found.is_proven,
    }
