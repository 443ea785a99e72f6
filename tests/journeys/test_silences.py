"""Silences and maintenance: who is not called, until when exactly, and that everybody is called afterwards."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.models import Alert, Silence
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.operations import SilenceChanged, SilenceIsOver, SilenceTooWide, Wanted, Who
from hausmeister.alerts.silences.rules import Condition, How, SilenceRefused
from hausmeister.base.priority import Priority
from hausmeister.journal import queries as journal
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.pager.operations import acting, climbing
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Source, Team
from tests import builders
from tests.harness import at

NIGHT = at("2026-11-24 02:00")
DISKS = (Condition("title", How.CONTAINS, "disk"),)


def who(person):
    return Who(team_operations.as_actor(person), person)


def silence(world, trio, *conditions, starts=0, ends=60, p4=False, is_meant=False):
    """Make a silence from `starts` to `ends` minutes from now."""
    wanted = Wanted(
        tuple(Condition(*one) for one in conditions) or DISKS,
        world.now + timedelta(minutes=ends),
        "resize of db-7",
        world.now + timedelta(minutes=starts) if starts else None,
        p4,
    )
    return silences.make(trio.team, wanted, by=who(trio.ana), now=world.now, is_meant=is_meant)


def state(page):
    page.refresh_from_db()
    return page.state


def test_a_silenced_alert_is_stored_calls_nobody_and_calls_to_the_second_when_the_silence_ends(world, trio):
    made = silence(world, trio)
    page = world.fire("Disk full", severity="high")
    assert page.state is PageState.SILENCED
    assert page.silenced_until == made.ends_at
    assert Alert.objects.get().silence == made
    opened = journal.timeline(page.subject)[0].facts
    assert (opened["silenced_by"], opened["silenced_because"]) == ("Ana", "resize of db-7")
    world.go(minutes=59, seconds=59)
    world.expect_none()
    world.go(seconds=1)
    assert world.expect("email", "Ana").at == NIGHT + timedelta(minutes=60)
    assert state(page) is PageState.FIRING
    world.go(minutes=5)
    world.expect("email", "Bruno")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_when_maintenance_begins_what_calls_goes_on_and_only_what_is_new_is_silent(world, trio):
    """J/servicemaintenancealert."""
    old = world.fire("Disk 1 full", severity="high")
    world.tick()
    world.expect("email", "Ana")
    silence(world, trio, starts=1)
    world.go(minutes=2)
    new = world.fire("Disk 2 full", severity="high")
    other = world.fire("Queue full", severity="high")
    world.tick()
    world.expect("email", "Ana", "Queue full")
    assert [state(page) for page in (old, new, other)] == [PageState.FIRING, PageState.SILENCED, PageState.FIRING]
    world.go(minutes=4)
    world.expect("email", "Bruno", "Disk 1 full")
    world.forget()
    for page in (old, other):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.expect_none()
    acting.acknowledge(new.pk, by=trio.ana, now=world.now)
    assert state(new) is PageState.ACKNOWLEDGED


def test_what_is_over_before_the_silence_ends_never_called_anybody(world, trio):
    silence(world, trio)
    page = world.fire("Disk full", severity="high")
    world.post("/api/v1/alerts", {"title": "Disk full", "key": "Disk full", "action": "resolve"})
    assert state(page) is PageState.CLOSED
    world.go(hours=2)
    assert not Summons.objects.exists()


def test_ended_early_it_calls_now_and_moved_it_calls_then(world, trio):
    made = silence(world, trio)
    page = world.fire("Disk full", severity="high")
    silences.move_end(made.pk, world.now + timedelta(minutes=90), by=who(trio.ana), now=world.now)
    world.go(minutes=80)
    world.expect_none()
    silences.end(made.pk, by=who(trio.ana), now=world.now)
    world.tick()
    world.expect("email", "Ana")
    assert state(page) is PageState.FIRING
    with pytest.raises(SilenceIsOver):
        silences.end(made.pk, by=who(trio.ana), now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_silence_that_does_not_cover_it_any_more_lets_the_page_call(world, trio):
    made = silence(world, trio)
    page = world.fire("Disk full", severity="high")
    changed = Wanted((Condition("title", How.CONTAINS, "queue"),), made.ends_at, "other")
    silences.change(made.pk, changed, version=made.version, by=who(trio.ana), now=world.now)
    world.tick()
    world.expect("email", "Ana")
    with pytest.raises(SilenceChanged):
        silences.change(made.pk, changed, version=made.version, by=who(trio.bruno), now=world.now)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_the_next_silence_takes_over_without_a_call_between(world, trio):
    silence(world, trio, ends=60)
    page = world.fire("Disk full", severity="high")
    silence(world, trio, starts=60, ends=120)
    page.refresh_from_db()
    assert page.silenced_until == world.now + timedelta(minutes=120)
    world.go(minutes=119)
    world.expect_none()
    world.go(minutes=1)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_p4_is_not_silenced_unless_the_silence_says_so_and_one_that_becomes_p4_calls(world, trio):
    silence(world, trio)
    loud = world.fire("Disk 1 gone", priority="P4")
    quiet = world.fire("Disk 2 full", severity="high")
    world.tick()
    world.expect("email", "Ana", "Disk 1 gone")
    assert state(quiet) is PageState.SILENCED
    world.fire("Disk 2 full", priority="P4")
    world.tick()
    world.expect("email", "Ana", "Disk 2 full")
    silence(world, trio, p4=True)
    third = world.fire("Disk 3 gone", priority="P4")
    assert third.state is PageState.SILENCED
    for page in (loud, quiet, third):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_more_urgent_but_still_covered_it_stays_silent(world, trio):
    silence(world, trio)
    page = world.fire("Disk full", severity="info")
    assert not page.is_hard
    world.fire("Disk full", severity="high")
    assert state(page) is PageState.SILENCED
    assert page.is_hard
    world.tick()
    world.expect_none()
    world.go(minutes=60)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_soft_alert_waits_for_the_day_after_the_night_s_silence_and_is_posted_then(world, trio, settings):
    settings.HAUSMEISTER_CHAT = "chat"
    silence(world, trio)
    page = world.fire("Disk 80 %", severity="info")
    world.go(minutes=59)
    world.expect_none()
    world.go(minutes=1)
    assert state(page) is PageState.WAITING
    world.expect("chat", kind="post")
    world.go_to(at("2026-11-24 08:00"))
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.forget()


def test_what_a_person_asks_for_no_silence_covers(world, trio):
    silence(world, trio, ("source", How.IS_NOT, "nothing"), is_meant=True)
    source = Source.objects.get(name="prometheus")
    taken = alerts.page_somebody(
        source,
        title="Come, please",
        text="",
        is_hard=True,
        by=team_operations.as_actor(trio.bruno),
        key="k",
        now=world.now,
    )
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(taken.page_id, by=trio.ana, now=world.now)


def test_a_storm_in_a_silence_is_a_storm_when_it_ends_and_does_not_swallow_what_is_loud(world, trio):
    silence(world, trio)
    for number in range(12):
        world.fire(f"Disk {number}", severity="high")
        world.now += timedelta(minutes=1)
    loud = world.fire("Queue full", severity="high")
    assert not loud.is_storm
    silent = Page.objects.exclude(pk=loud.pk)
    assert (silent.filter(is_storm=False).count(), silent.filter(is_storm=True).count()) == (5, 1)
    world.tick()
    world.expect("email", "Ana", "Queue full")
    acting.acknowledge(loud.pk, by=trio.ana, now=world.now)
    world.go_to(NIGHT + timedelta(minutes=60))
    assert {world.expect("email", "Ana").at for _ in range(6)} == {NIGHT + timedelta(minutes=60)}
    for page in silent:
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_under_a_silence_a_page_does_not_grow_old_and_it_calls_before_it_expires(world, trio):
    silence(world, trio, ends=10 * 1440)
    page = world.fire("Disk full", severity="high")
    world.go(days=9)
    assert state(page) is PageState.SILENCED
    world.go(days=1, minutes=2)
    world.expect("email", "Ana")
    assert state(page) is PageState.FIRING
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_over_the_clock_change_a_silence_is_as_long_as_it_was_said_to_be(world, trio):
    world.now = at("2026-10-24 22:00")
    made = silence(world, trio, ends=6 * 60)
    page = world.fire("Disk full", severity="high")
    world.go_to(made.ends_at - timedelta(seconds=1))
    assert state(page) is PageState.SILENCED
    world.go(seconds=1)
    assert state(page) is PageState.FIRING
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_step_that_could_not_be_computed_ends_the_silence_a_minute_later(world, trio):
    silence(world, trio)
    page = world.fire("Disk full", severity="high")
    world.now += timedelta(minutes=60)
    climbing.put_off_step(page.pk, now=world.now, reason="boom")
    page.refresh_from_db()
    assert page.next_step_at == page.silenced_until == world.now + timedelta(minutes=1)
    world.go(minutes=1)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_one_that_covers_everything_must_be_meant_and_every_one_has_a_reason_and_an_end(world, trio):
    everything = Wanted((), world.now + timedelta(hours=1), "move")
    with pytest.raises(SilenceTooWide):
        silences.make(trio.team, everything, by=who(trio.ana), now=world.now)
    silences.make(trio.team, everything, by=who(trio.ana), now=world.now, is_meant=True)
    for wanted in (
        Wanted(DISKS, world.now + timedelta(hours=1), " "),
        Wanted(DISKS, world.now + timedelta(days=15), "x"),
    ):
        with pytest.raises(SilenceRefused):
            silences.make(trio.team, wanted, by=who(trio.ana), now=world.now)


def test_another_team_s_silence_covers_nothing_of_ours(world, trio):
    other = builders.trio(slug="other")
    silences.make(other.team, Wanted(DISKS, world.now + timedelta(hours=1), "x"), by=who(other.ana), now=world.now)
    page = world.fire("Disk full", severity="high")
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


acts = st.lists(
    st.tuples(
        st.sampled_from(["fire", "p4", "silence", "plan", "end", "extend", "narrow", "resolve", "wait"]),
        st.integers(0, 3),
        st.integers(1, 40),
    ),
    max_size=14,
)


@given(acts)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_open_page_that_no_silence_covers_is_without_a_summons(world, trio, story):
    Page.objects.update(closed_at=world.now, next_step_at=None, silenced_until=None, waits_for_work=False)
    Alert.objects.filter(closed_at=None).update(closed_at=world.now)
    Silence.objects.filter(ended_at=None).update(ended_at=world.now)
    source, team = Source.objects.get(name="prometheus"), Team.objects.get(pk=trio.team.pk)
    for act, number, minutes in story:
        _do(act, number, minutes, world, trio, source)
        world.tick()
        for page in Page.objects.open().filter(team=team, acked_at=None):
            silent = _is_covered(page, world.now)
            assert (page.silenced_until is not None and page.silenced_until > world.now) or page.summonses.exists()
            # one that called before goes on calling; one that never did is silent only for a silence
            assert page.summonses.exists() or silent
    world.forget()


def _do(act, number, minutes, world, trio, source):
    key = f"Disk {number}"
    ahead = list(Silence.objects.ahead(world.now))
    if act in {"fire", "p4", "resolve"}:
        priority = Priority.P4 if act == "p4" else Priority.P3
        signal = Signal(Action.RESOLVE if act == "resolve" else Action.FIRE, key=key, title=key, priority=priority)
        alerts.receive([Incoming(signal, source.pk, source.name, source.team_id)], now=world.now)
    elif act in {"silence", "plan"}:
        silence(
            world, trio, ("title", How.CONTAINS, str(number)), starts=5 if act == "plan" else 0, ends=minutes + 5,
            p4=number == 2, is_meant=True,
        )  # fmt: skip
    elif act == "end" and ahead:
        silences.end(ahead[0].pk, by=who(trio.ana), now=world.now)
    elif act == "extend" and ahead:
        silences.move_end(ahead[0].pk, ahead[0].ends_at + timedelta(minutes=minutes), by=who(trio.ana), now=world.now)
    elif act == "narrow" and ahead:
        wanted = Wanted((Condition("title", How.IS, key),), ahead[0].ends_at, "less", ahead[0].starts_at)
        silences.change(ahead[0].pk, wanted, version=None, by=who(trio.ana), now=world.now, is_meant=True)
    elif act == "wait":
        world.go(minutes=minutes)


def _is_covered(page, now):
    from hausmeister.alerts.silences.covering import page_silent_until
    from hausmeister.pager.context import TeamContext

    return page_silent_until(page.pk, TeamContext.load(page.team_id, at=now), now=now) is not None
