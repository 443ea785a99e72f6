"""Work that touches the database away from the thread that asks for it, with a connection of its own."""

import asyncio
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection

_P = ParamSpec("_P")
_R = TypeVar("_R")


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
