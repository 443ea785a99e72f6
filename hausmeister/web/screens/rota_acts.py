"""Changing the rota: overrides for those who may, days away for everybody's own self."""

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.base.words import listed
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Override
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning.leave import Answer, answers
from hausmeister.rota.planning.rules.states import DraftState, Purpose
from hausmeister.rota.queries import newest_override
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.schedules_ahead import Touched, touched_by
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Person, Team
from hausmeister.team.rules import YEARS, Capability, Role
from hausmeister.web import moments, plan_words, plans
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import LocalMoment, whole_number
from hausmeister.web.teams import chosen


class OverrideForm(forms.Form):
    """Who takes which post, from when to when, and why."""

    person = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Who takes it"))
    post = forms.ChoiceField(
        label=gettext_lazy("Which post"),
        choices=[(Post.PRIMARY.value, gettext_lazy("on duty")), (Post.BACKSTOP.value, gettext_lazy("backstop"))],
        widget=forms.RadioSelect,
        initial=Post.PRIMARY.value,
    )
    starts_at = LocalMoment(label=gettext_lazy("From"))
    ends_at = LocalMoment(label=gettext_lazy("To"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    def __init__(self, team: Team, viewer: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [one.person_id for one in team_queries.members(team.pk) if one.role != Role.VIEWER]
        people = cast("forms.ModelChoiceField[Any]", self.fields["person"])
        people.empty_label = _("choose somebody")
        people.queryset = Person.objects.filter(pk__in=ids).order_by("name")
        for name in ("starts_at", "ends_at"):
            cast("LocalMoment", self.fields[name]).zone = viewer.zone


@needs(Capability.CHANGE_ROTA)
@require_http_methods(["GET", "HEAD", "POST"])
def override(request: Request) -> HttpResponse:
    """Show the form for an override; a POST stores it."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    now = clock.now()
    needs_word = False
    if request.method == "POST":
        form = OverrideForm(team, request.user, request.POST)
        if form.is_valid():
            try:
                rota.add_override(
                    team,
                    post=Post(form.cleaned_data["post"]),
                    person=form.cleaned_data["person"],
                    starts_at=form.cleaned_data["starts_at"],
                    ends_at=form.cleaned_data["ends_at"],
                    reason=form.cleaned_data["reason"],
                    by=team_operations.as_actor(request.user),
                    now=now,
                    created_by=request.user,
                    even_if_outranked=request.POST.get("anyway") == "yes",
                    seen=whole_number(request.POST.get("seen", "")) or 0,
                )
            except rota.OverrideNeedsWord as problem:
                needs_word = True
                form.add_error(None, str(problem))
            except rota.OverrideRefused as problem:
                form.add_error(None, str(problem))
            else:
                name = form.cleaned_data["person"].name
                return see(
                    request,
                    f"/rota?team={team.slug}",
                    Toast(_("%(name)s takes it. The rota shows it.") % {"name": name}),
                )
    else:
        form = OverrideForm(team, request.user, initial=_proposed(request, now))
    context = {"form": form, "team": team, "needs_word": needs_word, "seen": newest_override(team)}
    return render(request, "web/rota/override.html", context, status=422 if form.errors else 200)


def _proposed(request: Request, now: datetime) -> dict[str, Any]:
    """Return what the address names of an override: who, which post, from when to when; what makes no sense is left."""
    found: dict[str, Any] = {"starts_at": moments.as_field(now, zone=request.user.zone)}
    for field, name in (("starts_at", "from"), ("ends_at", "until")):
        try:
            moment = moments.local(request.GET.get(name, ""), zone=request.user.zone)
            found[field] = moments.as_field(moment, zone=request.user.zone)
        except (moments.NotAMoment, OverflowError):
            continue
    if (post := request.GET.get("post", "")) in set(Post):
        found["post"] = post
    if (person := whole_number(request.GET.get("person", ""))) is not None:
        found["person"] = person
    return found


@needs(Capability.CHANGE_ROTA)
@require_POST
def cancel_override(request: Request, override_id: int) -> HttpResponse:
    """End an override; the plan holds again."""
    teams = permissions.teams(request.user, Capability.CHANGE_ROTA)
    one = fetch(Override.objects.filter(team__in=teams).select_related("team", "person"), pk=override_id)
    rota.cancel_override(one, by=team_operations.as_actor(request.user), now=clock.now())
    return see(
        request, back(request, f"/rota?team={one.team.slug}"), Toast(_("The override is over; the plan holds again."))
    )


class LeaveForm(forms.Form):
    """Days away, both included."""

    starts_on = forms.DateField(
        label=gettext_lazy("First day away"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day away"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """Refuse days that run backwards, or for more than a year."""
        found = super().clean() or {}
        for name in ("starts_on", "ends_on"):
            if found.get(name) and found[name].year not in YEARS:
                self.add_error(name, _("No rota reaches to that year."))
        first, last = found.get("starts_on"), found.get("ends_on")
        if first and last and not 0 <= (last - first).days <= 366:
            self.add_error("ends_on", _("The last day must not come before the first, nor a year after it."))
        return found


@needs(Capability.OWN_PROFILE)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: Request) -> HttpResponse:
    """Show the form for days away; a POST stores them and settles their duties, or says what it would change."""
    answered: list[Answer] = []
    touched: list[Touched] = []
    if request.method == "POST":
        form = LeaveForm(request.POST)
        if form.is_valid() and request.POST.get("check") == "yes":
            by, days = team_operations.as_actor(request.user), form.cleaned_data
            answered = answers(request.user, by=by, now=clock.now(), **days)
            touched = touched_by(request.user, now=clock.now(), **days)
        elif form.is_valid():
            moved = rota.record_leave(
                request.user,
                starts_on=form.cleaned_data["starts_on"],
                ends_on=form.cleaned_data["ends_on"],
                by=team_operations.as_actor(request.user),
                now=clock.now(),
            )
            said = ngettext(
                "Stored. %(n)d duty moved to somebody else.", "Stored. %(n)d duties moved to others.", len(moved)
            ) % {"n": len(moved)}
            still = touched_by(request.user, now=clock.now(), **form.cleaned_data)
            if still:
                names = listed(list(dict.fromkeys(one.schedule.name for one in still)))
                said += " " + _("You are still on by %(names)s: a lead can give that to others.") % {"names": names}
            return see(request, back(request, "/rota?view=mine"), Toast(said))
    else:
        form = LeaveForm()
    context = {"form": form, "answers": answered, "touched": touched}
    return render(request, "web/rota/leave.html", context, status=422 if form.errors else 200)


@needs(Capability.OWN_PROFILE)
@require_safe
def leave_answer(request: Request, question_id: int) -> HttpResponse:
    """Show what the planner says of days away that I asked about."""
    asked = Draft.objects.filter(purpose=Purpose.LEAVE, asked_by=request.user).select_related("team")
    draft = fetch(asked, pk=question_id)
    now = clock.now()
    context: dict[str, Any] = {"draft": draft, "state": plan_words.state(draft), "days": _days_asked(draft)}
    if draft.is_open:
        context["progress"] = plan_words.progress(draft, now=now)
    elif draft.state == DraftState.READY:
        context["answer"] = plans.leave_changes(draft, now=now)
    elif draft.state == DraftState.IMPOSSIBLE:
        context["conflict"] = plan_words.conflict(draft)
    template = "web/rota/leave_part.html" if request.htmx else "web/rota/leave_answer.html"
    return render(request, template, context)


def _days_asked(draft: Draft) -> tuple[date, date]:
    (bend,) = draft.bends
    return date.fromisoformat(bend["from"]), date.fromisoformat(bend["to"])


@needs(Capability.OWN_PROFILE)
@require_POST
def cancel_leave(request: Request, leave_id: int) -> HttpResponse:
    """Take one's own days away back."""
    one = fetch(Leave.objects.filter(person=request.user), pk=leave_id)
    rota.cancel_leave(one, by=team_operations.as_actor(request.user), now=clock.now())
    return see(
        request,
        back(request, "/rota?view=mine"),
        Toast(_("Taken back. Duties that were given to others stay with them.")),
    )
