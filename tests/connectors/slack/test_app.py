"""The Slack app: commands, buttons, forms, the home screen, and what is heard, each as Slack delivers it."""

import pytest

from hausmeister.chat.models import Line
from hausmeister.connectors.slack.fake import buttons, shown
from hausmeister.incidents.models import Incident
from hausmeister.journal import queries as journal
from hausmeister.pager.models import Page
from hausmeister.triage.models import Item, Said, WatchedRoom
from tests import builders
from tests.connectors.slack import workplace
from tests.connectors.slack.workplace import ALARMS, ANA, BRUNO, DORA, HELP, Place, message
from tests.harness import InlineExecutor  # noqa: F401 - the world runs senders with it


@pytest.fixture
def slack():
    with workplace.fake_slack() as fake:
        yield fake


@pytest.fixture
def place(slack, world, trio):
    found = Place.of(slack)
    workplace.link(trio)
    world.channels["chat"] = found.sender
    world.engine._dispatcher._senders["chat"] = found.sender
    assert found.watch(world.now) == 0
    return found


def fire(world):
    """Open a page that calls Ana by all her methods, and take the calls off the list."""
    page = world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Ana", "Disk full")
    world.expect("slack", "Ana", "Disk full")
    return page


def told(body):
    return shown(body)


# ---- commands ----


def test_l11_anybody_may_ask_who_is_on_call(place):
    said = told(place.command("who is on call?", member=DORA))
    assert "Hausmeister of Data Infra: Ana, until Fri 17:00 (Europe/Berlin)." in said
    assert "Backstop: Bruno." in said


def test_whoever_is_not_linked_is_told_how_to_link(place):
    said = told(place.command("ack 12", member=DORA))
    assert f"with the member id {DORA}" in said
    assert "Contact methods" in said


def test_help_lists_what_there_is_and_nothing_else(place):
    said = told(place.command("help"))
    for word in ("oncall", "page", "ack", "escalate", "cover", "triage", "incident", "handoff", "report"):
        assert f"\n{word}" in said
    assert "deploy" not in said


def test_a_page_is_taken_by_command_and_a_second_person_hears_who_was_first(place, world):
    page = fire(world)
    assert "Several" not in told(place.command("ack"))
    page.refresh_from_db()
    assert page.acked_by.name == "Ana"
    assert "Ana took this page a moment before you." in told(place.command(f"ack {page.pk}", member=BRUNO))


def test_an_incident_is_opened_by_command_once_however_often_it_is_delivered(place, world):
    assert "No incident is running." in told(place.command("incident"))
    body = workplace.slash("incident sev1 Clients see yesterday's data", number=7)
    said = [told(place.app.take("slash_commands", body).body) for _ in range(2)]
    opened = Incident.objects.get()
    assert (opened.level, opened.title, opened.point.name) == ("SEV1", "Clients see yesterday's data", "Ana")
    assert all(f"Incident {opened.pk} is open" in one for one in said)
    assert "Point Ana" in told(place.command("incident"))
    world.forget()


@pytest.mark.parametrize(
    ("text", "says"),
    [("incident sev99 All is lost", "There is no severity level"), ("incident SEV1", "in a few words")],
)
def test_an_incident_that_cannot_be_opened_says_why(place, text, says):
    assert says in told(place.command(text))
    assert "member id" in told(place.command(text, member=DORA))
    assert not Incident.objects.exists()


def test_paging_by_command_twice_delivered_is_one_page(place, world):
    body = workplace.slash("page The run is late", number=7)
    for _ in range(2):
        assert "is open: The run is late." in told(place.app.take("slash_commands", body).body)
    (page,) = builders.open_pages()
    assert page.is_hard
    world.tick()
    world.expect("email", "Ana", "The run is late")
    world.expect("slack", "Ana", "The run is late")


def test_s30_a_page_of_another_team_is_not_there(place, world):
    other = builders.trio(slug="other")
    world.key = other.key
    page = world.fire("Not yours")
    world.tick()
    world.forget()
    assert f"There is no page {page.pk} that you can see." in told(place.command(f"close {page.pk} done"))


