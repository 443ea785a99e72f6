"""The channel "chat" in Slack: what our rooms say, and everything that may go wrong on the way."""

import pytest

from hausmeister.base.outgoing import Client
from hausmeister.chat.models import Line
from hausmeister.chat.shapes import Field, Form
from hausmeister.connectors.slack import blocks
from hausmeister.connectors.slack.chat_sender import SlackChatSender
from hausmeister.connectors.slack.fake import buttons, mind, mind_view, shown
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Button, Link, Place, Words
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from tests.connectors.parcels import NOW, at_night
from tests.connectors.slack import workplace
from tests.connectors.slack.workplace import ALARMS, ANA, BRUNO, HELP, TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


@pytest.fixture
def slack():
    with workplace.fake_slack() as fake:
        yield fake


class Clock:
    def __init__(self):
        self.s = 1_000.0

    def __call__(self):
        return self.s


@pytest.fixture
def watch():
    return Clock()


@pytest.fixture
def sender(slack, watch):
    return SlackChatSender(Client(), url=slack.api, token=TOKEN, stopwatch_s=watch)


def stored(draft):
    outbox.enqueue([draft], now=NOW)
    return Message.objects.get(dedup_key=draft.dedup_key)


def send(sender, message, *, records=True):
    reference = sender.send(outbox.parcel(message))
    if records:
        Message.objects.filter(pk=message.pk).update(state=State.SENT, finished_at=NOW, provider_ref=reference)
    return reference


_numbers = iter(range(1, 10_000))


def about(subject="item:12"):
    return About(subject, 1, f"key-{next(_numbers)}")


def say(place, words, **more):
    return stored(chat.say(place, words, about(**more), due_at=NOW))


# ---- what is said ----


def test_words_become_blocks_worst_first(slack, sender):
    words = Words(
        "Two questions wait", ("The first since 09:00.", "The second since 09:10."), quote="how do I\nrerun a DAG?",
        notes=("Times are on the clocks of Europe/Berlin.",), links=(Link("Inbox", "http://testserver/triage"),),
        buttons=(
            Button("I take it", "item.claim", "12", is_primary=True), Button("Close", "item.close", "12", asks="Sure?"),
        ),
    )  # fmt: skip
    assert send(sender, say(Place("#data-help"), words)) == f"{HELP}:1795.000000"
    message = slack.take("#data-help")
    assert shown(message).startswith(
        "*Two questions wait*\nThe first since 09:00.\nThe second since 09:10.\n>how do I\n>rerun"
    )
    assert "Times are on the clocks of Europe/Berlin. · Inbox" in shown(message)
    drawn = buttons(message)
    assert (drawn["I take it"]["action_id"], drawn["I take it"]["value"]) == ("item.claim", "12")
    assert drawn["Close"]["confirm"]["text"]["text"] == "Sure?"


def test_an_answer_to_our_own_message_goes_into_its_thread_once_that_is_posted(slack, sender):
    first = say(Place("#data-help"), Words("First"))
    reply = say(Place("#data-help", under=first.pk), Words("Second"))
    with pytest.raises(TryLater, match="has not been posted yet"):
        send(sender, reply)
    send(sender, first)
    send(sender, reply)
    slack.take("#data-help", "First")
    second = slack.take(HELP, "Second")
    assert second["thread_ts"] == "1795.000000"
    gone = say(Place("#data-help"), Words("Gone"))
    Message.objects.filter(pk=gone.pk).update(state=State.FAILED, finished_at=NOW)
    with pytest.raises(Refused, match="was never posted"):
        send(sender, say(Place("", under=gone.pk), Words("x")))


def test_of_several_revisions_the_newest_stays(slack, sender):
    post = say(Place(HELP), Words("Open"))
    send(sender, post)
    slack.take()
    older, newer = (
        stored(chat.revise(post.pk, Words(text), about("item:12:status"), due_at=NOW)) for text in ("Older", "Newer")
    )
    with pytest.raises(Refused, match="newer revision"):
        send(sender, older, records=False)
    assert send(sender, newer) == f"{HELP}:1795.000000"
    assert "Newer" in shown(slack.take(HELP))


def test_a_whisper_is_for_one_and_a_direct_message_where_nobody_can_whisper(slack, sender):
    words = Words("Only you see this")
    send(sender, stored(chat.whisper(Place(HELP, thread="1795.1"), ANA, words, about(), due_at=NOW)))
    whispered = slack.took("chat.postEphemeral")
    assert (whispered["user"], whispered["channel"], whispered["thread_ts"]) == (ANA, HELP, "1795.1")
    send(sender, stored(chat.whisper(Place("D0ANA"), ANA, words, about(), due_at=NOW)))
    assert slack.took("chat.postMessage")["channel"] == "D0ANA"
    send(sender, stored(chat.whisper(Place("C0ELSEWHERE"), ANA, words, about(), due_at=NOW)))
    assert slack.took("chat.postMessage")["channel"] == ANA


