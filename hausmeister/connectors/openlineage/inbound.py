"""The way in for OpenLineage's events: 2xx means stored, 5xx means send it again."""

from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from ninja import Router, Schema, Status

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.connectors.openlineage import wire
from hausmeister.monitoring.runs import taking
from hausmeister.team import queries as team_queries
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["runs"])

# an event of Airflow has 4 to 8 KB; one with a large stack trace or many columns a few hundred
MOST_BYTES = 2 * 1024 * 1024


class LineageOut(Schema):
    """What became of an event: taken, or ignored because it is about no run that the team watches."""

    result: str


_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["eventType", "eventTime", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "run": {
            "type": "object", "required": ["runId"],
            "properties": {"runId": {"type": "string", "minLength": 1}, "facets": {"type": "object"}},
        },
        "job": {
            "type": "object", "required": ["namespace", "name"],
            "properties": {
                "namespace": {"type": "string"}, "name": {"type": "string", "minLength": 1},
                "facets": {"type": "object"},
            },
        },
    },
    "additionalProperties": True,
}  # fmt: skip


@router.post(
    "/lineage",
    auth=Key(Scope.ALERTS_WRITE),
    response={201: LineageOut, 413: ProblemOut, REFUSALS: ProblemOut},
    summary="An OpenLineage event",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _EVENT}}}},
)
def event(request: ApiRequest) -> Status[LineageOut]:
    """Take one run event of OpenLineage. Events may come out of order and repeated; the same again changes nothing."""
    read = _read(request)
    if read.said is None or not taking.is_ours(team_queries.policy_of(request.auth.team_id).runs, read.said.dag):
        return Status(201, LineageOut(result="ignored"))
    now, team = clock.now(), Team.objects.get(pk=request.auth.team_id)
    if read.learned is not None:
        one = read.learned
        taking.learn_of(team, one.dag, one.task, one.shape, before=one.before, now=now)
    taking.take(team, [read.said], now=now)
    return Status(201, LineageOut(result="taken"))


def _read(request: ApiRequest) -> wire.Event:
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length[:12]) > MOST_BYTES:
        raise _too_large()
    try:
        raw = request.body
    except RequestDataTooBig as error:
        raise _too_large() from error
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", "The body must be one JSON object.") from error
    try:
        return wire.read(body)
    except wire.NotAnEvent as error:
        raise Problem(422, "invalid", f"This is no OpenLineage event: {error}.") from error


def _too_large() -> Problem:
    return Problem(413, "too_large", f"An event may have at most {MOST_BYTES // 1024} KB.")
