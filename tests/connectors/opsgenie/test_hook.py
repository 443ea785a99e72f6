"""What people do in Opsgenie comes back by its outgoing webhook (H6, S36)."""

import json

import pytest
from django.test import Client

from hausmeister.base.log import mask
from hausmeister.pager.models import PageState
from hausmeister.pager.operations import acting
from hausmeister.team.rules import Capability, Channel
from tests import builders
from tests.connectors.opsgenie.conftest import ANA, SECRET

PATH = f"/in/opsgenie-events/{SECRET}"


def post(body, path=PATH):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(enforce_csrf_checks=True).post(path, raw, content_type="application/json")


@pytest.fixture
def page(world, opsgenie, ana):
    found = world.fire(severity="critical")
    world.tick()
    return found


@pytest.fixture
def alias(page, opsgenie):
    return opsgenie.take()["alias"]


def taken(event):
    answer = post(event)
    assert answer.status_code == 200
    return answer.json()["result"] == "taken"


# ---- what it does ----


def test_h6_an_acknowledgement_acknowledges_at_once(world, opsgenie, ana, page, alias):
    assert taken(opsgenie.does(ANA, "acknowledge", alias))
    page.refresh_from_db()
    assert (page.state, page.acked_by) == (PageState.ACKNOWLEDGED, ana)
    world.go(minutes=20)
    opsgenie.take("acknowledge")


def test_h6_a_close_closes(world, opsgenie, page, alias):
    assert taken(opsgenie.does(ANA, "close", alias))
    page.refresh_from_db()
    assert page.state is PageState.CLOSED
    world.go(minutes=20)
    opsgenie.take("close")


def test_h6_an_unacknowledgement_calls_again(world, opsgenie, ana, page, alias):
    taken(opsgenie.does(ANA, "acknowledge", alias))
    world.go(minutes=2)
    opsgenie.take("acknowledge")
    assert taken(opsgenie.does(ANA, "unacknowledge", alias))
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    world.tick()
    assert opsgenie.take()["alias"] == alias
    opsgenie.take("unacknowledge")


def test_the_same_event_twice_changes_nothing_more(world, opsgenie, page, alias):
    event = opsgenie.does(ANA, "acknowledge", alias)
    assert taken(event)
    assert not taken(event)
    world.tick()
    opsgenie.take("acknowledge")


def test_our_own_actions_come_back_and_do_nothing(world, opsgenie, ana, page, alias):
    acting.acknowledge(page.pk, by=ana, now=world.now)
    ours = {"name": "Hausmeister", "type": "api"}
    for action in ("Create", "Acknowledge", "UnAcknowledge", "Close"):
        assert not taken(opsgenie.event(action, alias, user="Hausmeister", source=ours))
    assert not taken(opsgenie.event("UnAcknowledge", alias, user=ANA, source=ours))
    page.refresh_from_db()
    assert page.state is PageState.ACKNOWLEDGED
    world.tick()
    opsgenie.take("acknowledge")


@pytest.mark.parametrize("action", ["Create", "AddNote", "Escalate", "Delete", "acknowledge", "", None, 7])
def test_other_actions_are_ignored(opsgenie, page, alias, action):
    assert not taken(opsgenie.event(action, alias, user=ANA, source={"name": "", "type": "web"}))
    page.refresh_from_db()
    assert page.state is PageState.FIRING


def test_a_late_event_of_the_past_does_not_silence_a_new_call(world, opsgenie, ana, page, alias):
    late = opsgenie.does(ANA, "acknowledge", alias)
    acting.acknowledge(page.pk, by=ana, now=world.now)
    world.go(seconds=30)
    opsgenie.take("acknowledge")
    acting.unacknowledge(page.pk, by=ana, now=world.now)
    world.go(seconds=5)
    assert not taken(late)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    opsgenie.take()
    opsgenie.take("unacknowledge")


