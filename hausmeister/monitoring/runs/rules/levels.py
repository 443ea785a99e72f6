"""Service levels: "95 % of contracts by 05:00 UTC" (L6), judged from the tasks of a run. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant
from hausmeister.monitoring.runs.rules.forecast import Forecast, History, Standing, forecast
from hausmeister.monitoring.runs.rules.states import DONE, Shape, State, Unit

# risk from which a level is said to be at risk
AT_RISK_FROM = 0.3
# a run that has not begun so long after its usual time is late
LATE_AFTER = timedelta(minutes=30)


class Verdict(StrEnum):
    """How a level stands on one day."""

    MET = "met"
    ON_TRACK = "on track"
    AT_RISK = "at risk"
    MISSED = "missed"
    # met after all, but after its hour
    LATE = "met late"
    # before its hour, with nothing to judge by
    UNKNOWN = "unknown"


SETTLED = frozenset({Verdict.MET, Verdict.LATE})


@dataclass(frozen=True)
class Level:
    """A service level: `share_percent` of the DAG's tasks that `tasks` names, by a wall-clock time in a zone.

    `tasks` is a glob over task ids, "group:NAME" or "tag:NAME". `days` are the days of the hour; 0 is Monday.
    """

    name: str
    dag: str
    tasks: str
    share_percent: float
    by: time
    zone: ZoneInfo
    days: frozenset[int]
    is_hard: bool

    def hour_on(self, day: date) -> datetime | None:
        """Return the hour on `day`, None on a day that the level leaves out."""
        if day.weekday() not in self.days:
            return None
        return instant(day, self.by, self.zone)

    def hours_around(self, now: datetime) -> tuple[datetime, ...]:
        """Return the last hour before `now` and the first after it, as far as they lie within a week."""
        today = now.astimezone(self.zone).date()
        hours = [self.hour_on(today + timedelta(days=step)) for step in range(-8, 9)]
        known = [hour for hour in hours if hour is not None]
        past, coming = [hour for hour in known if hour <= now], [hour for hour in known if hour > now]
        return (*past[-1:], *coming[:1])

    def words(self) -> str:
        """Return the level in words: 95 % of contracts.* by 05:00 UTC."""
        return f"{self.share_percent:g} % of {self.tasks} by {self.by:%H:%M} {self.zone.key}"


def picks(selection: str, task: str, tags: Iterable[str] = ()) -> bool:
    """Say whether a selection of a level means this task."""
    if selection.startswith("group:"):
        return task.startswith(selection.removeprefix("group:") + ".")
    if selection.startswith("tag:"):
        return selection.removeprefix("tag:") in tags
    return fnmatchcase(task, selection)


@dataclass(frozen=True)
class Judgement:
    """How a level stands: `done` of `total` tasks, `needed` of them by the hour.

    `met_at` is when enough were done, None while they are not. `forecast` is there while the hour is to come.
    """

    verdict: Verdict
    done: int
    total: int
    needed: int
    met_at: datetime | None = None
    forecast: Forecast | None = None
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Night:
    """One run as a level judges it. `expected` are the tasks that the DAG has, as far as that is known."""

    units: Sequence[Unit]
    shape: Shape
    started_at: datetime | None
    is_over: bool


def judge(level: Level, night: Night | None, history: History, *, hour: datetime, now: datetime,
          usual_start: datetime | None = None) -> Judgement:  # fmt: skip
    """Return how `level` stands for its hour `hour`. `usual_start` is when the run would begin on such a day."""
    if night is None:
        return _without_run(hour=hour, now=now, usual_start=usual_start)
    wanted, unheard = _wanted(level, night)
    mine = [one for one in night.units if one.task in wanted and one.state is not State.REMOVED]
    total = len(mine) + len(unheard & wanted)
    if not total:
        return Judgement(Verdict.UNKNOWN if now < hour else Verdict.MISSED, 0, 0, 0)
    needed = max(1, ceil(total * level.share_percent / 100 - 1e-9))
    ends = sorted(one.ended_at or one.started_at or night.started_at or now for one in mine if one.state in DONE)
    failed = tuple(sorted(one.name for one in mine if one.state is State.FAILED))
    met_at = ends[needed - 1] if len(ends) >= needed else None
    if met_at is not None:
        return Judgement(
            Verdict.MET if met_at <= hour else Verdict.LATE, len(ends), total, needed, met_at, None, failed
        )
    standing = Standing(
        night.units, {task: one.then for task, one in night.shape.items() if one.then},
        night.started_at or now, tuple(sorted(unheard)),
    )  # fmt: skip
    ahead = forecast(standing, history, wanted=wanted, missing=needed - len(ends), by=hour, now=now)
    verdict = _verdict(ahead, is_past=now >= hour, is_over=night.is_over)
    return Judgement(verdict, len(ends), total, needed, None, ahead, failed)


def _verdict(ahead: Forecast, *, is_past: bool, is_over: bool) -> Verdict:
    if is_past:
        return Verdict.MISSED
    if is_over:
        # it ended with too little; a retry may still mend it
        return Verdict.AT_RISK
    if ahead.chance_late is None:
        return Verdict.UNKNOWN
    return Verdict.AT_RISK if ahead.chance_late >= AT_RISK_FROM else Verdict.ON_TRACK


def _without_run(*, hour: datetime, now: datetime, usual_start: datetime | None) -> Judgement:
    if now >= hour:
        return Judgement(Verdict.MISSED, 0, 0, 0)
    is_late = usual_start is not None and now > usual_start + LATE_AFTER
    return Judgement(Verdict.AT_RISK if is_late else Verdict.UNKNOWN, 0, 0, 0)


def _wanted(level: Level, night: Night) -> tuple[set[str], set[str]]:
    """Return the tasks that the level means, and those of the DAG that have not been heard of in this run."""
    tags = {task: one.tags for task, one in night.shape.items()}
    heard = {one.task for one in night.units}
    unheard = set() if night.is_over else set(night.shape) - heard
    wanted = {task for task in heard | unheard if picks(level.tasks, task, tags.get(task, ()))}
    return wanted, unheard


def usual(moments: Sequence[datetime], zone: ZoneInfo) -> time | None:
    """Return the middle of the times of day of `moments` on clocks in `zone`, None for none.

    Times on both sides of midnight are near each other: they are counted from noon.
    """
    if not moments:
        return None
    minutes = [((one.astimezone(zone).hour * 60 + one.astimezone(zone).minute) - 720) % 1440 for one in moments]
    middle = (int(median(minutes)) + 720) % 1440
    return time(middle // 60, middle % 60)


def stuck(units: Sequence[Unit], history: History, *, longest: timedelta, now: datetime) -> tuple[str, ...]:
    """Return the units that run longer than `longest` and than three times their usual time, by name."""
    found: list[str] = []
    for one in units:
        took = one.took(now) if one.state is State.RUNNING else None
        if took is None or took <= longest:
            continue
        past = [entry.took_s for entry in history.get(one.task, ())]
        if took > timedelta(seconds=3 * median(past)) if past else True:
            found.append(one.name)
    return tuple(sorted(found))


def is_quiet(units: Sequence[Unit], *, since: datetime, longest: timedelta, now: datetime) -> bool:
    """Say whether a run goes on in name only: nothing runs or waits for a worker, and nothing has happened for long."""
    if any(one.state in {State.RUNNING, State.QUEUED} for one in units):
        return False
    moments = [moment for one in units for moment in (one.started_at, one.ended_at) if moment]
    return now - max([since, *moments]) > longest


def alarm_of(unit: Unit, shape: Shape, *, default: str) -> str:
    """Return "hard" or "soft": the task's own word, else the DAG's word about it, else the policy's default."""
    known = shape.get(unit.task)
    return unit.alarm or (known.alarm if known else "") or default
