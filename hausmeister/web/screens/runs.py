"""DAG runs: the service levels first, in words; then the runs; and one day's run as a Gantt with its history (L6)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.alerts import queries as alerts
from hausmeister.base import clock
from hausmeister.base.words import duration
from hausmeister.monitoring.runs import queries, telling, words
from hausmeister.monitoring.runs.models import LevelDay, Run, Try
from hausmeister.monitoring.runs.rules.critical import critical_path
from hausmeister.monitoring.runs.rules.levels import Verdict
from hausmeister.monitoring.runs.rules.states import DONE, State, Unit
from hausmeister.monitoring.runs.taking import units_of
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.gantts import WIDTHS, Bar, Picture, gantt, group_of
from hausmeister.web.plancharts import Chart
from hausmeister.web.sparks import Spark, spark
from hausmeister.web.states import Shown
from hausmeister.web.teams import chosen

TASKS_SHOWN = 300
_VERDICTS = {
    Verdict.MET: ("ok", "check"),
    Verdict.ON_TRACK: ("ok", "play"),
    Verdict.AT_RISK: ("p3", "triangle-alert"),
    Verdict.MISSED: ("p4", "triangle-alert"),
    Verdict.LATE: ("p3", "check"),
    Verdict.UNKNOWN: ("quiet", ""),
}
_STATES = {
    State.SUCCESS: ("ok", "check"),
    State.RUNNING: ("ok", "play"),
    State.FAILED: ("p4", "triangle-alert"),
    State.RETRY: ("p3", "clock"),
}
_WORST = (State.FAILED, State.RETRY, State.RUNNING, State.BLOCKED, State.QUEUED, State.WAITING)


@dataclass(frozen=True)
class LevelLine:
    """A level's day as a row: its verdict as a badge, and in words with the other days beside it."""

    day: LevelDay
    badge: Shown
    says: str
    compared: str


@dataclass(frozen=True)
class RunLine:
    """A run as a row."""

    run: Run
    badge: Shown
    took: str
    link: str


@dataclass(frozen=True)
class TaskLine:
    """A task of a run as a row of the table beside the Gantt."""

    unit: Unit
    badge: Shown
    took: str
    is_critical: bool


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show how the levels stand, and the newest runs."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    lines = _level_lines(team, queries.level_days(team, now))
    context = {
        "team": team,
        "teams": teams,
        "levels": lines,
        "verdict": _verdict(lines),
        "runs": [_run_line(run, now) for run in queries.latest(team)],
        **_frame(team, now),
    }
    return render(request, "web/runs/runs.html", context)


