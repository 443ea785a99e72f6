"""The layers of a schedule: add a rotation, change one, end one; what would come of it is shown before it is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.base.wall_time import WEEKDAYS
from hausmeister.rota.models import Layer, Participant, Schedule, ZoneIsGone
from hausmeister.rota.operations import previews
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import windows_of
from hausmeister.rota.rules.definitions import BadDefinition, Content, LayerDraft, read_wall, read_window
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import NOBODY, Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web import lanes
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import LocalMoment, whole_number
from hausmeister.web.screens.schedule_acts import address_of, responders
from hausmeister.web.teams import chosen

# so many places at least, and so many more than are taken
PLACES, SPARE = 6, 3
PREVIEW = timedelta(weeks=4)
_NOBODY = "nobody"
# what the rules call a part, and the field that holds it
_FIELDS = {"starts": "starts_at", "ends": "ends_at", "participants": "turn_1", "day": "weekday"}


class RotationForm(forms.Form):
    """A rotation: who takes turns, how long they are, when they are handed off, and when the layer applies."""

    name = forms.CharField(label=gettext_lazy("Name of the layer"), max_length=100)
    unit = forms.ChoiceField(
        label=gettext_lazy("Turns are counted in"),
        initial=Unit.WEEKLY.value,
        choices=[
            (Unit.HOURLY.value, gettext_lazy("hours")),
            (Unit.DAILY.value, gettext_lazy("days")),
            (Unit.WEEKLY.value, gettext_lazy("weeks")),
            (Unit.MONTHLY.value, gettext_lazy("months")),
        ],
    )
    length = forms.IntegerField(
        label=gettext_lazy("So many of them make a turn"), initial=1, min_value=1, max_value=1_000
    )
    hand_off = forms.TimeField(
        label=gettext_lazy("Hand-off at"),
        initial=time(9),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    weekday = forms.ChoiceField(
        label=gettext_lazy("Weekly hand-off on"),
        required=False,
        choices=[
            ("0", gettext_lazy("Monday")), ("1", gettext_lazy("Tuesday")), ("2", gettext_lazy("Wednesday")),
            ("3", gettext_lazy("Thursday")), ("4", gettext_lazy("Friday")), ("5", gettext_lazy("Saturday")),
            ("6", gettext_lazy("Sunday")),
        ],
    )  # fmt: skip
    month_day = forms.IntegerField(
        label=gettext_lazy("Monthly hand-off on day"), initial=1, min_value=1, max_value=31, required=False
    )
    starts_at = LocalMoment(
        label=gettext_lazy("Turns count from"), help_text=gettext_lazy("The turn that runs then is the first one's.")
    )
    ends_at = LocalMoment(label=gettext_lazy("The layer ends"), required=False)
    only = forms.CharField(
        label=gettext_lazy("It applies only"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line: 09:00-17:00, mon 09:00-17:00, fri 17:00 - mon 09:00. Empty: always."),
    )

    def __init__(
        self, team: Team, schedule: Schedule, listed: Sequence[Participant], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._zone = schedule.zone
        for name in ("starts_at", "ends_at"):
            cast("LocalMoment", self.fields[name]).zone = self._zone
        choices = [("", "–"), *((str(one.pk), one.name) for one in responders(team)), (_NOBODY, _("nobody"))]
        teams = {one.pk: one.name for one in (team, *(one.team for one in listed if one.team is not None))}
        choices += [(f"team:{pk}", _("whoever is on duty in %(team)s") % {"team": name}) for pk, name in teams.items()]
        self.places = [f"turn_{place}" for place in range(1, max(PLACES, len(listed) + SPARE) + 1)]
        for place, name in enumerate(self.places, start=1):
            self.fields[name] = forms.ChoiceField(label=_("Turn %(n)d") % {"n": place}, choices=choices, required=False)

    def clean_only(self) -> tuple[Window, ...]:
        """Return the restrictions. Raises ValidationError."""
        lines = [line.strip() for line in self.cleaned_data["only"].splitlines() if line.strip()]
        try:
            return tuple(read_window(line) for line in lines)
        except BadDefinition as problem:
            raise forms.ValidationError(str(problem)) from problem

    @property
    def draft(self) -> LayerDraft:
        """The layer as the rules check it. Raises BadDefinition."""
        given = self.cleaned_data
        unit = Unit(given["unit"])
        days = {Unit.WEEKLY: int(given["weekday"] or 0), Unit.MONTHLY: given["month_day"] or 1}
        return LayerDraft(
            name=given["name"],
            content=Content.ROTATION,
            starts=self._wall(given["starts_at"], "starts"),
            ends=self._wall(given["ends_at"], "ends") if given["ends_at"] else None,
            windows=given["only"],
            unit=unit,
            length=given["length"],
            hand_off=given["hand_off"],
            day=days.get(unit, 0),
            participants=tuple(_who(given[name]) for name in self.places if given[name]),
        )

    def _wall(self, moment: datetime, name: str) -> WallMoment:
        return read_wall(f"{moment.astimezone(self._zone):%Y-%m-%dT%H:%M}", name)

    def refuse(self, problem: BadDefinition) -> None:
        """Say what is wrong, at the field where it can be mended."""
        name = _FIELDS.get(problem.field, problem.field)
        self.add_error(name if name in self.fields else None, str(problem))


def _who(value: str) -> Who:
    if value == _NOBODY:
        return NOBODY
    kind, _colon, number = value.rpartition(":")
    return Who(team_id=int(number)) if kind == "team" else Who(person_id=int(number))


@needs(Capability.CHANGE_ROTA)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, slug: str) -> HttpResponse:
    """Show the form for a new rotation, or for the one that `?layer=` names; a POST previews it, or stores it."""
    team, schedule = _of(request, slug)
    now = clock.now()
    number = whole_number(request.GET.get("layer", ""))
    layer = _rotation(schedule, number, now) if number is not None else None
    listed: Sequence[Participant] = queries.listed_at(layer, now) if layer else ()
    context: dict[str, Any] = {"team": team, "schedule": schedule, "layer": layer, "now": now}
    try:
        asked = request.POST if request.method == "POST" else None
        form = RotationForm(team, schedule, listed, asked, initial=_initial(schedule, layer, listed, now))
        if asked is not None and form.is_valid():
            if asked.get("do") == "store":
                _store(request, schedule, layer, form.draft, now)
                return see(request, address_of(schedule), Toast(_("Stored. The schedule shows it.")))
            context |= _preview(request, schedule, layer, form.draft, now)
    except BadDefinition as problem:
        form.refuse(problem)
    except (ZoneIsGone, TooFarAhead, queries.TooManyTurns) as problem:
        context["problem"] = str(problem)
        return render(request, "web/rota/layer.html", context, status=422)
    context["form"] = form
    with timezone.override(schedule.zone):
        return render(request, "web/rota/layer.html", context, status=422 if form.errors else 200)


def _of(request: Request, slug: str) -> tuple[Team, Schedule]:
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_ROTA))
    check(request.user, Capability.CHANGE_ROTA, team)
    return team, fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)


def _rotation(schedule: Schedule, number: int, now: datetime) -> Layer:
    standing = [one.pk for one in queries.layers_in_force(schedule, now=now)]
    rows = schedule.layers.filter(pk__in=standing, content=Content.ROTATION).select_related("schedule__team")
    return fetch(rows.prefetch_related("participants__person", "participants__team"), pk=number)


def _initial(schedule: Schedule, layer: Layer | None, listed: Sequence[Participant], now: datetime) -> dict[str, Any]:
    """Return what the form holds at first: the layer as it stands, or a weekly one from now on."""
    if layer is None:
        today = now.astimezone(schedule.zone)
        return {"starts_at": today.replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC)}
    found: dict[str, Any] = {
        "name": layer.name,
        "unit": layer.unit,
        "length": layer.length,
        "hand_off": layer.hand_off,
        "weekday": str(layer.day) if layer.unit == Unit.WEEKLY else "0",
        "month_day": layer.day if layer.unit == Unit.MONTHLY else 1,
        "only": "\n".join(_written(window) for window in windows_of(layer)),
    }
    for name, day, at in (("starts_at", layer.starts_on, layer.starts), ("ends_at", layer.ends_on, layer.ends)):
        if day is not None and at is not None:
            found[name] = WallMoment(day, at).instant(schedule.zone)
    for place, one in enumerate(listed, start=1):
        found[f"turn_{place}"] = (
            str(one.person_id) if one.person_id else f"team:{one.team_id}" if one.team_id else _NOBODY
        )
    return found


def _written(window: Window) -> str:
    """Return a restriction as the form reads it."""
    if window.starts_day is None or window.ends_day is None:
        return f"{window.starts:%H:%M}-{window.ends:%H:%M}"
    first, last = WEEKDAYS[window.starts_day], WEEKDAYS[window.ends_day]
    return f"{first} {window.starts:%H:%M} - {last} {window.ends:%H:%M}"


def _store(request: Request, schedule: Schedule, layer: Layer | None, draft: LayerDraft, now: datetime) -> None:
    by = team_operations.as_actor(request.user)
    if layer is None:
        operations.add_layer(schedule, draft, by=by, now=now)
    else:
        operations.change_layer(layer, draft, by=by, now=now)


def _preview(
    request: Request, schedule: Schedule, layer: Layer | None, draft: LayerDraft, now: datetime
) -> dict[str, Any]:
    """Return what the next four weeks would be. Raises what `previews.of_layer` does."""
    by = team_operations.as_actor(request.user)
    told = previews.of_layer(schedule, layer, draft, by=by, now=now, ends_at=now + PREVIEW)
    shown = lanes.Span(now, now + PREVIEW, schedule.zone, now)
    return {
        "lanes": lanes.schedule_lanes(shown, told, (), viewer=request.user),
        "stretches": [(one, shown.words(one.starts_at, one.ends_at)) for one in told.final if one.people],
    }


@needs(Capability.CHANGE_ROTA)
@require_POST
def end(request: Request, slug: str, layer_id: int) -> HttpResponse:
    """End a layer from now on; its past stays."""
    _team, schedule = _of(request, slug)
    layer = fetch(schedule.layers.filter(until_at=None).select_related("schedule__team"), pk=layer_id)
    name = layer.name
    try:
        operations.remove_layer(layer, by=team_operations.as_actor(request.user), now=clock.now())
    except BadDefinition as problem:
        return see(request, address_of(schedule), Toast(str(problem), is_problem=True))
    return see(request, address_of(schedule), Toast(_("%(name)s has ended; its past stays.") % {"name": name}))
