"""What a room says in the team's chat, whichever chat that is. A chat's connector turns these into its own shapes.

Rooms build `Words` and hand the drafts made here to `outbox.operations.enqueue`; the one sender of the channel
CHAT carries them. A place is written as `Place`: the chat's own id of a room, or its name with "#", and the
thread in it. Whoever answers what we said ourselves names our message: its place is known once it is sent.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane

CHANNEL = "chat"

# what a message asks of the chat
SAY = "say"
REVISE = "revise"
WHISPER = "whisper"
TOPIC = "topic"
SIGN = "sign"
GROUP = "group"
KINDS = (SAY, REVISE, WHISPER, TOPIC, SIGN, GROUP)


@dataclass(frozen=True)
class Button:
    """One act offered below a message: `act` such as "item.claim", `value` such as "12"; both come back as they are.

    `asks` is the question that is put before it happens, "" for none.
    """

    label: str
    act: str
    value: str
    is_primary: bool = False
    asks: str = ""


@dataclass(frozen=True)
class Link:
    """A link of our own with its words."""

    label: str
    url: str


@dataclass(frozen=True)
class Words:
    """A message in plain text, worst first. Nothing in it is markup: a connector escapes all of it.

    `headline` is what a notification shows; `notes` are set small; `quote` is somebody else's text.
    """

    headline: str
    paragraphs: tuple[str, ...] = ()
    quote: str = ""
    notes: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Return the message as the outbox keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Words":
        """Return what `facts` of a message say: the other way round."""
        return cls(
            headline=str(facts["headline"]),
            paragraphs=tuple(facts.get("paragraphs", ())),
            quote=str(facts.get("quote", "")),
            notes=tuple(facts.get("notes", ())),
            links=tuple(Link(**one) for one in facts.get("links", ())),
            buttons=tuple(Button(**one) for one in facts.get("buttons", ())),
        )


@dataclass(frozen=True)
class Place:
    """Where in the chat: a room by the chat's id or by "#name", or a person by the chat's member id; and a thread.

    `thread` is the chat's own stamp of the message that began it; `under` is the id of a message of ours in the
    outbox, in whose thread this one goes.
    """

    room: str
    thread: str = ""
    under: int | None = None

    def address(self) -> dict[str, Any]:
        """Return the place as the outbox keeps it."""
        return {"room": self.room, "thread": self.thread, "under": self.under}


@dataclass(frozen=True)
class About:
    """What a message belongs to: `subject` such as "item:12", its team, and a key that is unique for ever."""

    subject: str
    team_id: int
    dedup_key: str
    extra: dict[str, Any] = field(default_factory=dict)


def say(place: Place, words: Words, about: About, *, due_at: datetime) -> Draft:
    """Return a new message at `place`."""
    return _draft(SAY, place.address(), words.facts(), about, due_at)


def revise(said: int, words: Words, about: About, *, due_at: datetime) -> Draft:
    """Return new words for our message `said` (its id in the outbox); the newest of several is what stays."""
    return _draft(REVISE, {"post": said}, words.facts(), about, due_at)


def whisper(place: Place, member: str, words: Words, about: About, *, due_at: datetime) -> Draft:
    """Return a message at `place` that only `member` sees; a chat that has no such thing writes to them directly."""
    return _draft(WHISPER, {**place.address(), "member": member}, words.facts(), about, due_at)


def topic(room: str, text: str, about: About, *, due_at: datetime) -> Draft:
    """Return the new topic of `room`."""
    return _draft(TOPIC, {"room": room}, {"text": text}, about, due_at)


def sign(room: str, stamp: str, name: str, about: About, *, due_at: datetime) -> Draft:
    """Return our emoji `name` on somebody's message `stamp` in `room`."""
    return _draft(SIGN, {"room": room, "stamp": stamp}, {"name": name}, about, due_at)


def group(handle: str, members: Sequence[str], about: About, *, due_at: datetime) -> Draft:
    """Return the members that the user group `handle` shall have: all of them, no others."""
    return _draft(GROUP, {"handle": handle}, {"members": sorted(set(members))}, about, due_at)


def _draft(kind: str, to: dict[str, Any], facts: dict[str, Any], about: About, due_at: datetime) -> Draft:
    return Draft(
        channel=CHANNEL,
        kind=kind,
        subject=about.subject,
        dedup_key=about.dedup_key,
        to=to,
        facts={**facts, **about.extra},
        due_at=due_at,
        lane=Lane.CHAT,
        team_id=about.team_id,
        fair_key=about.subject,
    )
