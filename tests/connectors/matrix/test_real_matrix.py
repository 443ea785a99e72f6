"""The same rooms of ours in Matrix, on a homeserver that none of us wrote: what Slack can, by words and numbers."""

from urllib.parse import quote

import pytest

from hausmeister.base import clock
from hausmeister.base.outgoing import Client, Limits
from hausmeister.chat.models import Line
from hausmeister.connectors.matrix.api import MatrixApi
from hausmeister.connectors.matrix.rooms import Rooms
from hausmeister.connectors.matrix.sender import MatrixChatSender, MatrixSender
from hausmeister.connectors.matrix.sync import MatrixLine
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Place, Words
from hausmeister.outbox.delivery import Refused
from hausmeister.outbox.models import Message
from hausmeister.team.rules import Channel
from hausmeister.triage.models import Item, Said, WatchedRoom
from tests import builders, harness
from tests.counterparts import synapse
from tests.harness import at

pytestmark = [pytest.mark.counterpart("synapse"), pytest.mark.slow]

TUESDAY_MORNING = at("2026-11-24 09:00")
ROOMS = ("data-help", "squad-di-alarms", "squad-data-infra", "guild-data-eng")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with synapse.homeserver(tmp_path_factory.mktemp("synapse")) as found:
        yield found


@pytest.fixture(scope="module")
def people(server):
    """Ana and Dora with the bot, in rooms that have the policy's names."""
    found = {name: server.member(name) for name in ("hausmeister", "ana", "dora")}
    ana = found["ana"]
    for name in ROOMS:
        made = ana.call("POST", "createRoom", {
            "room_alias_name": name, "preset": "public_chat",
            "power_level_content_override": {"users": {found["hausmeister"].id: 50}},
        })  # fmt: skip
        found[name] = quote(made["room_id"], safe="")
        found["dora"].call("POST", f"join/{found[name]}", {})
    return found


@pytest.fixture
def day(db):
    with harness.world(TUESDAY_MORNING) as told:
        yield told


@pytest.fixture
def place(people, server, day, settings):
    """The bot's line, asked by hand, and its ways out in the world's engine."""
    settings.HAUSMEISTER_CHAT = "matrix"
    built = builders.trio()
    day.key = built.key
    builders.method(built.ana, Channel.MATRIX, people["ana"].id)
    bot = people["hausmeister"]
    api = MatrixApi(Client(limits=Limits(read_bytes=4_000_000)), url=server.url, token=bot.token)
    rooms = Rooms(api)
    senders = day.engine._dispatcher._senders
    senders["chat"], senders["matrix"] = MatrixChatSender(api, rooms=rooms), MatrixSender(api, rooms=rooms)
    line = MatrixLine(api, rooms, poll_s=0.0)
    line.once(clock.now())
    return line


def direct(people):
    """Return the room in which the bot speaks with Ana, joined by her."""
    ana = people["ana"]
    for room in ana.call("GET", "sync?timeout=0")["rooms"].get("invite", {}):
        ana.call("POST", f"join/{quote(room, safe='')}", {})
    known = people["hausmeister"].call("GET", f"user/{quote(people['hausmeister'].id)}/account_data/m.direct")
    return quote(known[ana.id][-1], safe="")


def last(people, room):
    return people["ana"].history(room)[-1]["content"]


