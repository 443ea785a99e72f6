"""Heartbeats over the JSON API, by a key that may manage; the pings themselves need only the heartbeat's address."""

from datetime import datetime, timedelta

from django.conf import settings
from ninja import Field, Router, Schema, Status

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.journal.rules import Actor
from hausmeister.monitoring import queries
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import HeartbeatRefused, Wanted
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope

router = Router(tags=["heartbeats"])


class HeartbeatIn(Schema):
    """A heartbeat as it shall be: `period_s` or `cron` says how often, `grace_s` how much later is still in time."""

    name: str = Field(..., max_length=200)
    grace_s: int = Field(300, ge=0, le=31 * 86_400)
    period_s: int | None = Field(None, ge=60, le=366 * 86_400)
    cron: str = Field("", max_length=100, description='Five fields, such as "30 5 * * 1-5".')
    zone: str = Field("UTC", max_length=64, description="The zone of the cron expression.")
    severity: str = Field("", max_length=40, description="The severity of its alert; the policy translates it.")
    what: str = Field("", max_length=500, description="What to do when it is missing; stands in the alert.")

    def wanted(self) -> Wanted:
        """Return it as the operation takes it."""
        period = None if self.period_s is None else timedelta(seconds=self.period_s)
        grace = timedelta(seconds=self.grace_s)
        return Wanted(self.name, grace, period, self.cron, self.zone, self.severity, self.what)


class HeartbeatOut(Schema):
    """A heartbeat and how it stands. `address` is its secret: whoever knows it may ping."""

    id: int
    name: str
    state: str
    address: str
    period_s: int | None
    cron: str
    zone: str
    grace_s: int
    severity: str
    what: str
    last_at: datetime | None
    started_at: datetime | None
    expected_at: datetime | None
    exit_code: int | None
    took_s: int | None

    @classmethod
    def of(cls, one: Heartbeat) -> "HeartbeatOut":
        """Return what is told of a heartbeat."""
        return cls(
            id=one.pk,
            name=one.name,
            state=one.state,
            address=address_of(one),
            period_s=one.period_s,
            cron=one.cron,
            zone=one.zone_name,
            grace_s=one.grace_s,
            severity=one.severity,
            what=one.what,
            last_at=one.last_at,
            started_at=one.started_at,
            expected_at=one.expected_at,
            exit_code=one.exit_code,
            took_s=one.took_s,
        )


class HeartbeatsOut(Schema):
    """A team's heartbeats, by name."""

    items: list[HeartbeatOut]


def address_of(heartbeat: Heartbeat) -> str:
    """Return where the heartbeat is sent to."""
    return f"{settings.HAUSMEISTER_BASE_URL}/ping/{heartbeat.token}"


def _actor(holder: KeyHolder) -> Actor:
    return Actor("source", holder.source_id, holder.source_name)


def _found(request: ApiRequest, number: int) -> Heartbeat:
    found = queries.heartbeats(request.auth.team_id).filter(pk=number).first()
    if found is None:
        raise not_found("heartbeat")
    return found


def _refused(error: HeartbeatRefused) -> Problem:
    return Problem(422, "heartbeat_refused", str(error), error.field)


@router.get(
    "/heartbeats", auth=Key(Scope.MANAGE), response={200: HeartbeatsOut, REFUSALS: ProblemOut}, summary="Heartbeats"
)
def listed(request: ApiRequest) -> HeartbeatsOut:
    """The heartbeats of the key's team with their secret addresses, by name."""
    return HeartbeatsOut(items=[HeartbeatOut.of(one) for one in queries.heartbeats(request.auth.team_id)])


@router.post(
    "/heartbeats", auth=Key(Scope.MANAGE), response={201: HeartbeatOut, REFUSALS: ProblemOut}, summary="New heartbeat"
)
def make(request: ApiRequest, body: HeartbeatIn) -> Status[HeartbeatOut]:
    """Make a heartbeat; nothing is missing before its first ping."""
    team = Team.objects.get(pk=request.auth.team_id)
    try:
        made = heartbeats.make(team, body.wanted(), by=_actor(request.auth), now=clock.now())
    except HeartbeatRefused as error:
        raise _refused(error) from error
    return Status(201, HeartbeatOut.of(made))


@router.put(
    "/heartbeats/{heartbeat_id}", auth=Key(Scope.MANAGE), response={200: HeartbeatOut, REFUSALS: ProblemOut},
    summary="Change a heartbeat",
)  # fmt: skip
def change(request: ApiRequest, heartbeat_id: Id, body: HeartbeatIn) -> HeartbeatOut:
    """Put other times in force; what is expected is computed anew from the last ping."""
    found = _found(request, heartbeat_id)
    try:
        heartbeats.change(found, body.wanted(), by=_actor(request.auth), now=clock.now())
    except HeartbeatRefused as error:
        raise _refused(error) from error
    return HeartbeatOut.of(_found(request, heartbeat_id))


@router.post(
    "/heartbeats/{heartbeat_id}/pause", auth=Key(Scope.MANAGE), response={200: HeartbeatOut, REFUSALS: ProblemOut},
    summary="Pause a heartbeat",
)  # fmt: skip
def pause(request: ApiRequest, heartbeat_id: Id) -> HeartbeatOut:
    """Miss nothing of it until its next ping, or until it is resumed; its alert is over."""
    heartbeats.pause(_found(request, heartbeat_id), by=_actor(request.auth), now=clock.now())
    return HeartbeatOut.of(_found(request, heartbeat_id))


@router.post(
    "/heartbeats/{heartbeat_id}/resume", auth=Key(Scope.MANAGE), response={200: HeartbeatOut, REFUSALS: ProblemOut},
    summary="Resume a heartbeat",
)  # fmt: skip
def resume(request: ApiRequest, heartbeat_id: Id) -> HeartbeatOut:
    """Watch it again as if it had come just now."""
    heartbeats.resume(_found(request, heartbeat_id), by=_actor(request.auth), now=clock.now())
    return HeartbeatOut.of(_found(request, heartbeat_id))


@router.delete(
    "/heartbeats/{heartbeat_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Take a heartbeat out",
)  # fmt: skip
def remove(request: ApiRequest, heartbeat_id: Id) -> Status[None]:
    """Its address answers no more, and its alert is over."""
    heartbeats.remove(_found(request, heartbeat_id), by=_actor(request.auth), now=clock.now())
    return Status(204, None)
