"""The door of Opsgenie's configuration calls behind Django: who may, and how every answer is worded.

Source: Opsgenie's OpenAPI description; its clients need `took` and `requestId` in every answer.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from hausmeister.base import chance, clock, log
from hausmeister.team import queries as team_queries
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Capability, Scope, covers

_log = log.get(__name__)


class Refused(Exception):
    """What came cannot be served: the status, and the message as Opsgenie's clients read it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def door(scope: Scope, *methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Open a call to keys with `scope`, and word every answer as Opsgenie does."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        def guarded(request: HttpRequest, **more: Any) -> HttpResponse:
            try:
                holder = _holder(request, scope)
                if request.method not in methods:
                    raise Refused(405, "Method not allowed")
                return view(request, holder, **more)
            except Refused as refused:
                return answer(refused.status, message=str(refused))
            except DatabaseError as error:
                _log.error("opsgenie.not_stored", error=type(error).__name__)
                return answer(503, message="It could not be stored; send it again.")

        guarded.capability = Capability.PUBLIC  # type: ignore[attr-defined]  # the key is asked for here
        return guarded

    return decorate


def _holder(request: HttpRequest, scope: Scope) -> KeyHolder:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "geniekey":
        key = request.GET.get("apiKey", "")
    holder = team_queries.key_holder(key.strip(), now=clock.now()) if key.strip() else None
    if holder is None:
        raise Refused(401, "Could not authenticate")
    check(holder, scope)
    return holder


def check(holder: KeyHolder, scope: Scope) -> None:
    """Raise Refused unless the key has `scope`."""
    if not covers(holder.scopes, scope):
        raise Refused(403, f"This key lacks the scope {scope.value}.")


def answer(status: int, **told: Any) -> JsonResponse:
    """Return an answer with what every one carries."""
    return JsonResponse({**told, "took": 0.0, "requestId": chance.uuid()}, status=status)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that came. Raises Refused."""
    try:
        given = msgspec.json.decode(request.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Refused(422, "Request body is not processable. Please check the errors.") from error
    if not isinstance(given, dict):
        raise Refused(422, "Request body is not processable. Please check the errors.")
    return given
