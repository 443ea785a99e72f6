"""What people do in Matrix rooms: ask and answer, give commands, choose by number. Every event counts once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hausmeister.base.untrusted import one_line
from hausmeister.chat import answering, hearing
from hausmeister.chat.acts import table as acts
from hausmeister.chat.commands import table as commands
from hausmeister.chat.shapes import Answer, Asked, Form, Member, said
from hausmeister.connectors.matrix import events, wire
from hausmeister.connectors.matrix.api import SERVICE, MatrixApi, MatrixSaysNo, part
from hausmeister.connectors.matrix.rooms import Rooms
from hausmeister.outbox.chat import Place

PREFIX = "!hausmeister"


class MatrixApp:
    """Takes events one by one, in the order in which the homeserver has them."""

    def __init__(self, api: MatrixApi, rooms: Rooms) -> None:
        self._api = api
        self._rooms = rooms

    def take(self, event: Mapping[str, Any], room_id: str, *, now: datetime) -> None:
        """Take one event of a room. What it raises means: not taken, read it again."""
        if str(event.get("sender") or "") == self._rooms.us():
            return
        kind = str(event.get("type") or "")
        if kind == "m.room.message":
            self._message(event, room_id, now)
        elif kind == "m.reaction":
            self._signed(event, room_id, now)
        elif kind == "m.room.redaction":
            redacted = str(event.get("redacts") or (event.get("content") or {}).get("redacts") or "")
            hearing.removed(SERVICE, room_id, redacted, now=now)

    def _message(self, event: Mapping[str, Any], room_id: str, now: datetime) -> None:
        text, relation = events.text_of(event), events.relation(event)[0]
        if relation == "m.replace":
            hearing.edited(self._heard(event, room_id), now=now)
            return
        word, _, rest = text.partition(" ")
        if word.lower() == PREFIX:
            self._answer(commands.answer(self._asked(event, room_id, now, text=rest.strip())), event, room_id, now)
            return
        number = wire.number_of(text)
        if number is not None and self._chosen(events.answered(event), number, event, room_id, now):
            return
        hearing.hear([self._heard(event, room_id)], now=now)

    def _signed(self, event: Mapping[str, Any], room_id: str, now: datetime) -> None:
        related = (event.get("content") or {}).get("m.relates_to")
        if not isinstance(related, dict):
            return
        key, other = one_line(str(related.get("key") or ""), 80), str(related.get("event_id") or "")
        number = wire.number_of(key)
        if number is not None and self._chosen(other, number, event, room_id, now):
            return
        member = str(event.get("sender") or "")
        hearing.signed(SERVICE, room_id, other, wire.sign_name(key), member, now=now)

    def _chosen(self, other: str, number: int, event: Mapping[str, Any], room_id: str, now: datetime) -> bool:
        """Do what the number below our message `other` stands for; return whether it stands for anything."""
        if not other:
            return False
        try:
            shown = self._api.get(f"rooms/{part(room_id)}/event/{part(other)}")
        except MatrixSaysNo:
            return False
        content = shown.get("content") or {}
        # after a revision the newest wording's buttons hold
        newest = ((shown.get("unsigned") or {}).get("m.relations") or {}).get("m.replace") or {}
        content = ((newest.get("content") or {}).get("m.new_content")) or content
        button = wire.button(content, number) if shown.get("sender") == self._rooms.us() else None
        if button is None:
            return False
        asked = self._asked(event, room_id, now, value=button[1])
        self._answer(acts.press(button[0], asked), event, room_id, now)
        return True

    def _answer(self, answer: Answer | Form, event: Mapping[str, Any], room_id: str, now: datetime) -> None:
        if isinstance(answer, Form):
            how = f"Write: {PREFIX} {answer.in_words}" if answer.in_words else "Do this on the page itself."
            answer = said(f"{answer.title}: this needs some words.", how)
        answering.send(answer, self._asked(event, room_id, now))

    def _asked(
        self, event: Mapping[str, Any], room_id: str, now: datetime, *, text: str = "", value: str = ""
    ) -> Asked:
        sender = str(event.get("sender") or "")
        name = self._rooms.name_of(room_id)
        return Asked(
            Member(SERVICE, sender, self._rooms.member_name(sender)), Place(room_id),
            str(event.get("event_id") or ""), now, text=text, value=value, room_name=f"#{name}" if name else "",
        )  # fmt: skip

    def _heard(self, event: Mapping[str, Any], room_id: str) -> Any:
        return events.heard(
            event, room_id, room_name=self._rooms.name_of(room_id), name_of=self._rooms.member_name
        )  # fmt: skip
