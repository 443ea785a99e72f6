"""Heartbeats on the screens: missing first, made and changed by those who manage senders."""

from datetime import timedelta

import pytest

from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import Wanted
from hausmeister.monitoring.rules.heartbeats import Kind
from tests.web.visitors import browser, queries_of


@pytest.fixture
def beat(trio):
    return heartbeats.make(
        trio.team, Wanted("export", timedelta(minutes=5), timedelta(hours=1)), by=CONSOLE, now=clock.now()
    )


def test_missing_ones_stand_first_in_words(trio, beat):
    heartbeats.ping(beat, Kind.FAIL, now=clock.now())
    text = browser(trio.ana).get("/monitoring/heartbeats").content.decode()
    assert "export:" in " ".join(text.split())
    assert "<title>1 missing" in text
    assert beat.token not in text


def test_a_lead_makes_one_and_sees_its_address(trio):
    client = browser(trio.carla)
    answer = client.post(
        "/monitoring/heartbeats/new", {"name": "nightly", "often": "30 5 * * 1-5", "grace": "10m"}, follow=True
    )
    made = Heartbeat.objects.get()
    assert (made.cron, made.zone_name, made.grace_s) == ("30 5 * * 1-5", "Europe/Berlin", 600)
    assert f"/ping/{made.token}" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"often": "sometimes"}, "no cron expression"),
        ({"often": "5s"}, "from a minute"),
        ({"grace": "soon"}, "length of time"),
        ({"name": ""}, "required"),
        ({"name": "export"}, "already"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_what_was_typed_stays(trio, beat, typed, says):
    form = {"name": "other", "often": "1h", "grace": "5m", "what": "stays here", **typed}
    answer = browser(trio.carla).post("/monitoring/heartbeats/new", form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "stays here" in answer.content.decode()


def test_one_is_changed_paused_resumed_and_taken_out_after_a_question(trio, beat):
    client, address = browser(trio.carla), f"/monitoring/heartbeats/{beat.pk}"
    assert 'value="1h"' in client.get(address).content.decode()
    client.post(address, {"name": "export", "often": "2h 30m", "grace": "0s"})
    beat.refresh_from_db()
    assert (beat.period_s, beat.grace_s) == (9_000, 0)
    client.post(f"{address}/pause")
    beat.refresh_from_db()
    assert beat.state == "paused"
    client.post(f"{address}/resume")
    assert "Take export out?" in client.post(f"{address}/remove").content.decode()
    client.post(f"{address}/remove", {"sure": "yes"})
    beat.refresh_from_db()
    assert beat.removed_at is not None
    assert client.get(address).status_code == 404


def test_others_see_how_they_stand_and_neither_addresses_nor_buttons(trio, beat):
    client = browser(trio.ana)
    assert client.get(f"/monitoring/heartbeats/{beat.pk}").status_code == 403
    assert "New heartbeat" not in client.get("/monitoring/heartbeats").content.decode()
    assert len(queries_of(client, "/monitoring/heartbeats")) <= 15
