"""Reading runs: those of a day, how a level stood before, and what is at risk now, in words for other rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from hausmeister.monitoring.runs import words
from hausmeister.monitoring.runs.models import Dag, LevelDay, Run, RunAlarm, Scheduler
from hausmeister.monitoring.runs.rules.forecast import Past
from hausmeister.monitoring.runs.rules.levels import Level, Verdict, usual
from hausmeister.monitoring.runs.rules.states import OVER, Shape
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.runs import LevelRule

# a forecast rests on so many earlier runs
EARLIER_RUNS = 14
SAME_WEEKDAYS = 8


def level_of(rule: LevelRule) -> Level:
    """Return a level of the policy as the rules take it."""
    return Level(
        rule.name, rule.dag, rule.tasks, rule.share_percent, rule.by, rule.zone, rule.days, rule.is_hard
    )  # fmt: skip


def levels(team_id: int) -> tuple[Level, ...]:
    """Return the team's service levels, in the policy's order."""
    return tuple(level_of(rule) for rule in team_queries.policy_of(team_id).runs.levels)


def shape_of(team_id: int, dag: str) -> Shape:
    """Return what a DAG's tasks are, as far as anybody said."""
    found = Dag.objects.filter(team_id=team_id, name=dag).first()
    return found.shape if found else {}


def history(team_id: int, dag: str, *, before: datetime) -> dict[str, list[Past]]:
    """Return how each task went in the last runs that had ended by `before`."""
    rows = (
        Run.objects.filter(team_id=team_id, dag=dag, ended_at__lt=before)
        .exclude(pace={})
        .order_by("-ended_at", "-id")
        .values_list("pace", flat=True)[:EARLIER_RUNS]
    )
    found: dict[str, list[Past]] = {}
    for pace in rows:
        for task, (began_s, took_s) in pace.items():
            found.setdefault(task, []).append(Past(began_s, took_s))
    return found


def run_for(team_id: int, level: Level, hour: datetime) -> Run | None:
    """Return the run that is to keep a level at `hour`: the last scheduled one of the day before it.

    Where none began in time, the first that began within twelve hours after it.
    """
    mine = Run.objects.filter(team_id=team_id, dag=level.dag)
    before = mine.filter(began_at__gt=hour - timedelta(days=1), began_at__lte=hour)
    after = mine.filter(began_at__gt=hour, began_at__lte=hour + timedelta(hours=12))
    return (
        before.order_by("-is_scheduled", "-began_at", "-id").first()
        or after.order_by("-is_scheduled", "began_at", "id").first()
    )


def usual_start(team_id: int, level: Level, hour: datetime) -> datetime | None:
    """Return when the run for `hour` usually begins, None where none has before."""
    earlier = Run.objects.filter(
        team_id=team_id, dag=level.dag, is_scheduled=True, began_at__lte=hour - timedelta(days=1)
    )
    at = usual(list(earlier.newest().values_list("began_at", flat=True)[:EARLIER_RUNS]), level.zone)
    if at is None:
        return None
    local = hour.astimezone(level.zone)
    start = datetime.combine(local.date(), at, level.zone)
    return start if start <= local else start - timedelta(days=1)


def usual_met(day: LevelDay, level: Level) -> tuple[time, int] | None:
    """Return when the level was met on earlier days of the same weekday (the middle), and on how many; or None."""
    earlier = LevelDay.objects.filter(
        team_id=day.team_id,
        level=day.level,
        hour__lt=day.hour,
        met_at__isnull=False,
        day__iso_week_day=day.day.isoweekday(),
    )
    moments = list(earlier.order_by("-hour").values_list("met_at", flat=True)[:SAME_WEEKDAYS])
    at = usual([one for one in moments if one], level.zone)
    return (at, len(moments)) if at is not None else None


