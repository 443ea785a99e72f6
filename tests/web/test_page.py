"""One page: its plan with clock times, its timeline in words, and everything that can be done with it."""

from datetime import timedelta

import pytest
from django.test import Client

from hausmeister.base import outgoing
from hausmeister.journal.models import Entry
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager.models import Page, PageState
from hausmeister.pager.operations import acting
from hausmeister.team.rules import Role
from tests import builders
from tests.web.visitors import browser, queries_of


def text_of(client, path: str) -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def page(world, trio):  # type: ignore[no-untyped-def]
    found = world.fire(
        "Dataset built with 0 rows", severity="critical", text="48 M yesterday", labels={"dag": "nightly"}
    )
    world.tick()
    world.forget()
    return found


def state_of(page: Page) -> PageState:
    page.refresh_from_db()
    return page.state


def test_it_shows_who_was_told_and_who_is_next_with_clock_times(world, trio, page):
    text = text_of(browser(trio.ana), f"/pages/{page.pk}")
    assert "<b>Ana</b>, hausmeister, by e-mail." in text
    assert ">03:05:00</time>" in text
    assert "<b>Next:</b> Bruno, backstop, by e-mail." in text
    assert "5 min</span>" in text
    assert "Carla, last resort, by e-mail." in text
    assert "Ends when somebody acknowledges." in text


def test_it_shows_what_arrived(world, trio, page):
    text = text_of(browser(trio.ana), f"/pages/{page.pk}")
    for part in ("48 M yesterday", "dag", "nightly", "critical → P4 very high", "prometheus"):
        assert part in text


def test_a_delivery_that_may_have_come_twice_and_one_that_failed_are_told(world, trio):
    world.channels["email"].fail(TryLater("The mail server did not answer", maybe_delivered=True))
    page = world.fire("Disk full", severity="critical")
    world.go(seconds=30)
    text = text_of(browser(trio.ana), f"/pages/{page.pk}")
    assert "Not delivered by e-mail to <b>Ana</b>." in text
    assert "The mail server did not answer. Tried again" in text
    assert "possible duplicate" in text
    assert "Possible duplicate." in text
    world.forget()


def test_a_message_that_came_too_late_is_told(world, trio):
    page = world.fire("Disk full", severity="critical")
    page_id = page.pk

    class Slow:
        def send(self, parcel):  # type: ignore[no-untyped-def]
            outgoing.last_look()
            acting.acknowledge(page_id, by=trio.bruno, now=world.now)
            return "slow-1"

    world.engine._dispatcher._senders = {"email": Slow()}
    world.tick()
    text = text_of(browser(trio.ana), f"/pages/{page.pk}")
    assert "too late to be stopped" in text
    assert "1 message was on the wire and may still arrive." in text


def test_a_step_that_reached_nobody_is_told_with_the_reason(world, trio):
    trio.bruno.methods.all().delete()
    world.channels["email"].always = Refused("no such mailbox")
    page = world.fire("Disk full", severity="critical")
    world.allow_error("page.nobody_can_be_reached")
    world.go(minutes=1)
    text = text_of(browser(trio.ana), f"/pages/{page.pk}")
    assert "Could not be delivered by e-mail to <b>Ana</b>." in text
    assert "backstop skipped: no way to reach Bruno" in text


