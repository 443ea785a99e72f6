"""Issues over the JSON API."""

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Scope
from tests import builders

NEW = {"title": "Commit service retries", "priority": "P2", "why": "it wakes us", "areas": ["commits"], "key": "a"}


@pytest.fixture
def caller(world, trio):
    return builders.caller(trio.team, Scope.READ, Scope.MANAGE, person=trio.ana)


def test_an_issue_from_its_making_to_its_end(world, trio, caller):
    made = caller.post("/issues", {**NEW, "links": ["page:12"]})
    assert made.status_code == 201, made.content
    number = made.json()["issue"]
    assert caller.post("/issues", NEW).json()["issue"] == number
    assert made.json()["links"] == ["page:12"]
    listed = caller.get("/issues").json()["items"]
    assert [(one["issue"], one["priority_in_words"], one["owner"]) for one in listed] == [(number, "P2 medium", "")]
    assert caller.post(f"/issues/{number}/priority", {"priority": "P3", "seen": "P2"}).json()["priority"] == "P3"
    late = caller.post(f"/issues/{number}/priority", {"priority": "P1", "seen": "P2", "why": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "priority_changed")
    assert caller.post(f"/issues/{number}/take").json()["owner"] == "Ana"
    given = caller.post(f"/issues/{number}/hand-over", {"to": "BRUNO@example.org", "note": "See s1."})
    assert given.json()["owner"] == "Bruno"
    assert caller.post(f"/issues/{number}/note", {"text": "Seen."}).status_code == 200
    assert caller.post(f"/issues/{number}/close", {"reason": "mended"}).json()["close_reason"] == "mended"
    assert caller.post(f"/issues/{number}/close").json()["code"] == "issue_is_closed"
    assert caller.get("/issues").json()["items"] == []
    assert [one["issue"] for one in caller.get("/issues?open=false").json()["items"]] == [number]
    assert caller.post(f"/issues/{number}/reopen").json()["open"] is True
    assert caller.post(f"/issues/{number}/help", {"comes": True}).json()["code"] == "not_urgent"
    told = [line["verb"] for line in caller.get(f"/issues/{number}").json()["timeline"]]
    assert told[0] == "issue.reopened"
    assert told[-1] == "issue.opened"
    world.tick()
    world.expect("email", "Bruno", kind="mail")


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"why": ""}, 422, "missing_why", "why"),
        ({"title": "\u202e "}, 422, "missing_title", "title"),
        ({"owner": "nobody@example.org"}, 422, "unknown_person", "owner"),
        ({"priority": "P5"}, 422, "wrong_value", "priority"),
        ({"text": "x" * 60_001}, 422, "wrong_value", "text"),
        ({"links": ["javascript:alert(1)"]}, 422, "wrong_value", "0"),
        ({"unknown": 1}, 422, "wrong_value", "unknown"),
    ],
)
def test_what_cannot_be_stored_is_said_with_its_field(world, trio, caller, changed, status, code, field):
    answer = caller.post("/issues", {**NEW, **changed})
    assert answer.status_code == status, answer.content
    assert field in answer.json()["field"]
    if code != "wrong_value":
        assert answer.json()["code"] == code
    assert Issue.objects.count() == 0


def test_a_key_sees_its_team_s_issues_and_no_other(world, trio, caller):
    other = builders.trio(slug="streaming")
    wish = Wish("Theirs", "", Priority.P2, why="x")
    theirs = working.open_issue(other.team, wish, by=as_actor(other.ana), person=other.ana, now=world.now)
    assert caller.get(f"/issues/{theirs.pk}").status_code == 404
    assert caller.post(f"/issues/{theirs.pk}/take").status_code == 404
    assert caller.get("/issues").json()["items"] == []


def test_the_list_is_read_in_lots_and_what_is_similar_is_named(world, trio, caller):
    for place in range(5):
        wish = Wish(f"Fault number {place}", "", Priority.P2, why="x")
        working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    first = caller.get("/issues?limit=3").json()
    rest = caller.get(f"/issues?limit=3&after={first['next']}").json()
    assert [one["title"] for one in first["items"] + rest["items"]] == [f"Fault number {place}" for place in range(5)]
    assert rest["next"] is None
    assert caller.get("/issues/similar?title=fault+numbers").json()["items"][0]["likeness"] > 0.4
    assert caller.get("/issues?priority=P4").json()["items"] == []
