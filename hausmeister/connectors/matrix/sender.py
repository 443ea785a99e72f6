"""The ways out for Matrix: what our rooms say (channel "chat"), and pages, codes and posts (channel "matrix").

Each message is sent under the outbox's key for it, so a try that is repeated is no second message there.
"""

from collections.abc import Callable
from typing import Any

from hausmeister.base import clock
from hausmeister.base.untrusted import one_line
from hausmeister.chat import line, page_buttons
from hausmeister.connectors.matrix import wire
from hausmeister.connectors.matrix.api import FAR_SIDE, SERVICE, MatrixApi, MatrixSaysNo, part
from hausmeister.connectors.matrix.rooms import Rooms
from hausmeister.outbox import chat
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.chat import Link, Words
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager import links
from hausmeister.pager.rules.words import post_words_of, words_of
from hausmeister.runbooks.rules import words as runbook_words
from hausmeister.runbooks.rules.words import RunbookWords
from hausmeister.team.rules import code_told

TOPIC_MOST = 250
RUNBOOK_MOST = 3_000


class _Sender:
    """What both ways out share."""

    def __init__(self, api: MatrixApi, *, rooms: Rooms | None = None) -> None:
        self._api = api
        self._rooms = rooms or Rooms(api)
        self._kinds: dict[str, Callable[[Parcel], str]] = {}

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return "room event" of a message. Raises TryLater or Refused."""
        carry = self._kinds.get(parcel.kind)
        if carry is None:
            raise Refused(f"{FAR_SIDE} carries no messages of the kind {parcel.kind} here.")
        try:
            return carry(parcel)
        except MatrixSaysNo as error:
            if error.is_about_us:
                line.refused(SERVICE, reason=str(error), now=clock.now())
            raise

    def _put(self, room: str, content: dict[str, Any], parcel: Parcel, kind: str = "m.room.message") -> str:
        room_id = self._rooms.room_id(room)
        path = f"rooms/{part(room_id)}/send/{kind}/{part(parcel.idempotency_key)}"
        event_id = str(self._api.put(path, content).get("event_id") or "")
        if not event_id:
            raise TryLater(f"{FAR_SIDE} answered 200, but not as a homeserver does", maybe_delivered=True)
        return f"{room_id} {event_id}"

    def _revised(self, parcel: Parcel, words: Words) -> str:
        room_id, event_id = _spoken(outbox.find(int(parcel.to["post"])))
        if outbox.is_outdated(parcel.message_id):
            raise Refused("A newer revision of the message took this one's place.")
        self._put(room_id, wire.revision(wire.content(words), event_id), parcel)
        return f"{room_id} {event_id}"


def _spoken(message: Message | None) -> tuple[str, str]:
    """Return room and event of what we said. Raises TryLater while it is not said, Refused when it never will be."""
    if message is None or message.state in {State.FAILED, State.CANCELLED}:
        raise Refused("The message that this belongs to was never posted.")
    room_id, _, event_id = message.provider_ref.partition(" ")
    if not event_id:
        raise TryLater("The message that this belongs to has not been posted yet")
    return room_id, event_id


class MatrixChatSender(_Sender):
    """Carries the channel "chat"."""

    def __init__(self, api: MatrixApi, *, rooms: Rooms | None = None) -> None:
        super().__init__(api, rooms=rooms)
        self._kinds = {
            chat.SAY: self._say,
            chat.REVISE: lambda parcel: self._revised(parcel, Words.of(parcel.facts)),
            chat.WHISPER: self._whisper,
            chat.TOPIC: self._topic,
            chat.SIGN: self._sign,
        }

    def _say(self, parcel: Parcel) -> str:
        room, thread = str(parcel.to["room"]), str(parcel.to.get("thread") or "")
        if parcel.to.get("under") is not None:
            room, thread = _spoken(outbox.find(int(parcel.to["under"])))
        return self._put(room, wire.in_thread(wire.content(Words.of(parcel.facts)), thread), parcel)

    def _whisper(self, parcel: Parcel) -> str:
        # Matrix has no message for one person in a room of many
        return self._put(str(parcel.to["member"]), wire.content(Words.of(parcel.facts)), parcel)

    def _topic(self, parcel: Parcel) -> str:
        room_id = self._rooms.room_id(str(parcel.to["room"]))
        topic = one_line(str(parcel.facts["text"]), TOPIC_MOST)
        self._api.put(f"rooms/{part(room_id)}/state/m.room.topic/", {"topic": topic})
        return room_id

    def _sign(self, parcel: Parcel) -> str:
        relation = {
            "rel_type": "m.annotation", "event_id": str(parcel.to["stamp"]),
            "key": wire.sign(str(parcel.facts["name"])),
        }  # fmt: skip
        try:
            return self._put(str(parcel.to["room"]), {"m.relates_to": relation}, parcel, "m.reaction")
        except MatrixSaysNo as error:
            if error.code != "M_DUPLICATE_ANNOTATION":
                raise
            return str(parcel.to["room"])


class MatrixSender(_Sender):
    """Carries pages, codes and the posts of soft pages."""

    def __init__(self, api: MatrixApi, *, rooms: Rooms | None = None) -> None:
        super().__init__(api, rooms=rooms)
        self._kinds = {
            "page": self._page,
            "code": self._code,
            "post": lambda parcel: self._put(str(parcel.to["room"]), wire.content(_post(parcel)), parcel),
            "update": lambda parcel: self._revised(parcel, _post(parcel)),
        }

    def check(self) -> str:
        """Return whom the homeserver takes us for; nothing is sent. Raises TryLater or Refused."""
        return f"Matrix knows us as {one_line(str(self._api.get('account/whoami').get('user_id', '')), 120)}"

    def _page(self, parcel: Parcel) -> str:
        words = words_of(parcel.facts, now=clock.now(), maybe_twice=parcel.is_possible_duplicate)
        link = links.for_message(parcel.facts, parcel.to, now=clock.now())
        runbook = runbook_words.words_of(parcel.facts)
        told = Words(
            f"{words.headline}: {words.title}",
            (*filter(None, (words.origin, words.text, words.called_as)), *_headline(runbook)),
            quote=runbook.plain(RUNBOOK_MOST) if runbook else "",
            notes=(*filter(None, (words.then, words.clocks, words.again)), *_rest(runbook)),
            links=(Link(f"Answer page {words.number}", link),),
            buttons=page_buttons.of_message(parcel.facts),
        )
        return self._put(str(parcel.to["address"]), wire.content(told), parcel)

    def _code(self, parcel: Parcel) -> str:
        return self._put(str(parcel.to["address"]), wire.content(Words(code_told(parcel.facts))), parcel)


def _headline(runbook: RunbookWords | None) -> tuple[str, ...]:
    return (runbook.headline,) if runbook else ()


def _rest(runbook: RunbookWords | None) -> tuple[str, ...]:
    return (runbook.rest(RUNBOOK_MOST),) if runbook else ()


def _post(parcel: Parcel) -> Words:
    words = post_words_of(parcel.facts, now=clock.now())
    is_over = str(parcel.facts["state"]) == "closed"
    runbook = runbook_words.words_of(parcel.facts)
    return Words(
        f"{words.headline}: {words.title}",
        (*filter(None, (words.origin, "" if is_over else words.text)), *_headline(runbook)),
        quote=runbook.plain(RUNBOOK_MOST) if runbook else "",
        notes=_rest(runbook),
        links=(Link(f"Page {words.number}", links.page_url(parcel.facts["page"])),),
        buttons=page_buttons.of_message(parcel.facts),
    )