def test_acknowledging_by_a_form_answers_303_and_says_what_is_true_now(world, trio, page):
    client = browser(trio.ana)
    answer = client.post(f"/pages/{page.pk}/acknowledge", {"next": "/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert state_of(page) is PageState.ACKNOWLEDGED
    text = text_of(client, "/")
    assert "You have it since 03:00. Nobody else is called." in text
    assert f'action="/pages/{page.pk}/unacknowledge"' in text
    assert "You have it since 03:00. Nobody" not in text_of(client, "/"), "a toast is shown once"


def test_acknowledging_by_htmx_answers_with_the_row_and_the_toast(world, trio, page):
    answer = browser(trio.ana).post(
        f"/pages/{page.pk}/acknowledge",
        headers={"HX-Request": "true", "HX-Target": f"row-{page.pk}", "HX-Current-URL": "http://testserver/?x=1"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.lstrip().startswith("<article")
    assert "acknowledged by you" in text
    assert 'hx-swap-oob="innerHTML"' in text
    assert 'name="next" value="/?x=1"' in text


def test_who_comes_second_reads_who_was_first(world, trio, page):
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/acknowledge")
    assert "Bruno took this page a moment before you." in text_of(client, f"/pages/{page.pk}")
    page.refresh_from_db()
    assert page.acked_by == trio.bruno


def test_undo_gives_the_page_back_and_it_calls_again(world, trio, page):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/acknowledge")
    client.post(f"/pages/{page.pk}/unacknowledge")
    assert state_of(page) is PageState.FIRING
    world.tick()
    world.expect("email", "Ana")


def test_two_taps_on_escalate_call_the_backstop_once(world, trio, page):
    client = browser(trio.ana)
    for _ in range(2):
        assert client.post(f"/pages/{page.pk}/escalate", {"steps": str(page.steps_done)}).status_code == 303
    world.tick()
    world.expect("email", "Bruno")
    assert Entry.objects.filter(verb="page.escalated").count() == 1
    assert "asked for help: <b>Bruno (backstop)</b>" in text_of(client, f"/pages/{page.pk}")


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"for": "30m"}, "2026-11-24 02:30"),
        ({"for": "morning"}, "2026-11-24 08:00"),
        ({"until": "2026-11-25T07:15"}, "2026-11-25 06:15"),
    ],
)
def test_a_snooze_ends_when_the_person_says_on_their_own_clock(world, trio, page, form, until):
    browser(trio.ana).post(f"/pages/{page.pk}/snooze", form)
    assert state_of(page) is PageState.SNOOZED
    assert page.snoozed_until == builders.moment(until)
    assert "snoozed until" in text_of(browser(trio.ana), f"/pages/{page.pk}")


@pytest.mark.parametrize(
    "form", [{"for": "8d"}, {"for": "nonsense"}, {"until": "yesterday"}, {"until": "2026-11-01T00:00"}, {}]
)
def test_a_snooze_that_cannot_be_is_refused_in_words(world, trio, page, form):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/snooze", form)
    assert "Snooze it until a time within the next seven days." in text_of(client, f"/pages/{page.pk}")
    assert state_of(page) is PageState.FIRING


def test_a_snooze_can_be_ended_before_its_time(world, trio, page):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/snooze", {"for": "4h"})
    client.post(f"/pages/{page.pk}/wake")
    assert state_of(page) is PageState.FIRING
    world.tick()
    world.expect("email", "Ana")
    client.post(f"/pages/{page.pk}/wake")
    assert "This page is neither snoozed nor silenced any more." in text_of(client, f"/pages/{page.pk}")


def test_closing_with_a_reason_frees_the_alert_and_calls_nobody(world, trio, page):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/close", {"other": "ran it again"})
    assert state_of(page) is PageState.CLOSED
    assert page.close_reason == "ran it again"
    assert page.alerts.get().closed_at == world.now
    text = text_of(client, f"/pages/{page.pk}")
    assert "<b>Ana</b> closed it: ran it again." in text
    world.go(minutes=30)
    world.expect_none()


def test_a_note_stands_in_the_timeline_as_it_was_written(world, trio, page):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/note", {"text": "first line\nsecond <b>line</b>"})
    assert "second &lt;b&gt;line&lt;/b&gt;" in client.get(f"/pages/{page.pk}").content.decode()
    client.post(f"/pages/{page.pk}/note", {"text": "   "})
    assert "A note needs some words." in text_of(client, f"/pages/{page.pk}")


def test_handing_over_calls_the_other_one(world, trio, page):
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/reassign", {"to": str(trio.carla.pk)})
    world.tick()
    world.expect("email", "Carla")
    assert "<b>Ana</b> handed it to <b>Carla</b>." in text_of(client, f"/pages/{page.pk}")


def test_a_page_can_be_handed_to_nobody_outside_the_team(world, trio, page):
    stranger = builders.person("Stranger")
    builders.method(stranger)
    answer = browser(trio.ana).post(f"/pages/{page.pk}/reassign", {"to": str(stranger.pk)})
    assert answer.status_code == 404
    assert Entry.objects.filter(verb="page.reassigned").count() == 0


ACTS = ("acknowledge", "unacknowledge", "escalate", "snooze", "wake", "close", "note", "reassign")


@pytest.mark.parametrize("act", ["", "/row", *(f"/{act}" for act in ACTS)])
def test_another_teams_page_does_not_exist(world, trio, page, act):
    other = builders.trio(slug="other-team")
    client = browser(other.carla)
    answer = client.get(f"/pages/{page.pk}{act}") if act in {"", "/row"} else client.post(f"/pages/{page.pk}{act}")
    assert answer.status_code == 404
    assert state_of(page) is PageState.FIRING


