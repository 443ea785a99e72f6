"""What the room does in the background, beside the engine: arithmetic and files must not hold up a page."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from hausmeister.answers import operations
from hausmeister.answers.models import Asking, Feedback, Source
from hausmeister.base import database, log

_log = log.get(__name__)

Work = Callable[[datetime], int]
# name, what is done, whether there may be anything to do, how often
ROUNDS: tuple[tuple[str, Work, Callable[[], bool], timedelta], ...] = (
    (
        "give meaning",
        operations.give_meaning,
        operations.lacks_meaning,
        timedelta(seconds=10),
    ),
    ("read documents", operations.read_sources, Source.objects.exists, timedelta(minutes=5)),
    ("gather askings", operations.tend_recurring, Asking.objects.exists, timedelta(minutes=10)),
    ("regather askings", operations.relink_all, Asking.objects.exists, timedelta(hours=24)),
    ("refit confidence", operations.refit_confidence, Feedback.objects.exists, timedelta(hours=24)),
)


class Round:
    """One of them: begun when there may be something to do, unless it is still going on."""

    def __init__(self, name: str, work: Work, is_due: Callable[[], bool], *, begin: Callable[[database.Work], None]):
        self.name = name
        self._work, self._is_due, self._begin = work, is_due, begin
        self._going = threading.Lock()

    def run(self, now: datetime) -> int:
        """Begin it; return 1 when it was begun. What fails is logged, and met again in the next round."""
        if not self._is_due() or not self._going.acquire(blocking=False):
            return 0
        try:
            self._begin(lambda: self._go(now))
        except RuntimeError:
            # no thread could be started
            self._going.release()
            raise
        return 1

    def _go(self, now: datetime) -> None:
        try:
            self._work(now)
        except DatabaseError as error:
            connection.close()
            _log.error("answers.round_failed", round=self.name, error=f"{type(error).__name__}: {error}"[:300])
        except Exception as error:  # noqa: BLE001 - logged once at the edge; the next round comes
            _log.error("answers.round_failed", round=self.name, error=f"{type(error).__name__}: {error}"[:300])
        finally:
            self._going.release()
