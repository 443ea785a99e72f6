"""The auditor: each minute it looks whether every page that must move has moved, and tells the outside.

An outside watcher (any service that alarms when a URL is no longer called) is pinged only while that is true.
So a dead engine, a dead machine and a stuck page all look the same from there: silence, and it calls.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from hausmeister.base import log
from hausmeister.base.database import Work
from hausmeister.base.guard import Forbidden, NoAnswer
from hausmeister.base.outgoing import Client
from hausmeister.pager import queries

_log = log.get(__name__)

EVERY = timedelta(minutes=1)


class Auditor:
    """Looks at the pager, and pings `url` while nothing is wrong; without a URL it only looks."""

    def __init__(self, url: str, *, client: Client, begin: Callable[[Work], None]) -> None:
        self._url = url
        self._client = client
        # how the ping is made: beside the engine's work, which must not wait for a far side
        self._begin = begin

    def run(self, now: datetime) -> int:
        """Look once; return how many pages and messages ought to have moved and did not."""
        found = queries.audit(now=now)
        wrong = len(found.stuck) + found.overdue_messages
        if wrong:
            pages = [page.pk for page in found.stuck]
            _log.error("auditor.stuck", pages=pages, overdue_messages=found.overdue_messages)
        elif self._url:
            self._begin(self._ping)
        return wrong

    def _ping(self) -> None:
        try:
            answer = self._client.request("GET", self._url)
        except (Forbidden, NoAnswer) as error:
            _log.warning("auditor.watcher_not_reached", reason=str(error))
        else:
            if not 200 <= answer.status < 300:
                _log.warning("auditor.watcher_not_reached", reason=f"it answered {answer.status}")
