"""An OpenLineage event as our words. Pure.

Sources: the OpenLineage specification 2-0-2 (RunEvent), and what the Airflow provider 2.20 writes: the facet `airflow`
of a task's run, `airflowDagRun` of a DAG's. Without them a job with a parent is a task of it, one without is a DAG.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hausmeister.monitoring.runs.rules.states import RunSaid, State, TaskSaid, TaskShape

_STATES = {
    "START": State.RUNNING, "RUNNING": State.RUNNING, "COMPLETE": State.SUCCESS, "FAIL": State.FAILED,
    "ABORT": State.FAILED,
}  # fmt: skip
_BEGIN, _END = frozenset({"START"}), frozenset({"COMPLETE", "FAIL", "ABORT"})
_ALARMS = ("hard", "soft")
# Airflow writes lists as Python does
_NAMES = re.compile(r"['\"]([^'\"]+)['\"]")


class NotAnEvent(ValueError):
    """The body is no OpenLineage run event; the text says what is missing."""


@dataclass(frozen=True)
class Learned:
    """What an event says of the DAG: a task, and which come before it."""

    dag: str
    task: str
    shape: TaskShape
    before: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """An event: what it says of a run, None where it concerns none (OTHER), and what of the DAG."""

    said: RunSaid | None
    learned: Learned | None = None


def read(body: object) -> Event:
    """Return what an event says. Raises NotAnEvent."""
    raw = _mapping(body, "the body")
    kind = raw.get("eventType")
    if not isinstance(kind, str) or "run" not in raw:
        if "job" in raw or "dataset" in raw:
            # a job or dataset event: allowed by the specification, and nothing about a run
            return Event(None)
        raise NotAnEvent("eventType and run are missing")
    at = _moment(raw.get("eventTime"))
    if at is None:
        raise NotAnEvent(f"eventTime is {str(raw.get('eventTime'))[:60]!r}; it must be a time with a zone")
    run, job = _mapping(raw["run"], "run"), _mapping(raw.get("job"), "job")
    name, run_id = job.get("name"), run.get("runId")
    if not isinstance(name, str) or not name or not isinstance(run_id, str) or not run_id:
        raise NotAnEvent("job.name and run.runId must be texts")
    stands = _STATES.get(kind.upper())
    if stands is None:
        return Event(None)
    facets = _facets(run)
    if isinstance(facets.get("airflow"), Mapping):
        return _airflow_task(facets, job, kind.upper(), stands, at, run_id)
    if isinstance(facets.get("parent"), Mapping):
        return _task(facets["parent"], name, kind.upper(), stands, at)
    return Event(_dag(facets, job, kind.upper(), stands, at, run_id))


def _dag(
    facets: Mapping[str, Any], job: Mapping[str, Any], kind: str, stands: State, at: datetime, run_id: str
) -> RunSaid:
    told = _part(_part(facets, "airflowDagRun"), "dagRun")
    return RunSaid(
        dag=_text(told.get("dag_id")) or str(job["name"]), run=_text(told.get("run_id")) or run_id, at=at, state=stands,
        started_at=_moment(told.get("start_date")) or (at if kind in _BEGIN else None),
        ended_at=(_moment(told.get("end_date")) or at) if kind in _END else None,
        is_scheduled=told.get("run_type") not in {"manual", "backfill"},
    )  # fmt: skip


def _task(parent: object, name: str, kind: str, stands: State, at: datetime) -> Event:
    """Return what another program than Airflow says of a job with a parent."""
    above = parent if isinstance(parent, Mapping) else {}
    dag, run = _text(_part(above, "job").get("name")), _text(_part(above, "run").get("runId"))
    if not dag or not run:
        raise NotAnEvent("the facet parent needs job.name and run.runId")
    task = name.removeprefix(f"{dag}.")
    one = TaskSaid(
        task, stands, at, started_at=at if kind in _BEGIN else None, ended_at=at if kind in _END else None
    )  # fmt: skip
    return Event(RunSaid(dag, run, at, tasks=(one,)))


def _airflow_task(
    facets: Mapping[str, Any], job: Mapping[str, Any], kind: str, stands: State, at: datetime, run_id: str
) -> Event:
    told = _part(facets, "airflow")
    run, task, one = _part(told, "dagRun"), _part(told, "task"), _part(told, "taskInstance")
    dag = _text(run.get("dag_id")) or _text(_part(told, "dag").get("dag_id"))
    name = _text(task.get("task_id")) or str(job["name"]).removeprefix(f"{dag}.")
    if not dag:
        raise NotAnEvent("the facet airflow needs dagRun.dag_id")
    attempt = _number(one.get("try_number"), 1)
    if stands is State.FAILED and kind == "FAIL" and attempt <= _number(task.get("retries"), 0):
        stands = State.RETRY
    alarm = _alarm(task, job)
    said = TaskSaid(
        name, stands, at, _number(one.get("map_index"), -1), attempt, started_at=at if kind in _BEGIN else None,
        ended_at=at if kind in _END else None, alarm=alarm,
    )  # fmt: skip
    parent = _part(_part(facets, "parent"), "run").get("runId")
    shape = TaskShape(_names(task.get("downstream_task_ids")), _words(task.get("owner")), alarm)
    return Event(
        RunSaid(
            dag, _text(run.get("run_id")) or _text(parent) or run_id, at, started_at=_moment(run.get("start_date")),
            is_scheduled=run.get("run_type") not in {"manual", "backfill"}, tasks=(said,),
        ),
        Learned(dag, name, shape, _names(task.get("upstream_task_ids"))),
    )  # fmt: skip


def _alarm(task: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    params = task.get("params")
    given = params.get("alarm") if isinstance(params, Mapping) else None
    value = given.get("value") if isinstance(given, Mapping) else given
    tags = _part(_facets(job), "tags").get("tags")
    named = (
        [str(one.get("key", "")).lower() for one in tags if isinstance(one, Mapping)] if isinstance(tags, list) else []
    )
    said = [str(value).lower(), *map(str.lower, _words(task.get("owner"))), *named]
    return next((word for word in said if word in _ALARMS), "")


def _words(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in str(value or "").split(",") if word.strip()))


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(sorted(one for one in value if isinstance(one, str)))
    return tuple(sorted(_NAMES.findall(value))) if isinstance(value, str) else ()


def _facets(of: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(of, "facets")


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, Mapping) else {}


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NotAnEvent(f"{what} must be a JSON object")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 1_000_000 else otherwise


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
