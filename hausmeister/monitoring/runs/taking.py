"""Storing what schedulers say of runs. What changes is looked at by `judging` at the next tick, in whatever order."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from django.db import transaction

from hausmeister.base.untrusted import one_line
from hausmeister.monitoring.runs.models import NAME_MOST, Dag, Run, Try
from hausmeister.monitoring.runs.rules.states import (
    DONE,
    NEVER_BEGAN,
    Believed,
    RunSaid,
    Shape,
    State,
    TaskSaid,
    TaskShape,
    Unit,
    merged,
    merged_run,
    sane,
)
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.runs import RunsRule

# so many tasks, with their tries, of one run; what is beyond is not kept, and the screen says so
MOST_TRIES = 20_000
KEPT = timedelta(days=100)
# what goes well is looked at so long after it was said, together with whatever else has come by then
CALM = timedelta(seconds=30)
_WRITTEN = ("state", "said_at", "started_at", "ended_at", "alarm")
_Place = tuple[str, int, int]


def is_ours(rule: RunsRule, dag: str) -> bool:
    """Say whether the team watches a DAG; one that names neither DAGs nor levels takes whatever is pushed to it."""
    if not rule.dags and not rule.levels:
        return True
    return any(fnmatchcase(dag, one) for one in rule.dags) or any(level.dag == dag for level in rule.levels)


def take(team: Team, said: Sequence[RunSaid], *, now: datetime) -> int:
    """Store what is said of runs of the team's DAGs, each run in a transaction; return how many were its."""
    rule = team_queries.policy_of(team.pk).runs
    mine = [one for one in said if is_ours(rule, one.dag)]
    for one in mine:
        _take(team, one, now)
    return len(mine)


@transaction.atomic
def _take(team: Team, said: RunSaid, now: datetime) -> None:
    run = _run(team, said, now)
    new = Believed(
        said.state or State(run.state), min(said.at, now),
        sane(said.started_at, heard_at=now), sane(said.ended_at, heard_at=now),
    )  # fmt: skip
    if said.state is not None or said.started_at is not None:
        _set(run, merged_run(run.believed, new), team)
    if said.shape is not None:
        learn(team, said.dag, said.shape, now=now)
    _take_tasks(run, said.tasks, now)
    if run.is_over:
        run.pace = _pace(run)
    run.is_scheduled = run.is_scheduled and said.is_scheduled
    run.link = said.link[:1_000] or run.link
    run.judge_at = now if _is_urgent(run, said) else min(run.judge_at or now + CALM, now + CALM)
    run.save()


def _is_urgent(run: Run, said: RunSaid) -> bool:
    """Say whether this may open or close an alert at once; judging 5,000 tasks for each that goes well is dear."""
    return run.is_over or any(one.state is State.FAILED or one.attempt > 1 for one in said.tasks)


def _run(team: Team, said: RunSaid, now: datetime) -> Run:
    began = sane(said.started_at, heard_at=now) or min(said.at, now)
    made, _ = Run.objects.get_or_create(
        team=team, dag=one_line(said.dag, NAME_MOST), name=one_line(said.run, NAME_MOST),
        defaults={
            "day": began.astimezone(team.zone).date(), "said_at": min(said.at, now), "began_at": began,
            "is_scheduled": said.is_scheduled, "state": State.WAITING,
        },
    )  # fmt: skip
    return Run.objects.select_for_update(of=("self",)).get(pk=made.pk)


def _set(run: Run, believed: Believed, team: Team) -> None:
    run.state, run.said_at = believed.state, believed.said_at
    run.started_at, run.ended_at = believed.started_at, believed.ended_at
    if run.started_at is not None:
        run.began_at = run.started_at
        run.day = run.began_at.astimezone(team.zone).date()


def learn(team: Team, dag: str, shape: Shape, *, now: datetime) -> None:
    """Keep what a DAG looks like. A whole DAG replaces what was known: tasks that are gone are forgotten."""
    tasks = {task: {"then": list(one.then), "tags": list(one.tags), "alarm": one.alarm} for task, one in shape.items()}
    Dag.objects.update_or_create(
        team=team, name=one_line(dag, NAME_MOST), defaults={"tasks": tasks, "read_at": now}
    )  # fmt: skip


