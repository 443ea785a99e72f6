"""Work that touches the database away from the thread that asks for it, with a connection of its own."""

import asyncio
import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

_P = ParamSpec("_P")
_R = TypeVar("_R")


# how often a transaction is tried that others got in the way of
TRIES = 4
# PostgreSQL: a deadlock, a serialization failure
_PASSING = frozenset({"40P01", "40001"})


def is_passing(error: BaseException) -> bool:
    """Say whether the database aborted the transaction but is well: tried again at once, it may pass."""
    return getattr(error.__cause__, "sqlstate", None) in _PASSING


def tried_again(operation: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have a transaction begun anew that was only aborted because others were in its way; goes outside `atomic`.

    PostgreSQL ends a deadlock by aborting whoever waited longest, which may be the one person who acknowledges.
    Inside another transaction the error goes on to whoever began it.
    """

    @wraps(operation)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for _ in range(TRIES - 1):
            try:
                return operation(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not is_passing(error):
                    raise
        return operation(*args, **kwargs)

    return run


async def ask(question: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Return `question(*args)`, asked in a thread with a connection of its own, which is closed afterwards.

    For what happens every few seconds: a connection that outlived a restart of the database would fail for
    ever, and opening one takes a millisecond or two.
    """

    def run() -> _R:
        try:
            return question(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


Work = Callable[[], None]


def beside(work: Work) -> None:
    """Do `work` in a thread of its own, which ends with the process. For what must not hold up the engine."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threading.Thread(target=run, name="beside", daemon=True).start()


def at_once(work: Work) -> None:
    """Do `work` here and now. For tests and the simulator, where everything happens in one thread."""
    work()
