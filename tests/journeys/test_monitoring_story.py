"""From an event on a shard to somebody's phone, and back again when it is over."""

import pytest
from django.db import OperationalError

from hausmeister.alerts import operations as alerts
from hausmeister.base.event import NAME_MOST, Event
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring import keeping
from hausmeister.monitoring.keeping import Keeper
from hausmeister.monitoring.models import Hit
from hausmeister.monitoring.operations import hits as operations
from hausmeister.monitoring.station import Station
from hausmeister.pager.models import Page
from tests import builders

RULES = """
[[monitoring.rules]]
name = "disk"
where = 'service =~ "disk%" and state != "ok"'

[[monitoring.rules]]
name = "kafka lag"
where = 'service = "kafka lag" and metric > 1000000'
lasts = "2m"
severity = "critical"

[[monitoring.rules]]
name = "index is heard"
where = 'service = "index"'
when = "expires"
severity = "error"

[[monitoring.rules]]
name = "anybody there"
where = 'tagged "heartbeat"'
when = "silent"
lasts = "10m"
severity = "error"
shards = ["s0"]

# ---- Severity levels of the company"""

SEVERITY = "# ---- Severity levels of the company"


@pytest.fixture
def watched(world, trio):
    builders.policy_with(trio.team, (SEVERITY, RULES))
    return begun(world)


class Watched:
    """A station that is told the story's time, and its keeper."""

    def __init__(self, world):
        self.world = world
        self.station = Station(["s0", "s1"], store=keeping.store)
        self.keeper = Keeper(self.station)
        self.keeper.begin(now=world.now)

    def say(self, service, *, shard="s0", host="db-7", state="ok", **more):
        event = Event(host=host, service=service, state=state, **more)
        self.station.take(shard, [event], now_s=self.world.now.timestamp())

    def go(self, minutes=0.0):
        """Let time pass in steps of ten seconds: the clocks of the shards, then the keeper, then the engine."""
        for _ in range(max(1, round(minutes * 6))):
            self.world.go(minutes=1 / 6 if minutes else 0)
            self.station.tick(now_s=self.world.now.timestamp())
            self.keeper.run_once(now=self.world.now)
        self.world.tick()


def begun(world):
    return Watched(world)


def test_a_number_above_its_limit_for_two_minutes_calls_the_person_on_duty_and_its_end_closes_it(world, watched):
    watched.say("heartbeat", tags=("heartbeat",), ttl_s=3600.0)
    watched.say("kafka lag", metric=2_100_000, description="partition 3", ttl_s=600.0)
    watched.go(minutes=1)
    world.expect_none()
    watched.go(minutes=1.1)
    told = world.expect("email", "Ana", "kafka lag: ok, 2100000").parcel.facts
    assert (told["priority"], told["text"], told["source"]) == (4, "partition 3", "Riemann, Riemann s0")
    assert Hit.objects.get().service == "kafka lag"
    watched.say("kafka lag", metric=10, ttl_s=600.0)
    watched.go()
    assert Page.objects.get().closed_at is not None
    assert not Hit.objects.exists()
    world.expect_none()


def test_an_entry_that_nobody_keeps_alive_calls_and_its_return_closes(world, watched):
    watched.say("heartbeat", tags=("heartbeat",), ttl_s=3600.0)
    watched.say("index", shard="s1", ttl_s=60.0)
    watched.go(minutes=1.2)
    world.expect("email", "Ana", "index: no event for")
    watched.say("index", shard="s1", ttl_s=60.0)
    watched.go()
    assert Page.objects.get().closed_at is not None


def test_a_shard_that_falls_silent_calls(world, watched):
    watched.go(minutes=9.5)
    world.expect_none()
    watched.go(minutes=1)
    world.expect("email", "Ana", "anybody there: no event for 600 s")
    watched.say("heartbeat", tags=("heartbeat",))
    watched.go()
    assert Page.objects.get().closed_at is not None


