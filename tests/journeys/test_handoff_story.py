"""The duty changes hands, Friday to the weekend, Monday to the next hausmeister, as those who leave and come see it."""

from datetime import date, timedelta

import pytest

from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.rules import Condition, How
from hausmeister.base.priority import Priority
from hausmeister.handoff import queries
from hausmeister.handoff.models import Handoff, HandoffItem, Report
from hausmeister.handoff.operations import accepting, editing, reporting
from hausmeister.handoff.rules.states import HandoffState, ThingKind
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.journal.models import Entry
from hausmeister.journal.rules import CONSOLE
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.team.operations import as_actor
from tests import builders
from tests.harness import at

# 17:00 in Berlin on Friday, and 11:00 on Monday
FRIDAY, MONDAY = at("2026-11-27 16:00"), at("2026-11-30 10:00")


@pytest.fixture(autouse=True)
def _mail_is_set_up(settings):
    settings.HAUSMEISTER_EMAIL = object()


@pytest.fixture
def weekend(world, trio):
    """Ana has the week, Bruno the weekend, Carla stands behind both; on Monday it is Ana's again."""
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.carla)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.bruno)
    world.hand_over()
    return trio


def issue(trio, world, title, priority=Priority.P3, owner=None, **more):
    wish = Wish(title, "", priority, owner=owner, why="it wakes people", **more)
    made = working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    world.tick()
    world.forget()
    return made


def friday(world, minutes=-60):
    world.now = FRIDAY + timedelta(minutes=minutes)
    # what one round writes goes out with the next
    world.tick()
    world.tick()
    return Handoff.objects.get(at=FRIDAY)


def letter(world, name):
    """Return the oldest letter about a hand-off to `name`."""
    mine = [one for one in world.sent if one.person == name and one.parcel.facts.get("subject", "").find("uty") >= 0]
    mine += [one for one in world.sent if one.person == name and "and-off" in one.parcel.facts.get("subject", "")]
    assert mine, (world.told(), world.logs)
    world.sent.remove(mine[0])
    return mine[0].parcel.facts


def test_an_hour_before_friday_ends_both_have_the_draft_and_at_the_clock_it_moves(world, weekend):
    trio = weekend
    world.now = FRIDAY - timedelta(hours=7)
    world.tick()
    assert not Handoff.objects.exists()
    mine = issue(trio, world, "Commit retries", owner=trio.ana)
    other = issue(trio, world, "Riemann leaks", owner=trio.carla)
    small = issue(trio, world, "Rename it", Priority.P1, owner=trio.ana)
    issue(trio, world, "Backlog of nobody", Priority.P2)

    handoff = friday(world)
    assert (handoff.outgoing, handoff.incoming, handoff.backstop) == (trio.ana, trio.bruno, trio.carla)
    assert handoff.state is HandoffState.DRAFT
    told = letter(world, "Ana")
    assert told["subject"] == "Hand-off of Data Infra to Bruno, Fri 27 Nov 17:00: look at the draft"
    assert "P3 high: Commit retries (Ana → Bruno)." in told["text"]
    assert "Backlog of nobody" not in told["text"]
    assert "from Ana to you" in letter(world, "Bruno")["subject"]
    titles = [one.title for one in queries.items_of(handoff)]
    assert titles == ["Commit retries", "Riemann leaks", "Rename it"]

    # Ana says what comes next, and that Carla goes on with hers
    first, second, _third = queries.items_of(handoff)
    editing.edit_item(first.pk, note="", next_step="wait for #812", stays=None, seen=0, by=trio.ana, now=world.now)
    editing.edit_item(second.pk, note="she is in it", next_step="", stays=True, seen=0, by=trio.ana, now=world.now)
    editing.write_note(handoff.pk, "The office is closed.", seen=0, by=trio.ana, now=world.now)
    world.go(minutes=59)
    assert Issue.objects.get(pk=mine.pk).owner == trio.ana
    handoff = friday(world, 0)
    assert handoff.state is HandoffState.WAITING
    assert Issue.objects.get(pk=mine.pk).owner == trio.bruno
    assert Issue.objects.get(pk=other.pk).owner == trio.carla
    assert Issue.objects.get(pk=small.pk).owner == trio.bruno
    note = Entry.objects.get(subject=mine.subject, verb="issue.handed_over")
    assert note.facts["text"] == "Handed over by Ana, Fri 27 Nov 17:00.\nNext step: wait for #812"
    told = letter(world, "Bruno")
    assert told["subject"] == "You have the duty of Data Infra: accept what is open"
    assert "What to know: The office is closed." in told["text"]
    assert "Accept it by Fri 27 Nov 17:30" in told["text"]

    accepting.accept(handoff.pk, by=trio.bruno, now=world.now)
    assert Handoff.objects.get(pk=handoff.pk).state is HandoffState.ACCEPTED
    friday(world, 120)
    world.forget()

    # on Monday every P4 and P3 goes to the next one; the backlog goes back to whom it came from
    world.now = MONDAY - timedelta(hours=1)
    world.tick()
    assert [one.title for one in queries.items_of(Handoff.objects.get(at=MONDAY))] == [
        "Commit retries", "Riemann leaks", "Rename it",
    ]  # fmt: skip
    (step,) = HandoffItem.objects.filter(handoff__at=MONDAY, title="Commit retries").values_list("next_step", flat=True)
    assert step == "wait for #812"
    world.now = MONDAY
    world.tick()
    assert {one.owner.name for one in Issue.objects.filter(owner__isnull=False)} == {"Ana"}
    world.forget()


