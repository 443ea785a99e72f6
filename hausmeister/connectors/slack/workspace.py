"""The workspace as our side needs it: who we are there, how members and channels are called."""

import threading
from collections.abc import Callable

from hausmeister.base import clock
from hausmeister.base.untrusted import one_line
from hausmeister.chat.hearing import Found
from hausmeister.connectors.slack.api import SlackApi
from hausmeister.connectors.slack.directory import Directory
from hausmeister.connectors.slack.events import Names, Self
from hausmeister.outbox.delivery import NotDelivered

MOST_NAMES = 5_000
# a name that could not be had is not asked for again at once: what is said goes in all the same
MISS_FOR_S = 300.0


class Workspace:
    """One workspace: `api` for what may take a while, `quick` for a look-up while somebody waits."""

    def __init__(
        self,
        api: SlackApi,
        *,
        quick: SlackApi | None = None,
        directory: Directory | None = None,
        stopwatch_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self.api = api
        self.directory = directory or Directory(api)
        self._quick = quick or api
        self._stopwatch_s = stopwatch_s
        self._lock = threading.Lock()
        self._us: Self | None = None
        self._members: dict[str, tuple[str, float]] = {}

    def us(self) -> Self:
        """Return who we are there. Raises TryLater or Refused."""
        if self._us is None:
            said = self.api.change("auth.test", {})
            self._us = Self(
                user_id=str(said.get("user_id") or ""), bot_id=str(said.get("bot_id") or ""),
                app_id=str(said.get("app_id") or ""), url=str(said.get("url") or ""),
            )  # fmt: skip
        return self._us

    @property
    def names(self) -> Names:
        """How ids are read; what is not known by now, and cannot be had quickly, is read as the id."""
        return Names(member=self.member_name, channel=self.directory.name_of)

    def member_name(self, member_id: str) -> str:
        """Return what the member is called, "" when Slack does not say so quickly."""
        if not member_id.startswith(("U", "W")):
            return ""
        with self._lock:
            known = self._members.get(member_id)
        if known is not None and (known[0] or self._stopwatch_s() - known[1] < MISS_FOR_S):
            return known[0]
        name = self._ask_name(member_id)
        with self._lock:
            if len(self._members) >= MOST_NAMES:
                self._members.clear()
            self._members[member_id] = (name, self._stopwatch_s())
        return name

    def _ask_name(self, member_id: str) -> str:
        try:
            user = self._quick.read("users.info", {"user": member_id}).get("user") or {}
        except NotDelivered:
            return ""
        profile = user.get("profile") or {}
        return one_line(str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""), 120)

    def find_room(self, name: str) -> Found | None:
        """Return the room of this name, None when we see none. Raises TryLater or Refused."""
        channel = self.directory.channel(name)
        if channel is None:
            return None
        if channel.is_archived:
            return Found(channel.id, f"{name} is archived.")
        if not channel.is_member:
            return Found(channel.id, f"The app is not in {name}: invite it there, with /invite @hausmeister.")
        return Found(channel.id)
