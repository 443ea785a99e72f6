"""Section B of the pager scenarios: climbing, by time and by hand.

Left out: "escalationgap" and "inprogress" heal data of older versions of another program; our steps have no
numbers and there is no older version. A step at which several people must each acknowledge does not exist
here; its three rows are told with an escalation by hand, where two people pair on one page (H7).
"""

from datetime import timedelta

import pytest

from hausmeister.journal import queries as journal
from hausmeister.pager import queries as pager
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.pager.operations import acting, climbing
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel
from tests import builders
from tests.harness import at


def test_thirty_silent_minutes_bring_the_next_step(world, trio):
    """B/escalation."""
    builders.policy_with(trio.team, ('call = "on duty", wait = "5m"', 'call = "on duty", wait = "30m"'))
    page = world.fire()
    world.go(minutes=29)
    world.expect("email", "Ana")
    world.expect_none()
    world.go(minutes=1)
    world.expect("email", "Bruno")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_escalating_by_hand_calls_the_backstop_and_keeps_the_hausmeister(world, trio):
    """B/manualescalationnotification and H7: nobody before the backstop is called, nobody is dropped."""
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.go(minutes=3)
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    world.tick()
    world.expect("email", "Bruno")
    world.expect_none()
    on_it = {one.person.name: one.joined_at is not None for one in pager.people_on(page)}
    assert on_it == {"Ana": True, "Bruno": False}

    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    on_it = {one.person.name: one.joined_at is not None for one in pager.people_on(page)}
    assert on_it == {"Ana": True, "Bruno": True}
    world.go(minutes=40)
    world.expect_none()


def test_the_one_who_called_for_help_is_not_called_while_the_other_is(world, trio):
    """B/multiack "others": Bruno's later rungs ring, Ana's do not."""
    for who in (trio.ana, trio.bruno):
        phone = builders.method(who, Channel.NTFY, f"https://ntfy.example.org/{who.name}")
        builders.ladder(who, (0, who.methods.get(channel=Channel.EMAIL)), (3, phone))
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    world.go(minutes=4)
    world.expect("email", "Bruno")
    assert world.expect("ntfy", "Bruno").at == at("2026-11-24 02:03")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_the_second_of_two_on_a_page_is_told_who_was_first(world, trio):
    """B/multiack "second ack": told and journalled, never as if it were theirs alone."""
    page = world.fire()
    world.tick()
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    with pytest.raises(acting.PageAlreadyTaken, match="Ana took this page a moment before you"):
        acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    page.refresh_from_db()
    assert page.acked_by == trio.ana
    again = acting.acknowledge(page.pk, by=trio.ana, now=world.now + timedelta(minutes=1))
    assert again.was_mine_before
    page.refresh_from_db()
    assert page.acked_at == world.now


def test_after_the_close_nobody_is_called_again(world, trio):
    """B/multiack "close"."""
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    world.tick()
    world.expect("email", "Bruno")
    world.post("/api/v1/alerts", {"title": "Disk full", "key": "Disk full", "action": "resolve"})
    world.go(hours=3)
    world.expect_none()
    page.refresh_from_db()
    assert page.state is PageState.CLOSED


