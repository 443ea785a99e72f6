"""P4 stops everything: it pages, and pulls other people in until somebody comes (H11, H12)."""

from datetime import date, timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues import queries
from hausmeister.issues.models import Emergency, Help, Issue
from hausmeister.issues.operations import urgency, working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.issues.operations.working import Wish
from hausmeister.journal import queries as journal
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.rota import operations as rota
from hausmeister.team.operations import as_actor
from tests import builders

HELP = "Help wanted: Zero rows"


def urgent(world, trio, **more):
    wish = Wish("Zero rows", "Yesterday 48 M.", Priority.P4, **more)
    return working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)


def verbs(issue):
    return [entry.verb for entry in reversed(journal.timeline(issue.subject))]


def test_a_p4_pages_the_one_on_duty_and_asks_the_backstop_to_come(world, trio):
    issue = urgent(world, trio)
    world.tick()
    page = world.expect("email", "Ana", "Zero rows", kind="page")
    assert page.parcel.facts["priority"] == 4
    world.expect("email", "Bruno", HELP, kind="page")
    # the letter to the owner is Ana's, who is out of her working hours and on duty
    emergency = Emergency.objects.get()
    assert emergency.page.is_hard
    assert {link.subject for link in issue.links.all()} == {
        f"page:{emergency.page_id}", f"page:{emergency.help_page_id}",
    }  # fmt: skip
    assert verbs(issue) == ["issue.opened", "issue.urgent", "issue.asked"]
    acting.acknowledge(emergency.page_id, by=trio.ana, now=world.now)
    acting.acknowledge(emergency.help_page_id, by=trio.bruno, now=world.now)
    world.go(minutes=20)
    assert verbs(issue)[-1] == "issue.helped"
    assert Emergency.objects.get().next_ask_at is None


def test_that_the_one_on_duty_answers_does_not_end_the_search_for_help(world, trio):
    issue = urgent(world, trio)
    emergency = Emergency.objects.get()
    acting.acknowledge(emergency.page_id, by=trio.ana, now=world.now)
    world.tick()
    world.expect("email", "Bruno", HELP, kind="page")
    world.go(minutes=5, seconds=1)
    world.expect("email", "Carla", HELP, kind="page")
    urgency.answer(issue.pk, by=trio.carla, comes=True, now=world.now)
    world.go(minutes=40)
    assert [(one.person.name, one.answer) for one in queries.helpers_of(emergency)] == [
        ("Bruno", ""), ("Carla", "comes"),
    ]  # fmt: skip


def test_who_cannot_come_is_called_no_more_and_the_next_one_is_asked_at_once(world, trio):
    issue = urgent(world, trio)
    acting.acknowledge(Emergency.objects.get().page_id, by=trio.ana, now=world.now)
    world.tick()
    world.expect("email", "Bruno", HELP, kind="page")
    urgency.answer(issue.pk, by=trio.bruno, comes=False, now=world.now)
    world.tick()
    world.expect("email", "Carla", HELP, kind="page")
    with pytest.raises(IssueRefused, match="have answered already"):
        urgency.answer(issue.pk, by=trio.bruno, comes=False, now=world.now)
    urgency.answer(issue.pk, by=trio.carla, comes=True, now=world.now)
    world.go(minutes=30)


def test_who_is_away_or_cannot_be_reached_is_not_asked(world, trio):
    today = date(2026, 11, 24)
    rota.record_leave(trio.bruno, starts_on=today, ends_on=today, by=builders.CONSOLE, now=world.now)
    trio.carla.methods.update(disabled_at=world.now)
    world.tick()
    world.forget()
    issue = urgent(world, trio)
    world.tick()
    assert Help.objects.count() == 0
    assert verbs(issue)[-1] == "issue.nobody_left"
    world.forget()


