"""Notices of who is on over the JSON API: which addresses are told of each change, another one, no more."""

from datetime import datetime

from ninja import Router, Schema, Status
from pydantic import Field

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.rota import announcing
from hausmeister.rota.announcing import NoticeRefused
from hausmeister.rota.api.drafts import Body
from hausmeister.rota.api.schedules import changer
from hausmeister.rota.models import Schedule
from hausmeister.rota.models.notices import OnCallNotice
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Named, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["schedules"])


class NoticeIn(Body):
    """Where a change is told, and of what."""

    address: str = Field(min_length=2, max_length=500, description='The https address of a webhook, or "#room".')
    schedule: str = Field("", max_length=60, description="A schedule's short name; empty: the team's duty.")


class NoticeOut(Schema):
    """An address that is told whenever others are on."""

    notice: int
    schedule: str
    # the address of a webhook may hold a token, so only its host is told
    address: str
    told_at: datetime | None

    @staticmethod
    def of(one: OnCallNotice) -> "NoticeOut":
        """Return a notice as the API words it."""
        host = one.address if one.is_room else "/".join(one.address.split("/")[:3])
        slug = one.schedule.slug if one.schedule else ""
        return NoticeOut(notice=one.pk, schedule=slug, address=host, told_at=one.told_at)


class NoticeMadeOut(NoticeOut):
    """A new notice, with the secret that signs what it sends; it is shown this once."""

    secret: str


@router.get(
    "/oncall-notices", auth=Key(Scope.READ), response={200: list[NoticeOut], REFUSALS: ProblemOut},
    summary="Who is told of changes",
)  # fmt: skip
def notices(request: ApiRequest) -> list[NoticeOut]:
    """The addresses that are told whenever others are on."""
    found = OnCallNotice.objects.standing().filter(team_id=request.auth.team_id).select_related("schedule")
    return [NoticeOut.of(one) for one in found]


@router.post(
    "/oncall-notices", auth=Key(Scope.MANAGE), response={201: NoticeMadeOut, REFUSALS: ProblemOut},
    summary="Tell an address of changes",
)  # fmt: skip
def tell(request: ApiRequest, named: Named, asked: NoticeIn) -> Status[NoticeMadeOut]:
    """Tell an address who is on now and at each change, by a signed POST or a post in the chat."""
    by, team = changer(request, named), Team.objects.get(pk=request.auth.team_id)
    schedule = None
    if asked.schedule:
        schedule = Schedule.objects.filter(team=team, slug=asked.schedule).first()
        if schedule is None:
            raise not_found("schedule")
    try:
        made = announcing.add_notice(
            team, schedule, asked.address, by=team_operations.as_actor(by), now=clock.now()
        )  # fmt: skip
    except NoticeRefused as error:
        raise Problem(422, "notice_refused", str(error), "address") from error
    return Status(201, NoticeMadeOut(**NoticeOut.of(made).model_dump(), secret=made.secret))


@router.delete(
    "/oncall-notices/{notice_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Tell it no more",
)  # fmt: skip
def end(request: ApiRequest, notice_id: Id, named: Named) -> Status[None]:
    """Tell this address no more."""
    by = changer(request, named)
    found = OnCallNotice.objects.standing().filter(team_id=request.auth.team_id, pk=notice_id)
    one = found.select_related("team", "schedule").first()
    if one is None:
        raise not_found("notice")
    announcing.end_notice(one, by=team_operations.as_actor(by), now=clock.now())
    return Status(204, None)
