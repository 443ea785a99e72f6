"""What passes between a chat's connector and this room: who asks for what, and what they are answered.

`Words`, `Button` and `Place` are those of `outbox.chat`: what a room says needs no chat to be said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hausmeister.outbox.chat import Place, Words
from hausmeister.team.models import Person


@dataclass(frozen=True)
class Member:
    """Somebody in a chat: the chat's name ("slack"), their id there, and what they are called there."""

    service: str
    id: str
    name: str = ""


@dataclass(frozen=True)
class Asked:
    """A command or a button, as it came.

    `text` is what stood behind the command, `value` what the button carried, `given` what a form held. `key` is
    the same when the chat delivers the same press twice. `place` is where it happened, `room_name` with its "#".
    """

    member: Member
    place: Place
    key: str
    now: datetime
    text: str = ""
    value: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    room_name: str = ""


@dataclass(frozen=True)
class Call:
    """An `Asked` of somebody we know."""

    asked: Asked
    person: Person

    @property
    def via(self) -> str:
        """How it came, for the timeline: "Slack"."""
        return service_label(self.asked.member.service)


def service_label(service: str) -> str:
    """Return a chat's name as people read it."""
    return {"slack": "Slack", "matrix": "Matrix", "mail": "the mailbox"}.get(service, service)


@dataclass(frozen=True)
class Field:
    """One field of a form. With `choices` (value, label) one is chosen, else a text is typed."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    initial: str = ""
    hint: str = ""
    is_long: bool = False
    is_needed: bool = True
    most: int = 300


@dataclass(frozen=True)
class Form:
    """A question with fields, which comes back as the act `act` with `value`. Chats without forms take commands."""

    title: str
    act: str
    value: str
    fields: tuple[Field, ...]
    send: str
    # how the same is said in one line, where a chat has no forms
    in_words: str = ""


@dataclass(frozen=True)
class Answer:
    """What is answered to the one who asked. `is_problem`: nothing was done, and the words say why."""

    words: Words
    is_problem: bool = False


def said(headline: str, *paragraphs: str) -> Answer:
    """Return an answer in a sentence or some."""
    return Answer(Words(headline, tuple(paragraphs)))


def refused(headline: str) -> Answer:
    """Return why nothing was done, in a sentence."""
    return Answer(Words(headline), is_problem=True)