@pytest.mark.parametrize("text", ["ack", "escalate", "snooze 1h", "close done", "note 99999999999999999999 x", "ack 7"])
def test_a_command_that_cannot_be_done_says_why(place, text):
    assert told(place.command(text))
    assert not builders.open_pages()


# ---- buttons and forms ----


def test_a_pages_buttons_do_what_the_web_does(place, world, slack):
    page = fire(world)
    drawn = buttons(place.command("pages"))
    place.press(drawn["Acknowledge"])
    world.tick()
    assert "You have page" in shown(slack.take(HELP))
    page.refresh_from_db()
    assert page.acked_by.name == "Ana"
    place.press(buttons(place.command("pages"))["Snooze…"])
    view = slack.took("views.open")["view"]
    assert place.submit(view, **{"for": "in 4h"}) == {}
    world.tick()
    assert "is silent until 07:00" in shown(slack.take(HELP))
    place.press(buttons(place.command("pages"))["Close…"])
    place.submit(slack.took("views.open")["view"], reason="mended", other="")
    world.tick()
    assert "is closed: mended." in shown(slack.take(HELP))
    page.refresh_from_db()
    assert (page.close_reason, page.closed_by.name) == ("mended", "Ana")


def test_a_form_that_cannot_be_done_says_so_in_the_form(place, world, slack):
    page = fire(world)
    place.press(buttons(place.command("pages"))["Close…"])
    view = slack.took("views.open")["view"]
    place.submit(view)
    body = place.submit(view)
    assert body["response_action"] == "errors"
    assert "This page is closed: done." in str(body["errors"])
    world.tick()
    slack.take(HELP)
    assert Page.objects.get(pk=page.pk).close_reason == "done"


def test_a_press_delivered_twice_is_answered_once(place, world, slack):
    fire(world)
    drawn = buttons(place.command("pages"))
    for _ in range(2):
        place.press(drawn["Escalate"], trigger="same")
    world.tick()
    world.expect("email", "Bruno", "Disk full")
    world.expect("slack", "Bruno", "Disk full")
    assert "is escalated" in shown(slack.take(HELP))


def test_a_button_of_an_unknown_act_changes_nothing(place, world, slack):
    place.press({"action_id": "page.explode", "value": "1"})
    world.tick()
    assert "another version" in shown(slack.take(HELP))


def test_the_home_screen_shows_pages_questions_and_duty(place, world, slack):
    fire(world)
    taken = place.app.take("events_api", workplace.payload(type="app_home_opened", user=ANA, tab="home"))
    taken.then()
    view = slack.took("views.publish")["view"]
    said = shown({"text": "", "blocks": [one for one in view["blocks"] if one["type"] != "divider"]})
    assert "1 open page is yours" in said
    assert "No question waits for you" in said
    assert "Hausmeister of Data Infra: Ana" in said
    assert "Acknowledge" in buttons(view)


def test_somebody_in_particular_is_paged_and_a_test_page_sent_from_the_home_screen(place, world, slack):
    taken = place.app.take("events_api", workplace.payload(type="app_home_opened", user=ANA))
    taken.then()
    drawn = buttons(slack.took("views.publish")["view"])
    home = {"type": "home", "id": "V0"}

    def press(label):
        body = workplace.pressed(drawn[label], channel="", trigger=f"t-{label}")
        done = place.app.take("interactive", {**body, "container": {"type": "view"}, "view": home})
        if done.then:
            done.then()

    press("Page somebody…")
    view = slack.took("views.open")["view"]
    whom = {one["text"]["text"]: one["value"] for one in view["blocks"][1]["element"]["options"]}
    assert list(whom) == ["Whoever is on duty", "Bruno", "Carla"]
    place.submit(view, title="Look at the exports", to=whom["Carla"])
    world.tick()
    world.expect("email", "Carla", "Look at the exports")
    world.expect("slack", "Carla", "Look at the exports")
    assert "is open: Look at the exports" in shown(slack.take(ANA))
    press("Send me a test page")
    world.tick()
    world.expect("email", "Ana", "Test page for Ana")
    world.expect("slack", "Ana", "Test page for Ana")
    assert "calls you now" in shown(slack.take(ANA))
    slack.took("views.publish")


# ---- what is heard ----