def test_a_restart_neither_calls_again_nor_forgets_what_is_open(world, trio, watched):
    watched.say("index", ttl_s=10.0)
    watched.say("index", host="db-8", ttl_s=10.0)
    watched.go(minutes=1)
    for host in ("db-7", "db-8"):
        assert Hit.objects.filter(host=host).exists()
    assert len(world.sent) == 2
    world.sent.clear()

    again = begun(world)
    again.say("index", ttl_s=3600.0)
    again.go(minutes=1)
    world.expect_none()
    assert list(Hit.objects.values_list("host", flat=True)) == ["db-8"]

    builders.policy_with(trio.team, ("weeks_ahead = 13", "weeks_ahead = 14"))
    last = begun(world)
    last.go()
    assert not Hit.objects.exists()
    assert not Page.objects.filter(closed_at=None).exists()


def test_a_changed_policy_is_in_force_within_seconds_and_closes_what_it_asks_no_more(world, trio, watched):
    watched.say("index", ttl_s=10.0)
    watched.go(minutes=1)
    world.expect("email", "Ana", "index")
    builders.policy_with(trio.team, ("weeks_ahead = 13", "weeks_ahead = 14"))
    watched.go(minutes=1)
    assert Page.objects.get().closed_at is not None


def test_while_the_database_is_away_what_changed_waits_in_its_order(world, watched, monkeypatch):
    watched.say("index", ttl_s=10.0)
    watched.station.tick(now_s=world.now.timestamp() + 11)
    real = operations.store

    def away(changes, *, now):
        raise OperationalError("away")

    monkeypatch.setattr(operations, "store", away)
    with pytest.raises(OperationalError):
        watched.keeper.run_once(now=world.now)
    watched.say("index", ttl_s=3600.0)
    monkeypatch.setattr(operations, "store", real)
    assert watched.keeper.run_once(now=world.now) == 2
    watched.go()
    assert Page.objects.get().closed_at is not None


def test_one_change_that_cannot_be_stored_does_not_hold_up_the_others(world, watched, monkeypatch):
    watched.say("index", ttl_s=10.0)
    watched.say("index", host="poison", ttl_s=10.0)
    watched.station.tick(now_s=world.now.timestamp() + 11)
    real = operations._signal

    def poisoned(change):
        if change.host == "poison":
            raise ValueError("no such thing")
        return real(change)

    monkeypatch.setattr(operations, "_signal", poisoned)
    watched.keeper.run_once(now=world.now)
    world.allow_error("monitoring.change_not_stored")
    world.tick()
    world.expect("email", "Ana", "index")
    assert list(Hit.objects.values_list("host", flat=True)) == ["db-7"]


def test_what_gets_worse_calls_and_what_was_closed_by_hand_calls_again_while_it_holds(world, watched):
    watched.say("disk", state="warning", ttl_s=3600.0)
    watched.go()
    world.expect_none()
    watched.say("disk", state="critical", ttl_s=3600.0)
    watched.go()
    world.expect("email", "Ana", "disk: ")
    alerts.close_page(Page.objects.get().pk, by=CONSOLE, person=None, reason="", now=world.now)
    watched.go(minutes=4)
    watched.say("disk", state="critical", ttl_s=3600.0)
    watched.go()
    world.expect_none()
    watched.go(minutes=1)
    watched.say("disk", state="critical", ttl_s=3600.0)
    watched.go()
    world.expect("email", "Ana", "disk: ")


def test_an_event_with_the_longest_names_calls_like_any_other_and_its_end_closes_it(world, watched):
    names = {"service": "disk " + "s" * (NAME_MOST - 5), "host": "h" * NAME_MOST}
    watched.say(**names, state="critical")
    watched.say("disk", state="critical")
    watched.go()
    world.expect("email", "Ana", "disk sss")
    world.expect("email", "Ana", "disk: critical")
    watched.say(**names)
    watched.say("disk")
    watched.go()
    assert not Page.objects.filter(closed_at=None).exists()