def test_nobody_accepts_so_the_backstop_hears_of_it_once_and_may_accept_in_their_place(world, weekend):
    trio = weekend
    mine = issue(trio, world, "Commit retries", owner=trio.ana)
    world.now = FRIDAY - timedelta(hours=2)
    world.tick()
    friday(world)
    handoff = friday(world, 0)
    world.forget()
    with pytest.raises(accepting.NotYours):
        accepting.accept(handoff.pk, by=trio.ana, now=world.now)
    friday(world, 29)
    world.expect_none()
    handoff = friday(world, 30)
    assert handoff.state is HandoffState.RAISED
    told = letter(world, "Carla")
    assert told["subject"] == "Bruno has not accepted the hand-off of Data Infra"
    friday(world, 31)
    world.expect_none()
    assert queries.unaccepted() == [handoff]
    accepting.accept(handoff.pk, by=trio.carla, now=world.now)
    assert Issue.objects.get(pk=mine.pk).owner == trio.carla
    with pytest.raises(accepting.AlreadyAccepted):
        accepting.accept(handoff.pk, by=trio.bruno, now=world.now)
    assert not queries.unaccepted()
    world.forget()


def test_item_by_item_and_what_comes_after_is_accepted_anew(world, weekend):
    trio = weekend
    world.now = FRIDAY - timedelta(hours=2)
    world.tick()
    issue(trio, world, "Commit retries", owner=trio.ana)
    issue(trio, world, "Riemann leaks", owner=trio.ana)
    handoff = friday(world)
    one, two = queries.items_of(handoff)
    accepting.accept(handoff.pk, by=trio.bruno, now=world.now, item_ids=[one.pk])
    assert Handoff.objects.get().state is HandoffState.DRAFT
    accepting.accept(handoff.pk, by=trio.bruno, now=world.now, item_ids=[two.pk])
    assert Handoff.objects.get().state is HandoffState.ACCEPTED
    issue(trio, world, "One more", owner=trio.ana)
    handoff = friday(world, -30)
    assert handoff.state is HandoffState.DRAFT
    assert [item.title for item in queries.items_of(handoff) if item.accepted_at is None] == ["One more"]
    world.forget()


def test_a_page_that_only_the_leaving_one_has_calls_the_next_and_one_that_two_have_does_not(world, weekend):
    trio = weekend
    world.now = FRIDAY - timedelta(hours=3)
    world.tick()
    alone = world.fire("Kafka lag", severity="critical")
    paired = world.fire("Disk full", severity="critical")
    world.tick()
    for page in (alone, paired):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    acting.escalate(paired.pk, by=trio.ana, now=world.now)
    acting.acknowledge(paired.pk, by=trio.carla, now=world.now)
    acting.note(alone.pk, by=trio.ana, text="on it", now=FRIDAY - timedelta(minutes=50))
    acting.note(paired.pk, by=trio.ana, text="on it", now=FRIDAY - timedelta(minutes=50))
    world.forget()
    friday(world)
    world.forget()
    friday(world, 0)
    assert Page.objects.get(pk=paired.pk).acked_by == trio.carla
    assert Page.objects.get(pk=alone.pk).acked_by is None
    called = [one for one in world.sent if one.parcel.kind == "page"]
    assert [(one.person, one.title) for one in called] == [("Bruno", "Kafka lag")]
    # "I have it" is an answer to the page too
    accepting.accept(Handoff.objects.get(at=FRIDAY).pk, by=trio.bruno, now=world.now)
    assert Page.objects.get(pk=alone.pk).acked_by == trio.bruno
    world.forget()


def test_after_a_standstill_over_the_hour_the_hand_off_is_written_late_and_says_so(world, weekend):
    trio = weekend
    mine = issue(trio, world, "Commit retries", owner=trio.ana)
    world.now = FRIDAY - timedelta(hours=2)
    world.tick()
    handoff = friday(world, 100)
    assert handoff.is_late
    assert Issue.objects.get(pk=mine.pk).owner == trio.bruno
    told = letter(world, "Bruno")
    assert "This was written late, at Fri 27 Nov 18:40: the duty changed hands at Fri 27 Nov 17:00." in told["text"]
    assert "Accept it by Fri 27 Nov 19:10" in told["text"]
    letter(world, "Ana")
    # and over a whole weekend: the one in between is kept, and only the newest asks for anything
    world.now = MONDAY + timedelta(days=5)
    world.tick()
    states = [one.state for one in Handoff.objects.order_by("at")]
    assert states == [HandoffState.OVERTAKEN, HandoffState.OVERTAKEN, HandoffState.WAITING]
    world.forget()


