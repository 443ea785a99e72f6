"""The other way in: Slack calls us over HTTP. Each call is signed; what is not, or too old, is refused and not stored.

Source: Slack's page on verifying requests: v0=HMAC-SHA256("v0:timestamp:body"), at most five minutes old.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hausmeister.base import clock, database, log, signing
from hausmeister.connectors.slack.app import COMMANDS, EVENTS, INTERACTIVE, SlackApp, Taken
from hausmeister.connectors.slack.set_up import app_of_settings
from hausmeister.team.rules import Capability

_log = log.get(__name__)

OLDEST_S = 300

Take = Callable[[SlackApp, HttpRequest], Taken]


def is_signed(request: HttpRequest, *, secrets: Sequence[str], now_s: float) -> bool:
    """Say whether Slack signed this request, with one of `secrets`, within the last five minutes (S36)."""
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not stamp.isascii() or not stamp.isdecimal() or abs(now_s - int(stamp[:12])) > OLDEST_S:
        return False
    given, raw = request.headers.get("X-Slack-Signature", ""), f"v0:{stamp}:".encode() + request.body
    return any(signing.same(given, f"v0={signing.hmac_sha256_hex(one, raw)}") for one in secrets)


def _hook(take: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Make a view that is there only with a signing secret, and lets only Slack in."""

    def view(request: HttpRequest) -> HttpResponse:
        secrets = settings.HAUSMEISTER_SLACK_SIGNING_SECRET
        if not secrets:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not is_signed(request, secrets=secrets, now_s=clock.now().timestamp()):
            return JsonResponse({"code": "bad_signature", "message": "This is not signed by Slack."}, status=401)
        return take(request)

    view.__name__ = take.__name__
    view.__doc__ = take.__doc__
    # no cookie authorises anything here: the signature does; and what the house's list of open doors reads (S28)
    exempt = csrf_exempt(view)
    exempt.capability = Capability.PUBLIC  # type: ignore[attr-defined]
    return exempt


@_hook
def event(request: HttpRequest) -> HttpResponse:
    """Take one event, or answer the question whether this address is ours."""
    payload = _object(request.body)
    if payload is None:
        return _malformed()
    if payload.get("type") == "url_verification":
        return JsonResponse({"challenge": str(payload.get("challenge") or "")[:500]})
    return _answer(app_of_settings().take(EVENTS, payload))


@_hook
def command(request: HttpRequest) -> HttpResponse:
    """Take one slash command; the answer goes back with this very request."""
    return _answer(app_of_settings().take(COMMANDS, request.POST.dict()))


@_hook
def interact(request: HttpRequest) -> HttpResponse:
    """Take what somebody pressed, sent or chose."""
    payload = _object(request.POST.get("payload", "").encode())
    return _malformed() if payload is None else _answer(app_of_settings().take(INTERACTIVE, payload))


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _malformed() -> HttpResponse:
    return JsonResponse({"code": "malformed_body", "message": "The body must hold one JSON object."}, status=400)


def _answer(taken: Taken) -> HttpResponse:
    if taken.then is not None:
        then = taken.then
        database.beside(lambda: _afterwards(then))
    return JsonResponse(taken.body) if taken.body is not None else HttpResponse(status=200)


def _afterwards(then: Callable[[], None]) -> None:
    try:
        then()
    except Exception as error:  # noqa: BLE001 - logged once at the edge
        _log.error("slack.not_done", error=f"{type(error).__name__}: {error}"[:500])


urlpatterns = [
    path("in/slack/events", event, name="slack_events"),
    path("in/slack/interact", interact, name="slack_interact"),
    path("in/slack/command", command, name="slack_command"),
]
