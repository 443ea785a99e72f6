"""Slack through a workspace that minds each message."""

import pytest

from hausmeister.base.far_side import Ending, Reply, json_reply
from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.slack import errors, wire
from hausmeister.connectors.slack.fake import FakeSlack, shown, texts
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane, State
from hausmeister.pager import links
from tests.connectors.parcels import NOW, at_night, code, page, parcel

TOKEN = "xoxb-canary-token"
ANA, ROOM = "U024BE7LH", "#squad-di-alarms"


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


@pytest.fixture
def slack():
    with FakeSlack(token=TOKEN, channels={ANA: "D0ANA", ROOM: "C0ALARMS", "C0ALARMS": "C0ALARMS"}) as fake:
        yield fake


def sender(slack, *, token=TOKEN, **limits):
    return SlackSender(Client(limits=Limits(**limits)), url=slack.api, token=token)


def send(slack, one=None, **limits):
    return sender(slack, **limits).send(one or page("slack", ANA))


def post_facts(**changed):
    return {
        "page": 4821, "title": "Disk 80 % on db-7", "text": "sda1", "priority": 2, "hard": False,
        "source": "prometheus", "opened_at": "2026-11-24T02:10:00+00:00", "zone": "Europe/Berlin",
        "state": "waiting", "waits_until": "2026-11-24T08:00:00+00:00", "acked_by": "", "close_reason": "", **changed,
    }  # fmt: skip


# ---- what is said ----


def test_a_page_is_a_direct_message_with_the_signed_link_and_the_next_step(slack):
    assert send(slack) == "D0ANA:1795.000000"
    message = slack.take(ANA)
    link = links.make(page_id=4821, person_id=7, method_id=3, now=NOW)
    assert message["text"] == "P4 very high: Dataset billing_cycles built with 0 rows (page 4821)"
    assert shown(message) == (
        "*P4 very high, hard*\nDataset billing_cycles built with 0 rows\nprometheus, airflow-s1, since 03:20\n"
        "0 rows, yesterday 48 M.\nRun nightly_itaipu\n"
        "Ana, you are called as hausmeister.\n*Answer page 4821*\n"
        "If nobody answers, Bruno (backstop) is called at 03:25. Times are on the clocks of Europe/Berlin."
    )
    assert f"<{link}|Answer page 4821>" in "".join(texts(message))


def test_s15_no_preview_fetches_the_link(slack):
    send(slack)
    message = slack.take()
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_a_possible_duplicate_says_so(slack):
    send(slack, page("slack", ANA, again=True))
    assert "This may have reached you before" in shown(slack.take())


def test_a_code_is_carried(slack):
    assert send(slack, code("slack", ANA)) == "D0ANA:1795.000000"
    assert slack.take(ANA)["text"].startswith("048213 is your Hausmeister code.")


@pytest.mark.parametrize(
    ("facts", "circle", "told"),
    [
        ({}, ":white_circle:", "P2 medium, soft: waits for 09:00"),
        ({"state": "firing", "waits_until": ""}, ":red_circle:", "P2 medium, soft: firing"),
        ({"state": "acknowledged", "acked_by": "Ana"}, ":large_yellow_circle:", "P2 medium, soft: acknowledged by Ana"),
        ({"state": "snoozed", "waits_until": ""}, ":white_circle:", "P2 medium, soft: snoozed"),
        ({"state": "closed", "close_reason": "over, says the source"}, ":large_green_circle:",
         "P2 medium, soft: closed, over, says the source"),
    ],
)  # fmt: skip
def test_a_post_shows_how_the_page_stands(slack, facts, circle, told):
    assert send(slack, parcel("post", {"room": ROOM}, post_facts(**facts))) == "C0ALARMS:1795.000000"
    message = slack.take(ROOM)
    assert shown(message).startswith(f"{circle} *{told}*\nDisk 80 % on db-7\nprometheus, since 03:10")
    assert "<http://testserver/pages/4821|Page 4821>" in texts(message)[-1]


