"""Things that change while a page is calling: methods, people, the day; and pages that are only a test."""

from datetime import timedelta

import pytest

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.models import Alert
from hausmeister.journal import queries as journal
from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.pager.operations import acting, climbing, reaching, testing
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as rota_queries
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team
from hausmeister.team.models import Membership
from hausmeister.team.rules import Channel, ListName, Role
from tests import builders
from tests.harness import at


@pytest.fixture
def phone(trio):
    """Ana has a phone, three minutes after her mail."""
    made = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    mail = trio.ana.methods.get(channel=Channel.EMAIL)
    for name in ListName:
        builders.ladder(trio.ana, (0, mail), (3, made), name=name)
    return made


# ---- ways to reach somebody ----


def test_a_method_removed_while_its_message_waits_is_not_used_and_the_next_one_is(world, trio, phone):
    mail = trio.ana.methods.get(channel=Channel.EMAIL)
    world.channels["email"].fail(TryLater("busy"))
    page = world.fire()
    world.tick()
    reaching.remove_method(mail, by=CONSOLE, now=world.now)
    world.go(seconds=10)
    assert world.expect("ntfy", "Ana").at < at("2026-11-24 02:00:07"), "at once, not after three minutes"
    world.expect_none()
    assert [entry.facts["reason"] for entry in journal.verbs_about([page.subject], "message.failed")] == [
        "This contact method is gone or switched off."
    ]
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def read_letters(world) -> set[str]:
    """Take off the list what tells people that a duty moved; return whom it was told."""
    letters = [one for one in world.sent if one.parcel.kind != "page"]
    world.sent[:] = [one for one in world.sent if one.parcel.kind == "page"]
    return {one.person for one in letters}


