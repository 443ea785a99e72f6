"""What rooms say in chat is kept whole on its way through the outbox."""

from datetime import UTC, datetime

import pytest

from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.models import Message

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WORDS = chat.Words(
    headline="How to backfill one day?",
    paragraphs=("Looks like this was answered.",),
    quote="I need yesterday again…",
    notes=("asked 6 times",),
    links=(chat.Link("Backfill a day", "https://ops.test/items/3"),),
    buttons=(chat.Button("This answered it", "item.answered", "3", is_primary=True),),
)


def _about(key: str) -> chat.About:
    return chat.About("item:3", 1, key)


@pytest.mark.django_db
def test_words_come_out_of_the_outbox_as_they_went_in():
    outbox.enqueue([chat.say(chat.Place("#data-help", thread="1.2"), WORDS, _about("a"), due_at=NOW)], now=NOW)
    stored = Message.objects.get()
    assert (stored.channel, stored.kind, stored.lane) == ("chat", "say", "chat")
    assert stored.to == {"room": "#data-help", "thread": "1.2", "under": None}
    assert chat.Words.of(stored.facts) == WORDS


@pytest.mark.django_db
def test_everything_a_room_can_ask_of_a_chat_can_be_stored():
    drafts = [
        chat.say(chat.Place("C1"), WORDS, _about("say"), due_at=NOW),
        chat.revise(7, WORDS, _about("revise"), due_at=NOW),
        chat.whisper(chat.Place("C1"), "U1", WORDS, _about("whisper"), due_at=NOW),
        chat.topic("C1", "red circle", _about("topic"), due_at=NOW),
        chat.sign("C1", "1.2", "eyes", _about("sign"), due_at=NOW),
        chat.group("hausmeister", ["U2", "U1", "U2"], _about("group"), due_at=NOW),
    ]
    outbox.enqueue(drafts, now=NOW)
    assert list(Message.objects.order_by("id").values_list("kind", flat=True)) == list(chat.KINDS)
    assert Message.objects.get(kind="group").facts == {"members": ["U1", "U2"]}
