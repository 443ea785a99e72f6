"""Which DAGs are asked for, when next, and how their scheduler answers: away, refused, upgraded in between."""

from datetime import datetime, timedelta

from hausmeister.base import log
from hausmeister.base.untrusted import cut
from hausmeister.monitoring.runs.models import Dag, Run, Scheduler
from hausmeister.monitoring.runs.rules.states import RunSaid
from hausmeister.outbox.delivery import NotDelivered, TryLater
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

_log = log.get(__name__)

EVERY = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
# a round takes the turn for so long; of two engines one gets it
TURN = timedelta(minutes=2)
SHAPE_FOR = timedelta(minutes=15)


def watched() -> list[tuple[Team, tuple[str, ...]]]:
    """Return the teams that watch DAGs, each with the names or globs of its policy."""
    found = []
    for team in Team.objects.order_by("id"):
        rule = team_queries.policy_of(team.pk).runs
        names = tuple(dict.fromkeys((*rule.dags, *(level.dag for level in rule.levels))))
        if names:
            found.append((team, names))
    return found


def take_turn(url: str, *, now: datetime) -> bool:
    """Take the look that is due; return whether there is one and it is ours."""
    one, _ = Scheduler.objects.get_or_create(url=url, defaults={"next_at": now})
    if one.next_at > now:
        return False
    return bool(Scheduler.objects.filter(pk=one.pk, next_at=one.next_at).update(next_at=now + TURN))


def read(url: str, version: str, *, now: datetime) -> None:
    """Note that a look went well, and by which version it was answered."""
    one = Scheduler.objects.get(url=url)
    if one.version and one.version != version:
        _log.info("airflow.upgraded", before=one.version, now=version)
    if one.failing_since is not None:
        _log.info("airflow.answers_again", since=one.failing_since.isoformat())
    Scheduler.objects.filter(pk=one.pk).update(
        version=version, read_at=now, next_at=now + EVERY, failures=0, failing_since=None, failing_how="",
        failing_why="",
    )  # fmt: skip


def failed(url: str, how: str, error: NotDelivered, *, now: datetime) -> None:
    """Note that a look failed, and wait: as long as Airflow asks, else longer each time."""
    one = Scheduler.objects.get(url=url)
    asked = error.retry_after_s if isinstance(error, TryLater) else None
    growing = min(EVERY * 2 ** min(one.failures, 10), LONGEST_PAUSE)
    Scheduler.objects.filter(pk=one.pk).update(
        next_at=now + max(growing, timedelta(seconds=min(asked or 0.0, 3_600.0))), failures=one.failures + 1,
        failing_since=one.failing_since or now, failing_how=how, failing_why=cut(str(error), 500),
    )  # fmt: skip
    _log.warning("airflow.not_read", how=how, reason=str(error))


def shape_is_old(team: Team, dag: str, *, now: datetime) -> bool:
    """Say whether it is time to ask again what a DAG looks like."""
    return not Dag.objects.filter(team=team, name=dag, read_at__gt=now - SHAPE_FOR).exclude(tasks={}).exists()


def read_run(team: Team, said: RunSaid, *, is_read: bool, at: datetime) -> None:
    """Note up to when a run's tasks are read, and whether its end is among them."""
    Run.objects.filter(team=team, dag=said.dag, name=said.run).update(is_read=is_read, read_at=at)