def test_a_page_never_breaks_a_limit_however_long_and_nasty(slack):
    send(slack, page("slack", ANA, title="&<>" * 100, text="&" * 1000, source="<" * 100, role="<!here>" * 9))
    message = slack.take()
    assert "… [cut]" in "".join(texts(message))
    assert "If nobody answers" in shown(message)


@pytest.mark.parametrize(
    ("text", "most", "sent"),
    [
        ("a & b <c> d", 100, "a &amp; b &lt;c&gt; d"),
        ("<!channel> <@U1> <https://evil.example|ok>", 100,
         "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|ok&gt;"),
        ("@here @Channel @EVERYONE", 100, "@\u200bhere @\u200bChannel @\u200bEVERYONE"),
        ("ana@example.org @ana @heretic", 100, "ana@example.org @ana @heretic"),
        ("&lt;!channel&gt;", 100, "&amp;lt;!channel&amp;gt;"),
        ("&" * 4, 20, "&amp;" * 4),
        ("&" * 5, 20, "&amp;" * 2 + "… [cut]"),
        ("x" * 30, 20, "x" * 13 + "… [cut]"),
        ("a\x00b\ud83dc", 20, "a\ufffdb\ufffdc"),
    ],
)  # fmt: skip
def test_s42_text_is_escaped_and_cut_at_a_whole_character(text, most, sent):
    assert wire.escaped(text, most) == sent
    assert len(wire.escaped(text, most)) <= most


# ---- changing a post ----


@pytest.fixture
def posted(db):
    """Return a way to store a post, and changes of it, as the pager does."""

    def store(kind="post", *, key="post-4821", to=None, **columns):
        draft = Draft(channel="slack", kind=kind, subject="page:4821", dedup_key=key, to=to or {"room": ROOM},
                      facts=post_facts(), due_at=NOW, lane=Lane.CHAT)  # fmt: skip
        outbox.enqueue([draft], now=NOW)
        Message.objects.filter(dedup_key=key).update(**columns)
        return Message.objects.get(dedup_key=key)

    return store


def change(message, **facts):
    return Parcel(message.pk, "update", message.to, post_facts(**facts), message.dedup_key, False, 1)


def test_a_change_edits_the_post_in_its_place(slack, posted):
    reference = send(slack, parcel("post", {"room": ROOM}, post_facts()))
    post = posted(state=State.SENT, finished_at=NOW, provider_ref=reference)
    update = posted("update", key="update-1", to={"room": ROOM, "post": post.pk})
    assert send(slack, change(update, state="acknowledged", acked_by="Ana")) == reference
    slack.take(ROOM)
    edit = slack.take("C0ALARMS", "acknowledged by Ana")
    assert edit["ts"] == "1795.000000"
    assert "unfurl_links" not in edit
    assert list(slack.messages) == [("C0ALARMS", "1795.000000")]


def test_a_change_waits_until_the_post_is_made(slack, posted):
    post = posted()
    update = posted("update", key="update-1", to={"room": ROOM, "post": post.pk})
    with pytest.raises(TryLater, match="not been made yet"):
        send(slack, change(update))
    assert slack.seen == []


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_a_change_of_a_post_that_was_never_made_is_refused(slack, posted, state):
    post = posted(state=state, finished_at=NOW)
    update = posted("update", key="update-1", to={"room": ROOM, "post": post.pk})
    with pytest.raises(Refused, match="never made"):
        send(slack, change(update))


def test_an_older_change_never_overwrites_a_newer_one(slack, posted):
    reference = send(slack, parcel("post", {"room": ROOM}, post_facts()))
    slack.take()
    post = posted(state=State.SENT, finished_at=NOW, provider_ref=reference)
    older = posted("update", key="update-1", to={"room": ROOM, "post": post.pk})
    newer = posted("update", key="update-2", to={"room": ROOM, "post": post.pk}, state=State.SENT, finished_at=NOW)
    with pytest.raises(Refused, match="newer change"):
        send(slack, change(older, state="firing"))
    send(slack, change(newer, state="closed"))
    assert "closed" in shown(slack.take())
    Message.objects.filter(pk=newer.pk).update(state=State.FAILED)
    assert send(slack, change(older))
    slack.take()


