"""Section J of the pager scenarios, heartbeat: silence calls somebody, the next beat closes it, paused ones do not."""

from datetime import timedelta

import pytest
from django.test import Client

from hausmeister.alerts import operations as alerts
from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring.models import Heartbeat, Ping
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import HeartbeatRefused, Wanted
from hausmeister.pager.models import Page

HOURLY = Wanted("nightly export", timedelta(minutes=5), timedelta(hours=1), severity="critical", what="Look at s0.")


@pytest.fixture
def beat(world, trio):
    return heartbeats.make(trio.team, HOURLY, by=CONSOLE, now=world.now)


def send(world, beat, word="", body=b""):
    path = f"/ping/{beat.token}" + (f"/{word}" if word else "")
    with clock.run_by(lambda: world.now):
        return Client().post(path, body, content_type="text/plain")


def test_a_beat_that_does_not_come_calls_the_person_on_duty_and_the_next_closes_it(world, trio, beat):
    other = heartbeats.make(trio.team, Wanted("muted", timedelta(0), timedelta(minutes=1)), by=CONSOLE, now=world.now)
    for one in (beat, other):
        assert send(world, one).status_code == 200
    heartbeats.pause(other, by=CONSOLE, now=world.now)
    world.go(minutes=64)
    world.expect_none()
    world.go(minutes=2)
    told = world.expect("email", "Ana", "nightly export: did not come").parcel.facts
    assert told["priority"] == 4
    assert told["text"].startswith("Look at s0.\nLast heard of 1 h 0")
    page = Page.objects.get()
    assert send(world, beat).status_code == 200
    page.refresh_from_db()
    assert page.closed_at is not None
    world.go(minutes=15)
    world.expect_none()
    assert Page.objects.count() == 1


def test_nothing_is_missing_before_the_first_ping(world, trio, beat):
    world.go(minutes=60 * 24)
    world.expect_none()


def test_a_failure_calls_at_once_with_what_it_said_and_only_once(world, trio, beat):
    send(world, beat, "start")
    world.go(minutes=1)
    send(world, beat, "2", b"disk full")
    world.tick()
    assert "disk full" in world.expect("email", "Ana", "failed with exit code 2").parcel.facts["text"]
    beat.refresh_from_db()
    assert (beat.took_s, beat.exit_code) == (60, 2)
    send(world, beat, "fail")
    world.tick()
    world.expect_none()
    send(world, beat, "0")
    assert Page.objects.get().closed_at is not None


def test_a_failure_after_somebody_closed_the_alert_calls_again(world, trio, beat):
    send(world, beat, "fail")
    world.tick()
    world.expect("email", "Ana", "failed")
    alerts.close_page(Page.objects.get().pk, by=CONSOLE, person=None, reason="", now=world.now)
    world.go(minutes=1)
    world.sent.clear()
    send(world, beat, "fail")
    world.tick()
    world.expect("email", "Ana", "failed")


def test_a_beat_that_was_heard_meanwhile_is_not_put_off(world, trio, beat):
    send(world, beat)
    beat.refresh_from_db()
    due_at = beat.alarm_at
    heartbeats.put_off(beat.pk, now=world.now, reason="too late")
    beat.refresh_from_db()
    assert beat.alarm_at == due_at


def test_a_run_that_began_and_never_ends_calls(world, trio, beat):
    send(world, beat, "start")
    world.go(minutes=4)
    world.expect_none()
    world.go(minutes=2)
    world.expect("email", "Ana", "nightly export: began and did not end")
    send(world, beat)


def test_whatever_is_no_heartbeat_is_told_so(world, trio, beat):
    assert Client().get("/ping/nobody").status_code == 404
    assert send(world, beat, "done").status_code == 400
    heartbeats.remove(beat, by=CONSOLE, now=world.now)
    assert send(world, beat).status_code == 404


def test_a_get_and_a_head_count_too_and_a_long_text_is_cut(world, trio, beat):
    assert Client().get(f"/ping/{beat.token}").content == b"OK\n"
    assert Client().head(f"/ping/{beat.token}").status_code == 200
    send(world, beat, "fail", b"x" * 50_000 + b"\xff\x00")
    assert len(Ping.objects.order_by("id").last().text) <= 1_000
    send(world, beat)


def test_the_history_is_kept_short(world, trio, beat):
    for _ in range(heartbeats.KEPT_PINGS + 5):
        heartbeats.ping(beat, heartbeats.Kind.SUCCESS, now=world.now)
    assert beat.pings.count() == heartbeats.KEPT_PINGS


def test_a_paused_heartbeat_is_quiet_also_when_it_fails_and_closes_its_alert(world, trio, beat):
    send(world, beat, "fail")
    world.tick()
    world.expect("email", "Ana")
    heartbeats.pause(beat, by=CONSOLE, now=world.now)
    assert Page.objects.get().closed_at is not None
    send(world, beat, "fail")
    world.go(minutes=60 * 3)
    world.expect_none()
    send(world, beat)
    beat.refresh_from_db()
    assert beat.state == "up"


def test_other_times_are_in_force_at_once(world, trio, beat):
    send(world, beat)
    heartbeats.change(beat, Wanted("nightly export", timedelta(0), timedelta(minutes=2)), by=CONSOLE, now=world.now)
    world.go(minutes=3)
    world.expect("email", "Ana", "did not come")
    heartbeats.remove(Heartbeat.objects.get(), by=CONSOLE, now=world.now)
    assert Page.objects.get().closed_at is not None


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("", timedelta(0), timedelta(hours=1)), "name"),
        (Wanted("a", timedelta(0)), "period"),
        (Wanted("a", timedelta(0), timedelta(hours=1), "* * * * *"), "period"),
        (Wanted("a", timedelta(0), timedelta(seconds=5)), "period"),
        (Wanted("a", timedelta(0), timedelta(days=400)), "period"),
        (Wanted("a", timedelta(days=40), timedelta(hours=1)), "grace"),
        (Wanted("a", timedelta(0), cron="every day"), "cron"),
        (Wanted("a", timedelta(0), cron="* * * * *", zone_name="Mars/Olympus"), "zone"),
        (HOURLY, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(world, trio, beat, wanted, field):
    with pytest.raises(HeartbeatRefused) as refused:
        heartbeats.make(trio.team, wanted, by=CONSOLE, now=world.now)
    assert refused.value.field == field
