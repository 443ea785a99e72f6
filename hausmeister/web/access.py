"""Who may open which screen: every view says which capability it needs, and nothing is open that does not (S28).

`@needs(Capability.…)` is the one way to say it; a house test walks every route and fails on one without. What a
person may do with one object is then decided on the object's team, through `visible_to` and `check`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from allauth.core.exceptions import ReauthenticationRequired
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from hausmeister.base import clock
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.permissions import NotAllowed
from hausmeister.team.rules import Capability
from hausmeister.web import accounts
from hausmeister.web.answers import sign_in_first
from hausmeister.web.screens import errors

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]


class Request(HttpRequest):
    """A request behind `needs`: somebody is signed in, and htmx may have sent it."""

    user: Person
    htmx: HtmxDetails


def needs(capability: Capability, *, fresh: bool = False) -> Callable[[View[P]], View[P]]:
    """Open a view only to those with `capability` in at least one team.

    `fresh` asks for the password again after a quarter of an hour (S22). A person's rights are read anew for
    each request, so what was taken away is gone at once.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if capability is Capability.PUBLIC:
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return sign_in_first(request)
            permissions.remember_roles(request.user)
            if not permissions.can(request.user, capability):
                return errors.not_allowed(request)
            if fresh and not accounts.is_fresh(request, now=clock.now()):
                raise ReauthenticationRequired
            with timezone.override(request.user.zone):
                return _answer(view, request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]  # what the house test reads
        return cast("View[P]", guarded)

    return decorate


def _answer(view: Callable[..., HttpResponseBase], request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        answer = view(request, *args, **kwargs)
    except NotAllowed:
        return errors.not_allowed(request)
    except Http404 as error:
        return errors.not_found(request, error)
    if isinstance(answer, HttpResponse):
        # the same address answers differently to htmx
        answer.headers.setdefault("Vary", "HX-Request")
    return answer


def check(person: Person, capability: Capability, team: Team) -> None:
    """Raise NotAllowed unless `person` may do `capability` for `team`; the screen is then 403."""
    permissions.check(person, capability, team_id=team.pk)


def fetch(found: QuerySet[M], **lookup: Any) -> M:
    """Return the object, from a queryset that the person may see; what they may not see does not exist (S30)."""
    return get_object_or_404(found, **lookup)
