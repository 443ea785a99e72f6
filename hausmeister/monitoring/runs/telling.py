"""What the updates channel is told of runs at the policy's hours (L6), and of a level at risk where a notice does."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from hausmeister.base import log
from hausmeister.base.wall_time import instant
from hausmeister.base.words import duration
from hausmeister.monitoring.runs import queries, words
from hausmeister.monitoring.runs.models import LevelDay, Run, RunsPost
from hausmeister.monitoring.runs.rules.levels import Level, Verdict
from hausmeister.monitoring.runs.rules.states import DONE, State
from hausmeister.monitoring.runs.taking import units_of
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Link, Place, Words
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.shape import Policy

_log = log.get(__name__)

EVERY = timedelta(minutes=1)
# an hour that passed longer ago, because nothing ran here, is not told any more
STILL_TOLD = timedelta(minutes=30)
MOST_DAGS = 8


def tell(now: datetime) -> int:
    """Post what is due, each hour once; return how many posts were made."""
    told = 0
    for team in Team.objects.order_by("id"):
        try:
            policy = team_queries.policy_of(team.pk)
            if policy.updates_channel:
                told += _tell_hour(team, policy, now) + _tell_risks(team, policy, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team that cannot be read must not silence the others
            _log.error("runs.not_told", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return told


def due_hour(policy: Policy, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the hour that is to be told now, None between them and on days off."""
    day = now.astimezone(zone).date()
    if policy.working_hours(zone).bounds(day) is None:
        return None
    hours = [instant(day, at, zone) for at in policy.runs.posts_at]
    passed = [hour for hour in hours if hour <= now < hour + STILL_TOLD]
    return passed[-1] if passed else None


def _tell_hour(team: Team, policy: Policy, now: datetime) -> int:
    due_at = due_hour(policy, team.zone, now)
    if due_at is None or RunsPost.objects.filter(team=team, due_at=due_at).exists():
        return 0
    said = state_of(team, now)
    if said is None:
        return 0
    with transaction.atomic():
        _, is_mine = RunsPost.objects.get_or_create(team=team, due_at=due_at)
        if not is_mine:
            return 0
        about = About(f"runs:{team.pk}", team.pk, f"runs-{team.pk}-{due_at:%Y%m%d%H%M}")
        outbox.enqueue([chat.say(Place(policy.updates_channel), said, about, due_at=now)], now=now)
    return 1


def state_of(team: Team, now: datetime) -> Words | None:
    """Return how the team's runs stand, compared with other days; None where there is nothing to tell."""
    known = {level.name: level for level in queries.levels(team.pk)}
    days = _told_days(queries.level_days(team, now), now)
    runs = _told_runs(team, now)
    if not days and not runs:
        return None
    lines = [_level_line(day, known[day.level], team.zone) for day in days if day.level in known]
    lines += [f"{run.dag}: {_run_line(run, team.zone, now)}" for run in runs]
    blind = queries.blind_since(now)
    if blind is not None:
        lines.insert(0, words.of_blindness(blind, team.zone))
    return Words(
        _headline(days, runs), tuple(lines), notes=(f"Times are on the clocks of {team.zone.key}.",),
        links=(Link("The runs", f"{settings.HAUSMEISTER_BASE_URL}/runs"),),
    )  # fmt: skip


def _told_days(days: list[LevelDay], now: datetime) -> list[LevelDay]:
    """What was to be by an hour of the last day, and what runs for the coming one."""
    return [day for day in days if day.hour > now - timedelta(hours=20) and (day.hour <= now or day.run_id)]


def _told_runs(team: Team, now: datetime) -> list[Run]:
    newest: dict[str, Run] = {}
    for run in Run.objects.filter(team=team, began_at__gt=now - timedelta(days=1)).newest()[:200]:
        newest.setdefault(run.dag, run)
    return sorted(newest.values(), key=lambda run: run.dag)[:MOST_DAGS]


def _headline(days: list[LevelDay], runs: list[Run]) -> str:
    missed = [day.level for day in days if day.verdict == Verdict.MISSED]
    risky = [day.level for day in days if day.verdict == Verdict.AT_RISK]
    failed = [run.dag for run in runs if run.state == State.FAILED]
    if missed:
        return f"Runs: {', '.join(missed)} missed."
    if risky:
        return f"Runs: {', '.join(risky)} at risk."
    if failed:
        return f"Runs: {', '.join(failed)} failed."
    return "Runs: all as they should be."


def _level_line(day: LevelDay, level: Level, zone: ZoneInfo) -> str:
    return " ".join(filter(None, (words.of_level(day, zone), compared(day, level, zone))))


def compared(day: LevelDay, level: Level, zone: ZoneInfo) -> str:
    """Return when the level is met on other days of the same weekday, "" where that is not known."""
    found = queries.usual_met(day, level)
    if found is None:
        return ""
    at, count = found
    moment = instant(day.day, at, level.zone)
    return f"On {day.day:%A}s it is usually met at {words.clock(moment, zone)} ({count} of them)."


def _run_line(run: Run, zone: ZoneInfo, now: datetime) -> str:
    units = [one for one in units_of(run.tries.all()) if one.state is not State.REMOVED]
    line = words.of_run(
        run, done=sum(one.state in DONE for one in units), total=len(units),
        failed=sum(one.state is State.FAILED for one in units), zone=zone, now=now,
    )  # fmt: skip
    usual = queries.usual_end(run)
    return line if usual is None else f"{line} On {run.day:%A}s it usually takes {duration(usual)}."


def _tell_risks(team: Team, policy: Policy, now: datetime) -> int:
    """Say once in the updates channel that a level is at risk, where the policy wants a notice and no alert."""
    if policy.runs.at_risk != "notice":
        return 0
    told = 0
    for day in queries.level_days(team, now):
        if day.verdict != Verdict.AT_RISK or day.told_at is not None:
            continue
        with transaction.atomic():
            if not LevelDay.objects.filter(pk=day.pk, told_at=None).update(told_at=now):
                continue
            about = About(f"level:{day.pk}", team.pk, f"level-risk-{day.pk}")
            said = Words(
                words.of_level(day, team.zone), links=(Link("The runs", f"{settings.HAUSMEISTER_BASE_URL}/runs"),)
            )
            outbox.enqueue([chat.say(Place(policy.updates_channel), said, about, due_at=now)], now=now)
        told += 1
    return told
