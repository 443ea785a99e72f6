"""SQLite lets one writer in at a time, and a second one polls with pauses that grow to 100 ms.

Inside one process that is needless: a lock in front of BEGIN IMMEDIATE hands over at once. Other processes
(a console command beside the server) still meet SQLite's own lock and its busy time-out.
"""

import threading
from typing import Any

from django.db.backends.sqlite3 import base

_gates: dict[str, threading.Lock] = {}
_gates_lock = threading.Lock()


def _gate(name: str) -> threading.Lock:
    with _gates_lock:
        return _gates.setdefault(name, threading.Lock())


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds its database's gate from BEGIN IMMEDIATE until commit, rollback or close."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._holds_gate = False

    def _start_transaction_under_autocommit(self) -> None:
        gate = _gate(str(self.settings_dict["NAME"]))
        # a writer that stands still must not hold up the others for ever: after the time-out SQLite decides
        held = gate.acquire(timeout=float(self.settings_dict["OPTIONS"].get("timeout", 5)))
        self._holds_gate = held
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_gate()
            raise

    def _leave_gate(self) -> None:
        if self._holds_gate:
            self._holds_gate = False
            _gate(str(self.settings_dict["NAME"])).release()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave_gate()
