"""Airflow's JSON as our words. Pure. Versions 2.5 to 3.3 differ in little: a name here, a missing field there."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hausmeister.monitoring.runs.rules.states import RunSaid, State, TaskSaid, TaskShape

# what Airflow calls the states of a task, and of a run
_STATES = {
    "none": State.WAITING, "scheduled": State.QUEUED, "queued": State.QUEUED,
    "running": State.RUNNING, "restarting": State.RUNNING, "deferred": State.RUNNING,
    "up_for_reschedule": State.RUNNING,
    "up_for_retry": State.RETRY, "success": State.SUCCESS, "failed": State.FAILED, "shutdown": State.FAILED,
    "skipped": State.SKIPPED, "upstream_failed": State.BLOCKED, "removed": State.REMOVED,
}  # fmt: skip
_ALARMS = ("hard", "soft")


def state(value: object) -> State | None:
    """Return a state, None for one that no Airflow has."""
    return _STATES.get(str(value or "none").lower())


def moment(value: object) -> datetime | None:
    """Return a time; one without a zone is UTC. None for nothing, or for what is no time."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def alarm(*, params: object = None, owner: object = "", tags: Iterable[str] = ()) -> str:
    """Return "hard" or "soft" as a task says it: by its param `alarm`, else its owner, else its tags; else ""."""
    given = params.get("alarm") if isinstance(params, Mapping) else None
    value = given.get("value") if isinstance(given, Mapping) else given
    if value in _ALARMS:
        return str(value)
    words = [word.strip().lower() for word in str(owner or "").split(",")]
    return next((one for one in _ALARMS if one in words or one in tags), "")


def run(raw: object, *, at: datetime, web: str = "") -> RunSaid | None:
    """Return a run, None for what is none. `web` is Airflow's own address, for a link to it."""
    if not isinstance(raw, Mapping):
        return None
    dag, name, stands = raw.get("dag_id"), raw.get("dag_run_id"), state(raw.get("state"))
    if not (isinstance(dag, str) and isinstance(name, str) and dag and name) or stands is None:
        return None
    return RunSaid(
        dag=dag, run=name, at=at, state=stands, started_at=moment(raw.get("start_date")),
        ended_at=moment(raw.get("end_date")), is_scheduled=raw.get("run_type") not in {"manual", "backfill"}, link=web,
    )  # fmt: skip


def task(raw: object, *, at: datetime) -> TaskSaid | None:
    """Return one try of a task, None for what is none."""
    if not isinstance(raw, Mapping):
        return None
    name, stands = raw.get("task_id"), state(raw.get("state"))
    if not isinstance(name, str) or not name or stands is None:
        return None
    return TaskSaid(
        task=name, state=stands, at=at, place=number(raw.get("map_index"), -1),
        attempt=number(raw.get("try_number"), 1), started_at=moment(raw.get("start_date")),
        ended_at=moment(raw.get("end_date")),
    )  # fmt: skip


def number(value: object, otherwise: int) -> int:
    """Return a small whole number, else `otherwise`."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 1_000_000
    return value if is_number else otherwise  # type: ignore[return-value]


def shape(raw: Iterable[object]) -> dict[str, TaskShape]:
    """Return what a DAG looks like from the list of its tasks."""
    found: dict[str, TaskShape] = {}
    for one in raw:
        if isinstance(one, Mapping) and isinstance(one.get("task_id"), str):
            found[one["task_id"]] = _shape(one)
    return found


def _shape(raw: Mapping[str, Any]) -> TaskShape:
    then = raw.get("downstream_task_ids")
    params = raw.get("params")
    tags = _tags(params, raw.get("owner"))
    return TaskShape(
        tuple(sorted(one for one in then if isinstance(one, str))) if isinstance(then, list) else (),
        tags, alarm(params=params, owner=raw.get("owner")),
    )  # fmt: skip


def _tags(params: object, owner: object) -> tuple[str, ...]:
    """Return a task's tags: its param `tags` (a list, or words with commas) and its owners."""
    given = params.get("tags") if isinstance(params, Mapping) else None
    value = given.get("value") if isinstance(given, Mapping) else given
    words = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(
        dict.fromkeys(word.strip() for word in (*map(str, words), *str(owner or "").split(",")) if word.strip())
    )


def moment_of(value: datetime | None) -> datetime | None:
    """Return a time in UTC; one without a zone is UTC already."""
    return moment(value.isoformat()) if value is not None else None
