"""Rounds over the DAGs that teams watch. Beside the engine, never inside its tick: a slow Airflow holds up no page."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hausmeister.base import clock, database, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.connectors.airflow.api import Airflow, NotAirflow, NotThere
from hausmeister.monitoring.runs import following, taking
from hausmeister.monitoring.runs.models import Run
from hausmeister.monitoring.runs.rules.states import OVER, RunSaid, TaskSaid
from hausmeister.outbox.delivery import NotDelivered, Refused
from hausmeister.team.models import Team

_log = log.get(__name__)

EVERY = timedelta(seconds=10)
BUDGET_S = 60.0
# tasks that changed so long before the last look are asked for again: Airflow's clock is not ours
SLACK = timedelta(minutes=5)
MOST_TRIES_ASKED = 20


class Poll:
    """Rounds over what teams watch at one Airflow, each within its time budget; the next goes on where one stopped."""

    def __init__(
        self,
        api: Airflow,
        *,
        begin: Begin = database.beside,
        budget_s: float = BUDGET_S,
        stopwatch_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self._api = api
        self._rounds = OneAtATime(begin, event="airflow.round_failed")
        self._budget_s = budget_s
        self._stopwatch_s = stopwatch_s

    def run(self, now: datetime) -> int:
        """Begin a round if it is due, unless one is still going on; return how many were begun."""
        watched = following.watched()
        if not watched or self._rounds.is_going or not following.take_turn(self._api.url, now=now):
            return 0
        return self._rounds.begin(lambda: self._look(watched))

    def _look(self, watched: list[tuple[Team, tuple[str, ...]]]) -> None:
        until_s = self._stopwatch_s() + self._budget_s
        try:
            version = self._api.version()
            for team, patterns in watched:
                for dag in self._api.dags(patterns):
                    if self._stopwatch_s() >= until_s:
                        _log.warning("airflow.round_cut_short", budget_s=self._budget_s)
                        break
                    self._look_at(team, dag, until_s)
        except NotDelivered as error:
            following.failed(self._api.url, how_of(error), error, now=clock.now())
            return
        following.read(self._api.url, version, now=clock.now())

    def _look_at(self, team: Team, dag: str, until_s: float) -> None:
        """Read one DAG's newest runs, newest first; one that Airflow has no longer stops no other."""
        now = clock.now()
        try:
            if following.shape_is_old(team, dag, now=now):
                taking.learn(team, dag, self._api.shape(dag), now=now)
            for said in self._api.runs(dag, at=now):
                if self._stopwatch_s() >= until_s:
                    return
                self._read_run(team, said)
        except NotThere:
            _log.warning("airflow.dag_not_there", dag=dag[:100], team=team.pk)

    def _read_run(self, team: Team, said: RunSaid) -> None:
        known = Run.objects.filter(team=team, dag=said.dag, name=said.run).first()
        if known is not None and known.is_read and said.state == known.state:
            return
        at = clock.now()
        since = known.read_at - SLACK if known and known.read_at else None
        try:
            tasks = self._api.tasks(said.dag, said.run, since=since, at=at)
            tasks += self._earlier_tries(said, tasks, at)
        except NotThere:
            # deleted between the two questions
            return
        taking.take(team, [replace(said, tasks=tuple(tasks))], now=clock.now())
        following.read_run(team, said, is_read=said.state in OVER, at=at)

    def _earlier_tries(self, said: RunSaid, tasks: list[TaskSaid], at: datetime) -> list[TaskSaid]:
        """Return the tries before the last, which the list of tasks leaves out; of a few tasks at a time."""
        found: list[TaskSaid] = []
        for one in [one for one in tasks if one.attempt > 1][:MOST_TRIES_ASKED]:
            try:
                tries = self._api.tries(said.dag, said.run, one.task, one.place, at=at)
            except NotThere:
                return found
            found += [earlier for earlier in tries if earlier.attempt < one.attempt]
        return found


def how_of(error: NotDelivered) -> str:
    """Return in a word how Airflow fails: away, refused, or not understood."""
    if isinstance(error, NotAirflow):
        return "not understood"
    return "refused" if isinstance(error, Refused) else "away"