def test_a_question_is_heard_taken_by_number_and_answered_in_its_thread(place, people, day):
    dora, ana, room = people["dora"], people["ana"], people["data-help"]
    asked = dora.say(room, "How do I rerun a DAG?")
    place.once(day.now)
    place.once(day.now)
    (item,) = Item.objects.all()
    assert (item.asker_name, item.title) == ("Dora", "How do I rerun a DAG?")
    about = About(item.subject, item.team_id, "told-1")
    buttons = (chat.Button("I take it", "item.claim", str(item.pk)),)
    draft = chat.say(Place("#data-help", thread=asked), Words("Who takes it?", buttons=buttons), about, due_at=day.now)
    outbox.enqueue([draft], now=day.now)
    day.tick()
    ours = people["ana"].history(room)[-1]
    assert ours["content"]["body"] == "Who takes it?\n1. I take it\nAnswer with the number, or sign with it."
    assert ours["content"]["m.relates_to"]["event_id"] == asked
    ana.sign(room, ours["event_id"], "1️⃣")
    place.once(day.now)
    day.go(seconds=20)
    item.refresh_from_db()
    assert item.holder.name == "Ana"
    assert last(people, direct(people))["body"] == "You have it."
    assert last(people, room)["body"] == "Ana has taken this."
    ana.say(room, "With airflow dags backfill.", **{"m.relates_to": {"rel_type": "m.thread", "event_id": asked}})
    edited = dora.say(room, "* How do I rerun the whole DAG?", **{
        "m.new_content": {"msgtype": "m.text", "body": "How do I rerun the whole DAG?"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": asked},
    })  # fmt: skip
    place.once(day.now)
    item.refresh_from_db()
    assert item.state == "answered"
    assert Said.objects.get(stamp=asked).text == "How do I rerun the whole DAG?"
    assert edited
    dora.call("PUT", f"rooms/{room}/redact/{quote(asked)}/r1", {})
    place.once(day.now)
    assert Said.objects.get(stamp=asked).removed_at is not None
    day.go(seconds=20)


def test_commands_and_pages_work_as_in_any_chat(place, people, day):
    ana, room = people["ana"], people["data-help"]
    people["dora"].say(room, "!hausmeister who is on call?")
    place.once(day.now)
    day.tick()
    answer = Message.objects.get(channel="chat", kind="whisper")
    assert answer.to["member"] == people["dora"].id
    page = day.fire("Disk full", severity="critical")
    day.tick()
    day.expect("email", "Ana", "Disk full")
    called = people["ana"].history(direct(people))[-1]
    assert "P4 very high, hard: Disk full" in called["content"]["body"]
    assert "1. Acknowledge" in called["content"]["body"]
    ana.say(direct(people), "1", **{"m.relates_to": {"m.in_reply_to": {"event_id": called["event_id"]}}})
    place.once(day.now)
    day.tick()
    page.refresh_from_db()
    assert page.acked_by.name == "Ana"
    ana.say(room, f"!hausmeister close {page.pk} mended")
    place.once(day.now)
    day.tick()
    page.refresh_from_db()
    assert page.close_reason == "mended"
    assert last(people, direct(people))["body"] == f"Page {page.pk} is closed: mended."


def test_what_was_said_while_we_were_away_comes_in_once_also_when_it_is_much(place, people, day):
    dora, room = people["dora"], people["guild-data-eng"]
    for number in range(130):
        dora.say(room, f"Where is table {number}?")
    place.once(day.now)
    assert Said.objects.filter(room_id=WatchedRoom.objects.get(name="guild-data-eng").room_id).count() == 130
    mark = Line.objects.get(pk="matrix").mark
    dora.say(room, "And the last?")
    place.once(day.now)
    # as after a crash before the mark was stored
    Line.objects.filter(pk="matrix").update(mark=mark)
    place.once(day.now)
    assert Said.objects.filter(text="And the last?").count() == 1


def test_revisions_topics_and_signs_are_theirs(place, people, day):
    room = people["squad-data-infra"]
    outbox.enqueue(
        [chat.say(Place("#squad-data-infra"), Words("Open"), About("x:1", 1, "m-1"), due_at=day.now)], now=day.now
    )
    day.tick()
    post = Message.objects.get(dedup_key="m-1")
    stamp = post.provider_ref.partition(" ")[2]
    drafts = [
        chat.revise(post.pk, Words("Over"), About("x:1:s", 1, "m-2"), due_at=day.now),
        chat.topic("#squad-data-infra", "🔴 nightly late", About("x:1", 1, "m-3"), due_at=day.now),
        chat.sign("#squad-data-infra", stamp, "eyes", About("x:1", 1, "m-4"), due_at=day.now),
    ]
    outbox.enqueue(drafts, now=day.now)
    day.tick()
    assert not Message.objects.exclude(state="sent").filter(channel="chat").exists()
    assert last(people, room)["m.new_content"]["body"] == "Over"
    assert people["ana"].call("GET", f"rooms/{room}/state/m.room.topic/")["topic"] == "🔴 nightly late"


def test_rooms_that_cannot_be_heard_are_a_state(place, people, day):
    ana = people["ana"]
    made = ana.call("POST", "createRoom", {"room_alias_name": "private", "preset": "private_chat"})
    secret = ana.call("POST", "createRoom", {
        "room_alias_name": "secret", "preset": "public_chat",
        "initial_state": [
            {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
        ],
    })  # fmt: skip
    assert "invite @hausmeister:test there" in place._rooms.find("#private").problem
    assert "encrypted" in place._rooms.find("#secret").problem
    assert place._rooms.find("#nowhere") is None
    with pytest.raises(Refused, match="no room #nowhere"):
        place._rooms.room_id("#nowhere")
    # an invitation is enough
    ana.call("POST", f"rooms/{quote(made['room_id'])}/invite", {"user_id": people["hausmeister"].id})
    place.once(day.now)
    assert place._rooms.find("#private").problem == ""
    assert secret
    # being thrown out is told too
    ana.call("POST", f"rooms/{people['data-help']}/kick", {"user_id": people["hausmeister"].id})
    place.once(day.now)
    assert WatchedRoom.objects.get(name="data-help").state == "removed"


def test_a_token_that_opens_nothing_is_a_state(people, server, day):
    api = MatrixApi(Client(), url=server.url, token="wrong")
    line = MatrixLine(api, Rooms(api), poll_s=0.0)
    builders.trio()
    assert line._attempt() == 60.0
    assert "M_UNKNOWN_TOKEN" in Line.objects.get(pk="matrix").reason
