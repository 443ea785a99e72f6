"""An intake path behind Django, where no ASGI server stands in front: the same checks, the same answers."""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from hausmeister.alerts import intake, operations
from hausmeister.alerts.intake import Answer, Request, Route
from hausmeister.base import clock, log
from hausmeister.base.problem import Problem
from hausmeister.team.queries import KeyHolder

_log = log.get(__name__)


def take_in(request: HttpRequest, route: Route, holder: KeyHolder) -> HttpResponse:
    """Store what the body says, and answer as `route` words it; the key has been checked."""
    try:
        body = _body(request, most=route.body_most_bytes)
        asked = Request(
            body, {}, {name: request.GET[name] for name in request.GET}, (request.content_type or "").lower()
        )
        signals = intake.sent_by(holder, intake.parsed(route, asked))
        answer = route.answer(_store(signals))
    except Problem as problem:
        answer = route.refuse(problem)
    return _response(answer)


def _store(signals: list[operations.Incoming]) -> list[operations.Taken]:
    try:
        return operations.receive(signals, now=clock.now())
    except DatabaseError as error:
        _log.error("intake.not_stored", requests=1, error=f"{type(error).__name__}: {error}"[:500])
        raise intake.not_stored() from error


def _body(request: HttpRequest, *, most: int) -> bytes:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise intake.compressed()
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise intake.too_large(most)
    body = request.body
    if len(body) > most:
        raise intake.too_large(most)
    return body


def _response(answer: Answer) -> HttpResponse:
    response = JsonResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        response[name.decode()] = value.decode()
    if answer.status == 503:
        response["Retry-After"] = "5"
    return response
