"""Telling: the update with its places, what is asked before clients read it, and the all clear."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hausmeister.base import chance, clock
from hausmeister.base.words import listed
from hausmeister.incidents import queries, telling
from hausmeister.incidents.models import TEXT_MOST, Incident
from hausmeister.incidents.operations import changing, closing, updating
from hausmeister.incidents.operations.updating import NothingToSay, Said, UnknownRoom
from hausmeister.incidents.queries import Room
from hausmeister.incidents.rules import words
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.screens import incidents

_PROBLEMS = (changing.IncidentIsOver, changing.IncidentIsClosed, NothingToSay, UnknownRoom)


class SayForm(forms.Form):
    """What is said, and where."""

    text = forms.CharField(
        label=gettext_lazy("What to say"), max_length=TEXT_MOST, widget=forms.Textarea(attrs={"rows": 5})
    )
    rooms = forms.MultipleChoiceField(label=gettext_lazy("Where"), required=False, widget=forms.CheckboxSelectMultiple)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, rooms: list[Room], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = [(room.name, _("%(room)s (clients)") % {"room": room.name} if room.is_client else room.name)
                for room in rooms]  # fmt: skip
        self.fields["rooms"].choices = told  # type: ignore[attr-defined]  # a choice field's own
        if not rooms:
            del self.fields["rooms"]


class OverForm(SayForm):
    """What is said at the end, and what helped."""

    helped = forms.CharField(
        label=gettext_lazy("What helped"),
        help_text=gettext_lazy("One sentence for ourselves: the log book shows it the next time."),
        required=False,
        max_length=500,
    )
    field_order = ("helped", "text", "rooms")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = gettext_lazy("What those who wait are told")
        self.fields["text"].required = False


def _acting(request: Request, incident_id: int) -> Incident:
    incident = incidents.visible(request.user, incident_id)
    check(request.user, Capability.ACT_ON_INCIDENTS, incident.team)
    return incident


@needs(Capability.ACT_ON_INCIDENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def update(request: Request, incident_id: int) -> HttpResponse:
    """Show the form of an update, or of the first announcement (`?to=clients`); a POST tells it.

    Before clients read something, the text is shown once more with the places it goes to: it cannot be taken back.
    """
    incident, now = _acting(request, incident_id), clock.now()
    rooms = queries.rooms(incident)
    to_clients = request.GET.get("to") == "clients"
    if request.method != "POST":
        text = words.announcement(telling.face(incident), now=now) if to_clients else ""
        chosen = [room.name for room in rooms if room.is_first_choice and (room.is_client or not to_clients)]
        if not to_clients:
            chosen = [name for name in chosen if name == incident.crash_room]
        form = SayForm(rooms, initial={"text": text, "rooms": chosen, "key": chance.text(24)})
        return _say(request, incident, form, to_clients=to_clients)
    form = SayForm(rooms, request.POST)
    if not form.is_valid():
        return _say(request, incident, form, status=422)
    said = Said(form.cleaned_data["text"], tuple(form.cleaned_data.get("rooms", ())), form.cleaned_data["key"])
    clients = [room.name for room in rooms if room.is_client and room.name in said.rooms]
    if clients and request.POST.get("sure") != "yes":
        return _say(request, incident, form, clients=clients)
    try:
        updating.post_update(incident.pk, said, by=request.user, now=now)
    except _PROBLEMS as problem:
        form.add_error(None, str(problem))
        return _say(request, incident, form, status=409)
    where = listed([*said.rooms]) or _("this incident alone")
    return see(request, f"/incidents/{incident.pk}", Toast(_("Told: %(where)s.") % {"where": where}))


def _say(
    request: Request, incident: Incident, form: SayForm, *, clients: list[str] | None = None, status: int = 200,
    to_clients: bool = False,
) -> HttpResponse:  # fmt: skip
    text = str(form["text"].value() or "")
    context = {
        "incident": incident, "form": form, "clients": clients or [], "where": listed(clients or []),
        "jargon": words.jargon(text) if clients or to_clients else [], "to_clients": to_clients,
        "has_rooms": "rooms" in form.fields,
    }  # fmt: skip
    return render(request, "web/incident/say.html", context, status=status)


@needs(Capability.ACT_ON_INCIDENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def over(request: Request, incident_id: int) -> HttpResponse:
    """Show what the all clear says and where; a POST gives it."""
    incident, now = _acting(request, incident_id), clock.now()
    rooms = queries.rooms(incident)
    if request.method != "POST":
        heard = set(incident.tellings.filter(is_client=True).values_list("room", flat=True))
        text = words.all_clear(telling.face(incident), now=now)
        chosen = [room.name for room in rooms if room.name in heard or room.name == incident.crash_room]
        form = OverForm(rooms, initial={"text": text, "rooms": chosen, "key": chance.text(24)})
        return _over(request, incident, form)
    form = OverForm(rooms, request.POST)
    if not form.is_valid():
        return _over(request, incident, form, status=422)
    said = Said(form.cleaned_data["text"], tuple(form.cleaned_data.get("rooms", ())), form.cleaned_data["key"])
    try:
        closing.all_clear(incident.pk, said, by=request.user, now=now, helped=form.cleaned_data["helped"])
    except _PROBLEMS as problem:
        form.add_error(None, str(problem))
        return _over(request, incident, form, status=409)
    more = _("Now its review.") if incident.needs_review else _("Close it when nothing is left to do.")
    return see(request, f"/incidents/{incident.pk}", Toast(_("All clear given. %(more)s") % {"more": more}))


def _over(request: Request, incident: Incident, form: OverForm, *, status: int = 200) -> HttpResponse:
    context = {"incident": incident, "form": form, "jargon": words.jargon(str(form["text"].value() or ""))}
    return render(request, "web/incident/over.html", context, status=status)
