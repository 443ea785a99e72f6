"""Asking Opsgenie how the alerts stand that we made there, for as long as their pages wait for an answer.

A round runs beside the engine, never inside its tick: a slow Opsgenie must not hold up a page.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import Error as DatabaseError

from hausmeister.base import clock, database, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.connectors.opsgenie import back, wire
from hausmeister.connectors.opsgenie.back import Done
from hausmeister.connectors.opsgenie.sender import OpsgenieApi
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.delivery import NotDelivered
from hausmeister.pager import queries as pager
from hausmeister.team.rules import Channel

_log = log.get(__name__)

EVERY = timedelta(seconds=10)
BUDGET_S = 20.0

Call = tuple[int, int]


class Poll:
    """Rounds over the unanswered pages that were sent to Opsgenie, each round within its time budget."""

    def __init__(
        self,
        api: OpsgenieApi,
        *,
        begin: Begin = database.beside,
        budget_s: float = BUDGET_S,
        stopwatch_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self._api = api
        self._rounds = OneAtATime(begin, event="opsgenie.poll_failed")
        self._budget_s = budget_s
        self._stopwatch_s = stopwatch_s
        # where the last round stopped; the next begins after it, so that every page has its turn
        self._last: Call = (0, 0)

    def run(self, _now: datetime) -> int:
        """Begin a round if anything waits, unless one is still going on; return how many were begun."""
        calls = waiting()
        return self._rounds.begin(lambda: self._ask_all(calls)) if calls else 0

    def _ask_all(self, calls: Sequence[Call]) -> None:
        until_s = self._stopwatch_s() + self._budget_s
        for call in self._in_turn(calls):
            if self._stopwatch_s() >= until_s:
                _log.warning("opsgenie.poll_cut_short", budget_s=self._budget_s)
                return
            self._last = call
            self._ask(call)
        self._last = (0, 0)

    def _in_turn(self, calls: Sequence[Call]) -> list[Call]:
        return [one for one in calls if one > self._last] + [one for one in calls if one <= self._last]

    def _ask(self, call: Call) -> None:
        """Ask for one alert and act on it; whatever goes wrong with it does not stop the others."""
        try:
            found = self._api.standing(wire.alias(*call))
            if found is not None:
                take(call, found, now=clock.now())
        except NotDelivered as error:
            _log.warning("opsgenie.poll_unanswered", page=call[0], reason=str(error))
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - one page must not stop the others
            _log.error("opsgenie.poll_page_failed", page=call[0], error=f"{type(error).__name__}: {error}"[:300])


def waiting() -> list[Call]:
    """Return (page, person) for each unanswered page that was sent to somebody through Opsgenie, in order."""
    subjects = [f"page:{page_id}" for page_id in pager.unanswered_ids()]
    calls = outbox.tried(subjects, channel=Channel.OPSGENIE, kind="page")
    return sorted({(call.facts["page"], call.person_id) for call in calls if call.person_id is not None})


def take(call: Call, found: wire.Standing, *, now: datetime) -> bool:
    """Do to our page what was done to its alert; return whether that changed anything."""
    done = Done(page_id=call[0], person_id=call[1], by=found.by, at=found.at, is_current=True)
    if found.is_closed:
        return back.close(done, now=now)
    if found.is_acknowledged:
        return back.acknowledge(done, now=now)
    return False