def test_a_question_comes_into_the_inbox_once_however_often_it_is_delivered(place, world):
    asked = message("How do I <https://docs.example|rerun> a DAG, <@U0ANA>?", ts="1795600000.000100")
    place.event(**asked)
    place.event(**asked)
    (item,) = Item.objects.all()
    assert item.asker_name == "Dora Lind"
    assert item.text == "How do I rerun (https://docs.example) a DAG, @Ana Okafor?"
    assert item.link == "https://data.slack.com/archives/C0HELP/p1795600000000100"
    assert Line.objects.get(pk="slack").state == "up"


def test_replies_edits_and_removals_reach_their_item_in_any_order(place):
    place.event(**message("And which cluster?", ts="1795600020.000100", thread_ts="1795600000.000100", user=ANA))
    place.event(**message("How do I rerun a DAG?", ts="1795600000.000100"))
    (item,) = Item.objects.all()
    assert Said.objects.filter(item=item).count() == 2
    changed = {"type": "message", "subtype": "message_changed", "channel": HELP, "ts": "1795600030.000100"}
    old = {"user": DORA, "text": "How do I rerun a DAG?", "ts": "1795600000.000100"}
    place.event(**changed, message={**old, "text": "How do I rerun the whole DAG?"}, previous_message=old)
    assert Said.objects.get(stamp="1795600000.000100").text == "How do I rerun the whole DAG?"
    place.event(type="message", subtype="message_deleted", channel=HELP, deleted_ts="1795600000.000100", ts="1.000001")
    assert Said.objects.get(stamp="1795600000.000100").removed_at is not None


def test_what_we_say_ourselves_and_what_is_said_elsewhere_is_not_heard(place):
    place.event(**message("Is this a question?", ts="1795600000.000100", user="U0PAGER"))
    place.event(**message("Is this a question?", ts="1795600000.000200", bot_id="B0PAGER", user="U1"))
    place.event(**message("Is this a question?", ts="1795600000.000300", app_id="A1", user="U1"))
    place.event(**message("Is this a question?", ts="1795600000.000400", channel="C0OTHER"))
    place.event(**message("has joined the channel", ts="1795600000.000500", subtype="channel_join"))
    assert not Said.objects.exists()


def test_a_message_of_40000_characters_and_an_emoji_flood_do_no_harm(place):
    place.event(**message("Why? " + "x&lt;y " * 8_000, ts="1795600000.000100"))
    (said,) = Said.objects.all()
    assert len(said.text) <= 40_000
    for number in range(200):
        place.event(type="reaction_added", user=DORA, reaction=f"party_{number}",
                    item={"type": "message", "channel": HELP, "ts": "1795600000.000100"})  # fmt: skip
    assert Item.objects.get().state == "open"


def test_an_alarm_posted_by_a_bot_is_heard_with_the_words_of_its_attachments(place):
    place.event(type="message", subtype="bot_message", bot_id="B0GRAF", username="Grafana", channel=ALARMS, text="",
                ts="1795600000.000100",
                attachments=[{"title": "Disk 91 % on db-7", "text": "for 5 min", "fallback": "x"}])  # fmt: skip
    (item,) = Item.objects.all()
    assert item.source == "alarm"
    assert "Disk 91 % on db-7" in item.text


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"type": "channel_left", "channel": HELP}, "removed"),
        ({"type": "member_left_channel", "channel": HELP, "user": "U0PAGER"}, "removed"),
        ({"type": "channel_archive", "channel": HELP, "user": ANA}, "archived"),
        ({"type": "channel_rename", "channel": {"id": HELP, "name": "data-questions"}}, "called #data-questions now"),
    ],
)
def test_a_channel_that_is_lost_is_a_state_with_its_reason(place, event, told):
    place.event(**event)
    room = WatchedRoom.objects.get(name="data-help")
    assert room.state == "removed"
    assert told in room.problem


def test_somebody_elses_leaving_is_nothing(place):
    place.event(type="member_left_channel", channel=HELP, user=DORA)
    assert WatchedRoom.objects.get(name="data-help").state == "watching"


def test_a_revoked_token_is_a_state_of_the_line(place):
    place.event(type="tokens_revoked", tokens={"bot": ["U0PAGER"]})
    line = Line.objects.get(pk="slack")
    assert (line.state, "HAUSMEISTER_SLACK_TOKEN" in line.reason) == ("refused", True)


