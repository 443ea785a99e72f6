"""A day with Slack: a question answered there, Slack in trouble, and pages that do not care."""

import pytest

from hausmeister.base.outgoing import Client
from hausmeister.connectors.slack.fake import buttons, shown
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Words
from hausmeister.outbox.chat import Place as Where
from hausmeister.outbox.models import Message
from hausmeister.triage.models import Item
from tests import builders, harness
from tests.connectors.slack import workplace
from tests.connectors.slack.workplace import ALARMS, ANA, DORA, HELP, TOKEN, Place, message
from tests.harness import at

TUESDAY_MORNING = at("2026-11-24 09:00")


@pytest.fixture
def slack():
    with workplace.fake_slack() as fake:
        yield fake


@pytest.fixture
def day(db):
    with harness.world(TUESDAY_MORNING) as told:
        yield told


@pytest.fixture
def place(slack, day, settings):
    settings.HAUSMEISTER_CHAT = "slack"
    built = builders.trio()
    day.key = built.key
    workplace.link(built)
    found = Place.of(slack)
    senders = day.engine._dispatcher._senders
    senders["chat"] = found.sender
    senders["slack"] = SlackSender(Client(), url=slack.api, token=TOKEN, has_buttons=True)
    found.watch(day.now)
    return found


def test_a_page_is_answered_by_the_button_below_its_direct_message(place, day, slack):
    page = day.fire("Disk full", severity="critical")
    day.tick()
    day.expect("email", "Ana", "Disk full")
    called = slack.take(ANA, "Disk full")
    assert list(buttons(called)) == ["Acknowledge", "Escalate", "Snooze…", "Close…", "Note…", "Hand over…"]
    place.press(buttons(called)["Acknowledge"], channel="D0ANA")
    day.tick()
    assert "You have page" in shown(slack.take("D0ANA"))
    page.refresh_from_db()
    assert page.acked_by.name == "Ana"
    day.go(minutes=30)


def test_a_soft_alarms_post_has_buttons_that_follow_its_state(place, day, slack):
    day.fire("Disk 80 %", severity="warning")
    day.tick()
    day.forget()
    slack.take(ANA, "Disk 80 %")
    post = slack.take("#squad-di-alarms")
    place.press(buttons(post)["Acknowledge"], channel=ALARMS)
    day.tick()
    slack.take(ALARMS, "You have page")
    assert "Close…" in buttons(slack.take(ALARMS, "acknowledged by Ana"))


def test_a_question_is_taken_answered_and_thanked_for_in_its_thread(place, day, slack):
    ts = "1795510800.000100"
    place.event(**message("How do I rerun a DAG?", ts=ts))
    (item,) = Item.objects.all()
    place.press({"action_id": "item.claim", "value": str(item.pk)})
    day.go(seconds=20)
    slack.take(HELP, "You have it.")
    status = slack.take(HELP, "Ana has taken this.")
    assert status["thread_ts"] == ts
    place.event(**message("With airflow dags backfill.", ts="1795510860.000100", user=ANA, thread_ts=ts))
    place.event(**message("Great, thanks!", ts="1795510920.000100", user=DORA, thread_ts=ts))
    day.go(seconds=20)
    slack.forget()
    item.refresh_from_db()
    assert item.state == "closed"


def test_ten_minutes_of_429_lose_nothing_and_pages_do_not_care(place, day, slack):
    slack.is_flooded = True
    for number in range(40):
        about = About(f"item:{number}", 1, f"note-{number}")
        outbox.enqueue([chat.say(Where(HELP), Words(f"Note {number}"), about, due_at=day.now)], now=day.now)
    day.tick()
    page = day.fire("Disk full", severity="critical")
    day.tick()
    # the page goes by mail at once; its direct message is Slack's trouble, and is given up for the next method
    assert day.expect("email", "Ana", "Disk full").at == day.now
    place.command(f"ack {page.pk}")
    day.go(minutes=10)
    assert not slack.messages
    assert slack.called.count("chat.postMessage") < 60
    slack.is_flooded = False
    day.go(minutes=5)
    assert len([one for one in slack.messages.values() if "Note" in shown(one)]) == 40
    assert not Message.objects.filter(channel="chat", state="failed").exists()
    slack.forget()


def test_slack_that_is_down_never_delays_a_page(place, day, slack):
    for _ in range(4):
        slack.fail(503)
    day.fire("Disk full", severity="critical")
    day.tick()
    day.expect("email", "Ana", "Disk full")
    day.go(minutes=5, seconds=5)
    day.expect("email", "Bruno", "Disk full")
    slack.forget()


def test_a_flood_of_revisions_is_few_calls(place, day, slack):
    about = About("item:1:status", 1, "first")
    outbox.enqueue([chat.say(Where(HELP), Words("0"), about, due_at=day.now)], now=day.now)
    day.tick()
    post = Message.objects.get(dedup_key="first")
    for number in range(100):
        about = About("item:1:status", 1, f"revision-{number}")
        draft = chat.revise(post.pk, Words(f"state {number}"), about, due_at=day.now)
        if not outbox.replace_pending(draft):
            outbox.enqueue([draft], now=day.now)
    day.go(minutes=1)
    assert slack.called.count("chat.update") == 1
    assert "state 99" in shown(slack.messages[HELP, "1795.000000"])
    slack.forget()
