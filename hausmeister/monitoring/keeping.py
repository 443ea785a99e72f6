"""The hand that stores what a station found, and tells it when a policy has changed. It never waits in the station."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import DataError, connection
from django.db import Error as DatabaseError

from hausmeister.base import clock, log
from hausmeister.monitoring import queries
from hausmeister.monitoring.operations import hits
from hausmeister.monitoring.rules.watching import Change, Watch
from hausmeister.monitoring.station import Station
from hausmeister.team.policy.reading import BadPolicy

_log = log.get(__name__)

PAUSE = timedelta(milliseconds=500)
# so often the policies are read again
LOOK_EVERY = timedelta(seconds=10)


def store(changes: Sequence[Change], now: datetime) -> None:
    """Store `changes`; when one of them spoils the transaction, the others are stored by themselves.

    Raises the database's own errors: then everything waits, and is tried again.
    """
    try:
        hits.store(changes, now=now)
    except Exception as error:
        # one that cannot be stored must not hold up the others for ever: a DataError is the row's own fault, every
        # other error of the database may pass
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise
        if len(changes) == 1:
            reason = f"{type(error).__name__}: {error}"[:500]
            _log.error("monitoring.change_not_stored", key=changes[0].key, is_on=changes[0].is_on, error=reason)
            return
    else:
        return
    for one in changes:
        store([one], now)


class Keeper:
    """Stores and looks, in a thread of its own, until it is stopped."""

    def __init__(
        self, station: Station, *, watches: Callable[[], Mapping[str, Sequence[Watch]]] = queries.watches
    ) -> None:
        self._station = station
        self._watches = watches
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked_at: datetime | None = None
        self._known: Mapping[str, Sequence[Watch]] = {}

    def begin(self, *, now: datetime) -> None:
        """Let the station judge by the policies in force, and know what was on when the process ended."""
        self._known = self._watches()
        on = {name: queries.on(name) for name in self._station.names}
        self._station.begin(self._known, on, now_s=now.timestamp())
        self._looked_at = now

    def run_once(self, *, now: datetime) -> int:
        """Look at the policies when it is time, and store what waits; return how many changes."""
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._look(now)
        return self._station.keep(now=now)

    def _look(self, now: datetime) -> None:
        self._looked_at = now
        try:
            found = self._watches()
        except BadPolicy as error:
            # the doctor says it too; until it is mended the rules stay as they are
            _log.error("monitoring.policy_not_read", error=str(error)[:500])
            return
        if found != self._known:
            self._known = found
            self._station.use(found, now_s=now.timestamp())

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="monitoring-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Store what waits, and end."""
        self._is_stopping.set()
        if self._thread is not None:
            self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            is_last = self._is_stopping.wait(PAUSE.total_seconds())
            try:
                self.run_once(now=clock.now())
            except DatabaseError as error:
                connection.close()
                _log.warning("monitoring.not_stored", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - without this thread no alert would come of an event any more
                _log.error("monitoring.keeper_stumbled", error=f"{type(error).__name__}: {error}"[:500])
            if is_last:
                break
        connection.close()
