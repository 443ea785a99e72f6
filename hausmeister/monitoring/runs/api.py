"""Runs and their levels over the JSON API."""

from datetime import date, datetime

from ninja import Router, Schema

from hausmeister.base import clock
from hausmeister.monitoring.runs import queries, words
from hausmeister.monitoring.runs.models import LevelDay, Run
from hausmeister.monitoring.runs.rules.states import Unit
from hausmeister.monitoring.runs.taking import units_of
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Limit, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["runs"])


class LevelOut(Schema):
    """How a service level stands for one hour. `chance_late_percent` is the risk, null where nothing is known."""

    level: str
    dag: str
    hour: datetime
    day: date
    verdict: str
    says: str
    done: int
    total: int
    needed: int
    met_at: datetime | None
    likely_at: datetime | None
    slow_at: datetime | None
    chance_late_percent: int | None
    earlier_runs: int
    run: int | None

    @classmethod
    def of(cls, day: LevelDay, team: Team) -> "LevelOut":
        """Return what is told of a level's day."""
        return cls(
            level=day.level, dag=day.dag, hour=day.hour, day=day.day, verdict=day.verdict,
            says=words.of_level(day, team.zone), done=day.done, total=day.total, needed=day.needed, met_at=day.met_at,
            likely_at=day.likely_at, slow_at=day.slow_at, chance_late_percent=day.chance_late_percent,
            earlier_runs=day.earlier_runs, run=day.run_id,
        )  # fmt: skip


class RunOut(Schema):
    """A run of a DAG."""

    id: int
    dag: str
    name: str
    day: date
    state: str
    began_at: datetime
    ended_at: datetime | None
    link: str

    @classmethod
    def of(cls, run: Run) -> "RunOut":
        """Return what is told of a run."""
        return cls(
            id=run.pk, dag=run.dag, name=run.name, day=run.day, state=run.state, began_at=run.began_at,
            ended_at=run.ended_at, link=words.link_of(run),
        )  # fmt: skip


class TaskOut(Schema):
    """A task of a run as it stands: its last try."""

    task: str
    state: str
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, unit: Unit) -> "TaskOut":
        """Return what is told of a task."""
        return cls(
            task=unit.name, state=unit.state, attempt=unit.attempt, started_at=unit.started_at, ended_at=unit.ended_at
        )


class RunsOut(Schema):
    """The levels as they stand, and the newest runs."""

    levels: list[LevelOut]
    runs: list[RunOut]


class WholeRunOut(RunOut):
    """A run with its tasks, by name."""

    tasks: list[TaskOut]


def runs_out(team: Team, now: datetime, *, most: int) -> RunsOut:
    """Return what is told of a team's runs, for the API and the console."""
    levels = [LevelOut.of(day, team) for day in queries.level_days(team, now)]
    return RunsOut(levels=levels, runs=[RunOut.of(run) for run in queries.latest(team, most=most)])


@router.get("/runs", auth=Key(Scope.READ), response={200: RunsOut, REFUSALS: ProblemOut}, summary="DAG runs and levels")
def listed(request: ApiRequest, limit: Limit = 50) -> RunsOut:
    """How the service levels stand for their last and their coming hour, and the newest runs."""
    return runs_out(Team.objects.get(pk=request.auth.team_id), clock.now(), most=limit)


@router.get(
    "/runs/{run_id}", auth=Key(Scope.READ), response={200: WholeRunOut, REFUSALS: ProblemOut}, summary="One DAG run"
)
def one(request: ApiRequest, run_id: Id) -> WholeRunOut:
    """One run with every task as it stands."""
    run = Run.objects.filter(team_id=request.auth.team_id, pk=run_id).first()
    if run is None:
        raise not_found("run")
    units = sorted(units_of(run.tries.all()), key=lambda unit: (unit.task, unit.place))
    return WholeRunOut(**RunOut.of(run).dict(), tasks=[TaskOut.of(unit) for unit in units])
