"""Looking at runs and levels: what stands is written down, and its alerts open and close in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal, fitted
from hausmeister.base import log
from hausmeister.journal.rules import ENGINE
from hausmeister.monitoring.runs import queries, words
from hausmeister.monitoring.runs.models import LevelDay, Run, RunAlarm
from hausmeister.monitoring.runs.rules import levels as rules
from hausmeister.monitoring.runs.rules.levels import SETTLED, Judgement, Level, Night, Verdict
from hausmeister.monitoring.runs.rules.states import Shape, State, Unit
from hausmeister.monitoring.runs.taking import units_of
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.runs import RunsRule

_log = log.get(__name__)

SOURCE_NAME = "DAG runs"
EVERY = timedelta(minutes=1)
# what failed, or was missed, longer ago than this when we first hear of it is history and calls nobody
FRESH = timedelta(days=1)
MOST_ALARMS = 100
# Airflow may be away so long, for a restart or an upgrade, before somebody is told
AWAY_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Alarm:
    """An alert that shall be open."""

    says: str
    is_hard: bool
    text: str = ""
    link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


# ---- the engine's two jobs ----


def judge_runs(now: datetime) -> int:
    """Look at every run of which something new was heard, or in which something may be stuck by now."""
    due = list(Run.objects.filter(judge_at__lte=now).order_by("judge_at", "id").values_list("id", flat=True)[:50])
    for run_id in due:
        try:
            _judge_run(run_id, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one run that cannot be read must not hide the others
            _log.error("runs.not_judged", run=run_id, error=f"{type(error).__name__}: {error}"[:500])
            Run.objects.filter(pk=run_id).update(judge_at=now + EVERY)
    return len(due)


def judge_levels(now: datetime) -> int:
    """Look at the levels of every team: time alone makes them missed. And at whether Airflow answers."""
    judged = 0
    for team in Team.objects.order_by("id"):
        try:
            judged += _judge_team(team, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team must not keep the others from being told
            _log.error("runs.levels_not_judged", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return judged


def _judge_team(team: Team, now: datetime) -> int:
    rule = team_queries.policy_of(team.pk).runs
    if not rule.dags and not rule.levels:
        return 0
    _judge_scheduler(team, now)
    found = queries.levels(team.pk)
    for level in found:
        _judge_level(team, level, rule, now)
    _end_of_removed(team, {level.name for level in found}, now)
    return len(found)


def _end_of_removed(team: Team, names: set[str], now: datetime) -> None:
    """Close the alerts of levels that the policy has no longer."""
    held = RunAlarm.objects.filter(team=team, subject__startswith="level:").values_list("subject", flat=True)
    numbers = [int(one.removeprefix("level:")) for one in set(held)]
    for day in LevelDay.objects.filter(pk__in=numbers).exclude(level__in=names):
        hold(team, f"level:{day.pk}", {}, because="the policy has this level no longer", now=now)


# ---- runs ----


@transaction.atomic
def _judge_run(run_id: int, now: datetime) -> None:
    run = Run.objects.select_for_update(of=("self",)).select_related("team").get(pk=run_id)
    if run.judge_at is None or run.judge_at > now:
        return
    rule = team_queries.policy_of(run.team_id).runs
    units = units_of(run.tries.all())
    shape = queries.shape_of(run.team_id, run.dag)
    held = {one.key for one in queries.alarms_of([f"run:{run.pk}"])}
    wanted = _failures(run, units, shape, rule, held, now)
    if not run.is_over:
        wanted |= _stuck(run, units, rule, now)
    hold(run.team, f"run:{run.pk}", wanted, because="it succeeded, or its run did", now=now)
    for level in queries.levels(run.team_id):
        if level.dag == run.dag:
            _judge_level(run.team, level, rule, now)
    run.judge_at = None if run.is_over else now + 5 * EVERY
    run.save(update_fields=["judge_at"])


def _failures(
    run: Run, units: Sequence[Unit], shape: Shape, rule: RunsRule, held: set[str], now: datetime
) -> dict[str, Alarm]:
    """Return the alarms of what failed: lately, or long ago and still in nobody's hands."""
    if run.state == State.SUCCESS:
        return {}
    failed = sorted(
        (one for one in units if one.state is State.FAILED and (_is_fresh(one, now) or _key(run, one.name) in held)),
        key=lambda one: one.name,
    )
    found = {_key(run, one.name): _failure(run, one, shape, rule) for one in failed[:MOST_ALARMS]}
    more = failed[MOST_ALARMS:]
    if more:
        is_hard = any(rules.alarm_of(one, shape, default=rule.failure) == "hard" for one in more)
        says = f"{len(more)} more tasks of {run.dag} failed"
        found[_key(run, "more")] = Alarm(says, is_hard, link=words.link_of(run), labels={"dag": run.dag})
    is_lone = run.state == State.FAILED and not any(one.state is State.FAILED for one in units)
    if is_lone and (now - (run.ended_at or run.said_at) <= FRESH or _key(run, "") in held):
        is_hard = rule.failure == "hard"
        found[_key(run, "")] = Alarm(f"{run.dag} failed", is_hard, _about(run), words.link_of(run), {"dag": run.dag})
    return found


