"""Planner: what a plan would change for whom, week by week; ask, compare, publish, throw away."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning import drafts, publishing, replanning, snapshot
from hausmeister.rota.planning.drafts import DraftMoved, DraftRefused, Wanted
from hausmeister.rota.planning.publishing import PublishRefused
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.states import DraftState, Flavour, Purpose
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web import plan_words, plans
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.teams import chosen

LISTED = 12
_FLAVOURS = [
    (Flavour.FEWEST.value, gettext_lazy("Published weeks change as little as possible")),
    (Flavour.FEW.value, gettext_lazy("Published weeks change a little more, for fairer shares")),
    (Flavour.FREE.value, gettext_lazy("Everything that is not frozen is planned anew")),
]


class AskForm(forms.Form):
    """What a lead asks the planner for."""

    first_week = forms.DateField(
        label=gettext_lazy("First week, its Monday"),
        widget=forms.DateInput(attrs={"type": "date", "step": "7"}, format="%Y-%m-%d"),
    )
    weeks = forms.IntegerField(label=gettext_lazy("Weeks"), min_value=1, max_value=drafts.MOST_WEEKS, initial=26)
    flavour = forms.ChoiceField(
        label=gettext_lazy("What may change"), choices=_FLAVOURS, widget=forms.RadioSelect, initial=Flavour.FEWEST.value
    )
    tolerance_percent = forms.IntegerField(
        label=gettext_lazy("Fairness may give way, per cent"),
        help_text=gettext_lazy("For more comfort: wishes, free weekdays, longer pauses. 0 to 10."),
        min_value=0, max_value=drafts.GREATEST_TOLERANCE, initial=0,
    )  # fmt: skip
    budget_s = forms.IntegerField(
        label=gettext_lazy("Seconds to think"), min_value=1, max_value=drafts.LONGEST_BUDGET_S, initial=30
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        help_text=gettext_lazy("The same facts and the same seed give the same plan."),
        min_value=0, max_value=2**31 - 1, initial=1,
    )  # fmt: skip

    def wanted(self) -> Wanted:
        """Return what was asked for."""
        found: dict[str, Any] = dict(self.cleaned_data)
        return Wanted(**{**found, "flavour": Flavour(found["flavour"])})


def visible(request: Request) -> QuerySet[Draft]:
    """Return the drafts that the person may see: those of teams whose rota they may change."""
    teams = permissions.team_ids(request.user, Capability.CHANGE_ROTA)
    found = Draft.objects.select_related("team", "asked_by", "published_by")
    return found.all() if teams is None else found.filter(team_id__in=teams)


@needs(Capability.CHANGE_ROTA)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request) -> HttpResponse:
    """Show a team's drafts and the form to ask for one; a POST asks."""
    teams = permissions.teams(request.user, Capability.CHANGE_ROTA)
    team, now = chosen(request, teams), clock.now()
    check(request.user, Capability.CHANGE_ROTA, team)
    if request.method == "POST":
        form = AskForm(request.POST)
        if form.is_valid():
            try:
                draft = drafts.ask(
                    team, form.wanted(), by=team_operations.as_actor(request.user), person=request.user, now=now
                )
            except DraftRefused as problem:
                form.add_error(problem.field or None, str(problem))
            else:
                return see(request, f"/rota/plan/{draft.pk}")
    else:
        form = AskForm(initial={"first_week": snapshot.next_week(team, now=now)})
    context = {
        "team": team,
        "teams": teams,
        "form": form,
        "drafts": [(one, plan_words.state(one), plan_words.flavour(one)) for one in _listed(team)],
        "offer": replanning.offer(team, now=now),
        "cannot": _cannot(team),
    }
    return render(request, "web/plan/plan.html", context, status=422 if form.errors else 200)


def _listed(team: Team) -> list[Draft]:
    shown = Draft.objects.plans().filter(team=team).exclude(state=DraftState.DISCARDED)
    return list(shown.select_related("asked_by", "team")[:LISTED])


def _cannot(team: Team) -> str:
    """Return why this team's weeks cannot be planned, "" when they can."""
    from hausmeister.team import queries as team_queries

    try:
        snapshot.roles_of_team(team_queries.policy_of(team.pk))
    except CannotPlan as problem:
        return str(problem)
    return ""


@needs(Capability.CHANGE_ROTA)
@require_safe
def draft(request: Request, draft_id: int) -> HttpResponse:
    """Show one draft: how far it is, or what it changes; an answer about days away is shown with it."""
    one = fetch(visible(request), pk=draft_id)
    if request.htmx and not one.is_open:
        # what was being planned is answered: the whole screen is another one
        return see(request, f"/rota/plan/{one.pk}")
    return _show(request, one)


