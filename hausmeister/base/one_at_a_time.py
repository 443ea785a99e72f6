"""Work that goes on beside the engine, one round at a time: what is slow or far away must not hold up a page."""

import threading
from collections.abc import Callable

from django.db import DatabaseError, connection

from hausmeister.base import database, log

_log = log.get(__name__)

Begin = Callable[[database.Work], None]


class OneAtATime:
    """Begins rounds of one kind; while one goes on, no other is begun.

    `begin` is how work is begun: `database.beside`, or `database.at_once` where everything happens in one thread.
    A round that breaks is logged as `event` with `facts`; the next one comes.
    """

    def __init__(self, begin: Begin, *, event: str, **facts: object) -> None:
        self._begin = begin
        self._event = event
        self._facts = facts
        self._going = threading.Lock()

    @property
    def is_going(self) -> bool:
        """Say whether a round goes on. Only who begins rounds can rely on a no."""
        return self._going.locked()

    def begin(self, work: database.Work) -> int:
        """Begin `work` as the next round; return 1, or 0 when one still goes on.

        Raises RuntimeError when no thread can be started; the round counts as not begun.
        """
        if not self._going.acquire(blocking=False):
            return 0
        try:
            self._begin(lambda: self._go(work))
        except RuntimeError:
            self._going.release()
            raise
        return 1

    def _go(self, work: database.Work) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - logged once at the edge; the next round comes
            if isinstance(error, DatabaseError):
                connection.close()
            _log.error(self._event, **self._facts, error=f"{type(error).__name__}: {error}"[:300])
        finally:
            self._going.release()
