"""Overrides of the team's own duties over the JSON API: as a lead makes them on the rota."""

from datetime import datetime, timedelta

from ninja import Field, Router, Schema, Status

from hausmeister.base import clock
from hausmeister.base.untrusted import storable
from hausmeister.rota import operations, queries
from hausmeister.rota.api.drafts import Body, MomentIn, people_named
from hausmeister.rota.api.schedules import changer, moment_of, refusals_told
from hausmeister.rota.models import Override
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Named, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["rota"])

_FAR = timedelta(days=800)


class DutyOverrideIn(Body):
    """Who holds a post of the duties for a span, whatever is planned."""

    post: Post = Field(Post.PRIMARY, description="primary: the duty itself; backstop: behind it.")
    person: str = Field(max_length=254, description="Who takes it: e-mail address.")
    from_: MomentIn = Field("now", alias="from", max_length=80)
    until: MomentIn
    reason: str = Field("", max_length=200)
    even_if_outranked: bool = Field(
        False, description="Let a backstop have less experience than the person backed."
    )  # fmt: skip


class DutyOverrideOut(Schema):
    """An override of the duties, in force or ahead."""

    override: int
    post: Post
    person: int
    name: str
    email: str
    starts_at: datetime
    ends_at: datetime
    reason: str

    @staticmethod
    def of(one: Override) -> "DutyOverrideOut":
        """Return an override as the API words it."""
        return DutyOverrideOut(
            override=one.pk, post=Post(one.post), person=one.person_id, name=one.person.name, email=one.person.email,
            starts_at=one.starts_at, ends_at=one.ends_at, reason=one.reason,
        )  # fmt: skip


@router.get(
    "/rota/overrides", auth=Key(Scope.READ), response={200: list[DutyOverrideOut], REFUSALS: ProblemOut},
    summary="Overrides of the duties",
)  # fmt: skip
def overrides(request: ApiRequest) -> list[DutyOverrideOut]:
    """The overrides of the team's duties that are in force or ahead, oldest first."""
    team, now = Team.objects.get(pk=request.auth.team_id), clock.now()
    return [DutyOverrideOut.of(one) for one in queries.upcoming_overrides(team, now=now, until=now + _FAR)]


@router.post(
    "/rota/overrides", auth=Key(Scope.MANAGE),
    response={201: DutyOverrideOut, 409: ProblemOut, REFUSALS: ProblemOut}, summary="Override a duty",
)  # fmt: skip
def add(request: ApiRequest, named: Named, asked: DutyOverrideIn) -> Status[DutyOverrideOut]:
    """Let somebody hold a post for a span; whoever gains or loses something by it is told."""
    by = changer(request, named)
    team, now = Team.objects.get(pk=request.auth.team_id), clock.now()
    with refusals_told():
        (person,) = people_named(team, [asked.person], "person")
        stored = operations.add_override(
            team,
            post=asked.post,
            person=person,
            starts_at=moment_of(asked.from_, "from", None, team, now),
            ends_at=moment_of(asked.until, "until", None, team, now),
            reason=storable(asked.reason),
            by=team_operations.as_actor(by),
            now=now,
            created_by=by,
            even_if_outranked=asked.even_if_outranked,
        )
    return Status(201, DutyOverrideOut.of(stored))


@router.delete(
    "/rota/overrides/{duty_override_id}", auth=Key(Scope.MANAGE),
    response={204: None, 409: ProblemOut, REFUSALS: ProblemOut}, summary="End an override of a duty",
)  # fmt: skip
def end(request: ApiRequest, duty_override_id: Id, named: Named) -> Status[None]:
    """End an override; the plan holds again from now on."""
    by = changer(request, named)
    mine = Override.objects.filter(team_id=request.auth.team_id, pk=duty_override_id)
    one = mine.select_related("person", "team").first()
    if one is None:
        raise not_found("override")
    operations.cancel_override(one, by=team_operations.as_actor(by), now=clock.now())
    return Status(204, None)
