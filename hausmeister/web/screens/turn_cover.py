"""I cannot: giving a turn of mine, by a schedule, to somebody who is free then."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hausmeister.base import clock
from hausmeister.rota.models import Schedule, ZoneIsGone
from hausmeister.rota.operations import turn_cover
from hausmeister.rota.operations.turn_cover import TurnCover
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.rules.definitions import BadDefinition
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web import moments
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.screens.schedule_acts import address_of
from hausmeister.web.teams import chosen


class GiveForm(forms.Form):
    """From when to when, who takes it, and why."""

    to = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Who takes it"), empty_label=None)
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False,
        help_text=gettext_lazy("Whoever takes it reads it."),
    )  # fmt: skip

    def __init__(self, found: TurnCover, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Any]", self.fields["to"])
        field.queryset = Person.objects.filter(pk__in=[one.pk for one in found.could])
        # those of the schedule's own lists come first
        field.choices = [(one.pk, one.name) for one in found.could]


@needs(Capability.ACT_ON_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def cannot(request: Request, slug: str) -> HttpResponse:
    """Show who could take a turn of mine; a POST gives it to one of them."""
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_PAGES))
    check(request.user, Capability.ACT_ON_PAGES, team)
    schedule = fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)
    starts_at, ends_at, now = _asked(request, "from"), _asked(request, "until"), clock.now()
    if starts_at is None or ends_at is None:
        return see(request, address_of(schedule))
    try:
        found = turn_cover.look(schedule, request.user, starts_at=starts_at, ends_at=ends_at, now=now)
    except (BadDefinition, ZoneIsGone, TooFarAhead) as problem:
        return see(request, address_of(schedule), Toast(str(problem), is_problem=True))
    form = GiveForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        taker = form.cleaned_data["to"]
        try:
            turn_cover.give(
                schedule, request.user, taker, starts_at=starts_at, ends_at=ends_at,
                reason=form.cleaned_data["reason"], by=team_operations.as_actor(request.user), now=now,
            )  # fmt: skip
        except BadDefinition as problem:
            form.add_error(None, str(problem))
        else:
            said = _("%(name)s has it now, and is told.") % {"name": taker.name}
            return see(request, address_of(schedule), Toast(said))
    context = {"form": form, "team": team, "schedule": schedule, "found": found}
    return render(request, "web/rota/turn_cannot.html", context, status=422 if form.errors else 200)


def _asked(request: Request, name: str) -> datetime | None:
    try:
        return moments.local(request.GET.get(name, ""), zone=request.user.zone)
    except (moments.NotAMoment, OverflowError):
        return None
