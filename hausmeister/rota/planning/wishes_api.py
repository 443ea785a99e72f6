"""One's own wishes over the JSON API: days on which one would rather have no duty, or must not; in one's own name."""

from datetime import date
from typing import Any

from ninja import Router, Schema, Status
from pydantic import Field

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.rota.models.planning import Wish
from hausmeister.rota.planning import members
from hausmeister.rota.planning.members import WishRefused
from hausmeister.rota.planning.shapes import Body
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Named, ProblemOut, named_person, not_found
from hausmeister.team.models import Membership, Person
from hausmeister.team.rules import Role, Scope

router = Router(tags=["planning"])
_MANAGED: Any = {"auth": Key(Scope.MANAGE)}


class WishIn(Body):
    """Days, both included. `must` says that there must be no duty; else one would rather have none."""

    starts_on: date
    ends_on: date
    must: bool = False
    reason: str = Field("", max_length=200, description="Seen by the person and the team's leads alone.")


class WishOut(Schema):
    """A wish of the person who asks."""

    wish: int
    starts_on: date
    ends_on: date
    must: bool
    reason: str

    @staticmethod
    def of(one: Wish) -> "WishOut":
        """Return a wish as the API words it."""
        return WishOut(wish=one.pk, starts_on=one.starts_on, ends_on=one.ends_on, must=one.must, reason=one.reason)


def _own(request: ApiRequest, email: str) -> tuple[Person, Membership]:
    """Return who acts and their membership in the key's team. Raises Problem unless they share its duties."""
    person = named_person(request.auth, email)
    found = Membership.objects.filter(team_id=request.auth.team_id, person=person, left_on=None, takes_duty=True)
    member = found.exclude(role=Role.VIEWER).select_related("person", "team").first()
    if member is None:
        raise Problem(403, "no_duties", f"{person.name} does not share the duties of this team.", "Hausmeister-As")
    return person, member


@router.get("/wishes", **_MANAGED, response={200: list[WishOut], REFUSALS: ProblemOut}, summary="My wishes")
def wishes(request: ApiRequest, named: Named) -> list[WishOut]:
    """The wishes of the person named in the key's team that are not over, the soonest first."""
    person, member = _own(request, named)
    today = clock.now().astimezone(person.zone).date()
    return [WishOut.of(one) for one in Wish.objects.standing().filter(membership=member, ends_on__gte=today)]


@router.post("/wishes", **_MANAGED, response={201: WishOut, REFUSALS: ProblemOut}, summary="Wish for days without duty")
def wish(request: ApiRequest, named: Named, asked: WishIn) -> Status[WishOut]:
    """Store a wish of the person named; the next plan knows of it."""
    person, member = _own(request, named)
    try:
        made = members.add_wish(
            member, must=asked.must, starts_on=asked.starts_on, ends_on=asked.ends_on, reason=storable(asked.reason),
            by=team_operations.as_actor(person), now=clock.now(),
        )  # fmt: skip
    except WishRefused as error:
        raise Problem(422, "wish_refused", str(error)) from error
    return Status(201, WishOut.of(made))


@router.delete("/wishes/{wish_id}", **_MANAGED, response={204: None, REFUSALS: ProblemOut}, summary="Take a wish back")
def take_back(request: ApiRequest, wish_id: Id, named: Named) -> Status[None]:
    """Take a wish of the person named back."""
    person, member = _own(request, named)
    one = Wish.objects.standing().filter(membership=member, pk=wish_id).select_related("membership").first()
    if one is None:
        raise not_found("wish")
    members.take_back_wish(one, by=team_operations.as_actor(person), now=clock.now())
    return Status(204, None)
