"""The JSON API: its rooms' routers put together, and every refusal worded alike."""

from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router, Swagger
from ninja.errors import HttpError, ValidationError

from hausmeister.base import chance, log
from hausmeister.base.problem import Problem

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
    _word_refusals(api)
    return api


def _word_refusals(api: NinjaAPI) -> None:
    def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
        response = api.create_response(request, problem.as_dict(), status=problem.status)
        if problem.status == 401:
            response["WWW-Authenticate"] = "Bearer"
        if problem.status == 503:
            response["Retry-After"] = "5"
        return response

    def refused(request: HttpRequest, problem: Problem) -> HttpResponse:
        return answer(request, problem)

    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return answer(request, _invalid(error.errors))

    def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, Problem(error.status_code, "malformed_json", f"{error}."))

    def missing(request: HttpRequest, _error: Http404) -> HttpResponse:
        return answer(request, Problem(404, "not_found", "There is nothing at this address."))

    def database_down(request: HttpRequest, error: Exception) -> HttpResponse:
        _log.error("api.database_down", error=type(error).__name__)
        return answer(request, Problem(503, "database_down", "The database does not answer; try again."))

    def broke(request: HttpRequest, error: Exception) -> HttpResponse:
        number = str(request.META.get("HAUSMEISTER_REQUEST") or chance.text(8))
        _log.error("api.broke", request=number, error=f"{type(error).__name__}: {error}"[:500], exc_info=error)
        return answer(request, Problem(500, "internal", f"Something broke here; it is logged under {number}."))

    handlers: list[tuple[type[Exception], Any]] = [
        (Problem, refused),
        (ValidationError, invalid),
        (HttpError, unreadable),
        (Http404, missing),
        (OperationalError, database_down),
        (InterfaceError, database_down),
        (Exception, broke),
    ]
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _invalid(errors: Sequence[dict[str, Any]]) -> Problem:
    """Return the first thing that is wrong with a request, with the name of its field."""
    first = errors[0] if errors else {"loc": (), "msg": "it cannot be read"}
    field = str(first["loc"][-1]) if first["loc"] else ""
    named = f"The field {field} is wrong: " if field else ""
    return Problem(422, "invalid", f"{named}{first['msg']}.", field)


def nothing_here(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a path under /api/ that no operation has, as the API words it."""
    from django.http import JsonResponse

    return JsonResponse(
        Problem(404, "not_found", "There is nothing at this address; see /api/docs.").as_dict(), status=404
    )
