"""Waking the engine when something becomes due, without waiting for its next tick.

A writer calls `soon()` inside its transaction: after the commit every listener in this process is set, and
on PostgreSQL a NOTIFY wakes the engines of the other nodes. A lost wake costs one tick, never a message.
"""

import threading
from collections.abc import Callable

from django.db import connection, transaction

CHANNEL = "hausmeister_due"

_listeners: list[Callable[[], None]] = []
_lock = threading.Lock()


def listen(callback: Callable[[], None]) -> Callable[[], None]:
    """Call `callback` after each wake in this process. Returns the function that ends it."""
    with _lock:
        _listeners.append(callback)

    def stop() -> None:
        with _lock:
            _listeners.remove(callback)

    return stop


def here() -> None:
    """Wake the listeners of this process now."""
    with _lock:
        listeners = tuple(_listeners)
    for callback in listeners:
        callback()


def soon() -> None:
    """Wake everybody once the current transaction is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    transaction.on_commit(here)
