"""Rooms by the names that a policy gives them, direct rooms with people, and how members are called."""

import threading
from typing import Any

from hausmeister.base import clock
from hausmeister.base.untrusted import one_line
from hausmeister.chat.hearing import Found
from hausmeister.connectors.matrix.api import MatrixApi, MatrixSaysNo, part
from hausmeister.outbox.delivery import NotDelivered, Refused

KEPT_FOR_S = 600.0
MOST_NAMES = 5_000


class Rooms:
    """What the bot knows of its homeserver."""

    def __init__(self, api: MatrixApi) -> None:
        self._api = api
        self._lock = threading.RLock()
        self._us = ""
        self._ids: dict[str, tuple[str, float]] = {}
        self._names: dict[str, str] = {}
        self._direct: dict[str, str] = {}
        self._members: dict[str, str] = {}

    def us(self) -> str:
        """Return the bot's own id. Raises TryLater or Refused."""
        if not self._us:
            self._us = str(self._api.get("account/whoami").get("user_id") or "")
        return self._us

    def alias(self, name: str) -> str:
        """Return the whole alias of "#name" on our own homeserver; one with a server in it stays as it is."""
        bare = name.removeprefix("#")
        return f"#{bare}" if ":" in bare else f"#{bare}:{self.us().partition(':')[2]}"

    def room_id(self, room: str) -> str:
        """Return the id of a room that is given by its id, its name, or by the one person to be spoken to.

        Raises Refused or TryLater.
        """
        if room.startswith("@"):
            return self.direct(room)
        if not room.startswith("#"):
            return room
        found = self._look_up(room)
        if not found:
            raise Refused(f"Matrix has no room {room} on our homeserver: give the room this alias, and invite the bot.")
        return found

    def _look_up(self, name: str) -> str:
        with self._lock:
            known = self._ids.get(name)
            if known is not None and clock.monotonic_s() - known[1] < KEPT_FOR_S:
                return known[0]
            try:
                found = str(self._api.get(f"directory/room/{part(self.alias(name))}").get("room_id") or "")
            except MatrixSaysNo as error:
                if error.code != "M_NOT_FOUND":
                    raise
                return ""
            self._ids[name] = (found, clock.monotonic_s())
            self._names[found] = name.removeprefix("#").partition(":")[0]
            return found

    def name_of(self, room_id: str) -> str:
        """Return the name by which a room was looked up, "" for none. Asks nobody."""
        return self._names.get(room_id, "")

    def find(self, name: str) -> Found | None:
        """Return the room of this name, joined where that is allowed; None when there is none. Raises TryLater."""
        room_id = self._look_up(name)
        if not room_id:
            return None
        try:
            self._api.post(f"join/{part(room_id)}", {})
        except MatrixSaysNo as error:
            if error.is_about_us:
                raise
            return Found(room_id, f"The bot is not in {name}: invite {self.us()} there.")
        if self._is_encrypted(room_id):
            return Found(room_id, f"{name} is encrypted, so the bot cannot read it.")
        return Found(room_id)

    def _is_encrypted(self, room_id: str) -> bool:
        try:
            self._api.get(f"rooms/{part(room_id)}/state/m.room.encryption/")
        except MatrixSaysNo as error:
            if error.code == "M_NOT_FOUND":
                return False
            raise
        return True

    def direct(self, member: str) -> str:
        """Return the room in which the bot and `member` are alone, made where there is none. Raises NotDelivered."""
        with self._lock:
            if member not in self._direct:
                self._direct[member] = self._known_direct(member) or self._new_direct(member)
            return self._direct[member]

    def _known_direct(self, member: str) -> str:
        rooms = self._account_data().get(member)
        return str(rooms[-1]) if isinstance(rooms, list) and rooms else ""

    def _account_data(self) -> dict[str, Any]:
        try:
            return self._api.get(f"user/{part(self.us())}/account_data/m.direct")
        except MatrixSaysNo as error:
            if error.code == "M_NOT_FOUND":
                return {}
            raise

    def _new_direct(self, member: str) -> str:
        asked = {"is_direct": True, "invite": [member], "preset": "trusted_private_chat"}
        made = str(self._api.post("createRoom", asked).get("room_id") or "")
        known = self._account_data()
        self._api.put(f"user/{part(self.us())}/account_data/m.direct", {**known, member: [made]})
        return made

    def member_name(self, member: str) -> str:
        """Return what a member is called, the first part of their id when the homeserver does not say."""
        if member not in self._members:
            try:
                said = self._api.get(f"profile/{part(member)}/displayname").get("displayname")
            except NotDelivered:
                said = ""
            if len(self._members) >= MOST_NAMES:
                self._members.clear()
            self._members[member] = one_line(str(said or member.removeprefix("@").partition(":")[0]), 120)
        return self._members[member]