def _is_fresh(unit: Unit, now: datetime) -> bool:
    return now - (unit.ended_at or unit.started_at or now) <= FRESH


def _key(run: Run, name: str) -> str:
    return f"run/{run.dag}/{run.name}/{name}"


def _failure(run: Run, unit: Unit, shape: Shape, rule: RunsRule) -> Alarm:
    is_hard = rules.alarm_of(unit, shape, default=rule.failure) == "hard"
    tries = f" after {unit.attempt} tries" if unit.attempt > 1 else ""
    labels = {"dag": run.dag, "task": unit.task, "run": run.name}
    return Alarm(f"{unit.name} of {run.dag} failed{tries}", is_hard, _about(run), words.link_of(run), labels)


def _about(run: Run) -> str:
    return f"Run {run.name}, begun {run.began_at:%Y-%m-%d %H:%M} UTC."


def _stuck(run: Run, units: Sequence[Unit], rule: RunsRule, now: datetime) -> dict[str, Alarm]:
    history = queries.history(run.team_id, run.dag, before=run.began_at)
    found: dict[str, Alarm] = {}
    for name in rules.stuck(units, history, longest=rule.stuck_after, now=now)[:MOST_ALARMS]:
        found[_key(run, f"{name}/stuck")] = Alarm(
            f"{name} of {run.dag} runs much longer than usual", is_hard=False, text=_about(run),
            link=words.link_of(run), labels={"dag": run.dag, "task": name},
        )  # fmt: skip
    if run.state == State.RUNNING and rules.is_quiet(units, since=run.began_at, longest=rule.stuck_after, now=now):
        found[_key(run, "/stuck")] = Alarm(
            f"{run.dag} is stuck: nothing runs in it", is_hard=False, text=_about(run), link=words.link_of(run),
            labels={"dag": run.dag},
        )  # fmt: skip
    return found


# ---- levels ----


def _judge_level(team: Team, level: Level, rule: RunsRule, now: datetime) -> None:
    for hour in level.hours_around(now):
        day = LevelDay.objects.filter(team=team, level=level.name, hour=hour).first()
        if day is not None and day.verdict in SETTLED:
            continue
        _judge_day(team, level, rule, hour, now)


@transaction.atomic
def _judge_day(team: Team, level: Level, rule: RunsRule, hour: datetime, now: datetime) -> None:
    run = queries.run_for(team.pk, level, hour)
    if run is None and hour <= now and not LevelDay.objects.filter(team=team, level=level.name, hour=hour).exists():
        # the level is newer than its hour, and nothing is known of that day
        return
    judged = _judgement(team, level, run, hour, now)
    ahead = judged.forecast
    day, is_new = LevelDay.objects.update_or_create(
        team=team, level=level.name, hour=hour,
        defaults={
            "dag": level.dag, "day": hour.astimezone(level.zone).date(), "run": run, "verdict": judged.verdict,
            "done": judged.done, "total": judged.total, "needed": judged.needed, "met_at": judged.met_at,
            "likely_at": ahead.likely_at if ahead else None, "slow_at": ahead.slow_at if ahead else None,
            "chance_late_percent": round(100 * ahead.chance_late)
            if ahead and ahead.chance_late is not None
            else None,
            "earlier_runs": ahead.runs if ahead else 0,
            "in_the_way": sorted({*judged.failed, *(ahead.in_the_way if ahead else ())})[:20], "judged_at": now,
        },
    )  # fmt: skip
    if is_new and hour <= now:
        day.is_watched = False
        day.save(update_fields=["is_watched"])
    hold(team, f"level:{day.pk}", _level_alarms(day, level, rule, team, now), because="its share is done", now=now)


