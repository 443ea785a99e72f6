"""The table of jobs: what the engine does, and how often. A failing job never stops the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from django.db import InterfaceError, OperationalError

from hausmeister.alerts import operations as alerts
from hausmeister.base import log
from hausmeister.incidents.operations import tending as incidents
from hausmeister.insights import operations as insights
from hausmeister.issues.operations import arriving, mirroring, nagging, urgency
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.runs import judging, taking
from hausmeister.outbox import operations as outbox
from hausmeister.pager.operations import auditing, climbing, testing
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import tending
from hausmeister.team.models import Team
from hausmeister.triage.operations import helping, reminding

_log = log.get(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Job:
    """One thing the engine does. `run` returns how much it did; `every` is the pause between two runs."""

    name: str
    run: Callable[[datetime], int]
    every: timedelta


AT_EACH_TICK = timedelta(0)


def paging() -> tuple[Job, ...]:
    """Return the jobs that move pages; they run at each tick and each wake, again while they find work."""
    return (
        Job("take back", lambda now: outbox.take_back(now=now), AT_EACH_TICK),
        Job("end tests", testing.end_unanswered, AT_EACH_TICK),
        Job("climb", climb, AT_EACH_TICK),
        Job("ring", ring, AT_EACH_TICK),
        Job("call again", call_again, AT_EACH_TICK),
        Job("miss heartbeats", miss_heartbeats, AT_EACH_TICK),
        Job("pull others in", pull_in, AT_EACH_TICK),
    )


def housekeeping(node: str) -> tuple[Job, ...]:
    """Return the jobs that can wait a little."""
    return (
        Job("expire pages", lambda now: alerts.expire(now=now), timedelta(minutes=1)),
        Job("plan the rota", plan_rotas, timedelta(minutes=30)),
        Job("judge runs", judging.judge_runs, AT_EACH_TICK),
        Job("judge levels", judging.judge_levels, judging.EVERY),
        Job("remind of updates", incidents.remind, AT_EACH_TICK),
        Job("tend asks", tending.tend, timedelta(minutes=1)),
        Job("ask about idle issues", ask_about_idle, AT_EACH_TICK),
        Job("forget runs", taking.forget_old, timedelta(hours=6)),
        Job("resend issues", mirroring.resend, mirroring.RESEND_EVERY),
        Job("forget webhook calls", arriving.forget_old, timedelta(hours=6)),
        Job("remind of items", reminding.remind, AT_EACH_TICK),
        Job("close quiet items", reminding.close_quiet, timedelta(hours=1)),
        Job("suggest help", helping.suggest, helping.EVERY),
        Job("write the month", insights.write_month, insights.EVERY),
        Job("forget messages", reminding.forget, timedelta(hours=6)),
        Job("beat", lambda now: _beat(node, now), timedelta(seconds=10)),
    )


def climb(now: datetime) -> int:
    """Take the next step of every page that is due."""
    return _each(
        climbing.due_page_ids(now), lambda page_id: climbing.climb_page(page_id, now=now), climbing.put_off_step, now
    )


def ring(now: datetime) -> int:
    """Send every rung of a personal ladder that is due."""
    return _each(climbing.due_summons_ids(now), lambda one: climbing.ring(*one, now=now), climbing.put_off_ring, now)


def call_again(now: datetime) -> int:
    """Call again for every acknowledged page that nobody touched."""
    return _each(
        climbing.forgotten_page_ids(now),
        lambda page_id: climbing.call_again(page_id, now=now),
        climbing.put_off_call_again,
        now,
    )


def miss_heartbeats(now: datetime) -> int:
    """Raise the alarm of every heartbeat that did not come in time."""
    return _each(
        heartbeats.overdue_ids(now), lambda one: heartbeats.miss(one, now=now), heartbeats.put_off, now
    )  # fmt: skip


def pull_in(now: datetime) -> int:
    """Ask the next helper for every P4 whose call for help nobody has answered (H12)."""
    return _each(urgency.due_ids(now), lambda issue_id: urgency.ask_on(issue_id, now=now), urgency.put_off, now)


def ask_about_idle(now: datetime) -> int:
    """Ask about every P3 on which nothing has happened for too long."""
    return _each(nagging.due_ids(now), lambda issue_id: nagging.ask(issue_id, now=now), nagging.put_off, now)


class PutOff(Protocol):
    """Moves one poisoned row a minute ahead and tells it in the journal."""

    def __call__(self, which: Any, /, *, now: datetime, reason: str) -> None: ...


def _each(which: Sequence[_T], work: Callable[[_T], int], put_off: PutOff, now: datetime) -> int:
    """Do `work` for each; one that cannot be computed is put off and stops no other. Returns how much was done."""
    done = 0
    for one in which:
        try:
            done += work(one)
        except (OperationalError, InterfaceError):
            # not the row's fault: the database is away, or somebody was in the way. The next tick tries again
            raise
        except Exception as error:  # noqa: BLE001 - one poisoned row must not stop the others
            reason = f"{type(error).__name__}: {error}"[:500]
            _log.error("page.step_failed", which=one, error=reason)
            put_off(one, now=now, reason=reason)
    return done


def plan_rotas(now: datetime) -> int:
    """Share out the duties of every team up to its horizon; a team that cannot be planned stops no other."""
    planned = 0
    for team in Team.objects.order_by("id"):
        try:
            planned += rota.plan_ahead(team, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - the other teams need their rota
            _log.error("rota.not_planned", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return planned


def _beat(node: str, now: datetime) -> int:
    auditing.beat(node, now=now)
    return 1