@transaction.atomic
def learn_of(team: Team, dag: str, task: str, one: TaskShape, *, before: Sequence[str], now: datetime) -> None:
    """Add what an event says of one task: what follows it, and what it follows."""
    kept, _ = Dag.objects.get_or_create(team=team, name=one_line(dag, NAME_MOST), defaults={"read_at": now})
    kept = Dag.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    tasks = dict(kept.tasks)
    old = tasks.get(task, {})
    then = sorted({*old.get("then", ()), *one.then})
    tasks[task] = {"then": then, "tags": list(one.tags), "alarm": one.alarm or old.get("alarm", "")}
    for earlier in before:
        there = tasks.setdefault(earlier, {"then": [], "tags": [], "alarm": ""})
        there["then"] = sorted({*there["then"], task})
    if tasks != kept.tasks:
        kept.tasks, kept.read_at = tasks, now
        kept.save()


# ---- tasks ----


def _take_tasks(run: Run, said: Sequence[TaskSaid], now: datetime) -> None:
    if not said:
        return
    known = {(one.task, one.place, one.attempt): one for one in _tries_of(run, {one.task for one in said})}
    room = MOST_TRIES - (run.tries.count() if len(said) > 1 else 0)
    changed: dict[_Place, Try] = {}
    for one in said:
        place = (one_line(one.task, NAME_MOST), max(one.place, -1), max(one.attempt, 1))
        old = known.get(place)
        if old is None and len(changed) >= room:
            continue
        new = Believed(
            one.state, min(one.at, now), sane(one.started_at, heard_at=now),
            sane(one.ended_at, heard_at=now),
        )  # fmt: skip
        believed = merged(old.believed if old else None, new)
        alarm = one.alarm or (old.alarm if old else "")
        if old is None or (believed != old.believed or alarm != old.alarm):
            changed[place] = known[place] = _written(run, place, believed, alarm)
    Try.objects.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["run", "task", "place", "attempt"],
        update_fields=_WRITTEN, batch_size=500,
    )  # fmt: skip
    # before a mapped task is mapped it is one task; afterwards that one is none
    mapped = {task for task, place, _ in changed if place >= 0}
    for some in _chunks(sorted(mapped)):
        run.tries.filter(task__in=some, place=-1).delete()


def _tries_of(run: Run, tasks: set[str]) -> Iterable[Try]:
    return run.tries.all() if len(tasks) > 200 else run.tries.filter(task__in=tasks)


def _written(run: Run, place: _Place, believed: Believed, alarm: str) -> Try:
    return Try(
        run=run, task=place[0], place=place[1], attempt=place[2], state=believed.state, said_at=believed.said_at,
        started_at=believed.started_at, ended_at=believed.ended_at, alarm=alarm,
    )  # fmt: skip


def _chunks(tasks: Sequence[str], size: int = 200) -> Iterable[Sequence[str]]:
    return (tasks[first : first + size] for first in range(0, len(tasks), size))


def units_of(tries: Iterable[Try]) -> list[Unit]:
    """Return the tasks of a run as they stand: the last try of each."""
    last: dict[tuple[str, int], Try] = {}
    for one in sorted(tries, key=lambda one: one.attempt):
        last[(one.task, one.place)] = one
    return [
        Unit(one.task, one.place, State(one.state), one.attempt, one.started_at, one.ended_at, one.alarm)
        for one in last.values()
    ]


def _pace(run: Run) -> dict[str, list[float]]:
    """Return how each task went, for later forecasts: [seconds after the run's start, seconds it took]."""
    found: dict[str, list[float]] = {}
    spans: dict[str, tuple[datetime, datetime]] = {}
    for one in units_of(run.tries.all()):
        if one.state not in DONE or one.state in NEVER_BEGAN or one.started_at is None or one.ended_at is None:
            continue
        first, last = spans.get(one.task, (one.started_at, one.ended_at))
        spans[one.task] = (min(first, one.started_at), max(last, one.ended_at))
    for task, (first, last) in spans.items():
        found[task] = [
            round(max((first - run.began_at).total_seconds(), 0.0), 1), round((last - first).total_seconds(), 1)
        ]  # fmt: skip
    return found


def forget_old(now: datetime) -> int:
    """Take out runs of long ago; return how many. Each level's days stay."""
    old = list(Run.objects.filter(began_at__lt=now - KEPT).order_by("id").values_list("id", flat=True)[:200])
    Try.objects.filter(run_id__in=old).delete()
    Run.objects.filter(pk__in=old).delete()
    return len(old)
