"""What people see when something is not there, not theirs, or broken: one sentence, what to do, one button."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from hausmeister.base import clock, log
from hausmeister.rota import queries as rota
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability

_log = log.get(__name__)


def _page(request: HttpRequest, status: int, title: str, text: str, **more: Any) -> HttpResponse:
    context = {"title": title, "text": text, "number": request.META.get("HAUSMEISTER_REQUEST", ""), **more}
    return render(request, "web/error.html", context, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer 404, also for what exists and is somebody else's (S30)."""
    return _page(
        request,
        404,
        _("This page does not exist"),
        _("It was moved or taken away, or it belongs to a team you are not in."),
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 403: the screen exists, and this person may not open it."""
    return _page(
        request,
        403,
        _("You may not do this"),
        _("Your role in this team does not allow it. A lead of the team can change that under People."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 400, without the request's own words in it."""
    return _page(request, 400, _("This request cannot be read"), _("Go back, reload the screen, and try once more."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a form without a valid token (S21): often a screen that was open since before the sign-in."""
    return _page(
        request,
        403,
        _("Not stored"),
        _("This screen was open for too long, or since before you signed in. Go back, reload it, and try again."),
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer 429."""
    answer = _page(request, 429, _("Too many tries"), _("Wait a minute, then try again."))
    answer["Retry-After"] = "60"
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the number to quote, and nothing of what happened (S50). Must not fail itself."""
    context = {"number": request.META.get("HAUSMEISTER_REQUEST", ""), "duties": _on_duty(request)}
    # without the request: whatever reads it for the frame of a screen may be what is broken
    return HttpResponse(render_to_string("web/broken.html", context), status=500)


def _on_duty(request: HttpRequest) -> list[Any]:
    try:
        person = request.user
        if not isinstance(person, Person):
            return []
        timezone.activate(person.zone)
        teams = permissions.teams(person, Capability.SEE_STATUS)
        return [rota.on_duty(team, at=clock.now()) for team in teams[:3]]
    except (DatabaseError, LookupError, rota.TooFarAhead) as error:
        _log.warning("web.error_page_without_duty", error=type(error).__name__)
        return []
