"""Who asks the JSON API: a key, for its team, and where somebody acts, in whose name.

A key speaks for a source and is nobody. Who acts by it is named in the header `Hausmeister-As`, never in a body
(S30), and must be somebody of the key's team who may do the same by hand (see the decision on API identity).
"""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Header, Path, Query, Schema
from ninja.security import HttpBearer

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.team import permissions, queries
from hausmeister.team.models import Person
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Capability, Scope, covers

MOST_ROWS = 100
LARGEST_ID = 2**63 - 1

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only what is older than this number.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="So many at most.")]
Named = Annotated[
    str,
    Header(..., alias="Hausmeister-As", description="E-mail address of the person of the key's team who acts."),
]


class ProblemOut(Schema):
    """Why a request was refused. `code` is stable; `field` names the part at fault, where there is one."""

    code: str
    message: str
    field: str = ""


# what any operation may answer besides its own outcome
REFUSALS: Any = frozenset({400, 401, 403, 404, 422, 503})


class ApiRequest(HttpRequest):
    """A request that came with a valid key."""

    auth: KeyHolder


class Key(HttpBearer):
    """Lets in whoever holds a key with this scope (S35). Sessions and cookies open nothing here (S21)."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> KeyHolder:
        """Return what the request's key stands for. Raises Problem."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        holder = queries.key_holder(key.strip(), now=clock.now()) if scheme.lower() == "bearer" else None
        if holder is None:
            raise unknown_key()
        if not covers(holder.scopes, self.scope):
            raise missing_scope(self.scope)
        return holder

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder | None:
        """Never called: `__call__` does it all."""
        raise NotImplementedError


def unknown_key() -> Problem:
    """Return the problem of a request without a valid key."""
    return Problem(
        401, "unknown_key", "A valid API key is needed: Authorization: Bearer KEY. Make one with"
        " `hausmeister key create`, or under Integrations."
    )  # fmt: skip


def missing_scope(scope: Scope) -> Problem:
    """Return the problem of a key that is good, but not for this."""
    return Problem(403, "missing_scope", f"This key lacks the scope {scope.value}.")


def named_person(holder: KeyHolder, email: str) -> Person:
    """Return the person of the key's team in whose name it acts. Raises Problem, the same for all who may not."""
    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None or not permissions.can(person, Capability.ACT_ON_PAGES, team_id=holder.team_id):
        raise Problem(
            403,
            "unknown_person",
            "The header Hausmeister-As must hold the e-mail address of a responder of the key's team.",
            "Hausmeister-As",
        )
    return person


def check_team(holder: KeyHolder, slug: str) -> None:
    """Raise Problem 404 unless `slug` is empty or names the key's own team: others do not exist for it."""
    if slug and queries.slug_of(holder.team_id) != slug:
        raise not_found("team")


def not_found(what: str) -> Problem:
    """Return the problem of something that is not there, or not for this key."""
    return Problem(404, "not_found", f"There is no such {what}.")
