"""The auditor: the outside is pinged only while every page that must move has moved."""

from datetime import timedelta

import pytest

from hausmeister.base import database
from hausmeister.base.far_side import Ending, FarSide, Reply
from hausmeister.base.outgoing import Client, Limits
from hausmeister.engine.watching import Auditor
from hausmeister.outbox.models import Message
from hausmeister.pager.operations import acting


@pytest.fixture
def watcher():
    with FarSide() as server:
        yield server


def auditor(url):
    return Auditor(url, client=Client(limits=Limits(total_s=0.3)), begin=database.at_once)


def test_while_all_is_well_the_watcher_is_pinged(world, trio, watcher):
    page = world.fire()
    world.tick()
    world.forget()
    assert auditor(f"http://127.0.0.1:{watcher.port}/ping").run(world.now) == 0
    assert watcher.expect().target == "/ping"
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_page_that_ought_to_have_climbed_withholds_the_ping_and_is_said_aloud(world, trio, watcher):
    page = world.fire()
    Message.objects.all().delete()
    world.now += timedelta(minutes=10, seconds=1)  # its step was due after five, and no engine took it
    world.allow_error("auditor.stuck")
    assert auditor(f"http://127.0.0.1:{watcher.port}/ping").run(world.now) == 1
    assert [one["pages"] for one in world.logs if one["event"] == "auditor.stuck"] == [[page.pk]]
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_message_that_lies_about_withholds_the_ping(world, trio, watcher):
    page = world.fire()
    world.now += timedelta(minutes=5, seconds=1)
    world.allow_error("auditor.stuck")
    assert auditor(f"http://127.0.0.1:{watcher.port}/ping").run(world.now) == 1
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_snoozed_acknowledged_and_waiting_pages_are_no_reason_for_alarm(world, trio, watcher):
    waiting = world.fire("soft", severity="warning")
    acked, snoozed = world.fire("a"), world.fire("b")
    acting.acknowledge(acked.pk, by=trio.ana, now=world.now)
    acting.snooze(snoozed.pk, by=trio.ana, until=world.now + timedelta(hours=3), now=world.now)
    world.now += timedelta(minutes=30)
    assert auditor(f"http://127.0.0.1:{watcher.port}/ping").run(world.now) == 0
    watcher.expect()
    for page in (waiting, snoozed):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(status=302), Reply(ending=Ending.RESET), Reply(ending=Ending.HANG)]
)
def test_a_watcher_that_fails_is_a_warning_and_disturbs_nothing(world, trio, watcher, reply):
    watcher.play(reply)
    assert auditor(f"http://127.0.0.1:{watcher.port}/ping").run(world.now) == 0
    assert [one["log_level"] for one in world.logs if one["event"] == "auditor.watcher_not_reached"] == ["warning"]


def test_without_a_watcher_the_auditor_only_looks(world, trio):
    assert auditor("").run(world.now) == 0
