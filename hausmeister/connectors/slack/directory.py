"""Slack's ids for what people name: channels by "#name", user groups by handle. Kept, and read anew on a miss."""

import threading
from dataclasses import dataclass

from hausmeister.base import clock
from hausmeister.connectors.slack.api import SlackApi
from hausmeister.outbox.delivery import Refused

KEPT_FOR_S = 600.0
# a name that nobody knows is not asked for again at once
MISS_FOR_S = 30.0
CHANNELS_A_PAGE = 500


@dataclass(frozen=True)
class Channel:
    """A channel as Slack lists it."""

    id: str
    name: str
    is_member: bool
    is_archived: bool


class Directory:
    """Channels and user groups of one workspace."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._channels: dict[str, Channel] = {}
        self._groups: dict[str, str] = {}
        self._channels_read_s = self._groups_read_s = float("-inf")

    def channel_id(self, room: str) -> str:
        """Return the id of `room`, which is one already or a name with "#". Raises Refused or TryLater."""
        if not room.startswith("#"):
            return room
        found = self.channel(room)
        if found is None:
            raise Refused(f"Slack has no channel {room} that the app can see: check its name, and invite the app.")
        return found.id

    def channel(self, name: str) -> Channel | None:
        """Return the channel of this name, with or without "#". Raises TryLater or Refused."""
        wanted = name.removeprefix("#")
        with self._lock:
            age_s = clock.monotonic_s() - self._channels_read_s
            if age_s > KEPT_FOR_S or (wanted not in self._channels and age_s > MISS_FOR_S):
                self._channels = {one.name: one for one in self._read_channels()}
                self._channels_read_s = clock.monotonic_s()
            return self._channels.get(wanted)

    def _read_channels(self) -> list[Channel]:
        arguments = {
            "types": "public_channel,private_channel", "exclude_archived": False, "limit": CHANNELS_A_PAGE,
        }  # fmt: skip
        return [
            Channel(str(one.get("id", "")), str(one.get("name", "")), bool(one.get("is_member")),
                    bool(one.get("is_archived")))
            for page in self._api.pages("conversations.list", arguments)
            for one in page.get("channels") or ()
        ]  # fmt: skip

    def name_of(self, channel_id: str) -> str:
        """Return the name of a channel that was listed, "" for one that was not. Asks nobody."""
        with self._lock:
            return next((one.name for one in self._channels.values() if one.id == channel_id), "")

    def group_id(self, handle: str) -> str:
        """Return the id of the user group with this handle. Raises Refused or TryLater."""
        with self._lock:
            if handle not in self._groups or clock.monotonic_s() - self._groups_read_s > KEPT_FOR_S:
                answer = self._api.read("usergroups.list", {"include_disabled": False})
                groups = answer.get("usergroups") or ()
                self._groups = {str(one.get("handle", "")): str(one.get("id", "")) for one in groups}
                self._groups_read_s = clock.monotonic_s()
            if handle not in self._groups:
                raise Refused(f"Slack has no user group @{handle}; somebody who may makes it once, then it is kept.")
            return self._groups[handle]

    def forget(self) -> None:
        """Read everything anew with the next question: something was renamed, made or archived."""
        with self._lock:
            self._channels_read_s = self._groups_read_s = float("-inf")
