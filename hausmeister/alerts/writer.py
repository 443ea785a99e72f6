"""The one hand that stores alerts. It has no timer: the next transaction takes all that wait (group commit).

Each request is answered only after the commit that holds it. A request that cannot be stored fails alone.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import IntegrityError, InterfaceError, OperationalError, connection

from hausmeister.alerts import operations
from hausmeister.alerts.operations import Incoming, Taken
from hausmeister.base import clock, database, log

_log = log.get(__name__)

MOST_AT_ONCE = 400
MOST_WAITING = 5_000
# so many requests in one transaction mean a flood, and so long it is taken to last
PRESSED_FROM = 12
PRESSED_FOR_S = 0.25


class IntakeIsFull(Exception):
    """More waits for the commit than may; the sender is asked to try again."""


class NotStored(Exception):
    """The database did not take it; the sender is asked to try again."""


@dataclass
class Submission:
    """The signals of one request. `answer` and `failure` are set after the commit, exactly one of them."""

    incoming: Sequence[Incoming]
    on_done: Callable[["Submission"], None]
    answer: list[Taken] = field(default_factory=list)
    failure: Exception | None = None


class Writer:
    """Takes what waits, stores it in one transaction, answers everybody."""

    def __init__(self, *, most_at_once: int = MOST_AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._waiting: deque[Submission] = deque()
        self._signals_waiting = 0
        self._changed = threading.Condition()
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._busy_until_s = 0.0

    @property
    def is_pressed(self) -> bool:
        """Whether requests come faster than one at a time: whoever shares the processor should wait."""
        return clock.monotonic_s() < self._busy_until_s

    def submit(self, submission: Submission) -> None:
        """Let `submission` wait for the next transaction. Raises IntakeIsFull."""
        with self._changed:
            # asked of what waits already: a group larger than the whole queue could else never be stored
            if self._is_stopping or self._signals_waiting >= self._most_waiting:
                raise IntakeIsFull
            self._waiting.append(submission)
            self._signals_waiting += len(submission.incoming)
            self._changed.notify()

    def run_once(self, *, now: datetime) -> int:
        """Store what waits, in one transaction where possible; return how many requests were answered."""
        batch = self._take()
        if not batch:
            return 0
        if len(batch) >= PRESSED_FROM:
            self._busy_until_s = clock.monotonic_s() + PRESSED_FOR_S
        if not _store(batch, now=now):
            # one of them spoils the batch, or another node was first with a key: each on its own
            for submission in batch:
                _store_alone(submission, now=now)
        for submission in batch:
            # whoever asked may be gone; the others of the batch still want their answers
            with contextlib.suppress(RuntimeError):
                submission.on_done(submission)
        return len(batch)

    def _take(self) -> list[Submission]:
        batch: list[Submission] = []
        signals = 0
        with self._changed:
            while self._waiting and (not batch or signals + len(self._waiting[0].incoming) <= self._most_at_once):
                submission = self._waiting.popleft()
                signals += len(submission.incoming)
                batch.append(submission)
            self._signals_waiting -= signals
        return batch

    def start(self) -> None:
        """Begin to store, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)
        self._thread.start()

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Take no more, store what waits, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping)
                if not self._waiting:
                    break
            try:
                self.run_once(now=clock.now())
            except Exception as error:  # noqa: BLE001 - without this thread nothing would be stored any more
                _log.error("intake.writer_stumbled", error=f"{type(error).__name__}: {error}"[:500])
        connection.close()


def _store(batch: Sequence[Submission], *, now: datetime) -> bool:
    """Store all of `batch` in one transaction; return False when each must be tried alone."""
    incoming = [one for submission in batch for one in submission.incoming]
    try:
        taken = iter(operations.receive(incoming, now=now))
    except (OperationalError, InterfaceError) as error:
        if database.is_passing(error):
            return False
        _fail(batch, error)
        return True
    except IntegrityError:
        # another node was first with a key: the next look finds its alert
        return False
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the others of the batch along
        if len(batch) == 1:
            _fail(batch, error)
            return True
        return False
    for submission in batch:
        submission.answer = [next(taken) for _ in submission.incoming]
    return True


def _store_alone(submission: Submission, *, now: datetime) -> None:
    for tries_left in reversed(range(database.TRIES)):
        try:
            submission.answer = operations.receive(submission.incoming, now=now)
        except DatabaseError as error:
            if not tries_left:
                _fail([submission], error)
        except Exception as error:  # noqa: BLE001 - one bad request is answered; the writer goes on
            _fail([submission], error)
            return
        else:
            return


def _fail(batch: Sequence[Submission], error: Exception) -> None:
    _log.error("intake.not_stored", requests=len(batch), error=f"{type(error).__name__}: {error}"[:500])
    if isinstance(error, OperationalError | InterfaceError):
        connection.close()
    for submission in batch:
        submission.failure = NotStored(type(error).__name__)
