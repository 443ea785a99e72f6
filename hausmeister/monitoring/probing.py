"""Looking at what is due, beside the engine: a few at a time and one of each host, so that none holds up another."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from hausmeister.base import clock, database, log
from hausmeister.base.guard import Guard, OutgoingFailed
from hausmeister.base.outgoing import Client, Limits
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.probe_models import Probe
from hausmeister.monitoring.rules.probes import Came, Finding, problem_of

_log = log.get(__name__)

EVERY = timedelta(seconds=1)
AT_ONCE = 8

Begin = Callable[[database.Work], None]
Door = Callable[[Limits], Client]


def guarded(guard: Guard) -> Door:
    """Return how a look goes out: through `guard`, with the limits of its check."""
    return lambda limits: Client(guard=guard, limits=limits)


def look(probe: Probe, door: Door) -> Finding:
    """Look once, outside any transaction; whatever goes wrong is the finding."""
    began_s = clock.monotonic_s()
    client = door(Limits(connect_s=probe.timeout_s, total_s=probe.timeout_s))
    try:
        problem = _asked(probe, client)
    except OutgoingFailed as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a look that breaks is a failure that people must hear of
        _log.error("check.broke", check=probe.pk, error=f"{type(error).__name__}: {error}"[:500])
        problem = f"it could not be looked at ({type(error).__name__})"
    return Finding(problem, int((clock.monotonic_s() - began_s) * 1_000))


def _asked(probe: Probe, client: Client) -> str:
    if not probe.is_http:
        client.touch(probe.host, probe.port)
        return ""
    answer = client.request("GET", probe.url)
    return problem_of(Came(answer.status, answer.body, answer.certificate_ends_at), probe.good, now=clock.now())


class Round:
    """Begins a look at each check that is due, as far as there are hands; what is left waits for the next tick."""

    def __init__(self, door: Door, *, begin: Begin) -> None:
        self._door = door
        self._begin = begin
        self._lock = threading.Lock()
        self._busy: set[str] = set()

    def run(self, now: datetime) -> int:
        """Begin what is due; return how many looks were begun."""
        with self._lock:
            busy = set(self._busy)
        claimed = probes.claim(most=AT_ONCE - len(busy), busy=busy, now=now) if len(busy) < AT_ONCE else []
        for probe in claimed:
            self._start(probe, now)
        return len(claimed)

    def _start(self, probe: Probe, now: datetime) -> None:
        with self._lock:
            self._busy.add(probe.host)
        try:
            self._begin(lambda: self._go(probe, now))
        except RuntimeError:
            # no thread could be started; the claim runs out and it is tried again
            with self._lock:
                self._busy.discard(probe.host)
            raise

    def _go(self, probe: Probe, started_at: datetime) -> None:
        try:
            finding = look(probe, self._door)
            if not probes.record(probe, finding, started_at=started_at, now=clock.now()):
                _log.info("check.result_dropped", check=probe.pk)
        except (OperationalError, InterfaceError) as error:
            # the database is away: the claim runs out, and it is looked at again
            _log.warning("check.not_recorded", check=probe.pk, error=type(error).__name__)
        finally:
            with self._lock:
                self._busy.discard(probe.host)