def test_a_message_to_somebody_whose_account_ended_stays_here_and_the_page_climbs_at_once(world, trio):
    world.channels["email"].fail(TryLater("busy"))
    page = world.fire()
    world.tick()
    rota.deactivate(trio.ana, by=CONSOLE, now=world.now)
    world.go(seconds=10)
    # Bruno has Ana's duty now, and Carla stands behind him: the next step is hers
    assert world.expect("email", "Carla", kind="page").at < at("2026-11-24 02:00:07")
    assert "Ana" not in read_letters(world)
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_a_rung_that_was_overdue_when_the_ladder_changed_rings_at_the_next_tick(world, trio, phone):
    """The engine stood still for a minute too long; meanwhile Ana proved another method."""
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    world.now += timedelta(minutes=4)
    climbing.reschedule_rings(trio.ana.pk, now=world.now)
    world.tick()
    world.expect("ntfy", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_when_both_of_a_step_are_out_of_reach_in_the_second_round_it_does_not_wait_for_the_first_rounds_success(
    world, trio
):
    """What reached somebody an hour ago is no reason to wait now."""
    builders.policy_with(
        trio.team,
        (
            '{ call = "on duty", wait = "5m" },\n    { call = "backstop", wait = "10m" },',
            '{ call = "everybody", wait = "5m" },',
        ),
    )
    page = world.fire()
    world.tick()
    assert len(world.sent) == 3
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    acting.unacknowledge(page.pk, by=trio.ana, now=world.now)
    world.channels["email"].always = Refused("no")
    world.tick()
    steps = [entry for entry in journal.timeline(page.subject) if entry.verb == "page.climbed"]
    assert steps[0].facts["steps"][0]["call"] == "last resort", "climbed in the same minute"
    world.channels["email"].always = None
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


# ---- people ----


def test_somebody_who_leaves_the_team_in_the_middle_of_a_turn_is_not_called_any_more(world, trio):
    rota.part(Membership.objects.get(person=trio.ana), by=CONSOLE, now=world.now)
    duty = rota_queries.on_duty(trio.team, at=world.now)
    assert duty.primary.person == trio.bruno
    assert duty.backstop.person == trio.carla
    before = rota_queries.on_duty(trio.team, at=world.now - timedelta(hours=4))
    assert before.primary.person == trio.ana, "what was, stays"
    page = world.fire()
    world.tick()
    world.expect("email", "Bruno", kind="page")
    assert {"Bruno", "Carla"} & read_letters(world)
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_an_override_ends_with_the_membership_of_its_person(world, trio):
    rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.carla, starts_at=world.now - timedelta(hours=1),
        ends_at=world.now + timedelta(days=2), reason="a favour", by=CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    other = builders.person("Dora")
    builders.method(other)
    team.join(trio.team, other, role=Role.LEAD, experience=4, joined_on=world.now.date(), by=CONSOLE, now=world.now)
    rota.part(Membership.objects.get(person=trio.carla), by=CONSOLE, now=world.now)
    assert rota_queries.on_duty(trio.team, at=world.now).primary.person == trio.ana


def test_a_page_is_handed_to_no_viewer(world, trio):
    viewer = builders.person("Vera")
    builders.method(viewer)
    team.join(trio.team, viewer, role=Role.VIEWER, experience=1, joined_on=world.now.date(), by=CONSOLE, now=world.now)
    page = world.fire()
    with pytest.raises(acting.NobodyToAsk, match="Vera is no responder"):
        acting.reassign(page.pk, to=viewer, by=trio.ana, now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_call_for_help_by_somebody_else_does_not_drop_the_hausmeister_who_has_not_answered(world, trio, phone):
    """H7: Carla sees the page and calls the backstop; Ana's phone rings all the same."""
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.escalate(page.pk, by=trio.carla, now=world.now)
    world.go(minutes=3)
    world.expect("email", "Bruno")
    assert world.expect("ntfy", "Ana").at == at("2026-11-24 02:03")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


# ---- the day ----


def test_the_later_rungs_of_a_soft_page_wait_for_the_working_day_too(world, trio, phone):
    """L1: called at 17:58 in Berlin, three minutes before the phone would ring, after hours."""
    world.go_to(at("2026-11-24 16:58"))
    page = world.fire("Disk at 80 %", severity="warning")
    world.tick()
    world.expect("email", "Ana")
    planned = pager.plan(page, now=world.now)
    world.forget()
    world.go_to(at("2026-11-25 07:59"))
    world.expect_none()
    world.go_to(at("2026-11-25 08:01"))
    assert world.expect("ntfy", "Ana").at == at("2026-11-25 08:00")
    assert at("2026-11-25 08:00") in [line.at for line in planned.lines if line.how == "ntfy"]
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.forget()


def test_the_week_ahead_is_whole_also_days_after_it_was_read_first(world, trio):
    TeamContext.load(trio.team.pk, at=world.now).timeline(timedelta(days=8))
    later = world.now + timedelta(days=5)
    for one in TeamContext.load(trio.team.pk, at=later).timeline(timedelta(days=8)):
        assert one.duty.primary.person == trio.ana
        assert one.duty.backstop.person == trio.bruno


# ---- tests ----


@pytest.fixture
def test_page(world, trio):
    made = testing.send_test_page(trio.ana, team=trio.team, by=CONSOLE, now=world.now)
    world.tick()
    world.expect("email", "Ana")
    return made


def test_a_test_page_calls_nobody_else(world, trio, test_page):
    with pytest.raises(acting.NobodyToAsk, match="a test"):
        acting.escalate(test_page.pk, by=trio.ana, now=world.now)
    with pytest.raises(acting.NobodyToAsk, match="a test"):
        acting.reassign(test_page.pk, to=trio.bruno, by=trio.ana, now=world.now)
    world.go(minutes=20)
    world.expect_none()


def test_a_test_page_given_back_or_forgotten_calls_nobody_and_ends_by_itself(world, trio, test_page):
    builders.policy_with(trio.team, ('ack_timeout = "1h"', 'ack_timeout = "5m"'))
    acting.acknowledge(test_page.pk, by=trio.ana, now=world.now)
    acting.unacknowledge(test_page.pk, by=trio.ana, now=world.now)
    world.tick()
    world.expect_none()
    acting.acknowledge(test_page.pk, by=trio.ana, now=world.now)
    for _ in range(16):
        world.now += timedelta(minutes=1)
        world.tick()
    world.expect_none()
    test_page.refresh_from_db()
    assert test_page.state is PageState.CLOSED


def test_a_test_page_that_reaches_nobody_is_no_alarm_of_the_auditor(world, trio):
    world.channels["email"].always = Refused("no such address")
    page = testing.send_test_page(trio.ana, team=trio.team, by=CONSOLE, now=world.now)
    world.go(minutes=10)
    assert not pager.audit(now=world.now).stuck
    world.go(minutes=6)
    page.refresh_from_db()
    assert page.close_reason == "the test was not answered"


# ---- the auditor ----


def test_the_auditor_sees_a_forgotten_page_and_an_overdue_rung(world, trio, phone):
    rung, taken = world.fire("rung"), world.fire("taken")
    world.tick()
    world.forget()
    acting.acknowledge(taken.pk, by=trio.ana, now=world.now)
    Page.objects.filter(pk=rung.pk).update(next_step_at=world.now + timedelta(hours=5))
    assert Summons.objects.filter(page=rung, next_ring_at__isnull=False).exists()
    found = pager.audit(now=world.now + timedelta(hours=1, minutes=6)).stuck
    assert {page.pk for page in found} == {rung.pk, taken.pk}
    acting.acknowledge(rung.pk, by=trio.ana, now=world.now)


# ---- age ----


def test_of_many_pages_that_are_too_old_one_that_somebody_just_closed_stops_no_other(world, trio, monkeypatch):
    first, second = world.fire("first"), world.fire("second")
    world.tick()
    world.forget()
    for page in (first, second):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    whole = alerts.pager_queries.too_old

    def too_old(*, now):
        found = whole(now=now)
        alerts.close_page(first.pk, by=CONSOLE, person=None, reason="done", now=now)
        return found

    monkeypatch.setattr(alerts.pager_queries, "too_old", too_old)
    later = world.now + timedelta(days=8)
    assert alerts.expire(now=later) == 1
    second.refresh_from_db()
    assert second.close_reason.startswith("expired")
    assert not Alert.objects.open().exists()
    assert not Message.objects.filter(state=State.PENDING).exists()
