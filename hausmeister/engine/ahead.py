"""The jobs that look ahead of the pager: beside the engine's thread, so that none of them ever delays a page."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection

from hausmeister.base import log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.engine.jobs import Job
from hausmeister.handoff.operations import watching
from hausmeister.pager.operations import foreseeing, handing_over, noticing
from hausmeister.team.models import Team

_log = log.get(__name__)

OfTeam = Callable[..., int]


class ForEachTeam:
    """Does one thing for every team, each by itself; a round that is not over when the next is due goes on alone."""

    def __init__(self, name: str, act: OfTeam, *, begin: Begin) -> None:
        self._name = name
        self._act = act
        self._rounds = OneAtATime(begin, event="ahead.round_failed", job=name)

    def run(self, now: datetime) -> int:
        """Begin a round; what it does is told in the journal, not here."""
        self._rounds.begin(lambda: self._go_round(now))
        return 0

    def _go_round(self, now: datetime) -> None:
        try:
            for team_id in Team.objects.order_by("id").values_list("id", flat=True):
                self._do(team_id, now)
        except (OperationalError, InterfaceError) as error:
            # the database is away; the next round tries again
            connection.close()
            _log.warning("ahead.put_off", job=self._name, error=type(error).__name__)

    def _do(self, team_id: int, now: datetime) -> None:
        try:
            self._act(team_id, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team that cannot be looked at must not hide the others
            _log.error("ahead.failed", job=self._name, team=team_id, error=f"{type(error).__name__}: {error}"[:500])


def jobs(*, begin: Begin) -> tuple[Job, ...]:
    """Return the jobs that keep people from being surprised."""
    return (
        Job("look ahead", ForEachTeam("look ahead", foreseeing.look_ahead, begin=begin).run, timedelta(minutes=15)),
        Job("prepare hand-offs", ForEachTeam("prepare", handing_over.prepare, begin=begin).run, timedelta(minutes=1)),
        Job("hand over", ForEachTeam("hand over", watching.look, begin=begin).run, watching.EVERY),
        Job("tell of shifts", ForEachTeam("tell", noticing.tell_of_shifts, begin=begin).run, timedelta(minutes=1)),
    )