def _show(request: Request, one: Draft, *, problem: str = "", status: int = 200) -> HttpResponse:
    now = clock.now()
    context: dict[str, Any] = {
        "draft": one,
        "team": one.team,
        "state": plan_words.state(one),
        "flavour": plan_words.flavour(one),
        "last_week": one.first_week + timedelta(weeks=one.weeks - 1),
        "problem": problem,
        "bends": plan_words.bends(one),
        "now": now,
        "beside": list(
            Draft.objects.filter(team=one.team, bundle=one.bundle).exclude(state=DraftState.DISCARDED).order_by("id")
        ),
    }
    if one.state in {DraftState.READY, DraftState.PUBLISHED}:
        try:
            context["shown"] = plans.shown(one, now=now)
        except CannotPlan as error:
            context["problem"] = str(error)
    elif one.state == DraftState.IMPOSSIBLE:
        context["conflict"] = plan_words.conflict(one)
    elif one.is_open:
        context["progress"] = plan_words.progress(one, now=now)
    template = "web/plan/progress.html" if request.htmx and one.is_open else "web/plan/draft.html"
    return render(request, template, context, status=status)


@needs(Capability.CHANGE_ROTA)
@require_POST
def publish(request: Request, draft_id: int) -> HttpResponse:
    """Put a draft in force, and tell everybody whose duty changes."""
    one = fetch(visible(request), pk=draft_id)
    check(request.user, Capability.CHANGE_ROTA, one.team)
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    by = team_operations.as_actor(request.user)
    try:
        done = publishing.publish(one, version=version, by=by, person=request.user, now=clock.now())
    except (PublishRefused, DraftMoved) as problem:
        one.refresh_from_db()
        return _show(request, one, problem=str(problem), status=409)
    told = ngettext("%(n)d person is told.", "%(n)d people are told.", len(done.told)) % {"n": len(done.told)}
    return see(request, f"/rota?team={one.team.slug}", Toast(_("Published. %(told)s") % {"told": told}))


@needs(Capability.CHANGE_ROTA)
@require_POST
def discard(request: Request, draft_id: int) -> HttpResponse:
    """Throw a draft away."""
    one = fetch(visible(request), pk=draft_id)
    check(request.user, Capability.CHANGE_ROTA, one.team)
    try:
        drafts.discard(one, by=team_operations.as_actor(request.user), now=clock.now())
    except DraftMoved as problem:
        return see(request, f"/rota/plan/{one.pk}", Toast(str(problem), is_problem=True))
    return see(request, f"/rota/plan?team={one.team.slug}", Toast(_("Discarded; nothing was changed.")))


@needs(Capability.CHANGE_ROTA)
@require_POST
def bend(request: Request, draft_id: int) -> HttpResponse:
    """Ask again, with one rule bent or one absence imagined otherwise: a way out of what is impossible."""
    one = fetch(visible(request).filter(purpose=Purpose.PLAN), pk=draft_id)
    check(request.user, Capability.CHANGE_ROTA, one.team)
    by, now = team_operations.as_actor(request.user), clock.now()
    try:
        made = replanning.take_way_out(one, request.POST.get("way", ""), by=by, person=request.user, now=now)
    except DraftRefused as problem:
        return see(request, f"/rota/plan/{one.pk}", Toast(str(problem), is_problem=True))
    return see(request, f"/rota/plan/{made.pk}")


@needs(Capability.CHANGE_ROTA)
@require_POST
def replan(request: Request) -> HttpResponse:
    """Ask for three plans side by side, for the weeks that are published."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    by, now = team_operations.as_actor(request.user), clock.now()
    try:
        found = replanning.replan(team, by=by, person=request.user, now=now)
    except DraftRefused as problem:
        return see(request, f"/rota/plan?team={team.slug}", Toast(str(problem), is_problem=True))
    return see(request, f"/rota/plan/compare/{found[0].bundle}")


@needs(Capability.CHANGE_ROTA)
@require_safe
def compare(request: Request, bundle: str) -> HttpResponse:
    """Show the plans of one comparison side by side, with what each buys."""
    found = list(visible(request).filter(bundle=bundle, purpose=Purpose.PLAN).order_by("id"))
    first = found[0] if found else fetch(visible(request).none(), pk=0)
    now = clock.now()
    context = {
        "team": first.team,
        "first": first,
        "last_week": first.first_week + timedelta(weeks=first.weeks - 1),
        "columns": [plans.column(one, now=now) for one in found],
        "is_open": any(one.is_open for one in found),
    }
    template = "web/plan/columns.html" if request.htmx else "web/plan/compare.html"
    return render(request, template, context)
