"""The four calls that Alertmanager makes, and the answers that Opsgenie's clients read.

Source: Opsgenie's OpenAPI description of the Alert API, and Alertmanager's `opsgenie_configs`. Every write is
answered 202, also for an alias nobody knows: a 4xx would make the sender drop it for good.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hausmeister.alerts.intake import Answer, Problem, Request, Route
from hausmeister.alerts.operations import Taken
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base import chance
from hausmeister.connectors.opsgenie.priorities import TO_OURS

_NOT_PROCESSABLE = "Request body is not processable. Please check the errors."


def _json(body: bytes) -> Mapping[str, Any]:
    value = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf")) if body.strip() else {}
    if not isinstance(value, dict):
        raise Problem(422, "not_an_object", _NOT_PROCESSABLE, "body")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def parse_create(request: Request) -> list[Signal]:
    """Return the signal of a create call. Raises Problem without a message, or with a priority of no scale."""
    given = _json(request.body)
    message = _text(given, "message")
    if not message.strip():
        raise Problem(422, "missing_field", "Message can not be empty.", "message")
    priority = _text(given, "priority")
    if priority and priority not in TO_OURS:
        raise Problem(422, "wrong_value", "should be one of [ P1, P2, P3, P4, P5 ]", "priority")
    alias = _text(given, "alias")
    found = given.get("tags")
    tags = [str(tag) for tag in found if isinstance(tag, str | int)] if isinstance(found, list) else []
    details = given.get("details") if isinstance(given.get("details"), Mapping) else {}
    return [
        Signal(
            action=Action.FIRE,
            # an alert without an alias is its own: nothing will ever be the same
            key=alias or f"opsgenie:{chance.uuid()}",
            title=message,
            text=_text(given, "description"),
            # Opsgenie's default is its P3, but a sender that says nothing has not said "can wait": policy decides
            priority=TO_OURS.get(priority),
            origin=_text(given, "source"),
            labels={str(name): str(value) for name, value in (details or {}).items()} | _tagged(tags),
            details={
                name: given[name] for name in ("entity", "note", "user", "responders", "actions") if given.get(name)
            },
        )
    ]


def _tagged(tags: Sequence[str]) -> dict[str, str]:
    return {"tags": ", ".join(tags)} if tags else {}


def parse_close(request: Request) -> list[Signal]:
    """Return the signal of a close call by alias."""
    _json(request.body)
    return [Signal(Action.RESOLVE, key=_alias(request))]


def parse_message(request: Request) -> list[Signal]:
    """Return the signal that changes the title."""
    message = _text(_json(request.body), "message")
    if not message.strip():
        raise Problem(422, "missing_field", "Message can not be empty.", "message")
    return [Signal(Action.SET_TITLE, key=_alias(request), title=message)]


def parse_description(request: Request) -> list[Signal]:
    """Return the signal that changes the text."""
    return [Signal(Action.SET_TEXT, key=_alias(request), text=_text(_json(request.body), "description"))]


def _alias(request: Request) -> str:
    kind = request.query.get("identifierType", "id")
    if kind != "alias":
        raise Problem(422, "wrong_value", "should be alias: id and tiny are not served yet", "identifierType")
    return request.params["identifier"]


def answer(_taken: Sequence[Taken]) -> Answer:
    """Return Opsgenie's 202."""
    return _enveloped(202, {"result": "Request will be processed"})


def refuse(problem: Problem) -> Answer:
    """Return `problem` as Opsgenie words it."""
    body: dict[str, Any] = {"message": problem.message}
    if problem.status == 401:
        body["message"] = "Could not authenticate"
    if problem.status == 403:
        body["code"] = 40301
    if problem.status == 422 and problem.field:
        body = {"message": _NOT_PROCESSABLE, "errors": {problem.field: problem.message}}
    return _enveloped(problem.status, body)


def _enveloped(status: int, body: Mapping[str, Any]) -> Answer:
    request_id = str(chance.uuid())
    return Answer(status, {**body, "took": 0.001, "requestId": request_id}, ((b"x-request-id", request_id.encode()),))


_SCHEMES = ("geniekey",)


def _route(method: str, path: str, parse: Any) -> Route:
    return Route(method, re.compile(path), parse, answer, refuse, schemes=_SCHEMES, key_in_query="apiKey")


ROUTES = (
    _route("POST", "/v2/alerts/?", parse_create),
    _route("POST", "/v2/alerts/(?P<identifier>[^/]+)/close", parse_close),
    _route("PUT", "/v2/alerts/(?P<identifier>[^/]+)/message", parse_message),
    _route("PUT", "/v2/alerts/(?P<identifier>[^/]+)/description", parse_description),
)