def test_rungs_added_while_somebody_is_called_count_from_where_they_are(world, trio):
    """B/addrules: 0 and 60 min; at 35 min come 30 and 90: 30 is over, 60 and 90 ring; a new call uses all."""
    builders.policy_with(trio.team, ('call = "on duty", wait = "5m"', 'call = "on duty", wait = "2h"'))
    mail = trio.ana.methods.get()
    phones = [builders.method(trio.ana, Channel.NTFY, f"https://ntfy.example.org/{number}") for number in range(3)]
    builders.ladder(trio.ana, (0, mail), (60, phones[0]))
    page = world.fire()
    world.go(minutes=35)
    world.expect("email", "Ana")
    builders.ladder(trio.ana, (0, mail), (30, phones[1]), (60, phones[0]), (90, phones[2]))
    climbing.reschedule_rings(trio.ana.pk, now=world.now)
    world.go(minutes=80)
    assert world.expect("ntfy", "Ana").at == at("2026-11-24 03:00")
    assert world.expect("ntfy", "Ana").at == at("2026-11-24 03:30")
    world.expect_none()

    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    acting.unacknowledge(page.pk, by=trio.ana, now=world.now)
    world.go(minutes=31)
    world.expect("email", "Ana")
    world.expect("ntfy", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_rung_that_is_new_and_sooner_than_the_next_one_rings_at_its_own_time(world, trio):
    mail = trio.ana.methods.get()
    phones = [builders.method(trio.ana, Channel.NTFY, f"https://ntfy.example.org/{number}") for number in range(2)]
    builders.policy_with(trio.team, ('call = "on duty", wait = "5m"', 'call = "on duty", wait = "2h"'))
    builders.ladder(trio.ana, (0, mail), (60, phones[0]))
    page = world.fire()
    world.go(minutes=10)
    world.expect("email", "Ana")
    builders.ladder(trio.ana, (0, mail), (20, phones[1]), (60, phones[0]))
    climbing.reschedule_rings(trio.ana.pk, now=world.now)
    world.go(minutes=15)
    assert world.expect("ntfy", "Ana").at == at("2026-11-24 02:20")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_double_tap_on_escalate_is_one_escalation(world, trio):
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    drawn_from = Page.objects.get(pk=page.pk).steps_done
    acting.escalate(page.pk, by=trio.ana, now=world.now, seen_steps=drawn_from)
    acting.escalate(page.pk, by=trio.ana, now=world.now, seen_steps=drawn_from)
    world.tick()
    world.expect("email", "Bruno")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_with_the_backstop_called_a_second_escalation_brings_the_last_resort(world, trio):
    page = world.fire()
    world.tick()
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    world.tick()
    world.expect("email", "Ana")
    world.expect("email", "Bruno")  # H7: called a moment ago, and not dropped by the second call for help
    world.expect("email", "Carla")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_a_step_with_nobody_on_it_is_skipped_at_once(world, trio):
    """grafana/oncall#4846, goalert#4548: there the empty step waits out its time."""
    trio.team.shifts.update(person=None)
    builders.policy_with(
        trio.team,
        ("steps = [\n", 'steps = [\n    { call = "leads", wait = "5m" },\n'),
        ('last_resort = ["leads"]', 'last_resort = ["nobody@example.org"]'),
    )
    trio.team.memberships.update(role="responder")
    page = world.fire()
    world.tick()
    assert len(world.sent) == 1, "the leads are nobody, so whoever is left on duty is called in the same moment"
    opened = journal.timeline(page.subject)[-1].facts["steps"]
    assert [(step["call"], step["skipped"]) for step in opened] == [("leads", "nobody is leads"), ("on duty", "")]
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_person_without_a_verified_method_is_skipped_at_once_and_named(world, trio):
    """grafana/oncall#1326."""
    ContactMethod.objects.filter(person=trio.ana).update(verified_at=None)
    page = world.fire()
    world.tick()
    assert world.expect("email", "Bruno").at == at("2026-11-24 02:00")
    assert "no way to reach Ana" in journal.timeline(page.subject)[-1].facts["steps"][0]["skipped"]
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_a_ladder_that_is_used_up_is_never_silent(world, trio):
    """X8: the last resort, a visible state, and everything again from the top."""
    page = world.fire()
    world.go(minutes=29)
    for name in ("Ana", "Bruno", "Carla"):
        world.expect("email", name)
    world.expect_none()
    page.refresh_from_db()
    assert page.exhausted_at is None
    world.go(minutes=1)
    page.refresh_from_db()
    assert page.exhausted_at == at("2026-11-24 02:30")
    assert {world.expect("email", name).at for name in ("Ana", "Carla")} == {at("2026-11-24 02:30")}
    world.go(minutes=5)
    world.expect("email", "Bruno")
    world.expect_none()
    world.go(hours=6)
    assert len(world.sent) > 30, "and on through the night"
    world.forget()
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_when_nobody_on_the_ladder_can_be_reached_whoever_can_is_called(world, trio):
    ContactMethod.objects.exclude(person=trio.carla).update(disabled_at=world.now)
    builders.policy_with(
        trio.team,
        ('{ call = "last resort", wait = "15m" },', ""),
        ('last_resort = ["leads"]', 'last_resort = ["bruno@example.org"]'),
    )
    page = world.fire()
    world.tick()
    world.expect("email", "Carla")
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_when_nobody_at_all_can_be_reached_it_is_said_loudly_and_tried_each_minute(world, trio):
    ContactMethod.objects.update(disabled_at=world.now)
    page = world.fire()
    world.allow_error("page.nobody_can_be_reached")
    world.go(minutes=3)
    assert sum(one["event"] == "page.nobody_can_be_reached" for one in world.logs) >= 3
    ContactMethod.objects.filter(person=trio.ana).update(disabled_at=None)
    world.go(minutes=1)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


# ---- acknowledging, giving back, snoozing, forgetting ----


def test_an_acknowledgement_cancels_every_message_still_to_go(world, trio):
    """grafana/oncall#4654, #4760: paged after the acknowledgement."""
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, trio.ana.methods.get(channel=Channel.EMAIL)), (2, phone))
    page = world.fire()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)  # before the engine sent even the first
    world.go(minutes=50)
    world.expect_none()
    page.refresh_from_db()
    assert (page.next_step_at, Summons.objects.filter(page=page, next_ring_at__isnull=False).count()) == (None, 0)


