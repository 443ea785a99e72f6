"""What people do in Opsgenie comes back by asking (H6)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from hausmeister.alerts.models import Alert
from hausmeister.base import clock, database
from hausmeister.base.outgoing import Client
from hausmeister.connectors.opsgenie import poll, wire
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.opsgenie.poll import Poll
from hausmeister.connectors.opsgenie.sender import OpsgenieApi
from hausmeister.journal import queries as journal
from hausmeister.outbox.models import Message
from hausmeister.pager.models import PageState
from hausmeister.pager.operations import acting
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel
from tests import builders
from tests.connectors.opsgenie.conftest import ANA, BRUNO, KEY


def called(world, opsgenie):
    """Fire an alert that calls Ana through Opsgenie; return page and alias."""
    page = world.fire(severity="critical")
    world.tick()
    return page, opsgenie.take()["alias"]


def come_back(world):
    """Let the next round of questions be asked, and what follows from it be sent."""
    world.go(seconds=15)
    world.tick()


def notes(page):
    return [entry.facts["text"] for entry in journal.verbs_about([page.subject], "page.noted")]


def asked(opsgenie):
    return [one.target for one in opsgenie.seen if one.method == "GET"]


# ---- acknowledgement and close ----


def test_h6_an_acknowledgement_in_opsgenie_is_one_here_and_nobody_else_is_called(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    world.go(seconds=30)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    world.go(minutes=20)
    page.refresh_from_db()
    assert (page.state, page.acked_by) == (PageState.ACKNOWLEDGED, ana)
    (entry,) = journal.verbs_about([page.subject], "page.acknowledged")
    assert (entry.actor_name, entry.facts["via"]) == ("Ana", "Opsgenie")
    assert ContactMethod.objects.get(channel=Channel.OPSGENIE).tested_at is not None
    # our own word of it goes to Opsgenie once, where it changes nothing
    opsgenie.take("acknowledge")
    assert (opsgenie.newest(alias).count, opsgenie.newest(alias).rang) == (1, 1)


def test_h6_a_close_in_opsgenie_closes_page_and_alert_and_frees_its_key(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "close", alias)
    come_back(world)
    page.refresh_from_db()
    assert (page.state, page.closed_by, page.close_reason) == (PageState.CLOSED, ana, "closed in Opsgenie")
    assert not Alert.objects.open().exists()
    opsgenie.take("close")
    world.fire(severity="critical")
    assert len(builders.open_pages()) == 1


def test_a_close_by_somebody_unknown_here_is_opsgenies_own(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does("stranger@corp.example", "close", alias)
    come_back(world)
    page.refresh_from_db()
    assert (page.state, page.closed_by) == (PageState.CLOSED, None)
    (entry,) = journal.verbs_about([page.subject], "page.closed")
    assert entry.actor_name == "Opsgenie"
    opsgenie.take("close")


def test_somebody_else_may_take_it_there(world, opsgenie, ana, trio):
    builders.method(trio.bruno, Channel.OPSGENIE, BRUNO)
    page, alias = called(world, opsgenie)
    opsgenie.does(BRUNO.upper(), "acknowledge", alias)
    come_back(world)
    page.refresh_from_db()
    assert page.acked_by == trio.bruno
    opsgenie.take("acknowledge")


def test_of_two_people_with_one_user_name_it_is_the_one_who_was_called(world, opsgenie, ana, trio):
    builders.method(trio.bruno, Channel.OPSGENIE, ANA)
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    page.refresh_from_db()
    assert page.acked_by == ana
    opsgenie.take("acknowledge")


# ---- who does not count ----


def test_s37_an_acknowledgement_by_nobody_known_here_silences_nothing_and_is_told_once(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does("stranger@corp.example", "acknowledge", alias)
    world.go(minutes=4)
    world.expect_none()
    world.go(minutes=2)
    world.expect("email", "Bruno")
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    (note,) = notes(page)
    assert "acknowledged this in Opsgenie" in note
    assert "stranger" not in note


@pytest.mark.parametrize("who", ["outsider", "unverified", "left"])
def test_s37_an_acknowledgement_by_somebody_who_may_not_act_silences_nothing(world, opsgenie, ana, who):
    page, alias = called(world, opsgenie)
    other = builders.person("Olga")
    builders.method(other, Channel.OPSGENIE, "olga@corp.example", verified=who != "unverified")
    if who == "left":
        other.__class__.objects.filter(pk=other.pk).update(is_active=False)
    opsgenie.does("olga@corp.example", "acknowledge", alias)
    world.go(minutes=1)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    assert len(notes(page)) == 1


def test_an_alert_with_our_alias_that_we_never_made_means_nothing(world, opsgenie, ana, trio):
    page, alias = called(world, opsgenie)
    Message.objects.filter(channel="opsgenie").update(attempts=0)
    opsgenie.does(ANA, "acknowledge", alias)
    found = wire.Standing(is_acknowledged=True, is_closed=False, by=ANA, at=world.now)
    assert not poll.take((page.pk, ana.pk), found, now=world.now)
    assert not poll.take((page.pk, trio.bruno.pk), found, now=world.now)
    assert not poll.take((4711, ana.pk), found, now=world.now)
    page.refresh_from_db()
    assert page.acked_by is None


# ---- the past never silences the present ----


def test_h7_asking_for_help_after_acknowledging_there_still_calls_the_backstop(world, opsgenie, ana, trio):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    acting.escalate(page.pk, by=ana, now=world.now)
    world.go(minutes=2)
    world.expect("email", "Bruno")
    page.refresh_from_db()
    assert page.acked_by is None
    opsgenie.take("acknowledge")


def test_h7_asking_for_help_works_although_opsgenies_clock_is_fast(world, opsgenie, ana, trio):
    opsgenie.now = lambda: clock.now() + timedelta(seconds=20)
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    acting.escalate(page.pk, by=ana, now=world.now)
    world.go(minutes=2)
    world.expect("email", "Bruno")
    page.refresh_from_db()
    assert page.acked_by is None
    opsgenie.take("acknowledge")


def test_a_page_given_to_somebody_else_is_not_taken_back_by_an_old_acknowledgement(world, opsgenie, ana, trio):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    acting.reassign(page.pk, to=trio.carla, by=ana, now=world.now)
    world.go(minutes=2)
    world.expect("email", "Carla")
    page.refresh_from_db()
    assert page.acked_by is None
    opsgenie.take("acknowledge")


def test_a_snoozed_page_stays_snoozed(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    acting.snooze(page.pk, by=ana, until=world.now.replace(hour=5), now=world.now)
    world.go(minutes=5)
    page.refresh_from_db()
    assert page.state is PageState.SNOOZED
    opsgenie.take("acknowledge")


def test_a_forgotten_page_rings_again_there_and_only_a_new_acknowledgement_counts(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    opsgenie.take("acknowledge")
    world.go(minutes=61)  # nobody touched it for an hour
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    assert opsgenie.take()["alias"] == alias
    opsgenie.take("unacknowledge")
    assert (opsgenie.newest(alias).rang, opsgenie.newest(alias).is_acknowledged) == (2, False)
    # Opsgenie goes on telling the time of the first acknowledgement
    opsgenie.does(ANA, "acknowledge", alias)
    world.go(minutes=1)
    come_back(world)
    page.refresh_from_db()
    assert page.acked_by == ana
    opsgenie.take("acknowledge")


def test_while_opsgenie_has_not_yet_heard_of_the_new_call_its_old_answer_does_not_count(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    opsgenie.does(ANA, "acknowledge", alias)
    come_back(world)
    opsgenie.is_slow = True
    page.refresh_from_db()
    world.go_to(page.ack_expires_at)
    for _ in range(3):
        come_back(world)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    assert opsgenie.newest(alias).is_acknowledged
    opsgenie.work_off()
    assert not opsgenie.newest(alias).is_acknowledged
    opsgenie.delivered.clear()


def test_an_alert_that_opsgenie_closed_by_itself_long_ago_does_not_close_a_new_call(world, opsgenie, ana):
    page, alias = called(world, opsgenie)
    acting.acknowledge(page.pk, by=ana, now=world.now)
    world.go(minutes=10)
    opsgenie.does("System", "close", alias)
    opsgenie.is_slow = True
    page.refresh_from_db()
    world.go_to(page.ack_expires_at)
    come_back(world)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    opsgenie.work_off()
    assert [alert.is_open for alert in opsgenie.alerts[alias]] == [False, True]
    opsgenie.delivered.clear()


# ---- how it asks ----


def test_only_unanswered_pages_that_went_through_opsgenie_are_asked_about(world, opsgenie, trio):
    world.fire()
    world.tick()
    world.expect("email", "Ana")
    world.go(minutes=1)
    assert asked(opsgenie) == []
    world.forget()


def test_a_page_that_is_answered_is_not_asked_about_any_more(world, opsgenie, ana):
    page, _ = called(world, opsgenie)
    world.go(seconds=15)
    before = len(asked(opsgenie))
    assert before >= 1
    acting.acknowledge(page.pk, by=ana, now=world.now)
    world.go(minutes=5)
    assert len(asked(opsgenie)) == before
    opsgenie.take("acknowledge")


def fire_two(world, opsgenie):
    pages = [world.fire(title, severity="critical") for title in ("one", "two")]
    world.tick()
    return pages, [opsgenie.take()["alias"] for _ in pages]


@pytest.mark.parametrize("trouble", ["fail", "reset", "refuse", "error_body"])
def test_one_page_that_cannot_be_asked_about_does_not_stop_the_others(world, opsgenie, ana, trouble):
    (first, second), aliases = fire_two(world, opsgenie)
    for alias in aliases:
        opsgenie.does(ANA, "acknowledge", alias)
    opsgenie.plays_with_questions = True
    getattr(opsgenie, trouble)()
    world.now = world.now.replace(second=20)
    world.tick()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.acked_by, second.acked_by) == (None, ana)
    come_back(world)
    first.refresh_from_db()
    assert first.acked_by == ana
    for _ in aliases:
        opsgenie.take("acknowledge")


def test_one_page_that_breaks_our_own_code_does_not_stop_the_others(world, opsgenie, ana, monkeypatch):
    (first, second), aliases = fire_two(world, opsgenie)
    for alias in aliases:
        opsgenie.does(ANA, "acknowledge", alias)
    take = poll.take

    def breaks(call, found, *, now):
        if call[0] == first.pk:
            raise ZeroDivisionError
        return take(call, found, now=now)

    monkeypatch.setattr(poll, "take", breaks)
    world.now = world.now.replace(second=20)
    world.tick()
    second.refresh_from_db()
    assert second.acked_by == ana
    world.allow_error("opsgenie.poll_page_failed")
    world.tick()
    opsgenie.take("acknowledge")


def test_a_round_ends_with_its_budget_and_the_next_begins_where_it_stopped(world, opsgenie, ana):
    fire_two(world, opsgenie)
    seconds = iter([0.0, 0.0, 21.0, 100.0, 100.0, 121.0])
    some = Poll(OpsgenieApi(Client(), url=opsgenie.url, key=KEY), begin=database.at_once, budget_s=20.0,
                stopwatch_s=lambda: next(seconds))  # fmt: skip
    some.run(world.now)
    some.run(world.now)
    first, second = asked(opsgenie)[-2:]
    assert first != second


def test_a_hanging_opsgenie_holds_up_no_tick_and_no_second_round_begins(world, opsgenie, ana):
    called(world, opsgenie)
    ended = threading.Event()

    def aside(work):
        def do():
            work()
            ended.set()

        threading.Thread(target=do).start()

    opsgenie.plays_with_questions = True
    opsgenie.hang()
    before = len(opsgenie.seen)
    some = Poll(OpsgenieApi(Client(), url=opsgenie.url, key=KEY), begin=aside)
    assert some.run(world.now) == 1
    opsgenie.wait_until_seen(before + 1)
    assert some.run(world.now) == 0
    opsgenie.close()
    assert ended.wait(5)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_opsgenie_is_asked(settings):
    was_atomic = []

    class Asked(OpsgenieApi):
        def standing(self, alias):
            was_atomic.append(connection.in_atomic_block)
            return super().standing(alias)

    from tests import harness

    settings.HAUSMEISTER_OPSGENIE_KEY = KEY
    with FakeOpsgenie(key=KEY, now=clock.now) as fake, harness.world(harness.at("2026-11-24 02:00")) as world:
        trio = builders.trio()
        world.key = trio.key
        builders.ladder(trio.ana, (0, builders.method(trio.ana, Channel.OPSGENIE, ANA)))
        page = world.fire(severity="critical")
        world.tick()
        world.expect("opsgenie", "Ana")
        Poll(Asked(Client(), url=fake.url, key=KEY), begin=database.at_once).run(world.now)
        assert was_atomic == [False]
        assert poll.waiting() == [(page.pk, trio.ana.pk)]
