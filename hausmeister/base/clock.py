"""The only place that reads a clock (rule 1 of the house).

Edges (a view, a command, one turn of the engine) call `now()` once and pass the value down. A test replaces
the source with `run_by(...)`; then a year of duty can be replayed in seconds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return _source()


def monotonic_s() -> float:
    """Return seconds on a clock that never steps back; for measuring how long something took."""
    return time.monotonic()


def stopwatch_s() -> float:
    """Return seconds at the finest resolution; for figures, never for decisions."""
    return time.perf_counter()


@contextmanager
def run_by(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from `source` until the block ends. For tests and the simulator."""
    global _source  # noqa: PLW0603 - the whole point of this module is one shared clock
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
