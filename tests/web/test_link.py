"""The signed link: opening it changes nothing, its buttons act, and a dead one says nothing (S10 to S13, S15)."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from hausmeister.journal.models import Entry
from hausmeister.pager import links
from hausmeister.pager.models import PageState
from hausmeister.pager.operations import acting
from hausmeister.team.operations import members, profile
from tests import builders
from tests.web.visitors import queries_of


def link_of(page, person, *, now) -> str:  # type: ignore[no-untyped-def]
    made = links.make(page_id=page.pk, person_id=person.pk, method_id=person.methods.get().pk, now=now)
    return urlsplit(made).path


@pytest.fixture
def page(world, trio):  # type: ignore[no-untyped-def]
    found = world.fire("Dataset billing_cycles built with 0 rows", severity="critical", text="48 M yesterday")
    world.tick()
    world.forget()
    return found


@pytest.fixture
def path(world, trio, page):  # type: ignore[no-untyped-def]
    return link_of(page, trio.ana, now=world.now)


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "patch"])
def test_s10_only_a_post_changes_anything(world, trio, page, path, method):
    before = Entry.objects.count()
    for query in ("", "?do=acknowledge"):
        getattr(Client(), method)(path + query)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    assert Entry.objects.count() == before


def test_s10_every_link_of_every_message_only_shows(world, trio):
    world.fire("Disk full", severity="critical")
    world.go(minutes=6)
    sent = [one for one in world.sent if one.parcel.kind == "page"]
    assert {one.person for one in sent} == {"Ana", "Bruno"}
    found = 0
    for one in sent:
        made = links.make(
            page_id=one.parcel.facts["page"],
            person_id=one.parcel.facts["person_id"],
            method_id=one.parcel.to["method"],
            now=world.now,
        )
        assert Client().get(urlsplit(made).path).status_code == 200
        found += 1
    assert found == 2
    assert builders.open_pages()[0].state is PageState.FIRING
    world.forget()


def test_the_button_acknowledges_in_the_persons_name(world, trio, page, path):
    answer = Client().post(path, {"do": "acknowledge"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page.refresh_from_db()
    assert page.acked_by == trio.ana
    shown = Client().get(path).content.decode()
    assert "You have it since" in shown
    assert "Acknowledge as" not in shown
    assert trio.ana.methods.get().tested_at == world.now


def test_s12_a_use_is_told_with_method_masked_address_and_network_address(world, trio, page, path):
    Client(REMOTE_ADDR="203.0.113.9").post(path, {"do": "acknowledge"})
    told = Entry.objects.get(verb="link.used")
    assert told.facts == {
        "page": page.pk,
        "did": "acknowledge",
        "method": "email",
        "sent_to": "a…@example.org",
        "address": "203.0.113.9",
    }
    assert Entry.objects.get(verb="page.acknowledged").facts["via"] == "e-mail"


def test_s13_the_second_press_says_who_was_first_and_changes_nothing(world, trio, page, path):
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    answer = Client().post(path, {"do": "acknowledge"})
    assert answer.status_code == 200
    assert "Bruno took this page a moment before you." in answer.content.decode()
    page.refresh_from_db()
    assert page.acked_by == trio.bruno
    assert not Entry.objects.filter(verb="link.used").exists()


def test_s13_pressing_twice_is_one_act(world, trio, page, path):
    for _ in range(2):
        assert Client().post(path, {"do": "acknowledge"}).status_code == 303
    assert Entry.objects.filter(verb="page.acknowledged").count() == 1
    assert Entry.objects.filter(verb="link.used").count() == 1


def test_asking_for_help_calls_the_backstop_and_pressing_twice_calls_once(world, trio, page, path):
    assert "call Bruno now" in Client().get(path).content.decode()
    for _ in range(2):
        assert Client().post(path, {"do": "escalate", "steps": str(page.steps_done)}).status_code == 303
    world.tick()
    world.expect("email", "Bruno", "billing_cycles")
    assert Entry.objects.filter(verb="page.escalated").count() == 1


def test_whoever_has_it_closes_it_and_the_link_ends_with_it(world, trio, page, path):
    client = Client()
    client.post(path, {"do": "acknowledge"})
    answer = client.post(path, {"do": "close"})
    assert answer.status_code == 200
    assert "is closed" in answer.content.decode()
    page.refresh_from_db()
    assert page.state is PageState.CLOSED
    assert not page.alerts.filter(closed_at=None).exists()
    assert client.get(path).status_code == 410


def test_who_has_not_taken_it_cannot_close_it(world, trio, page, path):
    Client().post(path, {"do": "close"})
    page.refresh_from_db()
    assert page.state is PageState.FIRING


@pytest.mark.parametrize("asked", ["", "unacknowledge", "snooze", "reassign", "note", "ACKNOWLEDGE"])
def test_s12_it_does_nothing_else(world, trio, page, path, asked):
    assert Client().post(path, {"do": asked}).status_code == 200
    page.refresh_from_db()
    assert page.state is PageState.FIRING


def test_s12_it_opens_no_session_and_sets_no_cookie(world, trio, page, path):
    client = Client()
    client.post(path, {"do": "acknowledge"})
    client.get(path)
    assert not client.cookies
    assert client.get("/").status_code == 302
    assert client.get(f"/pages/{page.pk}").status_code == 302


def _altered(path: str) -> str:
    return path[:-1] + ("A" if path[-1] != "A" else "B")


def _dead_links(world, trio, page):  # type: ignore[no-untyped-def]
    """Yield a path for each reason why a link may be dead, after making it so."""
    good = link_of(page, trio.ana, now=world.now)
    yield "altered", _altered(good)
    yield "cut", good[:-5]
    yield "nonsense", "/p/nonsense"
    yield "too old", link_of(page, trio.ana, now=world.now - timedelta(hours=25))
    yield "other page", "/p/" + good.removeprefix("/p/").replace(":", "x:", 1)
    off = link_of(page, trio.bruno, now=world.now)
    profile.switch_method(trio.bruno.methods.get(), on=False, by=builders.CONSOLE, now=world.now)
    yield "method switched off", off
    gone = link_of(page, trio.carla, now=world.now)
    members.deactivate(trio.carla, by=builders.CONSOLE, now=world.now)
    yield "person gone", gone
    acting.close(page.pk, by=builders.CONSOLE, person=None, reason="over", now=world.now)
    yield "page closed", good


def test_s11_every_dead_link_looks_the_same(world, trio, page):
    answers = {}
    for reason, path in _dead_links(world, trio, page):
        answer = Client().get(path)
        answers[reason] = (answer.status_code, answer.content, {**answer.headers})
    assert len(answers) == 8
    assert {status for status, _, _ in answers.values()} == {410}
    assert len({body for _, body, _ in answers.values()}) == 1
    assert b"This link no longer works" in next(iter(answers.values()))[1]


def test_s13_thirty_presses_a_minute_then_429_and_the_page_goes_on(world, trio, page, path):
    statuses = [Client().post(path, {"do": "nothing"}).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    world.now += timedelta(minutes=1)
    assert Client().post(path, {"do": "acknowledge"}).status_code == 303


def test_s13_twenty_bad_tokens_a_minute_from_one_address_and_good_ones_still_work(world, trio, page, path):
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    statuses = [stranger.get(f"/p/bad{number}").status_code for number in range(21)]
    assert statuses == [410] * 20 + [429]
    assert stranger.get(path).status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.10").get("/p/bad").status_code == 410


@pytest.mark.parametrize("which", ["good", "bad"])
def test_s15_nothing_keeps_indexes_or_passes_on_the_address(world, trio, page, path, which):
    answer = Client().get(path if which == "good" else "/p/bad")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_it_is_one_answer_of_at_most_fifteen_kilobytes_with_nothing_to_fetch(world, trio, page, path):
    text = Client().get(path).content.decode()
    assert len(text.encode()) <= 15 * 1024
    for forbidden in ("<script", "src=", "@import", "url(", "http-equiv", "onload"):
        assert forbidden not in text


def test_it_takes_six_queries_at_most(world, trio, page, path):
    assert len(queries_of(Client(), path)) <= 6


def test_a_policy_that_shows_no_details_shows_the_number_alone(world, trio, page, path):
    builders.policy_with(trio.team, ("links_show_details = true", "links_show_details = false"))
    text = Client().get(path).content.decode()
    assert f"Page {page.pk}" in text
    for secret in ("billing_cycles", "48 M", "prometheus"):
        assert secret not in text
    assert "Acknowledge as Ana" in text


def test_it_holds_no_address_and_no_number_of_anybody(world, trio, page, path):
    assert "@example.org" not in Client().get(path).content.decode()


def test_times_are_the_persons_own(world, trio, page):
    trio.ana.zone_name = "Asia/Tokyo"
    trio.ana.save()
    text = Client().get(link_of(page, trio.ana, now=world.now)).content.decode()
    assert "Asia/Tokyo" in text
    assert "11:00:00" in text
