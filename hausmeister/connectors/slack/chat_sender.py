"""The way out for the channel "chat" in Slack: what our rooms say, revise and whisper, topics, signs, user groups.

A 429 makes the whole line wait as long as Slack asks, and costs no message anything. Of several revisions of a
message the newest stays: an older one that comes to its turn late is not sent.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hausmeister.base import clock
from hausmeister.base.outgoing import Client
from hausmeister.base.untrusted import one_line
from hausmeister.chat import line
from hausmeister.connectors.slack import blocks, errors, wire
from hausmeister.connectors.slack.api import FAR_SIDE, SlackApi
from hausmeister.connectors.slack.directory import Directory
from hausmeister.connectors.slack.errors import SlackSaysNo
from hausmeister.outbox import chat
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.chat import Words
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State

SERVICE = "slack"
TOPIC_MOST = 250
_STRIPES = 16


class SlackChatSender:
    """Carries the channel "chat" to the workspace that `token` belongs to."""

    def __init__(
        self,
        client: Client,
        *,
        url: str,
        token: str,
        directory: Directory | None = None,
        stopwatch_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self._api = SlackApi(client, url=url, token=token)
        self._directory = directory or Directory(self._api)
        self._stopwatch_s = stopwatch_s
        self._quiet_until_s = float("-inf")
        # two revisions of one message must not overtake each other between look and wire
        self._turns = [threading.Lock() for _ in range(_STRIPES)]
        self._kinds = {
            chat.SAY: self._say,
            chat.REVISE: self._revise,
            chat.WHISPER: self._whisper,
            chat.TOPIC: self._topic,
            chat.SIGN: self._sign,
            chat.GROUP: self._group,
        }

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return "channel:ts" of a message. Raises TryLater or Refused."""
        carry = self._kinds.get(parcel.kind)
        if carry is None:
            raise Refused(f"Slack's chat carries no messages of the kind {parcel.kind}.")
        self._wait_our_turn()
        try:
            return carry(parcel)
        except TryLater as error:
            self._note_pause(error)
            raise
        except SlackSaysNo as error:
            if error.word in errors.CREDENTIALS:
                line.refused(SERVICE, reason=str(error), now=clock.now())
            if error.word in errors.CHANNEL_LOST:
                self._directory.forget()
            raise

    def _wait_our_turn(self) -> None:
        left_s = self._quiet_until_s - self._stopwatch_s()
        if left_s > 0:
            raise TryLater("Slack asked us to wait", retry_after_s=left_s)

    def _note_pause(self, error: TryLater) -> None:
        if error.retry_after_s:
            self._quiet_until_s = max(self._quiet_until_s, self._stopwatch_s() + error.retry_after_s)

    # ---- the kinds ----

    def _say(self, parcel: Parcel) -> str:
        message = blocks.message(Words.of(parcel.facts))
        return self._reference("chat.postMessage", {**self._place(parcel.to), **message})

    def _revise(self, parcel: Parcel) -> str:
        number = int(parcel.to["post"])
        with self._turn(number):
            channel, stamp = _spoken(outbox.find(number))
            if outbox.is_outdated(parcel.message_id):
                raise Refused("A newer revision of the message took this one's place.")
            message = blocks.message(Words.of(parcel.facts))
            del message["unfurl_links"], message["unfurl_media"]  # chat.update knows neither
            return self._reference("chat.update", {"channel": channel, "ts": stamp, **message})

    @contextmanager
    def _turn(self, number: int) -> Iterator[None]:
        with self._turns[number % _STRIPES]:
            yield

    def _whisper(self, parcel: Parcel) -> str:
        message = blocks.message(Words.of(parcel.facts))
        del message["unfurl_links"], message["unfurl_media"]  # chat.postEphemeral knows neither
        place = self._place(parcel.to)
        member = str(parcel.to["member"])
        if place["channel"] == member or place["channel"].startswith("D"):
            # in a direct message everything is between the two anyway
            return self._reference("chat.postMessage", {**place, **blocks.message(Words.of(parcel.facts))})
        try:
            place["channel"] = self._directory.channel_id(place["channel"])
            said = self._api.change("chat.postEphemeral", {**place, "user": member, **message})
        except SlackSaysNo as error:
            if error.word not in errors.CHANNEL_LOST | {"user_not_in_channel"}:
                raise
            # shortcuts and commands work where the app is no member: there it cannot whisper
            direct = {"channel": member, **blocks.message(Words.of(parcel.facts))}
            return self._reference("chat.postMessage", direct)
        return f"{place['channel']}:{one_line(str(said.get('message_ts', '')), 40)}"

    def _topic(self, parcel: Parcel) -> str:
        channel = self._directory.channel_id(str(parcel.to["room"]))
        text = wire.escaped(one_line(str(parcel.facts["text"]), TOPIC_MOST), TOPIC_MOST)
        self._api.change("conversations.setTopic", {"channel": channel, "topic": text})
        return channel

    def _sign(self, parcel: Parcel) -> str:
        channel = self._directory.channel_id(str(parcel.to["room"]))
        arguments = {"channel": channel, "timestamp": str(parcel.to["stamp"]), "name": str(parcel.facts["name"])}
        try:
            self._api.change("reactions.add", arguments)
        except SlackSaysNo as error:
            # it is there: an earlier try that we heard nothing of
            if error.word != "already_reacted":
                raise
        return channel

    def _group(self, parcel: Parcel) -> str:
        members = [str(one) for one in parcel.facts["members"]]
        if outbox.is_outdated(parcel.message_id):
            raise Refused("A newer list of the group's members took this one's place.")
        group = self._directory.group_id(str(parcel.to["handle"]))
        self._api.change("usergroups.users.update", {"usergroup": group, "users": ",".join(members)})
        return group

    # ---- places ----

    def _place(self, to: dict[str, Any]) -> dict[str, Any]:
        """Return channel and thread. Raises TryLater while the message whose thread is meant is not posted yet."""
        under = to.get("under")
        if under is not None:
            channel, stamp = _spoken(outbox.find(int(under)))
            return {"channel": channel, "thread_ts": stamp}
        place = {"channel": str(to["room"])}
        if to.get("thread"):
            place["thread_ts"] = str(to["thread"])
        return place

    def _reference(self, method: str, arguments: dict[str, Any]) -> str:
        reference = wire.reference(self._api.change(method, arguments))
        if not reference:
            raise TryLater(f"{FAR_SIDE} answered 200, but not as Slack does", maybe_delivered=True)
        return reference


def _spoken(message: Message | None) -> tuple[str, str]:
    """Return channel and stamp of what we said. Raises TryLater while it is not said, Refused when it never will be."""
    if message is None or message.state in {State.FAILED, State.CANCELLED}:
        raise Refused("The message that this belongs to was never posted.")
    channel, _, stamp = message.provider_ref.partition(":")
    if not stamp:
        raise TryLater("The message that this belongs to has not been posted yet")
    return channel, stamp
