"""The line to Slack: what is stored is acknowledged, what is not comes again, and nothing is lost in between."""

import time
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection
from structlog.testing import capture_logs

from hausmeister.base.outgoing import Client
from hausmeister.chat.models import Gap, Line
from hausmeister.connectors.slack import socket_mode
from hausmeister.connectors.slack.api import SlackApi
from hausmeister.connectors.slack.fake import shown
from hausmeister.connectors.slack.socket_mode import SocketMode
from hausmeister.triage.models import Item, Said
from tests import builders
from tests.connectors.slack import workplace
from tests.connectors.slack.socket_server import WITHIN_S, socket_server
from tests.connectors.slack.workplace import ANA, APP_TOKEN, HELP, Place, message, payload

# lines are threads, and their connections see only what is committed
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(socket_mode, "PAUSES_S", (0.05,))


@pytest.fixture
def far():
    with workplace.fake_slack() as slack, socket_server() as server:
        slack.socket_url = server.url
        yield slack, server


@pytest.fixture
def place(far):
    from hausmeister.base import clock

    slack, _server = far
    built = builders.trio()
    workplace.link(built)
    found = Place.of(slack)
    found.watch(clock.now())
    Gap.objects.all().delete()
    return found


@contextmanager
def a_line(place, *, app_token=APP_TOKEN):
    line = SocketMode(place.app, SlackApi(Client(), url=place.slack.api, token=app_token))
    line.start()
    try:
        yield line
    finally:
        line.stop()
        connection.close()


def until(true):
    """Wait until it is true; the line stores in a thread of its own."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def ask(text="How do I rerun a DAG?", *, ts="1795600000.000100", **more):
    return payload(**message(text, ts=ts, **more))


def test_what_is_acknowledged_is_stored(place, far):
    _slack, server = far
    with a_line(place):
        server.wait_for_line()
        assert server.deliver("events_api", ask()) is None
        assert Item.objects.get().title == "How do I rerun a DAG?"
        # Slack delivers again what it thinks was lost
        server.deliver("events_api", ask())
        assert Said.objects.count() == 1
        until(lambda: Line.objects.get(pk="slack").heard_at is not None)


def test_a_command_is_answered_with_its_acknowledgement(place, far):
    _slack, server = far
    with a_line(place):
        server.wait_for_line()
        answer = server.deliver("slash_commands", workplace.slash("oncall"))
        assert answer["response_type"] == "ephemeral"
        assert "Hausmeister of Data Infra" in shown(answer)


def test_the_home_screen_is_drawn_beside_the_line(place, far):
    slack, server = far
    with a_line(place):
        server.wait_for_line()
        server.deliver("events_api", payload(type="app_home_opened", user=ANA))
        until(lambda: "views.publish" in slack.called)
    slack.took("views.publish")


def test_a_line_that_ends_or_breaks_is_opened_anew_and_a_gap_is_opened_with_it(place, far):
    _slack, server = far
    with a_line(place):
        server.wait_for_line(1)
        until(lambda: Gap.objects.count() == 4)
        server.deliver("events_api", ask())
        Gap.objects.all().delete()
        server.say(type="disconnect", reason="refresh_requested")
        server.wait_for_line(2)
        until(lambda: Gap.objects.filter(room_id=HELP, after="1795600000.000100").exists())
        server.cut()
        server.wait_for_line(3)
        assert server.deliver("events_api", ask(ts="1795600000.000200")) is None


def test_a_line_that_ends_at_once_is_not_opened_in_a_storm(place, far, monkeypatch):
    _slack, server = far
    monkeypatch.setattr(socket_mode, "PAUSES_S", (0.05, 60.0))
    with a_line(place):
        for count in (1, 2):
            server.wait_for_line(count)
            until(lambda: Line.objects.filter(pk="slack", state="up").exists())
            server.say(type="disconnect", reason="too_many_websockets")
            server.wait_until_gone()
        until(lambda: "as soon as it stood" in Line.objects.get(pk="slack").reason)
        time.sleep(0.3)
    assert server.opened == 2


def test_what_cannot_be_stored_is_not_acknowledged_and_stops_nothing_else(place, far, monkeypatch):
    _slack, server = far
    real = place.app.take
    with capture_logs() as logs, a_line(place):
        server.wait_for_line()
        monkeypatch.setattr(place.app, "take", lambda *_: 1 / 0)
        lost = server.hand_over("events_api", ask())
        until(lambda: any(one["event"] == "slack.not_taken" for one in logs))
        monkeypatch.setattr(place.app, "take", real)
        server.deliver("events_api", ask())
        assert not server.answered(lost)


def test_a_database_that_is_away_costs_a_line_and_no_message(place, far, monkeypatch):
    _slack, server = far
    real, failures = place.app.take, [DatabaseError("away")]

    def take(*args):
        if failures:
            raise failures.pop()
        return real(*args)

    monkeypatch.setattr(place.app, "take", take)
    with a_line(place):
        server.wait_for_line()
        server.hand_over("events_api", ask())
        server.wait_for_line(2)
        # Slack sends again what nobody acknowledged
        server.deliver("events_api", ask(), envelope_id="again")
    assert Item.objects.count() == 1


def test_a_token_that_opens_nothing_is_a_state_and_no_storm_of_tries(place, far):
    slack, _server = far
    with a_line(place, app_token="xapp-revoked"):
        until(lambda: Line.objects.filter(pk="slack", state="refused").exists())
    assert "invalid_auth" in Line.objects.get(pk="slack").reason
    assert len([one for one in slack.seen if "apps.connections.open" in one.target]) == 1


def test_slack_that_is_down_is_a_state_and_is_tried_again(place, far):
    slack, server = far
    for _ in range(3):
        slack.fail(503)
    with a_line(place):
        server.wait_for_line()
        until(lambda: Line.objects.filter(pk="slack", state="up").exists())
    assert len([one for one in slack.seen if "apps.connections.open" in one.target]) == 4


def test_what_nobody_understands_is_left_alone(place, far):
    _slack, server = far
    with a_line(place):
        server.wait_for_line()
        server.send_raw("no JSON at all")
        server.say(type="something_new")
        server.say(type="events_api", payload={"event": "no object"}, envelope_id=17)
        server.deliver("events_api", {"event": {"type": "message", "channel": HELP, "ts": "1"}})
        server.deliver("something_new", {})
    assert not Said.objects.exists()


def test_stopping_ends_the_line_at_once(place, far):
    _slack, server = far
    with a_line(place) as line:
        server.wait_for_line()
    assert not line._thread.is_alive()
    server.wait_until_gone()
