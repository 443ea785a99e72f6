"""What the chat room hands to the triage, and what any other way in does: plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hausmeister.base.priority import Priority
from hausmeister.team.models import Person
from hausmeister.triage.rules.states import ItemKind, RoomUse, Source


@dataclass(frozen=True)
class Heard:
    """One chat message, whichever chat.

    `thread` is the stamp of the thread's first message, "" for a message that opens one (or stands alone).
    `room_name` may be written with or without "#". `at` is the chat's own time, aware; so is `edited_at`, None for
    the words as they were said first.
    """

    service: str
    room_id: str
    room_name: str
    stamp: str
    thread: str
    author_id: str
    author_name: str
    is_bot: bool
    text: str
    at: datetime
    link: str = ""
    edited_at: datetime | None = None


@dataclass(frozen=True)
class Room:
    """A room to be watched: its name in the policy, the chat's id of it ("" while unknown), what it is for."""

    name: str
    room_id: str
    use: RoomUse


@dataclass(frozen=True)
class Taken:
    """Something that came by another way than chat. `key` makes taking it twice harmless; "" for none.

    Without `kind` the text decides. `asker_email` gets the answer when there is no thread to answer in.
    """

    source: Source
    title: str
    text: str = ""
    kind: ItemKind | None = None
    priority: Priority | None = None
    asker_name: str = ""
    asker_email: str = ""
    place: str = ""
    link: str = ""
    key: str = ""


@dataclass(frozen=True)
class Posted:
    """One letter to the team. `author` is an address, in small letters; `references` are the ids of earlier letters.

    `person` is who of the team wrote, None unless their mail server vouched for them. `place` is the address of ours
    that it came to, where answers are to go too.
    """

    message_id: str
    references: tuple[str, ...]
    author: str
    author_name: str
    answer_to: str
    subject: str
    text: str
    place: str
    at: datetime
    person: Person | None = None


@dataclass(frozen=True)
class Candidate:
    """An earlier answer that may fit. `confidence` is in words; `card` names it where it came from."""

    card: str
    title: str
    text: str
    confidence: str
    source: str
    age: str
    link: str = ""

    def safe(self) -> "Candidate":
        """Return it without a link that a browser should not follow (S25)."""
        return self if self.link.lower().startswith(("http://", "https://")) else replace(self, link="")

    def facts(self) -> dict[str, str]:
        """Return it as the item keeps it."""
        return {
            "card": self.card, "title": self.title, "text": self.text, "confidence": self.confidence,
            "source": self.source, "age": self.age, "link": self.link,
        }  # fmt: skip

    @classmethod
    def all_of(cls, facts: Sequence[dict[str, str]]) -> list["Candidate"]:
        """Return the kept ones: the other way round."""
        return [cls(**one) for one in facts]