def _judgement(team: Team, level: Level, run: Run | None, hour: datetime, now: datetime) -> Judgement:
    if run is None:
        usual = queries.usual_start(team.pk, level, hour)
        return rules.judge(level, None, {}, hour=hour, now=now, usual_start=usual)
    night = Night(
        units_of(run.tries.all()), queries.shape_of(team.pk, level.dag), run.started_at or run.began_at, run.is_over
    )  # fmt: skip
    history = queries.history(team.pk, level.dag, before=run.began_at)
    return rules.judge(level, night, history, hour=hour, now=now)


def _level_alarms(day: LevelDay, level: Level, rule: RunsRule, team: Team, now: datetime) -> dict[str, Alarm]:
    key = f"level/{level.name}/{day.day.isoformat()}"
    labels = {"dag": level.dag, "level": level.name}
    link = words.link_of(day.run) if day.run else f"{settings.HAUSMEISTER_BASE_URL}/runs"
    text = f"{level.words()}. {words.of_level(day, level.zone)}"
    if not day.is_watched:
        return {}
    if day.verdict == Verdict.MISSED and now - day.hour <= FRESH:
        blind = queries.blind_since(now)
        says = f"{level.name}: {level.share_percent:g} % were not done by {level.by:%H:%M} {level.zone.key}"
        if blind is not None:
            says = f"{level.name}: not known whether {level.by:%H:%M} {level.zone.key} was kept"
            text = f"{words.of_blindness(blind, level.zone)} {text}"
        return {key: Alarm(says, level.is_hard, text, link, labels)}
    if day.verdict == Verdict.MISSED and RunAlarm.objects.filter(team=team, key=key).exists():
        # missed for good; it stays open until somebody closes it or enough is done
        return {key: Alarm("", level.is_hard)}
    if day.verdict == Verdict.AT_RISK and rule.at_risk == "soft":
        says = f"{level.name} will probably miss {level.by:%H:%M} {level.zone.key}"
        return {f"{key}/risk": Alarm(says, is_hard=False, text=text, link=link, labels=labels)}
    return {}


# ---- Airflow itself ----


def _judge_scheduler(team: Team, now: datetime) -> None:
    blind = queries.blind_since(now)
    wanted: dict[str, Alarm] = {}
    if blind is not None and now - blind >= AWAY_AFTER:
        why = next((one.failing_why for one in queries.schedulers() if one.failing_since), "")
        text = f"{words.of_blindness(blind, team.zone)} {why}"
        wanted["airflow/away"] = Alarm(
            "Airflow does not answer: its runs are not seen", is_hard=False, text=text,
            link=f"{settings.HAUSMEISTER_BASE_URL}/runs",
        )  # fmt: skip
    hold(team, f"scheduler:{team.pk}", wanted, because="Airflow answers again", now=now)


# ---- the alerts room's door ----


@transaction.atomic
def hold(team: Team, subject: str, wanted: Mapping[str, Alarm], *, because: str, now: datetime) -> None:
    """Have exactly the alarms `wanted` open about `subject`: raise those that are new, close those that are over."""
    held = {one.key: one for one in RunAlarm.objects.filter(team=team, subject=subject)}
    signals: list[Signal] = []
    for key, alarm in wanted.items():
        if key in held:
            continue
        made, is_new = RunAlarm.objects.get_or_create(
            team=team, key=key[:512],
            defaults={"subject": subject, "says": alarm.says[:300], "is_hard": alarm.is_hard, "since_at": now},
        )  # fmt: skip
        if is_new:
            signals.append(_fire(made.key, alarm))
    for key, one in held.items():
        if key not in wanted:
            one.delete()
            signals.append(Signal(Action.RESOLVE, key, text=because))
    if not signals:
        return
    source = team_operations.make_source(team, name=SOURCE_NAME, by=ENGINE, now=now)
    alerts.receive([Incoming(fitted(one), source.pk, source.name, team.pk) for one in signals], now=now)


def _fire(key: str, alarm: Alarm) -> Signal:
    return Signal(
        Action.FIRE, key, title=alarm.says, text=alarm.text, severity="critical" if alarm.is_hard else "warning",
        origin=alarm.labels.get("dag", SOURCE_NAME), labels=alarm.labels,
        links=((alarm.link, "The run"),) if alarm.link else (), is_hard=alarm.is_hard,
    )  # fmt: skip
