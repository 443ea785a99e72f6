"""What the Events API tells: messages, edits, removals, signs, and what became of channels and of our token."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hausmeister.base.untrusted import one_line
from hausmeister.chat import hearing, line
from hausmeister.connectors.slack import events
from hausmeister.connectors.slack.events import SERVICE, Self
from hausmeister.connectors.slack.workspace import Workspace
from hausmeister.outbox.delivery import NotDelivered

_Hear = Callable[[Mapping[str, Any], Self, datetime], None]


class Ears:
    """Gives each event to whom it concerns. An event that concerns nobody costs one look into the database."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kinds: dict[str, _Hear] = {
            "message": self._message,
            "reaction_added": self._signed,
            "member_joined_channel": self._joined,
            "member_left_channel": self._left,
            "channel_left": self._gone("The app was removed from the channel: invite it again."),
            "group_left": self._gone("The app was removed from the channel: invite it again."),
            "channel_archive": self._gone("The channel was archived."),
            "group_archive": self._gone("The channel was archived."),
            "channel_deleted": self._gone("The channel was deleted."),
            "group_deleted": self._gone("The channel was deleted."),
            "channel_rename": self._renamed,
            "group_rename": self._renamed,
            "channel_unarchive": self._look_again,
            "group_unarchive": self._look_again,
            "app_uninstalled": self._refused,
            "tokens_revoked": self._refused,
        }

    def hear(self, event: Mapping[str, Any], payload: Mapping[str, Any], *, now: datetime) -> None:
        """Take one event; kinds that we did not ask for are left alone."""
        hear = self._kinds.get(str(event.get("type") or ""))
        if hear is not None:
            hear(event, self._us(payload), now)

    def _us(self, payload: Mapping[str, Any]) -> Self:
        """Return who we are: as Slack writes it beside each event, and as it said when we asked."""
        told: Mapping[str, Any] = next(iter(payload.get("authorizations") or ()), {})
        try:
            known = self._workspace.us()
        except NotDelivered:
            known = Self("", "")
        return Self(
            known.user_id or str(told.get("user_id") or ""),
            known.bot_id,
            str(payload.get("api_app_id") or ""),
            known.url,
        )

    # ---- messages ----

    def _message(self, event: Mapping[str, Any], us: Self, now: datetime) -> None:
        channel, subtype = str(event.get("channel") or ""), str(event.get("subtype") or "")
        if not hearing.watchers(SERVICE, channel):
            return
        if subtype == "message_changed":
            self._changed(event, channel, us, now)
        elif subtype == "message_deleted":
            hearing.removed(SERVICE, channel, str(event.get("deleted_ts") or ""), now=now)
        else:
            one = events.heard(event, channel, us, self._workspace.names)
            if one is not None:
                hearing.hear([one], now=now)

    def _changed(self, event: Mapping[str, Any], channel: str, us: Self, now: datetime) -> None:
        message, before = event.get("message") or {}, event.get("previous_message") or {}
        if message.get("subtype") == "tombstone":
            # a message with replies leaves a stone behind when it is deleted
            hearing.removed(SERVICE, channel, str(message.get("ts") or ""), now=now)
            return
        if before and message.get("text") == before.get("text"):
            # a preview was added, or a reply: the words are the same
            return
        one = events.heard(message, channel, us, self._workspace.names)
        if one is not None:
            hearing.edited(one, now=now)

    def _signed(self, event: Mapping[str, Any], us: Self, now: datetime) -> None:
        item = event.get("item") or {}
        if item.get("type") != "message" or str(event.get("user") or "") == us.user_id:
            return
        hearing.signed(
            SERVICE,
            str(item.get("channel") or ""),
            str(item.get("ts") or ""),
            one_line(str(event.get("reaction") or ""), 80),
            str(event.get("user") or ""),
            now=now,
        )

    # ---- channels ----

    def _joined(self, event: Mapping[str, Any], us: Self, now: datetime) -> None:
        if str(event.get("user") or "") == us.user_id:
            self._look_again(event, us, now)

    def _left(self, event: Mapping[str, Any], us: Self, now: datetime) -> None:
        if str(event.get("user") or "") == us.user_id:
            self._gone("The app was removed from the channel: invite it again.")(event, us, now)

    def _gone(self, reason: str) -> _Hear:
        def hear(event: Mapping[str, Any], _us: Self, now: datetime) -> None:
            self._workspace.directory.forget()
            hearing.lose(SERVICE, _channel(event), reason, now=now)

        return hear

    def _renamed(self, event: Mapping[str, Any], _us: Self, now: datetime) -> None:
        self._workspace.directory.forget()
        name = one_line(str((event.get("channel") or {}).get("name") or ""), 80)
        reason = f"The channel is called #{name} now: write that name into the policy."
        hearing.lose(SERVICE, _channel(event), reason, now=now)

    def _look_again(self, _event: Mapping[str, Any], _us: Self, _now: datetime) -> None:
        # the next round of `watching` finds it
        self._workspace.directory.forget()

    # ---- the app itself ----

    def _refused(self, event: Mapping[str, Any], _us: Self, now: datetime) -> None:
        what = "The app was uninstalled" if event.get("type") == "app_uninstalled" else "The app's token was revoked"
        line.refused(SERVICE, reason=f"{what}: install it again and set HAUSMEISTER_SLACK_TOKEN.", now=now)


def _channel(event: Mapping[str, Any]) -> str:
    found = event.get("channel")
    return str(found.get("id") or "") if isinstance(found, dict) else str(found or "")
