"""Making and removing schedules, and overriding them in two taps."""

from datetime import datetime, time, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.rota.models import Schedule, ScheduleOverride, ZoneIsGone
from hausmeister.rota.operations import OverrideNeedsWord, OverrideRefused, schedule_overrides
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.definitions import BadDefinition
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.templates import DAILY_SUPPORT, FOLLOW_THE_SUN, OUR_WEEK, PRIMARY_SECONDARY, TEMPLATES
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Role
from hausmeister.web import moments
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import LocalMoment, ZoneField, whole_number
from hausmeister.web.teams import chosen

PLACES = 8


def address_of(schedule: Schedule) -> str:
    """Return where the screen of a schedule is."""
    return f"/rota/schedules/{schedule.slug}?{urlencode({'team': schedule.team.slug})}"


def responders(team: Team) -> list[Person]:
    """Return the people of a team who may be called."""
    return [one.person for one in team_queries.members(team.pk) if one.role != Role.VIEWER]


class CreateForm(forms.Form):
    """A template, and whom it is filled with, in order."""

    template = forms.ChoiceField(
        label=gettext_lazy("Which"),
        widget=forms.RadioSelect,
        initial=OUR_WEEK.name,
        choices=[
            (
                OUR_WEEK.name,
                gettext_lazy("Our week: a schedule for each duty and its backstop, as the rota plans them"),
            ),
            (PRIMARY_SECONDARY.name, gettext_lazy("Primary and secondary: who is second now is first next week")),
            (DAILY_SUPPORT.name, gettext_lazy("Daily support: one person a week, in working hours only")),
            (FOLLOW_THE_SUN.name, gettext_lazy("Follow the sun: people in several zones, each by day")),
        ],
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    slug = forms.CharField(
        label=gettext_lazy("Short name"), max_length=60, required=False,
        help_text=gettext_lazy("Small letters, digits and hyphens. Left empty, the template's own."),
    )  # fmt: skip
    zone = ZoneField(label=gettext_lazy("Time zone"), max_length=60)
    hand_off = forms.TimeField(
        label=gettext_lazy("Hand-off at"),
        initial=time(9),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].initial = team.zone_name
        self._people = {str(one.pk): one for one in responders(team)}
        choices = [("", "–"), *((pk, one.name) for pk, one in self._people.items())]
        for place in range(1, PLACES + 1):
            self.fields[f"person_{place}"] = forms.ChoiceField(
                label=_("Turn %(n)d") % {"n": place}, choices=choices, required=False
            )

    @property
    def people(self) -> list[Person]:
        """The people chosen, in the order of their turns."""
        chosen_ones = [self.cleaned_data[f"person_{place}"] for place in range(1, PLACES + 1)]
        return [self._people[pk] for pk in chosen_ones if pk]


@needs(Capability.CHANGE_ROTA)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    """Show the form for schedules from a template; a POST makes them."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    form = CreateForm(team, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now, given = clock.now(), form.cleaned_data
        try:
            made = operations.create_from_template(
                team, TEMPLATES[given["template"]], people=form.people, begins_on=now.astimezone(team.zone).date(),
                by=team_operations.as_actor(request.user), now=now, zone_name=given["zone"], slug=given["slug"],
                name=given["name"], hand_off=given["hand_off"],
            )  # fmt: skip
        except BadDefinition as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            address = address_of(made[0]) if len(made) == 1 else f"/rota/schedules?team={team.slug}"
            return see(request, address, Toast(_("Made: %(names)s.") % {"names": ", ".join(one.name for one in made)}))
    context = {"form": form, "team": team}
    return render(request, "web/rota/schedule_new.html", context, status=422 if form.errors else 200)


class ScheduleOverrideForm(forms.Form):
    """Who is on instead, as well, or not, from when to when, and why."""

    person = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Who"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What changes"),
        widget=forms.RadioSelect,
        initial=Kind.REPLACE.value,
        choices=[
            (Kind.REPLACE.value, gettext_lazy("takes over")),
            (Kind.ADD.value, gettext_lazy("is on as well")),
            (Kind.REMOVE.value, gettext_lazy("is not on")),
        ],
    )
    instead_of = forms.ModelChoiceField(
        Person.objects.none(),
        label=gettext_lazy("For whom"),
        required=False,
        empty_label=gettext_lazy("whoever is on"),
        help_text=gettext_lazy("Only while that person would be on."),
    )
    starts_at = LocalMoment(label=gettext_lazy("From"))
    ends_at = LocalMoment(label=gettext_lazy("To"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)
    everywhere = forms.BooleanField(
        label=gettext_lazy("On all schedules of the team, and on its duties"), required=False
    )

    def __init__(self, team: Team, viewer: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(pk__in=[one.pk for one in responders(team)]).order_by("name")
        for name in ("person", "instead_of"):
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = people
        for name in ("starts_at", "ends_at"):
            cast("LocalMoment", self.fields[name]).zone = viewer.zone

    @property
    def change(self) -> Change:
        """What the form says, as the rules take it."""
        given = self.cleaned_data
        kind, person, other = Kind(given["kind"]), given["person"], given["instead_of"]
        if kind is Kind.REMOVE:
            person, other = None, person
        elif kind is Kind.ADD:
            other = None
        return Change(
            0, kind, given["starts_at"], given["ends_at"], person.pk if person else None, other.pk if other else None
        )


@needs(Capability.CHANGE_ROTA)
@require_http_methods(["GET", "HEAD", "POST"])
def override(request: Request, slug: str) -> HttpResponse:
    """Show the form for an override, filled with what the address names; a POST stores it."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    schedule = fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)
    now, needs_word = clock.now(), False
    if request.method == "POST":
        form = ScheduleOverrideForm(team, request.user, request.POST)
        if form.is_valid():
            try:
                _store(request, team, schedule, form, now)
            except OverrideNeedsWord as problem:
                needs_word = True
                form.add_error(None, str(problem))
            except (BadDefinition, OverrideRefused, TooFarAhead) as problem:
                form.add_error(None, str(problem))
            else:
                return see(request, address_of(schedule), Toast(_("Stored. The schedule shows it.")))
    else:
        form = ScheduleOverrideForm(team, request.user, initial=_proposed(request, team, schedule, now))
    context = {"form": form, "team": team, "schedule": schedule, "needs_word": needs_word}
    return render(request, "web/rota/schedule_override.html", context, status=422 if form.errors else 200)


def _store(request: Request, team: Team, schedule: Schedule, form: ScheduleOverrideForm, now: datetime) -> None:
    schedule_overrides.add_schedule_override(
        team,
        None if form.cleaned_data["everywhere"] else schedule,
        form.change,
        by=team_operations.as_actor(request.user),
        now=now,
        reason=form.cleaned_data["reason"],
        created_by=request.user,
        even_if_outranked=request.POST.get("anyway") == "yes",
    )


def _proposed(request: Request, team: Team, schedule: Schedule, now: datetime) -> dict[str, Any]:
    """Return what most likely is wanted: what the address names, else oneself for the stretch that runs."""
    starts_at, ends_at = _asked(request, "from"), _asked(request, "until")
    if starts_at is None or ends_at is None:
        starts_at, ends_at = now, _end_of_stretch(schedule, now)
    me = request.user.pk if request.user in responders(team) else None
    zone = request.user.zone
    return {
        "person": whole_number(request.GET.get("person", "")) or me,
        "instead_of": whole_number(request.GET.get("instead_of", "")),
        "kind": Kind.REPLACE.value,
        "starts_at": moments.as_field(max(starts_at, now), zone=zone),
        "ends_at": moments.as_field(ends_at, zone=zone),
    }


def _end_of_stretch(schedule: Schedule, now: datetime) -> datetime:
    try:
        return queries.schedule_on_call(schedule, at=now).ends_at
    except (ZoneIsGone, TooFarAhead):
        return now + timedelta(days=1)


def _asked(request: Request, name: str) -> datetime | None:
    try:
        return moments.local(request.GET.get(name, ""), zone=request.user.zone)
    except (moments.NotAMoment, OverflowError):
        return None


@needs(Capability.CHANGE_ROTA)
@require_POST
def cancel_override(request: Request, schedule_override_id: int) -> HttpResponse:
    """End an override; the plan holds again."""
    teams = permissions.teams(request.user, Capability.CHANGE_ROTA)
    found = ScheduleOverride.objects.filter(team__in=teams).select_related("team", "schedule", "person", "instead_of")
    one = fetch(found, pk=schedule_override_id)
    schedule_overrides.cancel_schedule_override(one, by=team_operations.as_actor(request.user), now=clock.now())
    default = f"/rota/schedules?team={one.team.slug}"
    return see(request, back(request, default), Toast(_("The override is over; the plan holds again.")))


@needs(Capability.CHANGE_ROTA)
@require_POST
def beside(request: Request, slug: str) -> HttpResponse:
    """Say whether somebody may be on by a schedule and have a duty at once."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    schedule = fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)
    allowed = request.POST.get("allowed") == "yes"
    operations.lie_beside_duties(
        schedule, allowed=allowed, by=team_operations.as_actor(request.user), now=clock.now()
    )  # fmt: skip
    said = (
        _("Turns of %(name)s beside a duty are no conflict any more.") if allowed
        else _("Turns of %(name)s beside a duty of the same person are found as conflicts.")
    )  # fmt: skip
    return see(request, address_of(schedule), Toast(said % {"name": schedule.name}))


@needs(Capability.CHANGE_ROTA)
@require_POST
def remove(request: Request, slug: str) -> HttpResponse:
    """Remove a schedule, unless the policy calls it."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    schedule = fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)
    try:
        operations.remove_schedule(schedule, by=team_operations.as_actor(request.user), now=clock.now())
    except operations.ScheduleIsCalled as problem:
        return see(request, address_of(schedule), Toast(str(problem), is_problem=True))
    return see(request, f"/rota/schedules?team={team.slug}", Toast(_("%(name)s is removed.") % {"name": schedule.name}))
