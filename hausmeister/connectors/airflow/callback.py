"""What a task says itself: a small JSON POST, for callbacks where neither asking nor OpenLineage is to be had."""

from datetime import datetime

from ninja import Field, Router, Schema

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.connectors.airflow import wire
from hausmeister.monitoring.runs import taking
from hausmeister.monitoring.runs.rules.states import RunSaid, TaskSaid
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["runs"])


class CallbackIn(Schema):
    """How one task stands, or with no `task_id`, its run. Names and states are Airflow's."""

    dag_id: str = Field(..., min_length=1, max_length=250)
    run_id: str = Field(..., min_length=1, max_length=250)
    state: str = Field(..., max_length=30, description="success, failed, running, up_for_retry, skipped, …")
    task_id: str = Field("", max_length=250)
    map_index: int = Field(-1, ge=-1, le=999_999)
    try_number: int = Field(1, ge=1, le=999_999)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    alarm: str = Field("", pattern="^(hard|soft|)$", description="hard or soft; the policy's default if left out.")
    link: str = Field("", max_length=1_000, pattern="^(https?://.*|)$")


class CallbackOut(Schema):
    """Whether the team watches the DAG; what it watches is stored before this answer."""

    result: str


@router.post(
    "/run-events", auth=Key(Scope.ALERTS_WRITE), response={200: CallbackOut, REFUSALS: ProblemOut},
    summary="A task's own word",
)  # fmt: skip
def event(request: ApiRequest, body: CallbackIn) -> CallbackOut:
    """Take how a task, or a run, stands. The same again changes nothing; the order does not matter."""
    now = clock.now()
    stands = wire.state(body.state)
    if stands is None:
        raise Problem(422, "invalid", f"The field state is {body.state!r}; it must be one that Airflow has.", "state")
    started, ended = wire.moment_of(body.started_at), wire.moment_of(body.ended_at)
    if body.task_id:
        task = TaskSaid(
            body.task_id, stands, ended or now, body.map_index, body.try_number, started, ended, body.alarm
        )  # fmt: skip
        said = RunSaid(body.dag_id, body.run_id, now, tasks=(task,), link=body.link)
    else:
        said = RunSaid(
            body.dag_id, body.run_id, ended or now, stands, started, ended, link=body.link
        )  # fmt: skip
    taken = taking.take(Team.objects.get(pk=request.auth.team_id), [said], now=now)
    return CallbackOut(result="taken" if taken else "ignored")
