"""Matrix in trouble, and what we say there: every limit kept, nothing that could act, no second message."""

import msgspec
import pytest

from hausmeister.base.far_side import Reply, json_reply
from hausmeister.base.outgoing import Client
from hausmeister.chat.models import Line
from hausmeister.connectors.matrix import events, wire
from hausmeister.connectors.matrix.api import MatrixApi
from hausmeister.connectors.matrix.fake import FakeMatrix
from hausmeister.connectors.matrix.rooms import Rooms
from hausmeister.connectors.matrix.sender import MatrixChatSender, MatrixSender
from hausmeister.connectors.matrix.sync import MatrixLine
from hausmeister.outbox.chat import Button, Link, Words
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.triage.models import Said
from tests import builders
from tests.connectors.parcels import at_night, page, parcel

ROOM, ANA = "!room:test", "@ana:test"


@pytest.fixture
def server():
    with FakeMatrix(token="token") as found, at_night():
        yield found
        # what each story looked at itself
        found.delivered.clear()


def api(server, token="token"):
    return MatrixApi(Client(), url=server.url, token=token)


def say(server, words=None, *, key="key-1", token="token"):
    facts = (words or Words("Open")).facts()
    return MatrixChatSender(api(server, token)).send(parcel("say", {"room": ROOM}, facts, key=key))


def test_a_try_that_is_repeated_is_no_second_message(server):
    assert say(server) == say(server) == "!room:test $event0"
    assert len(server.sent) == 1


def test_a_page_opens_a_direct_room_once_and_says_how_to_answer(server):
    sender = MatrixSender(api(server))
    for _ in range(2):
        assert sender.send(page("matrix", ANA)).startswith("!direct:test ")
    created = [one for one in server.seen if one.target.endswith("createRoom")]
    assert len(created) == 1
    assert created[0].json["invite"] == [ANA]
    body = server.seen[-1].json["body"]
    assert "1. Acknowledge" in body
    assert "Answer page 4821: http://testserver/p/" in body


@pytest.mark.parametrize(
    ("reply", "error", "wait_s"),
    [
        (json_reply(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}), TryLater, 2.5),
        (json_reply(429, {"errcode": "M_LIMIT_EXCEEDED"}, ("Retry-After", "7")), TryLater, 7.0),
        (Reply(502, b"<html>"), TryLater, None),
        (Reply(200, b"<html>"), TryLater, None),
        (json_reply(403, {"errcode": "M_FORBIDDEN"}), Refused, None),
        (json_reply(413, {"errcode": "M_TOO_LARGE"}), Refused, None),
        (Reply(400, b"[]"), Refused, None),
    ],
)
def test_what_a_homeserver_says_is_later_or_no(server, reply, error, wait_s):
    server.play(reply)
    with pytest.raises(error) as failed:
        say(server)
    assert getattr(failed.value, "retry_after_s", None) == wait_s


@pytest.mark.django_db
def test_a_token_that_opens_nothing_is_a_state(server):
    with pytest.raises(Refused, match="HAUSMEISTER_MATRIX_TOKEN"):
        say(server, token="revoked")
    assert Line.objects.get(pk="matrix").state == "refused"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "&<>\"'" * 9_000, "@room " * 5_000, "x\n" * 20_000, ""])
def test_nothing_that_is_said_breaks_a_limit_or_acts(server, text):
    words = Words(text, (text,), quote=text, notes=(text,), links=(Link(text, "http://testserver/x"),),
                  buttons=tuple(Button(text, "item.claim", text) for _ in range(20)))  # fmt: skip
    say(server, words)
    revised = wire.revision(server.take(), "$event0")
    assert len(msgspec.json.encode(revised)) < 65_000


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" 2 ", 2), ("3️⃣", 3), ("10", None), ("0", None), ("one", None)])
def test_a_number_is_a_choice(text, number):
    assert wire.number_of(text) == number


def test_an_older_clients_reply_is_read_without_what_it_answers():
    assert wire.without_fallback("> <@bot:test> 1. Take it\n> 2. Close\n\n2") == "2"


@pytest.mark.parametrize("stamp", [None, "x", -5, 10**30])
def test_a_time_that_is_none_harms_nobody(stamp):
    assert events.at({"origin_server_ts": stamp}).year in {1970, 2100}


def batch(mark, *found, limited=False):
    timeline = {"events": list(found), "limited": limited, "prev_batch": ""}
    return {"next_batch": mark, "rooms": {"join": {ROOM: {"timeline": timeline}}}}


@pytest.mark.django_db
def test_events_that_make_no_sense_are_passed_over_and_the_mark_moves_on(server):
    builders.trio()
    line = MatrixLine(api(server), Rooms(api(server)), poll_s=0.0)
    odd = ["no object", {}, {"type": "m.room.message"}, {"type": "m.reaction", "content": {"m.relates_to": 3}},
           {"type": "m.room.message", "sender": ANA, "content": None},
           {"type": "m.room.message", "sender": ANA, "content": {"body": 17, "m.relates_to": "x"}},
           {"type": "m.room.redaction", "sender": ANA}]  # fmt: skip
    server.batches = [{"next_batch": "s1"}, batch("s2", *odd), {"next_batch": "s3", "rooms": {}}]
    for _ in range(3):
        assert line._attempt() == 0.0
    assert Line.objects.get(pk="matrix").mark == "s3"
    assert not Said.objects.exists()


@pytest.mark.django_db
def test_a_homeserver_that_is_down_is_a_state_and_the_mark_stays(server):
    builders.trio()
    line = MatrixLine(api(server), Rooms(api(server)), poll_s=0.0)
    server.batches = [{"next_batch": "s1"}]
    line._attempt()
    server.fail(503)
    assert line._attempt() == 1.0
    assert (Line.objects.get(pk="matrix").state, Line.objects.get(pk="matrix").mark) == ("down", "s1")
    line._attempt()
    assert Line.objects.get(pk="matrix").state == "up"


@pytest.mark.django_db
def test_the_bot_follows_invitations_of_its_own_homeserver_only(server):
    us = Rooms(api(server)).us()
    home = us.partition(":")[2]

    def invited(by):
        return {"invite_state": {"events": [{"type": "m.room.member", "state_key": us, "sender": by}]}}

    server.batches = [{"next_batch": "s1", "rooms": {"invite": {
        "!theirs:elsewhere": invited("@mallory:elsewhere"), "!bare:elsewhere": {},
        "!ours:test": invited(f"@ana:{home}"),
    }}}]  # fmt: skip
    MatrixLine(api(server), Rooms(api(server)), poll_s=0.0)._attempt()
    joined = [one.target.rpartition("/")[2] for one in server.seen if "/join/" in one.target]
    assert joined == ["%21ours%3Atest"]
