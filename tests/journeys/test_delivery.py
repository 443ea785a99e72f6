"""Section E of the pager scenarios, X2, X5 and X6: what happens when a message does not get through.

Left out: the status updates of Twilio's own codes come with that connector; "graphqladminmessagelogs" lists all
messages of an installation, and here each page's timeline tells of its own, newest first.
"""

import itertools
from datetime import timedelta

import pytest

from hausmeister.base import outgoing
from hausmeister.journal import queries as journal
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import LEASE, Lane, State, pause
from hausmeister.pager.operations import acting, delivery
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel
from tests import builders
from tests.harness import at


@pytest.fixture
def ana_has_a_phone(world, trio):
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, phone), (3, trio.ana.methods.get(channel=Channel.EMAIL)))


def newest(page):
    return journal.timeline(page.subject)[0]


def test_a_refusal_is_tried_exactly_once_and_the_next_method_is_used_at_once(world, trio, ana_has_a_phone):
    """E/twiliosmsfailure and I14."""
    world.channels["ntfy"].fail(Refused("ntfy answered 403"))
    page = world.fire()
    world.tick()
    assert world.expect("email", "Ana").at == at("2026-11-24 02:00"), "not after three minutes"
    assert [one.channel for one in world.tried] == ["ntfy", "email"]
    world.go(minutes=4)
    world.expect_none()
    failed = next(entry for entry in journal.timeline(page.subject) if entry.verb == "message.failed")
    assert failed.facts["reason"] == "ntfy answered 403"
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


@pytest.mark.parametrize(
    "reason",
    ["ntfy answered 500", "ntfy did not answer within 10 s", "the connection was reset", "200 with an error in it"],
)
def test_a_passing_failure_is_tried_again_with_growing_pauses_then_the_next_method_is_used(
    world, trio, ana_has_a_phone, reason
):
    """X5."""
    world.channels["ntfy"].always = TryLater(reason)
    builders.policy_with(trio.team, ('call = "on duty", wait = "5m"', 'call = "on duty", wait = "30m"'))
    builders.ladder(
        trio.ana, (0, trio.ana.methods.get(channel=Channel.NTFY)), (20, trio.ana.methods.get(channel=Channel.EMAIL))
    )
    page = world.fire()
    world.go(minutes=2)
    tries = [one.at for one in world.tried if one.channel == "ntfy"]
    pauses = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tries)]
    assert len(tries) == 4
    assert pauses == sorted(pauses)
    mail = world.expect("email", "Ana")
    assert mail.at == tries[-1], "the next method now, not after its twenty minutes"
    assert mail.at < at("2026-11-24 02:01:05")
    reasons = {entry.facts["reason"] for entry in journal.timeline(page.subject) if "reason" in entry.facts}
    assert reason in reasons
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_provider_that_asks_for_an_hour_of_patience_does_not_hold_up_the_next_method(world, trio, ana_has_a_phone):
    """I14: Retry-After beyond a minute."""
    world.channels["ntfy"].fail(TryLater("ntfy answered 429", retry_after_s=3600))
    page = world.fire()
    world.tick()
    assert world.expect("email", "Ana").at == at("2026-11-24 02:00")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_when_every_method_fails_for_good_the_next_step_is_taken_at_once(world, trio, ana_has_a_phone):
    """X6."""
    world.channels["ntfy"].always = Refused("no such topic")
    world.channels["email"].fail(Refused("no such mailbox"))
    page = world.fire()
    world.tick()
    assert world.expect("email", "Bruno").at == at("2026-11-24 02:00")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_one_method_that_got_through_is_enough_to_wait_for_an_answer(world, trio):
    """Two methods at the same minute: the failure of one is no reason to wake the backstop."""
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, phone), (0, trio.ana.methods.get(channel=Channel.EMAIL)))
    world.channels["ntfy"].fail(Refused("no such topic"))
    page = world.fire()
    world.go(minutes=4)
    world.expect("email", "Ana")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_when_everything_fails_for_everybody_the_ladder_goes_on_and_does_not_spin(world, trio):
    for channel in world.channels.values():
        channel.always = Refused("the mail server is gone")
    page = world.fire()
    world.go(minutes=10)
    assert 10 <= len(world.tried) <= 60
    page.refresh_from_db()
    assert page.exhausted_at is not None
    for channel in world.channels.values():
        channel.always = None
    world.go(minutes=2)
    assert world.sent
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_channel_that_is_not_set_up_counts_as_refused(world, trio, ana_has_a_phone):
    del world.engine._dispatcher._senders["ntfy"]
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_bug_in_a_connector_is_logged_and_the_message_is_tried_again(world, trio):
    class Broken:
        def send(self, parcel):
            outgoing.last_look()
            raise KeyError("a bug")

    world.engine._dispatcher._senders["email"] = Broken()
    world.allow_error("outbox.sender_broke")
    page = world.fire()
    world.tick()
    message = Message.objects.get(subject=page.subject)
    assert (message.state, message.attempts, message.is_possible_duplicate) == (State.PENDING, 1, True)
    world.engine._dispatcher._senders["email"] = world.channels["email"]
    world.go(minutes=1)
    assert world.expect("email", "Ana").parcel.is_possible_duplicate
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


# ---- E/alertlog: the newest entry says why ----


