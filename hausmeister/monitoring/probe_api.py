"""Our own checks over the JSON API, by a key that may manage."""

from datetime import datetime, timedelta
from typing import Literal

from ninja import Field, Router, Schema, Status

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.problem import Problem
from hausmeister.journal.rules import Actor
from hausmeister.monitoring import queries
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.operations.probes import ProbeRefused, Wanted
from hausmeister.monitoring.probe_models import Probe
from hausmeister.monitoring.rules.probes import ProbeKind
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope

router = Router(tags=["checks"])


class ProbeIn(Schema):
    """A check as it shall be: `url` by HTTP, `host` and `port` by TCP."""

    name: str = Field(..., max_length=200)
    kind: Literal["http", "tcp"] = "http"
    url: str = Field("", max_length=1_000)
    host: str = Field("", max_length=255)
    port: int | None = Field(None, ge=1, le=65_535)
    first_status: int = Field(200, ge=100, le=599, description="The lowest status that is good.")
    last_status: int = Field(399, ge=100, le=599, description="The highest; redirects are not followed.")
    text: str = Field("", max_length=200, description="Must be in the first 64 KB of the answer.")
    days_left: int | None = Field(None, ge=1, le=365, description="How many days the certificate must last at least.")
    every_s: int = Field(60, ge=30, le=86_400)
    timeout_s: int = Field(10, ge=1, le=30)
    enough: int = Field(2, ge=1, le=20, description="So many failures in a row open the alert.")
    priority: Literal["P1", "P2", "P3", "P4"] = Field("P3", description="Of its alert; the policy says how it calls.")
    what: str = Field("", max_length=500, description="What to do when it fails; stands in the alert.")

    def wanted(self) -> Wanted:
        """Return it as the operation takes it."""
        told = self.model_dump(exclude={"kind", "every_s", "timeout_s", "priority"})
        return Wanted(
            **told, kind=ProbeKind(self.kind), every=timedelta(seconds=self.every_s),
            timeout=timedelta(seconds=self.timeout_s), priority=Priority[self.priority],
        )  # fmt: skip


class ProbeOut(Schema):
    """A check and how its last look went; `problem` says what was wrong."""

    id: int
    name: str
    kind: str
    state: str
    url: str
    host: str
    port: int
    first_status: int
    last_status: int
    text: str
    days_left: int | None
    every_s: int
    timeout_s: int
    enough: int
    priority: str
    what: str
    is_good: bool | None
    problem: str
    slow_ms: int | None
    failures: int
    looked_at: datetime | None
    changed_at: datetime | None
    next_at: datetime | None

    @classmethod
    def of(cls, one: Probe) -> "ProbeOut":
        """Return what is told of a check."""
        told = {name: getattr(one, name) for name in cls.model_fields if name not in {"id", "priority"}}
        return cls(id=one.pk, priority=Priority(one.priority).name, **told)


class ProbesOut(Schema):
    """A team's own checks, by name."""

    items: list[ProbeOut]


def _actor(holder: KeyHolder) -> Actor:
    return Actor("source", holder.source_id, holder.source_name)


def _found(request: ApiRequest, number: int) -> Probe:
    found = queries.probes(request.auth.team_id).filter(pk=number).first()
    if found is None:
        raise not_found("check")
    return found


def _refused(error: ProbeRefused) -> Problem:
    return Problem(422, "check_refused", str(error), error.field)


@router.get("/checks", auth=Key(Scope.MANAGE), response={200: ProbesOut, REFUSALS: ProblemOut}, summary="Checks")
def listed(request: ApiRequest) -> ProbesOut:
    """The checks of the key's team and how they stand, by name."""
    return ProbesOut(items=[ProbeOut.of(one) for one in queries.probes(request.auth.team_id)])


@router.post("/checks", auth=Key(Scope.MANAGE), response={201: ProbeOut, REFUSALS: ProblemOut}, summary="New check")
def make(request: ApiRequest, body: ProbeIn) -> Status[ProbeOut]:
    """Make a check; it is looked at at once."""
    team = Team.objects.get(pk=request.auth.team_id)
    try:
        made = probes.make(team, body.wanted(), by=_actor(request.auth), now=clock.now())
    except ProbeRefused as error:
        raise _refused(error) from error
    return Status(201, ProbeOut.of(made))


@router.put(
    "/checks/{check_id}", auth=Key(Scope.MANAGE), response={200: ProbeOut, REFUSALS: ProblemOut},
    summary="Change a check",
)  # fmt: skip
def change(request: ApiRequest, check_id: Id, body: ProbeIn) -> ProbeOut:
    """Put it as the body says; a look that is under way counts for nothing."""
    try:
        probes.change(_found(request, check_id), body.wanted(), by=_actor(request.auth), now=clock.now())
    except ProbeRefused as error:
        raise _refused(error) from error
    return ProbeOut.of(_found(request, check_id))


@router.post(
    "/checks/{check_id}/pause", auth=Key(Scope.MANAGE), response={200: ProbeOut, REFUSALS: ProblemOut},
    summary="Pause a check",
)  # fmt: skip
def pause(request: ApiRequest, check_id: Id) -> ProbeOut:
    """Look no more until it is resumed; its alert is over."""
    probes.pause(_found(request, check_id), by=_actor(request.auth), now=clock.now())
    return ProbeOut.of(_found(request, check_id))


@router.post(
    "/checks/{check_id}/resume", auth=Key(Scope.MANAGE), response={200: ProbeOut, REFUSALS: ProblemOut},
    summary="Resume a check",
)  # fmt: skip
def resume(request: ApiRequest, check_id: Id) -> ProbeOut:
    """Look again, at once."""
    probes.resume(_found(request, check_id), by=_actor(request.auth), now=clock.now())
    return ProbeOut.of(_found(request, check_id))


@router.delete(
    "/checks/{check_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Take a check out",
)  # fmt: skip
def remove(request: ApiRequest, check_id: Id) -> Status[None]:
    """Look no more, for ever; its alert is over."""
    probes.remove(_found(request, check_id), by=_actor(request.auth), now=clock.now())
    return Status(204, None)
