"""The Slack app: what comes from Slack by either way in, Socket Mode or HTTP, goes through here.

`take` stores what must not be lost and says what Slack is told at once; `then`, where there is one, is what may
take a while and is done after that (a form has to be opened within three seconds of the press).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hausmeister.base import clock, log
from hausmeister.base.untrusted import one_line
from hausmeister.chat import answering, line
from hausmeister.chat import home as chat_home
from hausmeister.chat.acts import items
from hausmeister.chat.acts import table as acts
from hausmeister.chat.commands import table as commands
from hausmeister.chat.shapes import Answer, Asked, Form, Member, refused
from hausmeister.connectors.slack import blocks, events
from hausmeister.connectors.slack.events import SERVICE
from hausmeister.connectors.slack.heard import Ears
from hausmeister.connectors.slack.workspace import Workspace
from hausmeister.outbox.chat import Place
from hausmeister.outbox.delivery import NotDelivered

_log = log.get(__name__)

EVENTS, COMMANDS, INTERACTIVE = "events_api", "slash_commands", "interactive"


@dataclass(frozen=True)
class Taken:
    """What Slack is told at once (None: nothing but that it arrived), and what is done after that."""

    body: dict[str, Any] | None = None
    then: Callable[[], None] | None = None


class SlackApp:
    """Everything that the app does in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._ears = Ears(workspace)

    def take(self, kind: str, payload: Mapping[str, Any], *, now: datetime | None = None) -> Taken:
        """Take one delivery of Slack's. Whatever it raises means: not taken, send it again."""
        at = now or clock.now()
        if kind == EVENTS:
            return self._event(payload, at)
        line.heard(SERVICE, now=at)
        if kind == COMMANDS:
            return self._command(payload, at)
        if kind == INTERACTIVE:
            return self._interactive(payload, at)
        _log.warning("slack.unknown_delivery", kind=one_line(kind, 60))
        return Taken()

    # ---- events ----

    def _event(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        event = payload.get("event")
        if not isinstance(event, dict):
            return Taken()
        kind = str(event.get("type") or "")
        if kind == "app_home_opened":
            member = str(event.get("user") or "")
            return Taken(then=lambda: self._show_home(member, now))
        line.heard(SERVICE, now=now)
        self._ears.hear(event, payload, now=now)
        return Taken()

    def _show_home(self, member_id: str, now: datetime) -> None:
        sections = chat_home.home(Member(SERVICE, member_id), now=now)
        try:
            self._workspace.api.change("views.publish", {"user_id": member_id, "view": blocks.home(sections)})
        except NotDelivered as error:
            _log.warning("slack.home_not_shown", reason=str(error))

    # ---- commands ----

    def _command(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        name = str(payload.get("channel_name") or "")
        asked = Asked(
            member=Member(SERVICE, str(payload.get("user_id") or ""), str(payload.get("user_name") or "")),
            place=Place(str(payload.get("channel_id") or "")),
            key=str(payload.get("trigger_id") or ""),
            now=now,
            text=events.plain(str(payload.get("text") or ""), self._workspace.names),
            room_name=f"#{name}" if name not in {"", "directmessage", "privategroup"} else "",
        )
        answer = commands.answer(asked)
        if isinstance(answer, Form):
            return Taken(then=lambda: self._open(answer, asked))
        message = blocks.message(answer.words)
        return Taken({"response_type": "ephemeral", "text": message["text"], "blocks": message["blocks"]})

    # ---- buttons, forms, shortcuts ----

    def _interactive(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        kind = str(payload.get("type") or "")
        if kind == "block_actions":
            return self._pressed(payload, now)
        if kind == "view_submission":
            return self._sent(payload, now)
        if kind == "message_action":
            return self._shortcut(payload, now)
        return Taken()

    def _pressed(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        action: Mapping[str, Any] = next(iter(payload.get("actions") or ()), {})
        name = blocks.act_of(str(action.get("action_id") or ""))
        trigger = str(payload.get("trigger_id") or "")
        asked = _asked(payload, _place(payload), trigger, now, value=str(action.get("value") or ""))
        answer = acts.press(name, asked)
        if isinstance(answer, Form):
            return Taken(then=lambda: self._open(answer, asked))
        answering.send(answer, asked)
        is_home = str((payload.get("view") or {}).get("type")) == "home"
        return Taken(then=(lambda: self._show_home(asked.member.id, now)) if is_home else None)

    def _sent(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        view = payload.get("view") or {}
        kept = _kept(str(view.get("private_metadata") or ""))
        place = Place(kept.get("room", ""), thread=kept.get("thread", ""))
        # one form is sent once, however often Slack delivers it
        given = blocks.given(view)
        asked = _asked(payload, place, str(view.get("id") or ""), now, value=kept.get("value", ""), given=given)
        answer = acts.perform(str(view.get("callback_id") or ""), asked)
        if isinstance(answer, Answer) and answer.is_problem:
            first = next(iter(given), "")
            return Taken({"response_action": "errors", "errors": {first: one_line(answer.words.headline, 150)}})
        if isinstance(answer, Answer):
            answering.send(answer, asked)
        return Taken()

    def _shortcut(self, payload: Mapping[str, Any], now: datetime) -> Taken:
        channel = str((payload.get("channel") or {}).get("id") or "")
        message = payload.get("message") or {}
        asked = _asked(payload, Place(channel), str(payload.get("trigger_id") or ""), now)
        heard = events.heard(message, channel, self._workspace.us(), self._workspace.names)
        if heard is None:
            answering.send(refused("Nothing can be made of this message: nobody said it."), asked)
            return Taken()
        answer = items.make(str(payload.get("callback_id") or ""), heard, asked)
        if isinstance(answer, Form):
            return Taken(then=lambda: self._open(answer, asked))
        answering.send(answer, asked)
        return Taken()

    def _open(self, form: Form, asked: Asked) -> None:
        """Open a form; what it was asked with is the trigger, good for three seconds."""
        try:
            view = blocks.form(form, asked.place)
            self._workspace.api.change("views.open", {"trigger_id": asked.key, "view": view})
        except NotDelivered as error:
            _log.warning("slack.form_not_opened", form=form.act, reason=str(error))


def _asked(
    payload: Mapping[str, Any], place: Place, key: str, now: datetime, *, value: str = "",
    given: Mapping[str, str] | None = None,
) -> Asked:  # fmt: skip
    user = payload.get("user") or {}
    name = str(user.get("name") or user.get("username") or "")
    return Asked(Member(SERVICE, str(user.get("id") or ""), name), place, key, now, value=value, given=given or {})


def _place(payload: Mapping[str, Any]) -> Place:
    """Return where a button stood: in a channel, in its thread, or nowhere, on the home screen."""
    container = payload.get("container") or {}
    channel = str(container.get("channel_id") or (payload.get("channel") or {}).get("id") or "")
    thread = str(container.get("thread_ts") or (payload.get("message") or {}).get("thread_ts") or "")
    return Place(channel, thread=thread)


def _kept(text: str) -> dict[str, str]:
    """Return what a form carried; nothing for what is not of our making."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
