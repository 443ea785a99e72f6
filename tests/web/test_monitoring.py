"""Monitoring: what a shard's screen says, and what it never claims."""

import pytest

from hausmeister.base import clock
from hausmeister.base.event import Event
from hausmeister.monitoring import boards
from hausmeister.monitoring.station import Station
from tests.web.visitors import browser, queries_of


@pytest.fixture
def station(trio):
    station = Station(["s0", "s1"], store=lambda changes, now: None)
    boards.provide(station)
    yield station
    boards.withdraw()


def say(station, service, *, shard="s0", host="db-7", state="ok", age_s=0.0, **more):
    event = Event(host=host, service=service, state=state, **more)
    station.take(shard, [event], now_s=clock.now().timestamp() - age_s)


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_shard_says_what_is_not_ok_first_and_counts_the_rest(trio, station):
    say(station, "kafka lag", state="critical", metric=2_100_000, description="partition 3")
    say(station, "disk", state="warning", age_s=5)
    say(station, "api")
    text = text_of(browser(trio.ana).get("/monitoring/s0"))
    assert "Not ok 2 of 3" in text
    assert text.index("kafka lag") < text.index("disk")
    assert "2.1 M" in text
    assert "partition 3" in text
    assert "ok 1" in text


def test_expired_is_shown_as_expired_and_not_as_ok(trio, station):
    say(station, "index", ttl_s=5.0, age_s=240)
    station.tick(now_s=clock.now().timestamp())
    text = text_of(browser(trio.ana).get("/monitoring/s0"))
    assert "Expired lately 1" in text
    assert "no news for 4 min" in text
    assert "Nothing is kept alive any more" in text


def test_missing_is_called_missing(trio, station):
    client = browser(trio.ana)
    assert "Missing is neither ok nor not ok" in text_of(client.get("/monitoring/s1"))
    text = text_of(client.get("/monitoring"))
    assert "nothing yet" in text
    # s2 is a shard of the policy whose events come to nobody here
    assert "not connected" in text


def test_a_query_in_the_address_narrows_the_screen_and_a_wrong_one_is_explained(trio, station):
    say(station, "kafka lag", state="critical")
    say(station, "disk", state="critical")
    client = browser(trio.ana)
    assert "Not ok 1 of 1" in text_of(client.get("/monitoring/s0", {"q": 'service =~ "kafka%"'}))
    text = text_of(client.get("/monitoring/s0", {"q": "service = kafka"}))
    assert "is no value" in text
    assert "Not ok 2 of 2" in text


def test_a_wrong_clock_is_said_and_names_from_outside_are_text(trio, station):
    now_s = clock.now().timestamp()
    say(station, "<script>alert(1)</script>", state="critical", time_s=now_s + 600)
    answer = browser(trio.ana).get("/monitoring/s0")
    assert b"<script>alert" not in answer.content
    assert "its clock is 10 min ahead" in text_of(answer)


def test_without_a_station_the_screen_says_how_to_set_one_up(trio):
    client = browser(trio.ana)
    assert "HAUSMEISTER_RIEMANN" in text_of(client.get("/monitoring"))
    assert "No events come to this process" in text_of(client.get("/monitoring/s0"))


def test_a_shard_that_the_policy_does_not_name_does_not_exist(trio, station):
    assert browser(trio.ana).get("/monitoring/s9").status_code == 404


def test_a_shard_takes_few_queries_however_much_it_holds(trio, station):
    for number in range(500):
        say(station, f"service {number}", state="critical")
    assert len(queries_of(browser(trio.ana), "/monitoring/s0")) <= 15


def test_the_board_alone_is_drawn_for_a_screen_that_lives(trio, station):
    say(station, "api")
    answer = browser(trio.ana).get("/monitoring/s0", headers={"HX-Request": "true", "HX-Target": "board"})
    assert answer.content.startswith(b'<div id="board"')