@pytest.mark.parametrize("act", ACTS)
def test_no_act_is_done_by_opening_an_address(world, trio, page, act):
    assert browser(trio.ana).get(f"/pages/{page.pk}/{act}").status_code == 405
    assert state_of(page) is PageState.FIRING


@pytest.mark.parametrize("act", ACTS)
def test_no_act_is_done_without_a_token_against_forgery(world, trio, page, act):
    client = browser(trio.ana, enforce_csrf_checks=True)
    answer = client.post(f"/pages/{page.pk}/{act}", {"text": "x", "for": "1h", "reason": "x"})
    assert answer.status_code == 403
    assert "Not stored" in answer.content.decode()
    assert state_of(page) is PageState.FIRING


def test_a_stranger_is_sent_to_the_sign_in_and_back(world, trio, page):
    answer = Client().get(f"/pages/{page.pk}")
    assert answer.headers["Location"] == f"/sign-in?next=%2Fpages%2F{page.pk}"


def test_it_stays_within_fifteen_queries(world, trio, page):
    assert len(queries_of(browser(trio.ana), f"/pages/{page.pk}")) <= 15


HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}{% debug %}"


def test_s25_nothing_that_arrives_becomes_markup(world, trio):
    page = world.fire(
        f"title {HOSTILE}", key=f"key {HOSTILE}", text=f"text {HOSTILE}", severity=f"critical{HOSTILE}"[:40],
        source=f"source {HOSTILE}", priority="P4", labels={f"label {HOSTILE}": f"value {HOSTILE}"},
        links=[
            {"href": "javascript:alert(3)", "text": HOSTILE},
            {"href": "https://example.org/?a=\"b", "text": HOSTILE},
        ],
        extra={"deep": [HOSTILE]},
    )  # fmt: skip
    world.tick()
    world.forget()
    client = browser(trio.ana)
    client.post(f"/pages/{page.pk}/note", {"text": HOSTILE})
    for path in (f"/pages/{page.pk}", "/", "/alerts", f"/alerts?find={HOSTILE}", f"/pages/{page.pk}/row"):
        text = client.get(path).content.decode()
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "javascript:alert" not in text, path
        assert "49" not in text.split("{{7*7}}")[0][-5:], path
    assert 'rel="noopener noreferrer nofollow"' in client.get(f"/pages/{page.pk}").content.decode()


def test_the_same_before_is_offered(world, trio, page):
    acting.close(page.pk, by=builders.CONSOLE, person=None, reason="ran it again", now=world.now)
    page.alerts.update(closed_at=world.now, close_reason="ran it again")
    world.now += timedelta(days=1)
    again = world.fire("Dataset built with 0 rows", severity="critical")
    world.tick()
    world.forget()
    text = text_of(browser(trio.ana), f"/pages/{again.pk}")
    assert "Same before" in text
    assert f'href="/pages/{page.pk}"' in text


def test_paging_somebody_calls_whoever_is_on_duty_once_however_often_it_is_pressed(world, trio):
    client = browser(trio.carla)
    text = client.get("/pages/new").content.decode()
    key = text.split('name="key" value="')[1].split('"')[0]
    form = {"team": trio.team.pk, "title": "The build is on fire", "text": "really", "how": "hard", "key": key}
    for _ in range(2):
        answer = client.post("/pages/new", form)
        assert answer.status_code == 303
    page = Page.objects.get()
    assert answer.headers["Location"] == f"/pages/{page.pk}"
    assert (page.is_hard, page.rank.label, page.source) == (True, "P3 high", "people")
    world.tick()
    world.expect("email", "Ana", "The build is on fire")


def test_a_form_that_is_wrong_keeps_what_was_typed(world, trio):
    answer = browser(trio.carla).post("/pages/new", {"team": trio.team.pk, "title": "", "text": "kept", "how": "hard"})
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    assert "Not stored yet:" in answer.content.decode()


def test_nobody_pages_another_team(world, trio):
    other = builders.trio(slug="other-team")
    form = {"team": other.team.pk, "title": "x", "how": "hard", "key": "k"}
    assert browser(trio.carla).post("/pages/new", form).status_code == 422
    assert not Page.objects.exists()


def test_a_viewer_may_not_open_a_page_of_their_own_team(world, trio, page):
    imani = builders.person("Imani")
    builders.team.join(
        trio.team, imani, role=Role.VIEWER, experience=1, joined_on=world.now.date(), by=builders.CONSOLE, now=world.now
    )
    assert browser(imani).get(f"/pages/{page.pk}").status_code == 403
    assert browser(imani).post(f"/pages/{page.pk}/acknowledge").status_code == 403
    assert state_of(page) is PageState.FIRING