# ---- when Slack says no ----


@pytest.mark.parametrize("word", sorted(errors.LATER))
def test_trouble_in_a_200_is_for_later(slack, word):
    slack.say_no(word, retry_after="13")
    with pytest.raises(TryLater, match=f"Slack answered {word}$") as failed:
        send(slack)
    assert failed.value.retry_after_s == 13.0
    assert not failed.value.maybe_delivered


@pytest.mark.parametrize("word", sorted(errors.LATER_AND_MAYBE_DONE))
def test_trouble_that_may_have_posted_is_marked_as_such(slack, word):
    slack.say_no(word)
    with pytest.raises(TryLater) as failed:
        send(slack)
    assert failed.value.maybe_delivered


@pytest.mark.parametrize("word", [*sorted(errors.ADVICE), "some_new_word"])
def test_a_no_in_a_200_is_a_refusal(slack, word):
    slack.say_no(word)
    with pytest.raises(Refused, match=f"Slack answered {word}"):
        send(slack)


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("channel_not_found", "check the channel's name"),
        ("not_in_channel", "invite the app"),
        ("invalid_auth", "HAUSMEISTER_SLACK_TOKEN"),
        ("token_revoked", "HAUSMEISTER_SLACK_TOKEN"),
        ("account_inactive", "HAUSMEISTER_SLACK_TOKEN"),
        ("missing_scope", "chat:write"),
    ],
)
def test_a_refusal_says_what_to_do(slack, word, advice):
    slack.say_no(word)
    with pytest.raises(Refused, match=advice):
        send(slack)


def test_a_429_names_its_wait(slack):
    slack.say_no("ratelimited", status=429, retry_after="30")
    with pytest.raises(TryLater, match="Slack answered 429") as failed:
        send(slack)
    assert failed.value.retry_after_s == 30.0
    assert not failed.value.maybe_delivered


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>proxy</html>"),
        json_reply(200, {}),
        json_reply(200, {"ok": "true", "channel": "D", "ts": "1"}),
        json_reply(200, {"ok": True}),
        json_reply(200, {"ok": True, "channel": "D0ANA", "ts": ""}),
        json_reply(200, [{"ok": True}]),
        Reply(200, b'{"ok": true, "chan', ending=Ending.DRIP),
    ],
)
def test_a_200_that_is_not_slacks_is_no_success(slack, reply):
    slack.play(reply)
    with pytest.raises(TryLater, match="not as Slack does") as failed:
        send(slack, total_s=0.3)
    assert failed.value.maybe_delivered


@pytest.mark.parametrize("word", ["<!channel>", "x" * 100, "", "Über", "two words", 7, None])
def test_an_error_word_that_is_none_is_not_repeated(slack, word):
    slack.play(json_reply(200, {"ok": False, "error": word}))
    with pytest.raises(Refused) as failed:
        send(slack)
    assert str(failed.value) in {"Slack answered an unknown error.", "Slack answered 7."}


def test_a_wrong_token_is_refused_and_never_told(slack):
    with pytest.raises(Refused, match="HAUSMEISTER_SLACK_TOKEN") as failed:
        sender(slack, token="xoxb-canary-wrong").send(page("slack", ANA))
    assert "canary" not in str(failed.value)


def test_a_lost_answer_may_have_posted(slack):
    slack.reset(takes=True)
    with pytest.raises(TryLater) as failed:
        send(slack)
    assert failed.value.maybe_delivered
    slack.take()


def test_other_kinds_are_refused(slack):
    with pytest.raises(Refused, match="kind ack"):
        send(slack, parcel("ack", {}, {}))