def test_the_newest_entry_says_that_it_was_sent(world, trio):
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    assert (newest(page).verb, newest(page).facts["channel"], newest(page).facts["person"]) == (
        "message.sent",
        "email",
        "Ana",
    )
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_the_newest_entry_says_that_the_methods_are_switched_off(world, trio):
    ContactMethod.objects.filter(person=trio.ana).update(disabled_at=world.now)
    page = world.fire()
    assert newest(page).facts["steps"][0]["skipped"].startswith("no way to reach Ana: no contact method")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_the_newest_entry_says_that_there_is_no_method_for_the_first_minutes(world, trio):
    builders.ladder(trio.ana, (3, trio.ana.methods.get()))
    page = world.fire()
    world.tick()
    world.expect_none()
    called = newest(page).facts["steps"][0]["called"]
    assert called == [{"person": "Ana", "role": "hausmeister", "first_after_s": 180}]
    world.go(minutes=3)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_the_newest_entry_says_that_nobody_is_on_duty(world, trio):
    trio.team.shifts.update(person=None)
    page = world.fire()
    world.tick()
    assert len(world.sent) == 1, "never nobody: the last resort stands in"
    assert newest(page).verb == "message.sent"
    world.forget()
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


# ---- leases, crashes, and what slips through ----


def test_a_claim_whose_sender_died_is_sent_again_and_marked(world, trio):
    """X2: killed between claim and wire, or between wire and result: nobody can know which."""
    page = world.fire()
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="a process that dies", now=world.now)
    assert len(claimed) == 1
    world.go(seconds=LEASE.total_seconds() - 1)
    world.expect_none()
    world.go(seconds=2)
    again = world.expect("email", "Ana")
    assert again.parcel.is_possible_duplicate
    assert again.parcel.idempotency_key == claimed[0].dedup_key
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_an_expired_lease_forbids_the_wire(world, trio):
    page = world.fire()
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="a slow process", now=world.now)
    world.now += LEASE
    assert not outbox.is_mine(claimed[0].pk, by="a slow process")
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_message_acknowledged_away_is_not_sent_by_the_one_who_holds_it(world, trio):
    page = world.fire()
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="me", now=world.now)
    acked = acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    assert acked.in_flight == 1, "whoever acknowledges is told that one may still arrive"
    assert not outbox.is_mine(claimed[0].pk, by="me")


def test_an_acknowledgement_while_the_connection_is_made_stops_the_message_before_its_first_byte(world, trio):
    """The look comes after everything slow: name look-up, connection, encryption."""

    class Slow:
        def send(self, parcel):
            acting.acknowledge(parcel.facts["page"], by=trio.bruno, now=world.now)  # meanwhile
            outgoing.last_look()
            raise AssertionError("the wire was reached")

    world.engine._dispatcher._senders["email"] = Slow()
    page = world.fire()
    world.tick()
    message = Message.objects.get(subject=page.subject)
    assert message.state == State.CANCELLED
    assert newest(page).verb == "page.acknowledged"


def test_a_sender_that_goes_round_the_door_is_told_on(world, trio):
    class Careless:
        def send(self, parcel):
            return "sent"

    world.engine._dispatcher._senders["email"] = Careless()
    world.allow_error("outbox.sender_did_not_look")
    page = world.fire()
    world.tick()
    assert any(one["event"] == "outbox.sender_did_not_look" for one in world.logs)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_what_slipped_through_after_the_acknowledgement_is_journalled_and_stays_cancelled(world, trio):
    page = world.fire()
    claimed = outbox.claim(Lane.PAGING, "email", most=5, by="me", now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    delivery.record_sent(claimed, {claimed[0].pk: "ref"}, by="me", now=world.now + timedelta(seconds=1))
    assert newest(page).verb == "message.late"
    assert Message.objects.get(pk=claimed[0].pk).state == State.CANCELLED


def test_a_message_that_was_sent_is_never_claimed_again(world, trio):
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    world.go(minutes=4)
    assert outbox.claim(Lane.PAGING, "email", most=5, by="another", now=world.now) == []
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_chat_that_answers_429_for_an_hour_delays_no_page(world, trio, settings):
    """grafana/oncall#4087."""
    settings.HAUSMEISTER_CHAT = "slack"
    world.channels["slack"].always = TryLater("Slack answered 429", retry_after_s=3600)
    soft = world.fire("soft", severity="warning")
    hard = world.fire("hard", severity="critical")
    world.tick()
    assert world.expect("email", "Ana", "hard").at == world.now
    world.go(minutes=3)
    assert sum(one.channel == "slack" for one in world.tried) == 1
    for page in (soft, hard):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


@pytest.mark.parametrize(
    ("lane", "attempts", "retry_after_s", "seconds"),
    [
        (Lane.PAGING, 1, None, 5),
        (Lane.PAGING, 2, None, 15),
        (Lane.PAGING, 3, None, 30),
        (Lane.PAGING, 4, None, None),
        (Lane.PAGING, 1, 20, 20),
        (Lane.PAGING, 1, 60, 60),
        (Lane.PAGING, 1, 61, None),
        (Lane.PAGING, 1, -5, 5),
        (Lane.CHAT, 1, 7200, 7200),
        (Lane.CHAT, 28, None, 3600),
        (Lane.CHAT, 29, None, None),
        (Lane.CHAT, 1, 1e12, 86_400),
    ],
)
def test_the_pause_before_the_next_try(lane, attempts, retry_after_s, seconds):
    wait = pause(lane, attempts=attempts, retry_after_s=retry_after_s, chance=0.0)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))