def test_the_same_person_keeps_the_duty_and_has_nothing_to_accept(world, trio):
    world.hand_over()
    world.now = FRIDAY - timedelta(hours=2)
    world.tick()
    handoff = friday(world)
    assert handoff.state is HandoffState.KEPT
    assert letter(world, "Ana")["subject"] == "You keep the duty of Data Infra, Fri 27 Nov 17:00"
    with pytest.raises(accepting.NothingToAccept):
        accepting.accept(handoff.pk, by=trio.ana, now=world.now)
    friday(world, 0)
    friday(world, 120)
    world.expect_none()


def test_the_report_is_drafted_on_friday_and_posted_once_when_somebody_says_so(world, weekend, settings):
    trio = weekend
    settings.HAUSMEISTER_CHAT = "slack"
    world.now = FRIDAY - timedelta(days=1)
    world.tick()
    made = issue(trio, world, "Contracts were late", owner=trio.ana)
    working.close(made.pk, reason="fixed", by=as_actor(trio.ana), now=world.now)
    friday(world)
    world.forget()
    report = Report.objects.get()
    assert report.text == (
        "What Data Infra did from Fri 20 Nov to Fri 27 Nov 2026\n\n"
        "Repaired: one problem.\nUrgent:\n- Contracts were late"
    )
    reporting.edit(report.pk, report.text + "\n\nThank you.", seen=1, by=trio.ana, now=world.now)
    with pytest.raises(reporting.ReportChanged):
        reporting.post(report.pk, seen=1, by=trio.ana, now=world.now)
    reporting.post(report.pk, seen=2, by=trio.ana, now=world.now)
    with pytest.raises(reporting.AlreadyPosted):
        reporting.post(report.pk, seen=2, by=trio.bruno, now=world.now)
    world.tick()
    said = world.expect("chat", kind="say").parcel
    assert said.to["room"] == "#data-announcements"
    assert said.facts["paragraphs"][-1] == "Thank you."


def test_what_is_known_to_all_stands_in_it_too(world, weekend):
    trio = weekend
    world.now = FRIDAY - timedelta(hours=6)
    world.tick()
    for _again in range(3):
        world.fire("Disk 80 %", severity="warning")
        world.post("/api/v1/alerts", {"title": "Disk 80 %", "key": "Disk 80 %", "action": "resolve"})
    snoozed = world.fire("Kafka lag", severity="critical")
    acting.snooze(snoozed.pk, by=trio.ana, until=FRIDAY + timedelta(hours=4), now=world.now)
    rota.record_leave(
        trio.carla, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 3), by=CONSOLE, now=world.now
    )  # fmt: skip
    handoff = friday(world)
    found = {one.sort: one for one in queries.items_of(handoff)}
    assert set(found) == {ThingKind.QUIET, ThingKind.FLAPPING, ThingKind.LEAVE}
    assert (found[ThingKind.FLAPPING].title, found[ThingKind.FLAPPING].detail) == (
        "Disk 80 %",
        "came 3 times in this duty",
    )
    assert found[ThingKind.QUIET].ends_at == FRIDAY + timedelta(hours=4)
    assert (found[ThingKind.LEAVE].title, found[ThingKind.LEAVE].detail) == ("Carla is away", "Tue 1 Dec to Thu 3 Dec")
    world.forget()


def test_silences_stand_in_it_with_their_ends_and_their_pages_with_them(world, weekend):
    trio = weekend
    world.now = FRIDAY - timedelta(hours=6)
    world.tick()
    by = silences.Who(as_actor(trio.ana), trio.ana)
    disks = (Condition("title", How.CONTAINS, "disk"),)
    ends = FRIDAY + timedelta(hours=16)
    silences.make(trio.team, silences.Wanted(disks, ends, "resize of db-7"), by=by, now=world.now)
    night = silences.Wanted(disks, ends + timedelta(days=1), "upgrade", FRIDAY + timedelta(hours=20))
    silences.make(trio.team, night, by=by, now=world.now)
    world.fire("Disk 1 full", severity="high")
    world.fire("Disk 2 full", severity="high")
    handoff = friday(world)
    found = [(one.title, one.detail, one.ends_at) for one in queries.items_of(handoff)]
    assert found == [
        ("resize of db-7", "silence, title contains disk, 2 silent now, by Ana", ends),
        ("upgrade", "maintenance, from Sat 28 Nov 13:00, title contains disk, by Ana", ends + timedelta(days=1)),
    ]
    world.forget()


def test_a_draft_that_nobody_posted_takes_nothing_from_the_next_report(world, weekend, settings):
    trio = weekend
    settings.HAUSMEISTER_CHAT = "slack"
    tuesday = FRIDAY - timedelta(days=3)
    world.now = tuesday
    first = reporting.draft(trio.team, ends_at=tuesday, now=world.now)
    assert reporting.draft(trio.team, ends_at=FRIDAY, now=world.now).starts_at == FRIDAY - timedelta(days=7)
    reporting.post(first.pk, seen=1, by=trio.ana, now=world.now)
    assert reporting.draft(trio.team, ends_at=FRIDAY + timedelta(hours=1), now=world.now).starts_at == tuesday
    world.tick()
    world.forget()