def test_when_nobody_comes_the_call_for_help_climbs_the_ladder(world, trio):
    urgent(world, trio)
    acting.acknowledge(Emergency.objects.get().page_id, by=trio.ana, now=world.now)
    world.go(minutes=12)
    world.expect("email", "Bruno", HELP, kind="page")
    world.expect("email", "Carla", HELP, kind="page")
    world.expect_none()
    world.go(minutes=5)
    world.expect("email", "Ana", HELP, kind="page")
    world.forget()


def test_a_call_for_help_that_is_closed_by_hand_asks_nobody_more(world, trio):
    issue = urgent(world, trio)
    emergency = Emergency.objects.get()
    acting.acknowledge(emergency.page_id, by=trio.ana, now=world.now)
    world.tick()
    world.expect("email", "Bruno", HELP, kind="page")
    acting.close(emergency.help_page_id, by=as_actor(trio.ana), person=trio.ana, reason="enough", now=world.now)
    world.go(minutes=30)
    assert verbs(issue)[-1] == "issue.search_over"
    assert Emergency.objects.get().next_ask_at is None


def test_raising_to_p4_and_back_pages_and_ends_the_pages(world, trio):
    by = as_actor(trio.ana)
    issue = working.open_issue(
        trio.team, Wish("Zero rows", "", Priority.P2, why="x"), by=by, person=trio.ana, now=world.now
    )
    working.set_priority(issue.pk, Priority.P4, by=by, person=trio.ana, now=world.now)
    assert Page.objects.open().count() == 2
    working.set_priority(issue.pk, Priority.P3, by=by, person=trio.ana, now=world.now)
    assert Page.objects.open().count() == 0
    assert Page.objects.first().close_reason == f"issue {issue.pk} is P3 high now"
    working.set_priority(issue.pk, Priority.P4, by=by, person=trio.ana, now=world.now)
    assert Page.objects.open().count() == 2
    working.close(issue.pk, reason="mended", by=by, now=world.now)
    assert Page.objects.open().count() == 0
    assert Emergency.objects.filter(ended_at=None).count() == 0
    world.tick()


def test_a_p4_made_from_a_page_makes_that_page_harder_and_calls_nobody_twice(world, trio):
    page = world.fire("Zero rows", severity="warning")
    world.forget()
    issue = urgent(world, trio, subjects=(f"page:{page.pk}",))
    page.refresh_from_db()
    assert (page.is_hard, page.priority) == (True, 4)
    emergency = Emergency.objects.get()
    assert (emergency.page_id, emergency.owns_page) == (page.pk, False)
    world.tick()
    world.expect("email", "Ana", "Zero rows", kind="page")
    world.expect("email", "Bruno", HELP, kind="page")
    working.close(issue.pk, reason="x", by=as_actor(trio.ana), now=world.now)
    page.refresh_from_db()
    # its alert may still fire: the page is its own to close
    assert page.closed_at is None
    acting.close(page.pk, by=as_actor(trio.ana), person=trio.ana, reason="x", now=world.now)


def test_rooms_above_find_the_p4s_that_have_no_incident(world, trio):
    issue = urgent(world, trio)
    assert queries.urgent_without("incident") == [issue]
    working.link(issue.pk, "incident:4", by=builders.CONSOLE, now=world.now)
    working.link(issue.pk, "incident:4", by=builders.CONSOLE, now=world.now)
    assert queries.urgent_without("incident") == []
    assert verbs(issue).count("issue.linked") == 1
    world.tick()
    world.forget()


def test_a_p4_label_set_in_github_pages_too(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, labels=["bug", "data-infra", "P4"])
    stage.hook(stage.github.event(1, "labeled"))
    stage.world.tick()
    stage.world.expect("email", "Ana", "Commit service retries", kind="page")
    stage.world.expect("email", "Bruno", "Help wanted", kind="page")
    issue.refresh_from_db()
    assert issue.owner == stage.trio.ana
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, state="closed")
    stage.hook(stage.github.event(1, "closed"))
    assert Page.objects.open().count() == 0
    assert not Issue.objects.get().is_open
