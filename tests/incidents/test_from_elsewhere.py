"""Incidents that others set off, and what the chat adds: once each, whatever comes twice or too late."""

from datetime import timedelta

import pytest

from hausmeister.incidents import queries
from hausmeister.incidents.models import Incident
from hausmeister.incidents.operations import add_from_chat, closing, mark_in_chat, open_incident, urgent
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.operations.urgent import UrgentIssue
from hausmeister.journal.models import JournalIsAppendOnly
from hausmeister.journal.queries import timeline
from hausmeister.team.operations import as_actor
from tests import builders

LINK = "https://chat.example.org/archives/C1/p1"


@pytest.fixture
def incident(world, trio):
    made = open_incident(trio.team, "No data", "SEV3", actor=as_actor(trio.ana), now=world.now)
    world.tick()
    world.forget()
    return made


class Issues:
    """Three P4s: one whose team has nobody, so that it cannot be, and two that can."""

    def __init__(self, *found):
        self.found = list(found)
        self.joined = {}

    def without_incident(self):
        return [one for one in self.found if one.number not in self.joined]

    def join(self, number, subject, *, by, now):
        self.joined[number] = subject


def test_every_p4_opens_one_incident_and_one_that_cannot_be_stops_no_other(world, trio):
    empty = builders.team.make_team(
        slug="empty", name="Empty", zone_name="UTC", by=builders.CONSOLE, now=world.now
    )  # fmt: skip
    issues = Issues(
        UrgentIssue(1, empty, "Nobody is there"),
        UrgentIssue(2, trio.team, "billing_cycles is empty", trio.carla),
        UrgentIssue(3, trio.team, "No contracts"),
    )
    for _tick in range(2):
        urgent.follow(issues, now=world.now)
    assert sorted(issues.joined) == [2, 3]
    made = Incident.objects.get(opened_from="issue:2")
    assert (issues.joined[2], made.level, made.point) == (made.subject, "SEV2", trio.carla)
    assert Incident.objects.get(opened_from="issue:3").point == trio.ana
    assert Incident.objects.count() == 2
    world.tick()
    world.forget()


def test_a_policy_that_names_no_level_for_p4_opens_none(world, trio):
    builders.policy_with(trio.team, ('p4_level = "SEV2"', 'p4_level = ""'))
    assert urgent.follow(Issues(UrgentIssue(2, trio.team, "billing_cycles is empty")), now=world.now) == 0


def test_a_message_that_two_people_mark_stands_once_where_it_happened(world, trio, incident):
    heard = {"author": "Imani", "at": world.now - timedelta(minutes=20), "link": LINK}
    for person in (trio.ana, trio.bruno):
        found = mark_in_chat(trio.team.pk, "pushpin", "The disk is full.", by=as_actor(person), now=world.now, **heard)
        assert found == [incident.pk]
    (line,) = [one for one in queries.timeline(incident) if one.kind == "chat"]
    assert (line.words, line.note, line.link) == ("Imani in the chat, kept by Ana:", "The disk is full.", LINK)
    assert queries.timeline(incident)[-1] == line


def test_another_emoji_or_a_quiet_night_adds_nothing(world, trio, incident):
    heard = {"author": "Imani", "at": world.now, "link": LINK, "by": as_actor(trio.ana), "now": world.now}
    assert mark_in_chat(trio.team.pk, ":eyes:", "x", **heard) == []
    closing.all_clear(incident.pk, Said(""), by=trio.ana, now=world.now)
    assert mark_in_chat(trio.team.pk, ":pushpin:", "x", **heard) == []
    world.tick()
    world.forget()


def test_a_flood_of_text_from_the_chat_is_cut_and_a_clock_that_runs_ahead_is_not_believed(world, trio, incident):
    later = world.now + timedelta(hours=1)
    add_from_chat(
        incident, "z" * 40_000, author="I", at=later, link="javascript:x", by=as_actor(trio.ana), now=world.now
    )
    (line,) = [one for one in queries.timeline(incident) if one.kind == "chat"]
    assert (len(line.note), line.note.endswith("[cut]"), line.at, line.link) == (4000, True, world.now, "")


def test_nothing_in_a_timeline_can_be_taken_out(incident):
    (entry, *_rest) = timeline(incident.subject)
    with pytest.raises(JournalIsAppendOnly):
        entry.delete()
    with pytest.raises(JournalIsAppendOnly):
        entry.save()


def test_an_issue_joins_the_incident_that_its_page_opened_already(world, trio):
    page = world.fire("Disk full", severity="critical")
    by = as_actor(trio.ana)
    first = open_incident(trio.team, "No data", "SEV1", opened_from=f"page:{page.pk}", actor=by, now=world.now)
    other = world.fire("Queue full", severity="critical")
    issues = Issues(
        UrgentIssue(2, trio.team, "billing_cycles is empty", pages=(page.pk,)),
        UrgentIssue(3, trio.team, "No contracts", pages=(other.pk, 999)),
    )
    urgent.follow(issues, now=world.now)
    assert issues.joined[2] == first.subject
    made = Incident.objects.get(opened_from="issue:3")
    assert any(f"Page {other.pk} opened" in line.words for line in queries.timeline(made))
    world.tick()
    world.forget()