def test_an_acknowledged_page_that_nobody_touches_calls_again(world, trio):
    page = world.fire()
    world.tick()
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.go(minutes=59)
    world.expect_none()
    world.go(minutes=2)
    assert world.expect("email", "Ana").at == at("2026-11-24 03:00")
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    assert [entry.verb for entry in journal.timeline(page.subject)][:3] == [
        "message.sent",
        "page.climbed",
        "page.forgotten",
    ]
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_note_is_a_touch(world, trio):
    page = world.fire()
    world.tick()
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.go(minutes=50)
    acting.note(page.pk, by=trio.ana, text="restarting the publisher", now=world.now)
    world.go(minutes=55)
    world.expect_none()
    world.go(minutes=6)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_page_given_back_calls_from_the_top_at_once(world, trio):
    page = world.fire()
    world.go(minutes=6)
    world.forget()
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    acting.unacknowledge(page.pk, by=trio.bruno, now=world.now)
    world.tick()
    world.expect("email", "Ana")
    world.expect_none()
    with pytest.raises(acting.NotAcknowledged):
        acting.unacknowledge(page.pk, by=trio.bruno, now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_snoozed_page_is_silent_until_then_and_calls_afterwards(world, trio):
    page = world.fire()
    world.tick()
    world.forget()
    acting.snooze(page.pk, by=trio.ana, until=world.now + timedelta(hours=2), now=world.now)
    page.refresh_from_db()
    assert page.state is PageState.SNOOZED
    world.go(minutes=119)
    world.expect_none()
    world.go(minutes=1)
    world.expect("email", "Ana")
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


@pytest.mark.parametrize("away", [timedelta(0), timedelta(minutes=-1), timedelta(days=8)])
def test_a_snooze_ends_in_the_future_and_within_a_week(world, trio, away):
    page = world.fire()
    with pytest.raises(acting.BadSnooze):
        acting.snooze(page.pk, by=trio.ana, until=world.now + away, now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_page_handed_to_somebody_calls_them_and_climbs_on_if_they_are_silent(world, trio):
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    acting.reassign(page.pk, to=trio.carla, by=trio.ana, now=world.now)
    world.go(minutes=1)
    world.expect("email", "Carla")
    world.expect_none()
    world.go(minutes=5)
    world.expect("email", "Bruno")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_a_page_cannot_be_handed_to_somebody_who_cannot_be_reached(world, trio):
    page = world.fire()
    ContactMethod.objects.filter(person=trio.carla).update(disabled_at=world.now)
    with pytest.raises(acting.NobodyToAsk, match="Carla cannot be reached"):
        acting.reassign(page.pk, to=trio.carla, by=trio.ana, now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_page_older_than_its_greatest_age_is_closed_and_says_so(world, trio):
    """grafana/oncall#3111: an alert that escalates after two months."""
    from hausmeister.alerts import operations as alerts

    builders.policy_with(trio.team, ('greatest_age = "7d"', 'greatest_age = "3h"'))
    page = world.fire()
    world.go(hours=3, minutes=1)
    page.refresh_from_db()
    assert page.state is PageState.CLOSED
    assert page.close_reason == "expired: nobody closed it for 3 h"
    world.forget()
    world.go(days=2)
    world.expect_none()
    again = world.fire()
    assert again.pk != page.pk, "what still fires opens a new page"
    acting.acknowledge(again.pk, by=trio.ana, now=world.now)
    assert alerts.expire(now=world.now) == 0


# ---- the plan ----


def test_the_plan_has_clock_times_before_and_while_it_runs(world, trio):
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    builders.ladder(trio.ana, (0, trio.ana.methods.get(channel=Channel.EMAIL)), (2, phone))
    page = world.fire()

    def plan():
        lines = pager.plan(Page.objects.get(pk=page.pk), now=world.now).lines
        return [(f"{line.at:%H:%M}", line.who, line.how) for line in lines]

    assert plan()[:4] == [
        ("02:00", "Ana", "e-mail"),
        ("02:02", "Ana", "ntfy"),
        ("02:05", "Bruno", "e-mail"),
        ("02:15", "Carla", "e-mail"),
    ]
    world.go(minutes=1)
    assert plan()[:2] == [("02:02", "Ana", "ntfy"), ("02:05", "Bruno", "e-mail")]
    world.go(minutes=5)
    assert plan()[0] == ("02:15", "Carla", "e-mail")
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    assert plan() == [("03:06", "the one on duty", "called again if nobody touches the page")]


def test_what_the_plan_says_is_what_happens(world, trio):
    phone = builders.method(trio.bruno, Channel.NTFY, "https://ntfy.example.org/bruno")
    builders.ladder(trio.bruno, (1, phone), (4, trio.bruno.methods.get(channel=Channel.EMAIL)))
    page = world.fire()
    foretold = [
        (line.at, line.who) for line in pager.plan(page, now=world.now).lines if line.at < at("2026-11-24 02:30")
    ]
    world.go(minutes=29)
    assert sorted({(one.at, one.person) for one in world.sent}) == sorted(
        {*foretold, (at("2026-11-24 02:09"), "Bruno")}
    )
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
