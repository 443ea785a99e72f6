"""The way in for Opsgenie's outgoing webhook: what people do there reaches us at once.

Opsgenie signs nothing, so the secret stands in the path; without one configured the path does not exist (S36).
Our own actions come back here too and are known by their source.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hausmeister.base import clock, signing
from hausmeister.connectors.opsgenie import back, wire
from hausmeister.connectors.opsgenie.back import Done
from hausmeister.team.rules import Capability

_ACTIONS: Mapping[str, Callable[..., bool]] = {
    "Acknowledge": back.acknowledge,
    "UnAcknowledge": back.unacknowledge,
    "Close": back.close,
}


# no cookie authorises anything here: the secret does
@csrf_exempt
def events(request: HttpRequest, secret: str) -> HttpResponse:
    """Take one event. Everything proper is answered 200, also what does not concern us."""
    ours = settings.HAUSMEISTER_OPSGENIE_HOOK_SECRET
    if not ours or not signing.same(secret, ours):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return JsonResponse({"code": "malformed_body", "message": "The body must be one JSON object."}, status=400)
    return JsonResponse({"result": "taken" if _take(body, now=clock.now()) else "ignored"})


def _take(body: Mapping[str, Any], *, now: datetime) -> bool:
    told = wire.event(body)
    if told is None or told.is_ours or told.action not in _ACTIONS:
        return False
    return _ACTIONS[told.action](Done(told.page_id, told.person_id, told.by, told.at), now=now)


# what the house's list of open doors reads (S28)
events.capability = Capability.PUBLIC  # type: ignore[attr-defined]

urlpatterns = [path("in/opsgenie-events/<str:secret>", events, name="opsgenie_events")]
