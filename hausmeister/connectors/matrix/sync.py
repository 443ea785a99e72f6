"""The way in: long polls of `/sync`, each from where the last one ended. The mark moves once all is stored.

After a pause the homeserver gives what was missed; where that is too much for one answer, the rest is read backwards
up to the mark. Everything counts once, so a crash in between reads again and does no harm.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from hausmeister.base import clock, log
from hausmeister.chat import hearing, line
from hausmeister.connectors.matrix.api import POLL_S, SERVICE, MatrixApi, MatrixSaysNo, part
from hausmeister.connectors.matrix.app import MatrixApp
from hausmeister.connectors.matrix.rooms import Rooms
from hausmeister.outbox.delivery import NotDelivered, TryLater

_log = log.get(__name__)

PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
REFUSED_S = 60.0
LOOK_EVERY = timedelta(minutes=5)
MOST_PAGES = 100
_KINDS = ["m.room.message", "m.reaction", "m.room.redaction"]
_FILTER = msgspec.json.encode({
    "presence": {"types": []}, "account_data": {"types": []},
    "room": {
        # a room that we were thrown out of is told only where its members' comings and goings are
        "timeline": {"limit": 100, "types": [*_KINDS, "m.room.member"]}, "state": {"types": []},
        "ephemeral": {"types": []}, "account_data": {"types": []},
    },
}).decode()  # fmt: skip


class MatrixLine:
    """Keeps asking the homeserver what happened. `start` begins a thread, `stop` ends it."""

    def __init__(self, api: MatrixApi, rooms: Rooms, *, poll_s: float = POLL_S) -> None:
        self._api = api
        self._rooms = rooms
        self._app = MatrixApp(api, rooms)
        self._poll_s = poll_s
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="matrix-sync", daemon=True)
        self._looked_at: datetime | None = None
        self._failures = 0

    def start(self) -> None:
        """Begin to ask, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the poll that is under way; what it brings and was not stored comes again."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join(min(self._poll_s, 2.0) + 3.0)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            pause_s = self._attempt()
            connection.close()
            if pause_s:
                self._is_stopping.wait(pause_s)

    def _attempt(self) -> float:
        """Ask once; return how long to wait before the next time."""
        try:
            self.once(clock.now())
        except MatrixSaysNo as error:
            if error.is_about_us:
                line.refused(SERVICE, reason=str(error), now=clock.now())
                return REFUSED_S
            return self._broke(str(error))
        except NotDelivered as error:
            asked_s = error.retry_after_s if isinstance(error, TryLater) else None
            return max(self._broke(str(error)), asked_s or 0.0)
        except DatabaseError as error:
            connection.close()
            _log.warning("matrix.not_stored", error=type(error).__name__)
            return PAUSES_S[0]
        except Exception as error:  # noqa: BLE001 - without this thread nothing would be heard any more
            _log.error("matrix.line_failed", error=f"{type(error).__name__}: {error}"[:500])
            return PAUSES_S[-1]
        self._failures = 0
        return 0.0

    def _broke(self, reason: str) -> float:
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        _log.warning("matrix.line_broke", reason=reason, again_s=pause_s)
        try:
            line.down(SERVICE, reason=reason, now=clock.now())
        except DatabaseError:
            connection.close()
        return pause_s

    # ---- one poll ----

    def once(self, now: datetime) -> None:
        """Ask what happened since the mark, take it, and move the mark."""
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            hearing.watch(SERVICE, self._rooms.find, stamp_of=None, now=now)
            self._looked_at = now
        since = line.mark(SERVICE)
        # the first time only the mark is wanted: rooms are heard from then on
        query = {"since": since, "timeout": str(int(self._poll_s * 1000))} if since else {"timeout": "0"}
        answer = self._api.get("sync", filter=_FILTER, **query)
        rooms = answer.get("rooms") or {}
        for room_id, told in (rooms.get("invite") or {}).items():
            if self._is_from_our_server(told):
                self._join(str(room_id))
        if since:
            for room_id, told in (rooms.get("join") or {}).items():
                self._take_room(str(room_id), told, since)
            for room_id in rooms.get("leave") or {}:
                hearing.lose(SERVICE, str(room_id), "The bot was removed from the room: invite it again.", now=now)
        line.move_mark(SERVICE, str(answer.get("next_batch") or since), now=clock.now())
        if any((rooms.get("join") or {}).values()):
            line.heard(SERVICE, now=clock.now())

    def _is_from_our_server(self, told: Mapping[str, Any]) -> bool:
        """Say whether somebody of the bot's own homeserver invites it: strangers elsewhere are none of its business."""
        us = self._rooms.us()
        events = ((told or {}).get("invite_state") or {}).get("events") or ()
        inviting = {str(one.get("sender")) for one in events if isinstance(one, dict) and one.get("state_key") == us}
        return any(one.partition(":")[2] == us.partition(":")[2] for one in inviting)

    def _join(self, room_id: str) -> None:
        try:
            self._api.post(f"join/{part(room_id)}", {})
        except MatrixSaysNo as error:
            _log.warning("matrix.not_joined", room=room_id[:100], reason=str(error))

    def _take_room(self, room_id: str, told: Mapping[str, Any], since: str) -> None:
        timeline = told.get("timeline") or {}
        found = [one for one in timeline.get("events") or () if isinstance(one, dict)]
        if timeline.get("limited"):
            found = [*self._missed(room_id, str(timeline.get("prev_batch") or ""), since), *found]
        for event in found:
            try:
                self._app.take(event, room_id, now=clock.now())
            except (OperationalError, InterfaceError, TryLater):
                raise
            except Exception as error:  # noqa: BLE001 - one event that breaks us must not silence the others
                _log.error("matrix.not_taken", error=f"{type(error).__name__}: {error}"[:500])

    def _missed(self, room_id: str, begin: str, since: str) -> list[dict[str, Any]]:
        """Return what happened between the mark and what the answer holds, the oldest first."""
        found: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            if not begin:
                break
            page = self._api.get(
                f"rooms/{part(room_id)}/messages", dir="b", to=since, limit="100",
                filter=msgspec.json.encode({"types": _KINDS}).decode(), **{"from": begin},
            )  # fmt: skip
            found += [one for one in page.get("chunk") or () if isinstance(one, dict)]
            begin = str(page.get("end") or "")
        return found[::-1]