# ---- shortcuts ----


def shortcut(name, text, *, ts, member=ANA, channel=HELP):
    return {
        "type": "message_action", "callback_id": name, "trigger_id": f"t-{name}-{ts}", "user": {"id": member},
        "channel": {"id": channel, "name": "data-help"}, "message": {"user": DORA, "text": text, "ts": ts},
    }  # fmt: skip


def test_a_message_becomes_an_issue_by_its_shortcut_also_when_it_was_not_in_the_inbox(place, world, slack):
    place.app.take("interactive", shortcut("make_issue", "The export looks odd", ts="1795600000.000100"))
    (item,) = Item.objects.all()
    assert item.kind == "issue"
    place.app.take("interactive", shortcut("mark_answered", "The export looks odd", ts="1795600000.000100"))
    item.refresh_from_db()
    assert (item.state, item.answered_by.name) == ("answered", "Ana")
    world.tick()
    assert "It is a service issue now." in shown(slack.take(HELP))
    assert "Marked as answered." in shown(slack.take(HELP))


def test_a_shortcut_is_for_the_team_that_watches_the_channel(place, world, slack):
    place.app.take("interactive", shortcut("make_issue", "Odd", ts="1795600000.000100", channel="C0OTHER"))
    place.app.take("interactive", shortcut("make_issue", "Odd", ts="1795600000.000200", member=DORA))
    assert not Item.objects.exists()
    world.tick()
    assert "No team watches" in shown(slack.take(ANA))
    assert "I do not know yet who you are" in shown(slack.take(HELP))


# ---- "this is an incident" ----

WHEN = "1795600000.000100"


def offered(slack):
    """Return the form that opened."""
    return slack.took("views.open")["view"]


def send_form(place, view, member=ANA, **given):
    state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in given.items()}
    return place.app.take("interactive", {
        "type": "view_submission", "user": {"id": member}, "trigger_id": "t9",
        "view": {"id": "V1", "callback_id": view["callback_id"], "private_metadata": view["private_metadata"],
                 "state": {"values": state}},
    })  # fmt: skip


def test_h13_a_message_that_is_an_incident_offers_to_open_it_and_is_its_first_line(place, world, slack):
    place.event(**message("The dashboards show nothing", ts=WHEN, channel=HELP, user=DORA))
    place.app.take("interactive", shortcut("make_incident", "The dashboards show nothing", ts=WHEN)).then()
    view = offered(slack)
    assert Item.objects.get().kind == "incident"
    assert not Incident.objects.exists()
    send_form(place, view, level="SEV2", title="Dashboards are empty")
    # Slack delivers it twice; and somebody else presses the same shortcut
    send_form(place, view, level="SEV2", title="Dashboards are empty")
    opened = Incident.objects.get()
    assert (opened.title, opened.level, opened.point.name) == ("Dashboards are empty", "SEV2", "Ana")
    item = Item.objects.get()
    assert (item.state, item.reason) == ("closed", f"it is incident {opened.pk}")
    heard = journal.verbs_about([opened.subject], "incident.heard")
    assert [one.facts["text"] for one in heard] == ["The dashboards show nothing"]
    place.app.take("interactive", shortcut("make_incident", "The dashboards show nothing", ts=WHEN, member=BRUNO))
    assert Incident.objects.count() == 1
    world.tick()
    slack.forget()
    world.forget()


def test_a_form_without_a_title_says_so_and_whoever_may_not_is_offered_none(place, world, slack):
    place.event(**message("The dashboards show nothing", ts=WHEN, channel=HELP, user=DORA))
    place.app.take("interactive", shortcut("make_incident", "The dashboards show nothing", ts=WHEN)).then()
    view = offered(slack)
    refusal = send_form(place, view, level="SEV2", title=" ").body
    assert refusal is not None
    assert "Say in a few words" in str(refusal["errors"])
    send_form(place, view, member=DORA, level="SEV2", title="Dashboards")
    assert not Incident.objects.exists()
    assert place.app.take("interactive", shortcut("make_incident", "x", ts=WHEN, member=DORA)).then is None
    world.tick()
    slack.forget()
