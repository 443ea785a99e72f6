"""What goes from room to room: a P4 becomes an incident, a message a line of its timeline, an item an issue."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.chat import hearing
from hausmeister.incidents import issues as incident_issues
from hausmeister.incidents.models import FollowUp, Incident
from hausmeister.incidents.operations import open_incident, reviewing
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.journal.models import Entry
from hausmeister.team.operations import as_actor
from hausmeister.triage import issues as triage_issues
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.operations import promoting
from hausmeister.triage.rules.states import RoomUse
from hausmeister.triage.shapes import Heard, Room
from tests.harness import at


@pytest.fixture(autouse=True)
def _real_issues():
    promoting.use(triage_issues.IssueRoom())
    yield
    promoting.use(triage_issues.IssueRoom())


def _heard(world, text, stamp="1.1"):
    return Heard(
        service="slack", room_id="C1", room_name="data-help", stamp=stamp, thread="", author_id="U9",
        author_name="Imani", is_bot=False, text=text, at=world.now, link="https://chat.example.org/1",
    )  # fmt: skip


def test_a_p4_opens_one_incident_of_the_policys_level_and_belongs_to_it(world, trio):
    world.open_incidents()
    wish = working.Wish("Datasets are built with 0 rows", "", Priority.P4)
    issue = working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    world.go(minutes=1)
    world.go(minutes=1)
    incident = Incident.objects.get()
    assert (incident.opened_from, incident.level) == (f"issue:{issue.pk}", "SEV2")
    assert issue.links.filter(subject=incident.subject).exists()
    world.forget()


def test_the_policys_emoji_on_a_message_adds_it_to_the_timeline_once(world, trio):
    triage.watch(trio.team, "slack", [Room("#data-help", "C1", RoomUse.QUESTIONS)], now=world.now)
    incident = open_incident(trio.team, "Late data", "SEV2", actor=as_actor(trio.ana), now=world.now)
    world.go(minutes=1)
    triage.hear(trio.team.pk, [_heard(world, "The writer of s1 stopped at 01:50.")], now=world.now)
    for _ in range(2):
        hearing.signed("slack", "C1", "1.1", "pushpin", "U1", now=world.now)
    hearing.signed("slack", "C1", "1.1", "eyes", "U9", now=world.now)
    told = [one for one in Entry.objects.filter(subject=incident.subject) if "01:50" in str(one.facts.get("text", ""))]
    assert len(told) == 1
    world.forget()


def test_an_item_becomes_an_issue_with_its_words_and_place(world, trio):
    world.go_to(at("2026-11-24 09:00"))
    triage.watch(trio.team, "slack", [Room("#data-help", "C1", RoomUse.QUESTIONS)], now=world.now)
    triage.hear(trio.team.pk, [_heard(world, "Why does the commit service fail since noon?")], now=world.now)
    item = Item.objects.get()
    promoting.promote(item.pk, trio.ana, world.now + timedelta(minutes=1), priority=Priority.P2, why="it comes back")
    issue = Issue.objects.get()
    assert issue.title == item.title
    assert "since noon" in issue.text
    assert "https://chat.example.org/1" in issue.text
    assert issue.links.get().subject == f"item:{item.pk}"
    world.forget()


def test_a_follow_up_becomes_an_issue_in_the_backlog(world, trio):
    incident = open_incident(trio.team, "Late data", "SEV3", actor=as_actor(trio.ana), now=world.now)
    reviewing.add_follow_up(incident.pk, "Check row counts", owner=trio.bruno, by=trio.ana, now=world.now)
    reviewing.tracker.connect(incident_issues.IssueRoom())
    one = reviewing.make_issue(FollowUp.objects.get().pk, by=trio.ana, now=world.now)
    issue = Issue.objects.get()
    assert one.issue == f"issue {issue.pk}"
    assert (issue.owner, issue.priority) == (trio.bruno, int(Priority.P2))
    world.forget()