def test_topic_sign_and_group(slack, sender):
    send(sender, stored(chat.topic("#shifts", ":red_circle: nightly late <!here>", about(), due_at=NOW)))
    slack.took("conversations.setTopic")
    assert slack.topics == {"C0SHIFTS": ":red_circle: nightly late &lt;!here&gt;"}
    send(sender, stored(chat.sign("#data-help", "1795.000100", "eyes", about(), due_at=NOW)))
    assert slack.took("reactions.add") == {"channel": HELP, "timestamp": "1795.000100", "name": "eyes"}
    slack.say_no("already_reacted")
    send(sender, stored(chat.sign(HELP, "1795.000100", "eyes", about(), due_at=NOW)))
    send(sender, stored(chat.group("backstop", [BRUNO, ANA, ANA], about("group:backstop"), due_at=NOW)))
    assert slack.took("usergroups.users.update") == {"usergroup": "S0BACK", "users": f"{ANA},{BRUNO}"}
    with pytest.raises(Refused, match="no user group @nobody"):
        send(sender, stored(chat.group("nobody", [ANA], about("group:nobody"), due_at=NOW)))


def test_an_older_list_of_members_never_overwrites_a_newer_one(slack, sender):
    older, newer = (stored(chat.group("backstop", [one], about("group:backstop"), due_at=NOW)) for one in (ANA, BRUNO))
    with pytest.raises(Refused, match="newer list"):
        send(sender, older, records=False)
    send(sender, newer)
    assert slack.took("usergroups.users.update")["users"] == BRUNO


@pytest.mark.parametrize("text", ["&<>" * 20_000, "<!channel> @here " * 4_000, "x\n" * 20_000, "", ">" * 9_000])
def test_nothing_that_is_said_breaks_a_limit_or_calls_anybody(slack, sender, text):
    words = Words(
        text, (text, text, "a", text), quote=text, notes=(text, text), links=(Link(text, "http://testserver/x"),),
        buttons=tuple(Button(text, "item.claim", text, asks=text) for _ in range(40)),
    )  # fmt: skip
    send(sender, say(Place(HELP), words))
    slack.take(HELP)


def test_block_kit_as_slacks_own_library_reads_it(slack, sender):
    from slack_sdk.models.blocks import Block
    from slack_sdk.models.views import View

    long = "&<x> " * 9_000
    words = Words(
        long, (long,), long, (long,), (Link("x", "http://testserver/"),), (Button(long, "a", long, asks=long),) * 30
    )
    form = Form(long, "page.close", long, (
        Field("one", long, hint=long, initial=long, most=3000, is_long=True),
        Field("two", "Two", choices=tuple((f"v{n}", long) for n in range(300)), initial="v1"),
    ), long)  # fmt: skip
    modal, home = blocks.form(form, Place(HELP, thread="1.2")), blocks.home([words] * 30)
    for drawn in (blocks.message(words)["blocks"], modal["blocks"], home["blocks"]):
        read = [Block.parse(one) for one in drawn]
        assert None not in read
        for one in read:
            one.to_dict()
    for view in (modal, home):
        mind_view(view)
        View(**view).to_dict()
    mind(blocks.message(words), is_new=True)


# ---- trouble ----


def test_a_429_makes_the_whole_line_wait_and_no_call_is_wasted(slack, sender, watch):
    first, second = say(Place(HELP), Words("First")), say(Place(ALARMS), Words("Second"))
    slack.say_no("ratelimited", status=429, retry_after="30")
    with pytest.raises(TryLater) as failed:
        send(sender, first)
    assert failed.value.retry_after_s == 30.0
    watch.s += 10
    with pytest.raises(TryLater, match="asked us to wait") as waits:
        send(sender, second)
    assert waits.value.retry_after_s == 20.0
    assert len(slack.seen) == 1
    watch.s += 21
    send(sender, second)
    slack.take(ALARMS, "Second")


@pytest.mark.parametrize("word", ["token_revoked", "invalid_auth", "account_inactive", "not_authed"])
def test_a_token_that_opens_nothing_is_a_state_of_the_line(slack, sender, word):
    slack.say_no(word)
    with pytest.raises(Refused, match="HAUSMEISTER_SLACK_TOKEN"):
        send(sender, say(Place(HELP), Words("x")))
    assert (Line.objects.get(pk="slack").state, word in Line.objects.get(pk="slack").reason) == ("refused", True)


@pytest.mark.parametrize("word", ["is_archived", "not_in_channel", "channel_not_found"])
def test_a_channel_that_is_closed_to_us_is_refused_with_advice(slack, sender, word):
    slack.say_no(word)
    with pytest.raises(Refused, match=word):
        send(sender, say(Place(HELP), Words("x")))
    assert not Line.objects.exists()


def test_a_channel_that_nobody_knows_is_looked_for_once_in_a_while(slack, sender, watch):
    for _ in range(3):
        with pytest.raises(Refused, match="Slack has no channel #nowhere"):
            send(sender, stored(chat.topic("#nowhere", "x", about(), due_at=NOW)))
    # three pages of two
    assert slack.called.count("conversations.list") == 3


def test_an_answer_that_is_not_slacks_may_have_been_taken(slack, sender):
    slack.fail(200)
    with pytest.raises(TryLater) as failed:
        send(sender, say(Place(HELP), Words("x")))
    assert failed.value.maybe_delivered


def test_a_kind_that_nobody_carries_is_refused(sender):
    message = say(Place(HELP), Words("x"))
    Message.objects.filter(pk=message.pk).update(kind="song")
    message.refresh_from_db()
    with pytest.raises(Refused, match="song"):
        send(sender, message)