@needs(Capability.SEE_PAGES)
@require_safe
def day(request: Request, day: str) -> HttpResponse:
    """Show one run of a day, and how earlier ones went."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    when = _date(day)
    runs = queries.runs_on(team, when)
    run = _chosen_run(request, runs)
    context = {
        "team": team,
        "teams": teams,
        "day": when,
        "before": when - timedelta(days=1) if when > date.min else None,
        "after": when + timedelta(days=1) if when < now.astimezone(team.zone).date() else None,
        "runs": [_run_line(one, now) for one in runs],
        "run": run,
        **_frame(team, now),
    }
    if run is not None:
        context |= _of_run(run, team, now)
    return render(request, "web/runs/day.html", context)


def _frame(team: Team, now: datetime) -> dict[str, object]:
    blind = queries.blind_since(now)
    return {
        "blind": words.of_blindness(blind, team.zone) if blind else "",
        "schedulers": queries.schedulers(),
        "now": now,
    }


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Http404(_("A day is written like 2026-11-24.")) from error
    if found.isoformat() != text:
        raise Http404(_("A day is written like 2026-11-24."))
    return found


def _chosen_run(request: Request, runs: list[Run]) -> Run | None:
    asked = request.GET.get("run", "")
    if not asked:
        with_level = {level.dag for level in queries.levels(runs[0].team_id)} if runs else set()
        return next((run for run in runs if run.dag in with_level), runs[0] if runs else None)
    found = next((run for run in runs if str(run.pk) == asked), None)
    if found is None:
        raise Http404(_("There is no such run on this day."))
    return found


def _level_lines(team: Team, days: list[LevelDay]) -> list[LevelLine]:
    known = {level.name: level for level in queries.levels(team.pk)}
    return [
        LevelLine(
            day, Shown(words.verdict(day), *_VERDICTS[Verdict(day.verdict)]), words.of_level(day, team.zone),
            telling.compared(day, known[day.level], team.zone) if day.level in known else "",
        )
        for day in days
    ]  # fmt: skip


def _verdict(lines: list[LevelLine]) -> str:
    """Return the answer to the question with which one comes here, in words."""
    missed = [line.day.level for line in lines if line.day.verdict == Verdict.MISSED]
    risky = [line.day.level for line in lines if line.day.verdict == Verdict.AT_RISK]
    if missed:
        return _("Missed: %(names)s.") % {"names": ", ".join(missed)}
    if risky:
        return _("At risk: %(names)s.") % {"names": ", ".join(risky)}
    if any(line.day.verdict == Verdict.ON_TRACK for line in lines):
        return _("All service levels are on track.")
    return _("No service level is at risk.") if lines else ""


def _run_line(run: Run, now: datetime) -> RunLine:
    took = duration(max((run.ended_at or now) - run.began_at, timedelta(0))) if run.started_at else ""
    return RunLine(run, _state(run.state), took, f"/runs/{run.day.isoformat()}?run={run.pk}")


def _state(value: str) -> Shown:
    return Shown(words.state(value), *_STATES.get(State(value), ("quiet", "")))


# ---- one run ----


def _of_run(run: Run, team: Team, now: datetime) -> dict[str, object]:
    tries = list(run.tries.order_by("id"))
    units = units_of(tries)
    counted = [one for one in units if one.state is not State.REMOVED]
    edges = {task: one.then for task, one in queries.shape_of(team.pk, run.dag).items()}
    critical = critical_path(units, edges, now=now)
    days = list(LevelDay.objects.filter(run=run).order_by("hour", "id"))
    failed = sum(one.state is State.FAILED for one in units)
    done = sum(one.state in DONE for one in units)
    earlier = queries.latest(team, dag=run.dag, most=15)
    return {
        "says": words.of_run(run, done=done, total=len(counted), failed=failed, zone=team.zone, now=now),
        "usual": _usual(run),
        "levels": _level_lines(team, days),
        "charts": _charts(run, tries, critical, days, team, now) if tries else [],
        "critical": critical,
        "tasks": _task_lines(units, critical, now)[:TASKS_SHOWN],
        "tasks_total": len(counted),
        "page": _page(run, team),
        "history": [_run_line(one, now) for one in earlier],
        "spark": _spark(earlier),
    }  # fmt: skip


def _usual(run: Run) -> str:
    usual = queries.usual_end(run)
    if usual is None:
        return ""
    facts = {"day": f"{run.day:%A}", "time": duration(usual)}
    return _("On %(day)ss it usually takes %(time)s.") % facts


def _page(run: Run, team: Team) -> int | None:
    """Return the page of what blocks the run, the oldest first; None where nothing of it calls anybody."""
    keys = [one.key for one in queries.alarms_of([f"run:{run.pk}"])]
    found = alerts.open_pages_of(team, keys) if keys else {}
    return next((found[key] for key in keys if key in found), None)


def _task_lines(units: list[Unit], critical: tuple[str, ...], now: datetime) -> list[TaskLine]:
    """Return the tasks, the worst first, then as they began."""

    def place(one: Unit) -> tuple[int, float, str]:
        rank = _WORST.index(one.state) if one.state in _WORST else len(_WORST)
        return (rank, one.started_at.timestamp() if one.started_at else 0.0, one.name)

    lines = []
    for one in sorted(units, key=place):
        took = one.took(now)
        lines.append(TaskLine(one, _state(one.state), duration(took) if took is not None else "", one.task in critical))
    return lines


def _spark(runs: list[Run]) -> Spark | None:
    took = [(run.ended_at - run.began_at).total_seconds() for run in reversed(runs) if run.ended_at]
    return spark(took)


def _charts(
    run: Run, tries: list[Try], critical: tuple[str, ...], days: list[LevelDay], team: Team, now: datetime
) -> list[Chart]:
    last_of = {one.task: one.name for one in _by_end(units_of(tries), now)}
    bars = [
        Bar(
            name := (one.task if one.place < 0 else f"{one.task}[{one.place}]"), group_of(one.task), State(one.state),
            one.attempt, one.started_at, one.ended_at, one.task in critical and last_of.get(one.task) == name,
        )
        for one in tries
        if one.state != State.REMOVED
    ]  # fmt: skip
    moments = [moment for bar in bars for moment in (bar.began_at, bar.ended_at) if moment]
    begins = min([run.began_at, *moments]) if not moments else min(moments)
    ends = max([*moments, *([] if run.is_over else [now]), begins + timedelta(minutes=1)])
    lines = [("hour", one.hour, one.level) for one in days if begins <= one.hour <= ends + (ends - begins) / 2]
    ends = max([ends, *(moment for _kind, moment, _word in lines)])
    if begins <= now <= ends:
        lines.append(("needle", now, _("now")))
    picture = Picture(_finding(run, bars, critical), bars, begins, ends, now, team.zone, lines)
    return [gantt(picture, width=width) for width in WIDTHS]


def _by_end(units: list[Unit], now: datetime) -> list[Unit]:
    return sorted(units, key=lambda one: one.ended_at or (now if one.started_at else one.started_at) or now)


def _finding(run: Run, bars: list[Bar], critical: tuple[str, ...]) -> str:
    failed = sorted({bar.name for bar in bars if bar.state is State.FAILED})
    text = _("%(dag)s: %(n)d tasks") % {"dag": run.dag, "n": len({bar.name for bar in bars})}
    if failed:
        text += _(", %(n)d with a failed try") % {"n": len(failed)}
    return text + (_("; the longest chain ends with %(task)s") % {"task": critical[-1]} if critical else "")