def usual_end(run: Run) -> timedelta | None:
    """Return how long earlier runs of the same DAG and weekday took, in the middle; None where there were none."""
    earlier = Run.objects.filter(
        team_id=run.team_id, dag=run.dag, began_at__lt=run.began_at, ended_at__isnull=False,
        state="success", day__iso_week_day=run.day.isoweekday(),
    )  # fmt: skip
    took = sorted(ended - began for began, ended in
                  earlier.newest().values_list("began_at", "ended_at")[:SAME_WEEKDAYS] if ended)  # fmt: skip
    return took[len(took) // 2] if took else None


def runs_on(team: Team, day: date) -> list[Run]:
    """Return the runs that began on a day of the team's clocks, by DAG, latest first."""
    return list(Run.objects.filter(team=team, day=day).order_by("dag", "-began_at", "-id")[:100])


def latest(team: Team, *, dag: str = "", most: int = 60) -> list[Run]:
    """Return the newest runs, of one DAG or of all."""
    found = Run.objects.filter(team=team)
    return list((found.filter(dag=dag) if dag else found).newest()[:most])


def level_days(team: Team, now: datetime) -> list[LevelDay]:
    """Return the levels as they stand: each one's coming hour, and its last one."""
    wanted = [(level.name, hour) for level in levels(team.pk) for hour in level.hours_around(now)]
    rows = LevelDay.objects.filter(team=team, hour__in=[hour for _, hour in wanted]).select_related("run")
    found = {(one.level, one.hour): one for one in rows}
    return [found[one] for one in wanted if one in found]


def days_of(team: Team, level: str, *, most: int = 30) -> list[LevelDay]:
    """Return how a level stood, the newest day first."""
    return list(LevelDay.objects.filter(team=team, level=level).select_related("run").order_by("-hour")[:most])


def alarms_of(subjects: Sequence[str]) -> list[RunAlarm]:
    """Return the open alarms about runs and levels, oldest first."""
    return list(RunAlarm.objects.filter(subject__in=subjects).order_by("since_at", "id"))


def schedulers() -> list[Scheduler]:
    """Return the Airflows that are asked."""
    return list(Scheduler.objects.order_by("id"))


def blind_since(now: datetime) -> datetime | None:
    """Return since when no Airflow that is asked answers, None while one does or none is asked."""
    found = [one for one in schedulers() if one.url == settings.HAUSMEISTER_AIRFLOW_URL]
    return found[0].failing_since if found and (found[0].failing_since or now) < now else None


@dataclass(frozen=True)
class Risk:
    """What a hand-off names about DAG runs: a sentence and where to look. `is_bad` is what has gone wrong already."""

    words: str
    link: str
    is_bad: bool


def risks(team: Team, *, now: datetime) -> list[Risk]:
    """Return what is wrong or at risk with the team's DAG runs now, the worst first: levels, failures, blindness."""
    found: list[Risk] = []
    for day in level_days(team, now):
        is_bad = day.verdict == Verdict.MISSED
        if is_bad and now - day.hour > timedelta(days=1):
            continue
        if is_bad or day.verdict == Verdict.AT_RISK:
            link = words.link_of(day.run) if day.run else f"{settings.HAUSMEISTER_BASE_URL}/runs"
            found.append(Risk(words.of_level(day, team.zone), link, is_bad))
    recent = Run.objects.filter(team=team, began_at__gt=now - timedelta(days=7)).exclude(
        state__in=[one for one in OVER if one != "failed"]
    )
    by_subject = {f"run:{run.pk}": run for run in recent.newest()[:50]}
    found += [
        Risk(alarm.says, words.link_of(by_subject[alarm.subject]), is_bad=True) for alarm in alarms_of(list(by_subject))
    ]
    blind = blind_since(now)
    if blind is not None:
        found.append(Risk(words.of_blindness(blind, team.zone), f"{settings.HAUSMEISTER_BASE_URL}/runs", is_bad=False))
    return sorted(found, key=lambda one: not one.is_bad)
