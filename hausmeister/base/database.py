"""Asking the database from the event loop, where Django's connections must not be touched."""

import asyncio
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
