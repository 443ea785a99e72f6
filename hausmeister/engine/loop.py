"""When the engine works: each second, and at once when something becomes due."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
from django.db import Error as DatabaseError
from django.db import connection

from hausmeister.base import clock, log, wake
from hausmeister.engine.jobs import Job
from hausmeister.engine.sending import Dispatcher

_log = log.get(__name__)

TICK_S = 1.0
MOST_TURNS = 100


class Engine:
    """Runs jobs and the dispatcher. `tick(at)` is all of it; the thread only decides when."""

    def __init__(self, *, paging: Sequence[Job], housekeeping: Sequence[Job], dispatcher: Dispatcher) -> None:
        self._paging = tuple(paging)
        self._housekeeping = tuple(housekeeping)
        self._dispatcher = dispatcher
        self._send = Job("send", dispatcher.run_once, timedelta(0))
        dispatcher.on_finished = self.wake
        self._last_run: dict[str, datetime] = {}
        self._woken = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        # set once every job of a tick has succeeded; the health check looks at it
        self.last_whole_tick_at: datetime | None = None
        self.ticks = 0
        self.failures = 0

    def tick(self, at: datetime) -> bool:
        """Do everything that is due at `at`; return whether every job succeeded.

        The paging jobs and the dispatcher run again while they find work: a message that is refused makes the
        next method due now, and that one makes a message.
        """
        is_whole = self._turns(at)
        for job in self._housekeeping:
            is_whole &= self._run(job, at) is not None
        self.ticks += 1
        if is_whole:
            self.last_whole_tick_at = at
        else:
            self.failures += 1
        return is_whole

    def _turns(self, at: datetime) -> bool:
        for _ in range(MOST_TURNS):
            done = [self._run(job, at) for job in (*self._paging, self._send)]
            if None in done:
                return False
            if not any(done):
                break
        return True

    def _run(self, job: Job, at: datetime) -> int | None:
        """Run `job` if its pause is over; return how much it did, None when it failed."""
        last = self._last_run.get(job.name)
        # a clock that stepped back must not stop a job for an hour
        if last is not None and last <= at < last + job.every:
            return 0
        self._last_run[job.name] = at
        try:
            return job.run(at)
        except DatabaseError as error:
            connection.close()
            _log.error("engine.job_failed", job=job.name, error=f"{type(error).__name__}: {error}"[:500])
        except Exception as error:  # noqa: BLE001 - logged once at the edge, and the next job runs (rule 7)
            _log.error("engine.job_failed", job=job.name, error=f"{type(error).__name__}: {error}"[:500])
        return None

    def send(self, at: datetime) -> None:
        """Send what is due at `at`, and nothing else: what a wake asks for, between two ticks."""
        self._run(self._send, at)

    def wake(self) -> None:
        """Send now instead of at the next tick."""
        self._woken.set()

    def run_forever(self) -> None:
        """Tick until `stop` is called."""
        stop_listening = wake.listen(self.wake)
        listener = _notifications(self.wake) if connection.vendor == "postgresql" else None
        ticked_s = float("-inf")
        try:
            while not self._is_stopping:
                self._woken.clear()
                if clock.monotonic_s() - ticked_s >= TICK_S:
                    ticked_s = clock.monotonic_s()
                    self.tick(clock.now())
                else:
                    self.send(clock.now())
                self._woken.wait(max(0.0, ticked_s + TICK_S - clock.monotonic_s()))
        finally:
            stop_listening()
            if listener is not None:
                listener.stop()
            self._dispatcher.stop()
            connection.close()

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self.run_forever, name="engine", daemon=True)
        self._thread.start()

    def stop(self, *, timeout_s: float = 15.0) -> None:
        """End after the current tick; what is on the wire finishes."""
        self._is_stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(timeout_s)


class _Listener:
    """Wakes the engine when another node says that something is due (PostgreSQL's LISTEN)."""

    def __init__(self, callback: Callable[[], None], conninfo: dict[str, object]) -> None:
        self._callback = callback
        self._conninfo = conninfo
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine-listen", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                # a lost wake costs one tick
                _log.warning("engine.listen_lost", error=type(error).__name__)
                self._is_stopping.wait(2.0)

    def _listen(self) -> None:
        with psycopg.connect(**self._conninfo, autocommit=True) as link:  # type: ignore[arg-type]
            link.execute(f"LISTEN {wake.CHANNEL}")
            while not self._is_stopping.is_set():
                for _ in link.notifies(timeout=1.0, stop_after=1):
                    self._callback()

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join(3.0)


def _notifications(callback: Callable[[], None]) -> _Listener:
    wanted = {"dbname", "user", "password", "host", "port", "sslmode"}
    given = {name: value for name, value in connection.get_connection_params().items() if name in wanted and value}
    return _Listener(callback, given)
