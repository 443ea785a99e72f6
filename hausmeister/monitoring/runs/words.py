"""Runs and levels in words: the same sentences in alerts, posts, the console and on the screens."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base.words import duration, listed
from hausmeister.monitoring.runs.models import LevelDay, Run
from hausmeister.monitoring.runs.rules.forecast import ENOUGH_RUNS
from hausmeister.monitoring.runs.rules.levels import Verdict
from hausmeister.monitoring.runs.rules.states import State


def link_of(run: Run) -> str:
    """Return the address of a run's screen."""
    return f"{settings.HAUSMEISTER_BASE_URL}/runs/{run.day.isoformat()}?run={run.pk}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time of day in `zone`: 05:00."""
    return f"{moment.astimezone(zone):%H:%M}"


def state(value: str) -> str:
    """Return a state of a task or a run for people."""
    return {
        State.WAITING: _("waits"), State.QUEUED: _("queued"), State.RUNNING: _("runs"),
        State.RETRY: _("failed, tries again"), State.SUCCESS: _("done"), State.FAILED: _("failed"),
        State.SKIPPED: _("skipped"), State.BLOCKED: _("blocked by a failure"), State.REMOVED: _("removed"),
    }[State(value)]  # fmt: skip


def verdict(day: LevelDay) -> str:
    """Return a verdict in two words."""
    return {
        Verdict.MET: _("met"), Verdict.ON_TRACK: _("on track"), Verdict.AT_RISK: _("at risk"),
        Verdict.MISSED: _("missed"), Verdict.LATE: _("met late"), Verdict.UNKNOWN: _("not known yet"),
    }[Verdict(day.verdict)]  # fmt: skip


def of_level(day: LevelDay, zone: ZoneInfo) -> str:
    """Return how a level stands, in a sentence or two: verdict first, then by how much, then what is in the way."""
    facts = {"level": day.level, "hour": clock(day.hour, zone)}
    match Verdict(day.verdict):
        case Verdict.MET | Verdict.LATE:
            return _met(day, zone)
        case Verdict.MISSED:
            text = _("%(level)s missed %(hour)s: ") % facts + _count(day)
        case Verdict.AT_RISK:
            text = _("%(level)s is at risk for %(hour)s: ") % facts + _outlook(day, zone)
        case Verdict.ON_TRACK:
            text = _("%(level)s is on track for %(hour)s: ") % facts + _outlook(day, zone)
        case _:
            text = _("%(level)s by %(hour)s, not known yet: ") % facts + _count(day)
    return " ".join(filter(None, (text, _in_the_way(day))))


def _met(day: LevelDay, zone: ZoneInfo) -> str:
    met_at = day.met_at or day.hour
    facts = {"level": day.level, "at": clock(met_at, zone), "hour": clock(day.hour, zone)}
    if met_at <= day.hour:
        facts["time"] = duration(day.hour - met_at)
        return _("%(level)s met at %(at)s, %(time)s before %(hour)s.") % facts
    facts["time"] = duration(met_at - day.hour)
    return _("%(level)s met late at %(at)s, %(time)s after %(hour)s.") % facts


def _count(day: LevelDay) -> str:
    if not day.total:
        return _("no task of it has been heard of.") if day.run_id else _("no run has begun.")
    facts = {"done": day.done, "total": day.total, "needed": day.needed, "percent": f"{percent(day):g}"}
    return _("%(done)d of %(total)d tasks are done (%(percent)s %%), %(needed)d are needed.") % facts


def percent(day: LevelDay) -> float:
    """Return the share that is done, in percent, rounded down to a tenth."""
    return int(1000 * day.done / day.total) / 10 if day.total else 0.0


def _outlook(day: LevelDay, zone: ZoneInfo) -> str:
    if not day.total:
        return _count(day)
    if day.likely_at is None or day.slow_at is None:
        return _("it cannot be met unless something is mended. ") + _count(day)
    text = _("probably met at %(likely)s, at %(slow)s when it goes slowly") % {
        "likely": clock(day.likely_at, zone), "slow": clock(day.slow_at, zone),
    }  # fmt: skip
    return f"{text} ({confidence(day)}). {_count(day)}"


def confidence(day: LevelDay) -> str:
    """Return how sure a forecast is, in words."""
    runs = ngettext("by %(n)d earlier run", "by %(n)d earlier runs", day.earlier_runs) % {"n": day.earlier_runs}
    if day.earlier_runs < ENOUGH_RUNS:
        runs = _("a guess, %(runs)s") % {"runs": runs}
    if day.chance_late_percent is None:
        return runs
    return _("%(chance)d %% risk of missing it, %(runs)s") % {"chance": day.chance_late_percent, "runs": runs}


def _in_the_way(day: LevelDay) -> str:
    names = [str(one) for one in day.in_the_way[:3]]
    if not names:
        return ""
    more = len(day.in_the_way) - len(names)
    if more:
        names.append(_("%(n)d more") % {"n": more})
    return _("Failed: %(names)s.") % {"names": listed(names)}


def of_run(run: Run, *, done: int, total: int, failed: int, zone: ZoneInfo, now: datetime) -> str:
    """Return how a run stands in a sentence."""
    facts = {"done": done, "total": total, "begun": clock(run.began_at, zone), "failed": failed}
    facts["took"] = duration(max((run.ended_at or now) - run.began_at, timedelta(0)))
    if run.state == State.SUCCESS:
        text = _("Done in %(took)s; it began at %(begun)s.") % facts
    elif run.state == State.FAILED:
        text = _("Failed after %(took)s; %(done)d of %(total)d tasks are done.") % facts
    elif run.state == State.RUNNING:
        text = _("Runs since %(begun)s, for %(took)s; %(done)d of %(total)d tasks are done.") % facts
    else:
        text = _("Waits since %(begun)s.") % facts
    if failed and run.state != State.SUCCESS:
        text += " " + ngettext("%(failed)d task failed.", "%(failed)d tasks failed.", failed) % facts
    return text


def of_blindness(since: datetime, zone: ZoneInfo) -> str:
    """Return that Airflow does not answer."""
    return _("Airflow has not answered since %(at)s; what is shown of its runs is as of then.") % {
        "at": clock(since, zone)
    }
