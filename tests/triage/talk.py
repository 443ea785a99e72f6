"""What people say in chat, for stories of the inbox."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hausmeister.outbox.chat import Words
from hausmeister.team.rules import Channel
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.shapes import Heard
from tests import builders
from tests.builders import BuiltTeam
from tests.harness import Sent, World

ROOMS = {"data-help": "C0HELP", "squad-data-infra": "C0SQUAD", "squad-di-alarms": "C0ALARM", "random": "C0RANDOM"}
BACKFILL = "How do I backfill one day of the contracts dataset?"


def stamp_of(at: datetime) -> str:
    """Return the stamp that a chat gives to a message of this moment."""
    return f"{at.timestamp():.6f}"


def message(
    text: str, *, at: datetime, by: str = "Imani", room: str = "data-help", thread: str = "", **more: Any
) -> Heard:
    """Return a message of `by` in a room; `thread` is the stamp of the thread's first message."""
    one = Heard(
        service="slack", room_id=ROOMS[room], room_name=f"#{room}", stamp=stamp_of(at), thread=thread,
        author_id=f"U0{by.upper()}", author_name=by, is_bot=False, text=text, at=at, link=f"https://chat.test/{at:%H%M%S}",
    )  # fmt: skip
    return replace(one, **more)


class Chat:
    """A chat in a world: what is said now is heard at once."""

    def __init__(self, world: World, built: BuiltTeam) -> None:
        self.world, self.built = world, built

    def say(self, text: str, *, by: str = "Imani", room: str = "data-help", thread: str = "", **more: Any) -> Heard:
        """Say something now; the next word is a second later, so that no two have one stamp."""
        one = message(text, at=self.world.now, by=by, room=room, thread=thread, **more)
        self.hear(one)
        self.world.now += timedelta(seconds=1)
        return one

    def hear(self, *heard: Heard) -> list[int]:
        return triage.hear(self.built.team.pk, heard, now=self.world.now)

    def edit(self, one: Heard, text: str, **more: Any) -> int | None:
        return triage.edited(self.built.team.pk, replace(one, text=text, **more), now=self.world.now)

    def remove(self, one: Heard) -> int | None:
        return triage.removed(self.built.team.pk, one.service, one.room_id, one.stamp, now=self.world.now)

    def sign(self, one: Heard, emoji: str, *, by: str) -> int | None:
        return triage.signed(
            self.built.team.pk, one.service, one.room_id, one.stamp, emoji, f"U0{by.upper()}", now=self.world.now
        )  # fmt: skip

    def press(self, act: str, value: str, *, by: str = "Imani") -> str:
        person = self.built.people.get(by.lower())
        return triage.pressed(
            self.built.team.pk, act, value, person=person, member_id=f"U0{by.upper()}", name=by, now=self.world.now
        )  # fmt: skip

    def expect(self, words: str, *, kind: str = "say") -> Words:
        """Return the oldest message in chat that holds `words`, and take it off the list."""
        for place, one in enumerate(self.world.sent):
            if one.channel == "chat" and one.parcel.kind == kind and words in _text(one):
                return Words.of(self.world.sent.pop(place).parcel.facts)
        raise AssertionError(f"nobody said {words!r} in chat; there are {self.told()}")

    def told(self) -> list[tuple[str, str]]:
        return [(one.parcel.kind, _text(one)) for one in self.world.sent if one.channel == "chat"]


def _text(one: Sent) -> str:
    words = Words.of(one.parcel.facts)
    return " | ".join([words.headline, *words.paragraphs, words.quote, *words.notes])


def chat(world: World, built: BuiltTeam) -> Chat:
    """Return a chat in which the team's people are known by their accounts."""
    for name, person in built.people.items():
        builders.method(person, Channel.SLACK, f"U0{name.upper()}")
    return Chat(world, built)


def only_item() -> Item:
    """Return the only item there is."""
    return Item.objects.select_related("holder").get()
