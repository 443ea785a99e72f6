"""Slack as somebody else built it: what our calls leave behind there."""

from dataclasses import replace

import pytest

from hausmeister.base.outgoing import Client
from hausmeister.connectors.slack.chat_sender import SlackChatSender
from hausmeister.connectors.slack.fake import mind
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Button, Place, Words
from hausmeister.outbox.delivery import Refused
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import Lane, State
from tests.connectors.parcels import NOW, at_night, code, page, parcel
from tests.connectors.slack.test_sender import ROOM, post_facts
from tests.counterparts import emulate

pytestmark = pytest.mark.counterpart("emulate")

TOKEN, MUTE = "xoxb-local-writer", "xoxb-local-mute"
SEED = {
    "team": {"name": "Data", "domain": "data"},
    "users": [{"name": "ana", "email": "ana@example.org"}, {"name": "pager", "email": "pager@example.org"}],
    "channels": [{"name": ROOM}],
    "strict_scopes": True,
    "tokens": [
        {
            "token": TOKEN,
            "user": "pager",
            "scopes": [
                "chat:write",
                "users:read",
                "channels:history",
                "im:history",
                "channels:read",
                "im:read",
                "channels:manage",
                "channels:write",
                "channels:write.topic",
                "reactions:write",
                "reactions:read",
                "groups:read",
            ],
        },
        {"token": MUTE, "user": "pager", "scopes": ["users:read"]},
    ],
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with emulate.slack(tmp_path_factory.mktemp("emulate"), seed=SEED, token=TOKEN) as found:
        yield found


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


def sender(workspace, token=TOKEN):
    return SlackSender(Client(), url=workspace.api, token=token)


def test_a_page_and_a_code_arrive_as_direct_messages(workspace):
    ana = workspace.member("ana")
    reference = sender(workspace).send(page("slack", ana))
    channel, _, stamp = reference.partition(":")
    assert sender(workspace).send(code("slack", ana)).startswith(f"{channel}:")
    called, told = workspace.history(channel)
    assert called["ts"] == stamp
    assert called["text"] == "P4 very high: Dataset billing_cycles built with 0 rows (page 4821)"
    assert "Bruno (backstop) is called at 03:25" in str(called["blocks"])
    assert told["text"].startswith("048213 is your Hausmeister code.")


@pytest.mark.django_db
def test_a_post_is_edited_in_its_place(workspace):
    reference = sender(workspace).send(parcel("post", {"room": ROOM}, post_facts()))
    post = _stored("post", {"room": ROOM}, provider_ref=reference)
    update = _stored("update", {"room": ROOM, "post": post.pk})
    changed = parcel("update", update.to, post_facts(state="acknowledged", acked_by="Ana"))
    assert sender(workspace).send(replace(changed, message_id=update.pk)) == reference
    (message,) = workspace.history(reference.partition(":")[0])
    assert message["text"] == "P2 medium, soft: acknowledged by Ana: Disk 80 % on db-7"
    assert message["edited"]


def _stored(kind, to, **columns):
    return Message.objects.create(
        lane=Lane.CHAT, channel="slack", kind=kind, subject="page:4821", dedup_key=kind, to=to, created_at=NOW,
        state=State.SENT, finished_at=NOW, **columns,
    )  # fmt: skip


def test_what_it_shows_to_people_holds_no_mention(workspace):
    nasty = "<!channel> @here <@U1> & <https://evil.example|click>"
    reference = sender(workspace).send(page("slack", workspace.member("ana"), title=nasty, text=nasty))
    message = workspace.history(reference.partition(":")[0])[-1]
    mind({**message, "parse": "none", "link_names": False}, is_new=False)
    assert "&lt;!channel&gt; @\u200bhere" in message["text"]


def test_its_noes_become_refusals(workspace):
    with pytest.raises(Refused, match="channel_not_found: check the channel's name"):
        sender(workspace).send(page("slack", "U0NOBODY"))
    with pytest.raises(Refused, match="channel_not_found"):
        sender(workspace).send(parcel("post", {"room": "#no-such-room"}, post_facts()))
    with pytest.raises(Refused, match="missing_scope: give the app the scope chat:write"):
        sender(workspace, MUTE).send(page("slack", workspace.member("ana")))


@pytest.mark.django_db
def test_what_our_rooms_say_leaves_thread_revision_sign_and_topic_behind(workspace):
    chat_sender = SlackChatSender(Client(), url=workspace.api, token=TOKEN)

    def carry(draft):
        outbox.enqueue([draft], now=NOW)
        message = Message.objects.get(dedup_key=draft.dedup_key)
        reference = chat_sender.send(outbox.parcel(message))
        Message.objects.filter(pk=message.pk).update(state=State.SENT, finished_at=NOW, provider_ref=reference)
        return message, reference

    words = Words("Two <questions> wait", ("Since 09:00",), buttons=(Button("I take it", "item.claim", "12"),))
    said, reference = carry(chat.say(Place(ROOM), words, About("item:1", 1, "real-1"), due_at=NOW))
    channel, _, stamp = reference.partition(":")
    carry(chat.say(Place("", under=said.pk), Words("In its thread"), About("item:1", 1, "real-2"), due_at=NOW))
    carry(chat.revise(said.pk, Words("One question waits"), About("item:1:status", 1, "real-3"), due_at=NOW))
    carry(chat.sign(channel, stamp, "eyes", About("item:1", 1, "real-4"), due_at=NOW))
    carry(chat.sign(channel, stamp, "eyes", About("item:1", 1, "real-5"), due_at=NOW))
    carry(chat.topic(channel, "all is well", About("item:1", 1, "real-6"), due_at=NOW))
    carry(chat.whisper(Place(channel), workspace.member("ana"), Words("For you"), About("x", 1, "real-7"), due_at=NOW))
    parent, reply = workspace.ask("conversations.replies", channel=channel, ts=stamp)["messages"]
    assert (parent["text"], reply["text"]) == ("One question waits", "In its thread")
    assert parent["reactions"][0]["name"] == "eyes"
    topic = workspace.ask("conversations.info", channel=channel)["channel"]["topic"]
    assert topic["value"] == "all is well"
