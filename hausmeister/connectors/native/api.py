"""Our own format in the JSON API: the intake serves it; here it is described, and served where none stands in front."""

from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema

from hausmeister.alerts import views
from hausmeister.connectors.native.inbound import ROUTES
from hausmeister.connectors.native.wire import PRIORITIES
from hausmeister.team.asking import ApiRequest, Key, ProblemOut
from hausmeister.team.rules import Scope


class TakenOut(Schema):
    """What became of an alert: opened, counted, closed, or unknown. It was stored before this answer."""

    result: str
    alert: int | None
    page: int | None


_TEXT = {"type": "string"}
_ALERT: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": {**_TEXT, "minLength": 1, "pattern": r"\S", "description": "What is wrong, in one line."},
        "key": {**_TEXT, "description": "Tells alerts of one sender apart; the same key again is counted, not paged."},
        "text": {**_TEXT, "description": "More, for whoever is called."},
        "severity": {**_TEXT, "description": "The sender's word, such as critical; the policy translates it."},
        "priority": {"enum": list(PRIORITIES), "description": "Ours; P4 is the most urgent. Wins over severity."},
        "source": {**_TEXT, "description": "Where it comes from, as the sender calls it."},
        "labels": {"type": "object", "additionalProperties": True},
        "links": {
            "type": "array",
            "items": {
                "anyOf": [
                    _TEXT,
                    {"type": "object", "required": ["href"], "properties": {"href": _TEXT, "text": _TEXT}},
                ]
            },
        },
        "action": {"enum": ["fire", "resolve"], "default": "fire"},
    },
    "additionalProperties": True,
    "example": {"title": "Disk full on db-7", "key": "db-7-disk", "severity": "critical"},
}
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": _ALERT},
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "required": ["title"], "properties": {"title": _TEXT}}
        },
    },
}


def add_to(router: Router) -> None:
    """Add POST /alerts to the alerts' own router, which has GET at the same path."""
    router.add_api_operation(
        "/alerts",
        ["POST"],
        send,
        auth=Key(Scope.ALERTS_WRITE),
        response={
            201: TakenOut,
            200: TakenOut,
            **dict.fromkeys((400, 401, 403, 413, 415, 422, 503), ProblemOut),
        },
        summary="Send an alert",
        openapi_extra={"requestBody": _BODY},
    )


def send(request: ApiRequest) -> HttpResponse:
    """Opens an alert and its page, counts a repetition, or closes with action = resolve.

    2xx means stored; 5xx means send it again. Fields that are not named here are kept as details. Over-long
    text is cut, never refused; a body over 512 KiB is.
    """
    return views.take_in(request, ROUTES[0], request.auth)
