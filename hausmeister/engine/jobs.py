"""The table of jobs: what the engine does, and how often. A failing job never stops the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.alerts import operations as alerts
from hausmeister.base import log
from hausmeister.outbox import operations as outbox
from hausmeister.pager.operations import auditing, climbing, testing
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import tending
from hausmeister.team.models import Team

_log = log.get(__name__)


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
    )


def housekeeping(node: str) -> tuple[Job, ...]:
    """Return the jobs that can wait a little."""
    return (
        Job("expire pages", lambda now: alerts.expire(now=now), timedelta(minutes=1)),
        Job("plan the rota", plan_rotas, timedelta(minutes=30)),
        Job("tend asks", tending.tend, timedelta(minutes=1)),
        Job("beat", lambda now: _beat(node, now), timedelta(seconds=10)),
    )


def climb(now: datetime) -> int:
    """Take the next step of every page that is due."""
    moved = 0
    for page_id in climbing.due_page_ids(now):
        try:
            moved += climbing.climb_page(page_id, now=now)
        except Exception as error:  # noqa: BLE001 - one page that cannot be computed must not stop the others
            _log.error("page.step_failed", page=page_id, error=f"{type(error).__name__}: {error}"[:500])
            climbing.put_off_poisoned(page_id, now=now, reason=f"{type(error).__name__}: {error}")
    return moved


def ring(now: datetime) -> int:
    """Send every rung of a personal ladder that is due."""
    return sum(climbing.ring(summons_id, page_id, now=now) for summons_id, page_id in climbing.due_summons_ids(now))


def call_again(now: datetime) -> int:
    """Call again for every acknowledged page that nobody touched."""
    return sum(climbing.call_again(page_id, now=now) for page_id in climbing.forgotten_page_ids(now))


def plan_rotas(now: datetime) -> int:
    """Share out the duties of every team up to its horizon."""
    return sum(rota.plan_ahead(team, now=now) for team in Team.objects.order_by("id"))


def _beat(node: str, now: datetime) -> int:
    auditing.beat(node, now=now)
    return 1
