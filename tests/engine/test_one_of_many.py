"""One poisoned row, one spoilt result, one lost connection: the others go on, and nobody is called twice for it."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from hausmeister.base import clock
from hausmeister.engine import jobs, recording
from hausmeister.engine.recording import Outcome, Recorder
from hausmeister.engine.sending import Dispatcher
from hausmeister.journal import queries as journal
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.delivery import Refused
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import LEASE, Lane, State
from hausmeister.pager.models import Summons
from hausmeister.pager.operations import acting, climbing, delivery
from hausmeister.team import operations as team
from hausmeister.team.rules import Channel
from tests import builders


def _acknowledge_all(world, trio):
    for page in builders.open_pages():
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.forget()


# ---- results ----


def test_one_result_that_cannot_be_stored_takes_no_other_along(world, trio, monkeypatch):
    for title in ("good", "bad"):
        world.fire(title)
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="me", now=world.now)
    bad = next(one for one in claimed if one.facts["title"] == "bad")
    whole = delivery.record_sent

    def record_sent(messages, refs, **more):
        if bad in messages:
            raise ValueError("a bug")
        return whole(messages, refs, **more)

    monkeypatch.setattr(recording.delivery, "record_sent", record_sent)
    world.allow_error("outbox.result_not_stored")
    Recorder(by="me").record([Outcome(one, provider_ref="x") for one in claimed])
    states = {one.facts["title"]: one.state for one in Message.objects.all()}
    assert states == {"good": State.SENT, "bad": State.CLAIMED}
    _acknowledge_all(world, trio)


def test_a_reference_that_no_database_stores_is_stored_all_the_same(world, trio):
    page = world.fire()
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="me", now=world.now)
    Recorder(by="me").record([Outcome(one, provider_ref="a\x00b\ud800c") for one in claimed])
    message = Message.objects.get()
    assert (message.state, message.provider_ref) == (State.SENT, "a\ufffdb\ufffdc")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_reason_that_no_database_stores_still_leads_to_the_next_method(world, trio):
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, phone), (3, trio.ana.methods.get(channel=Channel.EMAIL)))
    world.channels["ntfy"].fail(Refused("it said \x00 and \udc80"))
    world.fire()
    world.tick()
    world.expect("email", "Ana")
    _acknowledge_all(world, trio)


def test_results_tried_again_after_a_stumble_are_not_told_as_late(world, trio, monkeypatch):
    """A batch is stored whole or not at all: its first half must not be found there by the second try."""
    page = world.fire()
    mail = trio.ana.methods.get()
    team.send_code(mail, now=world.now)
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="me", now=world.now)
    assert {one.kind for one in claimed} == {"page", "code"}
    whole, failures = outbox.record_sent, [OperationalError("gone for a moment")]

    def record_sent(*args, **kwargs):
        if failures:
            raise failures.pop()
        return whole(*args, **kwargs)

    monkeypatch.setattr(recording.outbox, "record_sent", record_sent)
    monkeypatch.setattr(recording, "_PAUSES_S", (0.0,))
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction must survive
    Recorder(by="me").record([Outcome(one, provider_ref="x") for one in claimed])
    verbs = [entry.verb for entry in journal.timeline(page.subject)]
    assert "message.sent" in verbs
    assert "message.late" not in verbs
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


# ---- rows ----


@pytest.fixture
def poisoned(monkeypatch):
    """Return a function that makes `operation` break for one page."""

    def choose(operation, page_id):
        real = getattr(climbing, operation)

        def breaks(*args, **kwargs):
            if page_id in args:
                raise ValueError("a bug")
            return real(*args, **kwargs)

        monkeypatch.setattr(climbing, operation, breaks)

    return choose


def test_a_rung_that_cannot_be_computed_is_tried_again_and_holds_up_no_other(world, trio, poisoned):
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, trio.ana.methods.get(channel=Channel.EMAIL)), (3, phone))
    bad = world.fire("bad")
    world.fire("good")
    world.tick()
    world.forget()
    poisoned("ring", bad.pk)
    world.allow_error("page.step_failed")
    world.now += timedelta(minutes=3)
    assert world.engine.tick(world.now), "the tick as a whole is well"
    world.expect("ntfy", "Ana", "good")
    world.expect_none()
    assert Summons.objects.get(page=bad).next_ring_at == world.now + timedelta(minutes=1)
    assert journal.timeline(bad.subject)[0].verb == "page.step_failed"
    _acknowledge_all(world, trio)


def test_a_forgotten_page_that_cannot_be_computed_holds_up_no_other(world, trio, poisoned):
    bad = world.fire("bad")
    world.fire("good")
    _acknowledge_all(world, trio)
    poisoned("call_again", bad.pk)
    world.allow_error("page.step_failed")
    world.now += timedelta(hours=1)
    assert world.engine.tick(world.now)
    world.expect("email", "Ana", "good")
    world.expect_none()
    bad.refresh_from_db()
    assert bad.ack_expires_at == world.now + timedelta(minutes=1)
    _acknowledge_all(world, trio)


def test_a_database_that_stumbles_while_a_page_climbs_costs_a_tick_not_a_minute(world, trio, monkeypatch):
    world.fire()
    world.tick()
    world.forget()
    whole, failures = climbing.climb_page, [OperationalError("deadlock detected")]

    def climb_page(*args, **kwargs):
        if failures:
            raise failures.pop()
        return whole(*args, **kwargs)

    monkeypatch.setattr(climbing, "climb_page", climb_page)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction must survive
    world.allow_error("engine.job_failed")
    world.now += timedelta(minutes=5)
    assert not world.engine.tick(world.now)
    world.now += timedelta(seconds=1)
    assert world.engine.tick(world.now)
    world.expect("email", "Bruno")
    _acknowledge_all(world, trio)


def test_a_team_whose_rota_cannot_be_planned_stops_no_other(world, trio, monkeypatch):
    other = builders.trio(slug="other")
    other.team.shifts.all().delete()
    whole = jobs.rota.plan_ahead

    def plan_ahead(team, *, now):
        if team == trio.team:
            raise ValueError("a bug")
        return whole(team, now=now)

    monkeypatch.setattr(jobs.rota, "plan_ahead", plan_ahead)
    world.allow_error("rota.not_planned")
    jobs.plan_rotas(world.now)
    assert other.team.shifts.exists()


# ---- claims ----


def _dispatcher(world):
    return world.engine._dispatcher


def test_a_connection_that_outlived_the_databases_restart_costs_no_try(world, trio, monkeypatch):
    page = world.fire()
    whole, failures = outbox.is_mine, [OperationalError("server closed the connection unexpectedly")]

    def is_mine(*args, **kwargs):
        if failures:
            raise failures.pop()
        return whole(*args, **kwargs)

    monkeypatch.setattr(outbox, "is_mine", is_mine)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction must survive
    world.tick()
    assert not world.expect("email", "Ana").parcel.is_possible_duplicate
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_what_waited_long_for_a_slot_holds_its_claim_for_as_long_as_a_try_may_take(world, trio):
    """A slow far side fills the slots; whoever begins at the end of a lease would be overtaken while on the wire."""
    page = world.fire()
    (message,) = outbox.claim(Lane.PAGING, "email", most=5, by=_dispatcher(world).name, now=world.now)
    world.now += LEASE - timedelta(seconds=5)
    held_until = []

    class Slow:
        def send(self, parcel):
            held_until.append(Message.objects.get(pk=parcel.message_id).claimed_until)
            return world.channels["email"].send(parcel)

    _dispatcher(world)._senders["email"] = Slow()
    _dispatcher(world)._deliver(message)
    assert held_until == [world.now + LEASE]
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_claim_that_ran_out_while_it_waited_for_a_slot_is_not_renewed(world, trio):
    page = world.fire()
    (message,) = outbox.claim(Lane.PAGING, "email", most=5, by=_dispatcher(world).name, now=world.now)
    world.now += LEASE
    _dispatcher(world)._deliver(message)
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_at_the_stop_only_what_never_began_goes_back_unmarked(world, trio):
    """One that went out, and whose result could not be stored, waits for its lease and is marked as a duplicate."""
    page = world.fire()
    dispatcher = Dispatcher({})
    (message,) = outbox.claim(Lane.PAGING, "email", most=5, by=dispatcher.name, now=clock.now())
    dispatcher.stop()
    message.refresh_from_db()
    assert message.state == State.CLAIMED
    world.go(seconds=LEASE.total_seconds())
    assert world.expect("email", "Ana").parcel.is_possible_duplicate
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
