"""My profile: how I am reached, proved by a code; my two ladders; days away; sessions; how screens look."""

from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.pager.operations import acting, testing
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import ContactMethod, Leave, Person, Rung
from hausmeister.team.operations import profile, sessions
from hausmeister.team.rules import Capability, ListName
from hausmeister.web import readiness
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import ZoneField
from hausmeister.web.screens import calendars
from hausmeister.web.screens.methods import AddForm, channels, may_try, too_many
from hausmeister.web.teams import chosen

# spare rows in the form of a ladder
SPARE = 2


class ProfileForm(forms.Form):
    """What others call me, the clock I live by, and how my screens look."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    zone_name = ZoneField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Every time you read is in it."), max_length=60
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        choices=[
            ("system", gettext_lazy("as the device")),
            ("light", gettext_lazy("light")),
            ("dark", gettext_lazy("dark")),
        ],
    )
    uses_keys = forms.BooleanField(
        label=gettext_lazy("Keys"), help_text=gettext_lazy("Single letters act; ? lists them."), required=False
    )
    hears_of_shifts = forms.BooleanField(
        label=gettext_lazy("Tell me before my shifts begin and end"),
        help_text=gettext_lazy("A duty that came to you less than two days before is told in any case."),
        required=False,
    )


@needs(Capability.OWN_PROFILE)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request) -> HttpResponse:
    """Show my profile; a POST stores name, zone and looks."""
    person = request.user
    if request.method == "POST":
        form = ProfileForm(request.POST)
        if form.is_valid():
            by = team_operations.as_actor(person)
            profile.change_profile(person, by=by, now=clock.now(), **form.cleaned_data)
            return see(request, "/profile", Toast(_("Stored.")))
    else:
        values = {name: getattr(person, name) for name in ProfileForm.base_fields}
        form = ProfileForm(initial=values)
    return render(request, "web/profile/profile.html", _context(request, form), status=422 if form.errors else 200)


def _context(request: Request, form: ProfileForm) -> dict[str, Any]:
    person, now = request.user, clock.now()
    methods = list(ContactMethod.objects.filter(person=person).order_by("id"))
    today = now.astimezone(person.zone).date()
    return {
        "form": form,
        "add": AddForm(),
        "channels": channels(),
        "methods": methods,
        "readiness": readiness.of_methods(methods, now=now),
        "ladders": ladders(person, methods),
        "leaves": list(
            Leave.objects.filter(person=person, cancelled_at=None, ends_on__gte=today).order_by("starts_on", "id")
        ),
        "calendars": calendars.summary(person),
        "sessions": _sessions(request),
        "can_test": bool(permissions.teams(person, Capability.ACT_ON_PAGES)),
        "has_mail": settings.HAUSMEISTER_EMAIL is not None,
        "now": now,
    }


def ladders(person: Person, methods: list[ContactMethod]) -> list[dict[str, Any]]:
    """Return both ladders of `person` for their forms."""
    rungs = list(Rung.objects.filter(person=person).order_by("after_s", "id").select_related("method"))
    return [_ladder(name, [rung for rung in rungs if rung.list_name == name], methods) for name in ListName]


def _ladder(name: ListName, rungs: list[Rung], methods: list[ContactMethod]) -> dict[str, Any]:
    """Return one of the person's ladders for its form: the rungs, and some empty rows."""
    usable = [method for method in methods if method.is_usable]
    rows = [(rung.after_s // 60, rung.method_id) for rung in rungs]
    words = {
        ListName.IMPORTANT: _("For hard pages, at any hour"),
        ListName.DEFAULT: _("For soft pages, in working hours"),
    }
    return {
        "name": name.value,
        "words": words[name],
        "rungs": rungs,
        "rows": [*rows, *[("", None)] * SPARE],
        "usable": usable,
    }


def _sessions(request: Request) -> list[tuple[UserSession, bool]]:
    """Return the browsers that are signed in, this one first."""
    mine = list(UserSession.objects.filter(user=request.user).order_by("-last_seen_at", "-pk"))
    alive = set(
        Session.objects.filter(session_key__in=[one.session_key for one in mine]).values_list("session_key", flat=True)
    )
    key = request.session.session_key
    shown = [(one, one.session_key == key) for one in mine if one.session_key in alive]
    return sorted(shown, key=lambda pair: not pair[1])


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def end_session(request: Request, session_id: int) -> HttpResponse:
    """Sign one of my browsers out."""
    one = fetch(UserSession.objects.filter(user=request.user), pk=session_id)
    sessions.end(request.user, one.pk, by=team_operations.as_actor(request.user), now=clock.now())
    return see(request, "/profile#sessions", Toast(_("That browser is signed out.")))


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def end_other_sessions(request: Request) -> HttpResponse:
    """Sign every other browser of mine out."""
    ended = sessions.end_all(request.user, but=request.session.session_key or "")
    return see(request, "/profile#sessions", Toast(_("Signed out elsewhere: %(n)d.") % {"n": ended}))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def send_test_page(request: Request) -> HttpResponse:
    """Page myself, as a real page would, and nobody else."""
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_PAGES))
    now = clock.now()
    if not may_try(request.user, now=now):
        return see(request, back(request, "/profile"), too_many())
    by = team_operations.as_actor(request.user)
    try:
        page = testing.send_test_page(request.user, team=team, by=by, now=now)
    except acting.NobodyToAsk as problem:
        return see(request, back(request, "/profile"), Toast(str(problem), is_problem=True))
    asked_from = back(request, "")
    # the first run goes on where it was, and looks whether the answer has come
    home = asked_from if asked_from.startswith("/welcome/") else f"/pages/{page.pk}"
    return see(request, home, Toast(_("Sent. Acknowledge it on your phone, not here.")))
