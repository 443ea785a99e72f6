"""After a restore nobody is called until somebody says that it is real (S55)."""

from datetime import timedelta

import pytest

from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox.models import Message
from hausmeister.pager.models import Page, PageState
from hausmeister.pager.operations import acting, holding


@pytest.fixture
def pages(world, trio):
    """One page that calls, one acknowledged, one soft that waits; nothing of it is sent yet."""
    firing = world.fire("Disk full", severity="critical")
    taken = world.fire("Index stopped", severity="critical")
    acting.acknowledge(taken.pk, by=trio.ana, now=world.now)
    waiting = world.fire("Disk 80 % full", severity="warning")
    return firing, taken, waiting


def test_a_restored_installation_calls_nobody_for_seven_days(world, pages):
    held = holding.hold(by=CONSOLE, now=world.now)
    assert {page.pk for page in held.pages} == {page.pk for page in pages}
    assert held.until - world.now <= timedelta(days=7)
    assert not Message.objects.undecided().exists()
    world.go(days=6, hours=23)
    world.expect_none()
    firing, taken, waiting = (Page.objects.get(pk=page.pk) for page in pages)
    assert (firing.state, taken.state, waiting.state) == (PageState.SNOOZED, PageState.ACKNOWLEDGED, PageState.SNOOZED)


def test_nothing_is_silent_for_good_it_calls_when_the_time_is_over(world, pages):
    holding.hold(by=CONSOLE, now=world.now)
    world.go(days=7, minutes=1)
    assert {one.title for one in world.sent if one.parcel.kind == "page"} >= {"Disk full", "Index stopped"}
    world.forget()


def test_what_comes_in_meanwhile_calls_as_always(world, pages):
    holding.hold(by=CONSOLE, now=world.now)
    world.fire("Something new", severity="critical")
    world.tick()
    world.expect("email", "Ana", "Something new")
    world.expect_none()


def test_once_it_is_confirmed_the_pages_call_at_once_and_the_acknowledged_one_stays_with_its_holder(world, pages):
    holding.hold(by=CONSOLE, now=world.now)
    world.go(hours=1)
    released = holding.release(by=CONSOLE, now=world.now)
    assert {page.pk for page in released} == {page.pk for page in pages}
    world.tick()
    world.expect("email", "Ana", "Disk full")
    world.expect_none()
    taken = Page.objects.get(pk=pages[1].pk)
    assert (taken.state, taken.ack_expires_at) == (PageState.ACKNOWLEDGED, world.now + timedelta(hours=1))
    assert holding.release(by=CONSOLE, now=world.now) == []
    world.go(minutes=4)


def test_a_page_that_somebody_touched_since_is_left_alone_by_the_confirmation(world, trio, pages):
    holding.hold(by=CONSOLE, now=world.now)
    acting.snooze(pages[0].pk, by=trio.ana, until=world.now + timedelta(days=2), now=world.now)
    released = holding.release(by=CONSOLE, now=world.now)
    assert pages[0].pk not in {page.pk for page in released}
    assert Page.objects.get(pk=pages[0].pk).state is PageState.SNOOZED
