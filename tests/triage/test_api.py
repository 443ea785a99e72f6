"""The inbox over the JSON API and from a shell: the same operations, with stable codes."""

import json

import pytest

from hausmeister.team.rules import Scope
from tests import builders
from tests.console.conftest import run  # noqa: F401 - the fixture that runs a command
from tests.triage.talk import BACKFILL, only_item


@pytest.fixture
def caller(day, team):
    return builders.caller(team.team, Scope.ALL, person=team.ana)


def test_what_a_program_puts_in_is_listed_taken_answered_and_closed(day, team, caller):
    made = caller.post("/triage", {
        "title": BACKFILL, "asker_name": "Imani", "asker_email": "imani@example.org", "key": "ticket-7",
    })  # fmt: skip
    assert made.status_code == 201
    item = made.json()
    assert (item["kind"], item["state"], item["due_at"]) == ("question", "open", "2026-11-24T11:00:00Z")
    assert caller.post("/triage", {"title": "again", "key": "ticket-7"}).json()["item"] == item["item"]
    path = f"/triage/{item['item']}"
    assert [one["item"] for one in caller.get("/triage").json()["items"]] == [item["item"]]
    assert caller.post(f"{path}/claim").json()["holder"] == "Ana"
    other = caller.post(f"{path}/claim", **{"Hausmeister-As": "bruno@example.org"})
    assert (other.status_code, other.json()["code"]) == (409, "already_taken")
    assert other.json()["message"] == "Ana took this a moment before you."
    assert caller.post(f"{path}/kind", {"kind": "issue", "priority": "P3"}).json()["priority"] == "P3"
    assert caller.post(f"{path}/answer", {"text": "Which day?"}).json()["state"] == "waiting"
    whole = caller.get(path).json()
    assert [one["text"] for one in whole["thread"]] == ["Which day?"]
    assert whole["candidates"] == ["Carla (experience 3)", "Bruno (experience 2)"]
    assert whole["history"][0]["verb"] == "item.answered"
    assert (
        caller.post(f"{path}/assign", {"to": "carla@example.org", "note": "you wrote it"}).json()["holder"] == "Carla"
    )
    assert caller.post(f"{path}/undo").json()["holder"] == "Ana"
    assert caller.post(f"{path}/release").json()["holder"] == ""
    assert caller.post(f"{path}/answered").json()["state"] == "answered"
    assert caller.post(f"{path}/close", {"reason": "done"}).json()["reason"] == "done"
    closed = caller.post(f"{path}/claim")
    assert (closed.status_code, closed.json()["code"]) == (409, "item_closed")
    assert caller.post(f"{path}/reopen").json()["state"] == "claimed"
    assert caller.post(f"{path}/reopen").json()["code"] == "not_possible"
    assert caller.get("/triage?state=closed").json() == {"items": []}
    assert caller.get("/triage/rooms").json() == {"items": []}
    day.go(minutes=1)
    day.forget()


@pytest.mark.parametrize(("body", "field"), [
    ({"title": "  "}, "title"), ({"title": "x", "asker_email": "nobody"}, "asker_email"),
    ({"title": "x", "link": "javascript:alert(1)"}, "link"), ({"title": "x", "priority": "P9"}, "priority"),
    ({"title": "x", "nonsense": 1}, "nonsense"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_field(day, caller, body, field):
    answer = caller.post("/triage", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_the_shell_does_what_the_screen_does(day, team, talk, run):  # noqa: F811
    talk.say(BACKFILL)
    item = str(only_item().pk)
    ana = ("--as", "ana@example.org")
    assert "due Tue 12:00" in run("triage", "list").output
    assert json.loads(run("triage", "list", "--json").output)["items"][0]["title"] == BACKFILL
    assert "Ana has it" in run("triage", "claim", item, *ana).output
    assert "Ana took this" in run("triage", "claim", item, "--as", "bruno@example.org", code=1).output
    assert "issue" in run("triage", "kind", item, "issue", "--priority", "P2", *ana).output
    run("triage", "assign", item, "carla@example.org", "--note", "yours", *ana)
    run("triage", "undo", item, *ana)
    run("triage", "release", item, *ana)
    told = run("triage", "answer", item, "Run backfill --day.", *ana).output
    assert "Ana: Run backfill --day." in told
    run("triage", "reopen", item, *ana)
    run("triage", "answered", item, *ana)
    assert "(told)" in run("triage", "close", item, "told", *ana).output
    assert json.loads(run("triage", "show", item, "--json").output)["state"] == "closed"
    assert "no item 99" in run("triage", "show", "99", code=1).output
    added = json.loads(run("triage", "add", "Lag on s1", "--place", "Riemann s1", *ana, "--json").output)
    assert (added["source"], added["place"]) == ("dashboard", "Riemann s1")
    assert "No room is watched." in run("triage", "rooms").output
    day.go(minutes=1)
    day.forget()