def test_a_late_unacknowledgement_does_not_wake_anybody(world, opsgenie, ana, page, alias):
    opsgenie.does(ANA, "acknowledge", alias)
    late = opsgenie.does(ANA, "unacknowledge", alias)
    world.go(minutes=1)
    acting.acknowledge(page.pk, by=ana, now=world.now)
    assert not taken(late)
    page.refresh_from_db()
    assert page.state is PageState.ACKNOWLEDGED
    world.tick()
    opsgenie.take("acknowledge")


def test_s37_an_acknowledgement_by_nobody_known_here_silences_nothing(world, opsgenie, page, alias):
    assert not taken(opsgenie.does("stranger@corp.example", "acknowledge", alias))
    assert not taken(opsgenie.event("Acknowledge", alias, user="", source={"name": "", "type": "web"}))
    page.refresh_from_db()
    assert page.state is PageState.FIRING


def test_an_alias_of_ours_on_a_page_that_never_went_through_opsgenie_means_nothing(world, opsgenie, trio):
    builders.method(trio.bruno, Channel.OPSGENIE, "bruno@corp.example", verified=True)
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    forged = f"hausmeister-page-{page.pk}-{trio.ana.pk}"
    assert not taken(opsgenie.event("Close", forged, user="bruno@corp.example", source={"name": "", "type": "web"}))
    page.refresh_from_db()
    assert page.state is PageState.FIRING


# ---- who may knock ----


@pytest.mark.parametrize(
    "secret",
    ["wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 24, "x" * 5000, "%00", "a b"],
)
def test_s36_another_secret_finds_nothing(opsgenie, page, alias, secret):
    event = opsgenie.does(ANA, "acknowledge", alias)
    assert post(event, f"/in/opsgenie-events/{secret}").status_code == 404
    page.refresh_from_db()
    assert page.state is PageState.FIRING


def test_s36_without_a_secret_configured_the_path_does_not_exist(opsgenie, page, alias, settings):
    settings.HAUSMEISTER_OPSGENIE_HOOK_SECRET = ""
    event = opsgenie.does(ANA, "acknowledge", alias)
    assert post(event).status_code == 404
    assert post(event, "/in/opsgenie-events/").status_code == 404


def test_s10_only_post_acts(opsgenie):
    client = Client()
    assert client.get(PATH).status_code == 405
    assert client.head(PATH).status_code == 405
    assert client.get("/in/opsgenie-events/wrong").status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 50_000, b'{"a": 1e999}', b"NaN", b'{"a": "\\ud800"}']
)
def test_s5_what_is_no_json_object_is_400(opsgenie, body):
    assert post(body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "Close"},
        {"action": "Close", "alert": []},
        {"action": "Close", "alert": {"alias": ["x"]}},
        {"action": "Close", "alert": {"alias": "hausmeister-page-999999999999999999-1"}, "source": "web"},
        {"action": ["Close"], "alert": {"alias": "hausmeister-page-1-1", "username": {}, "updatedAt": "x"}},
        {"action": "Close", "alert": {"alias": "hausmeister-page-1-1", "username": "\x00", "updatedAt": -1.5}},
    ],
)
def test_s5_strange_events_are_ignored(opsgenie, body):
    assert post(body).json() == {"result": "ignored"}


@pytest.mark.parametrize("name", ["\x00", "ana@corp.example\x00", "x" * 5000, "' OR 1=1 --"])
def test_s5_a_strange_name_is_nobodys(opsgenie, page, alias, name):
    assert not taken(opsgenie.event("Acknowledge", alias, user=name, source={"name": "", "type": "web"}))
    page.refresh_from_db()
    assert page.state is PageState.FIRING


def test_s28_the_door_says_that_it_is_open_to_everybody_with_the_secret():
    from hausmeister.connectors.opsgenie import hook

    assert hook.events.capability is Capability.PUBLIC


def test_s52_the_secret_in_the_path_is_masked_in_logs():
    assert mask(f"Internal Server Error: {PATH}") == "Internal Server Error: /in/opsgenie-events/***"
    assert mask(f'"POST {PATH}?x=1 HTTP/1.1"') == '"POST /in/opsgenie-events/***?x=1 HTTP/1.1"'
