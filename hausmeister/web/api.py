"""The JSON API: its rooms' routers put together, and every refusal worded alike."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router, Swagger
from ninja.errors import HttpError, ValidationError

from hausmeister.base import chance, log
from hausmeister.base.problem import Problem
from hausmeister.team.rules import Capability

_log = log.get(__name__)

_DESCRIPTION = """\
Keys go into `Authorization: Bearer KEY`; make one with `hausmeister key create`. A key speaks for one source of one
team: other teams' objects do not exist for it. Scopes say what it may do: `alerts:write`, `read`, `manage`, `all`; a
key sees the alerts and pages of its own source, with `alerts:all` (or `all`) those of its whole team. Acting on a page
needs the header `Hausmeister-As` with the e-mail address of the person of the team who acts.

Refusals are `{code, message, field}`; `code` is stable. Times are UTC, ISO 8601.
"""


def json_api(routers: Sequence[Router]) -> NinjaAPI:
    """Return the API made of `routers`."""
    api = NinjaAPI(
        title="Hausmeister",
        version="1",
        description=_DESCRIPTION,
        docs_url="/docs",
        openapi_url="/openapi.json",
        docs=Swagger(settings={"persistAuthorization": False, "tryItOutEnabled": False}),
    )
    for router in routers:
        api.add_router("/v1", router)
    for kind, worded in _WORDS:
        api.add_exception_handler(kind, _handler(api, worded))
    return api


Worded = Callable[[HttpRequest, Any], Problem]


def _answer(api: NinjaAPI, request: HttpRequest, problem: Problem) -> HttpResponse:
    response = api.create_response(request, problem.as_dict(), status=problem.status)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if problem.status == 503:
        response["Retry-After"] = "5"
    return response


def _handler(api: NinjaAPI, worded: Worded) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: _answer(api, request, worded(request, error))


def _refused(_request: HttpRequest, problem: Problem) -> Problem:
    return problem


def _unreadable(_request: HttpRequest, error: HttpError) -> Problem:
    return Problem(error.status_code, "malformed_json", f"{error}.")


def _missing(_request: HttpRequest, _error: Http404) -> Problem:
    return Problem(404, "not_found", "There is nothing at this address.")


def _database_down(_request: HttpRequest, error: Exception) -> Problem:
    _log.error("api.database_down", error=type(error).__name__)
    return Problem(503, "database_down", "The database does not answer; try again.")


def _broke(request: HttpRequest, error: Exception) -> Problem:
    number = str(request.META.get("HAUSMEISTER_REQUEST") or chance.text(8))
    _log.error("api.broke", request=number, error=f"{type(error).__name__}: {error}"[:500], exc_info=error)
    return Problem(500, "internal", f"Something broke here; it is logged under {number}.")


def _invalid(errors: Sequence[dict[str, Any]]) -> Problem:
    """Return the first thing that is wrong with a request, with the name of its field."""
    first = errors[0] if errors else {"loc": (), "msg": "it cannot be read"}
    field = str(first["loc"][-1]) if first["loc"] else ""
    named = f"The field {field} is wrong: " if field else ""
    return Problem(422, "invalid", f"{named}{first['msg']}.", field)


_WORDS: tuple[tuple[type[Exception], Worded], ...] = (
    (Problem, _refused),
    (ValidationError, lambda _request, error: _invalid(error.errors)),
    (HttpError, _unreadable),
    (Http404, _missing),
    (OperationalError, _database_down),
    (InterfaceError, _database_down),
    (Exception, _broke),
)


# a POST to nowhere is told that there is nothing, not that a token is missing; it changes nothing
@csrf_exempt
def nothing_here(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a path under /api/ that no operation has, as the API words it."""
    from django.http import JsonResponse

    return JsonResponse(
        Problem(404, "not_found", "There is nothing at this address; see /api/docs.").as_dict(), status=404
    )


nothing_here.capability = Capability.PUBLIC  # type: ignore[attr-defined]
