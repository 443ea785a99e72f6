"""Incidents over the JSON API: in somebody's name, for the key's team alone, and harmless when called twice."""

import pytest

from hausmeister.incidents.models import Incident, Telling
from hausmeister.team.rules import Scope
from tests import builders


@pytest.fixture
def ana(trio):
    return builders.caller(trio.team, person=trio.ana)


@pytest.fixture
def number(ana):
    answer = ana.post("/incidents", {"title": "No data of today", "level": "sev2"})
    assert answer.status_code == 200, answer.content
    return answer.json()["id"]


def quiet(world):
    world.tick()
    world.forget()


def test_an_incident_is_opened_told_handed_over_and_ended(world, trio, ana, number):
    told = ana.get(f"/incidents/{number}").json()
    assert (told["state"], told["level"], told["word"], told["point"]["name"]) == ("running", "SEV2", "major", "Ana")
    assert told["comms"] is None
    assert told["offers"][0]["person"]["email"] == "bruno@example.org"
    bruno = builders.caller(trio.team, person=trio.bruno, source="script")
    assert bruno.post(f"/incidents/{number}/answer", {"post": "comms"}).json()["comms"]["name"] == "Bruno"
    said = {"text": "We restore it.", "rooms": ["#crash", "#data-announcements"], "key": "k"}
    for _twice in range(2):
        told = bruno.post(f"/incidents/{number}/update", said).json()
    assert [one["room"] for one in told["told"]].count("#data-announcements") == 1
    assert ana.post(f"/incidents/{number}/point", {"person": "carla@example.org"}).json()["point"]["name"] == "Carla"
    refused = ana.post(f"/incidents/{number}/comms", {"person": "ana@example.org"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert ana.post(f"/incidents/{number}/level", {"level": "SEV3"}).json()["level"] == "SEV3"
    over = ana.post(f"/incidents/{number}/over", {"text": "It is here.", "rooms": ["#crash"], "helped": "a restart"})
    assert over.json()["state"] == "over"
    assert ana.post(f"/incidents/{number}/over", {}).json()["code"] == "incident_is_over"
    assert ana.post(f"/incidents/{number}/reopen").json()["state"] == "running"
    assert ana.post(f"/incidents/{number}/close").json()["code"] == "still_running"
    ana.post(f"/incidents/{number}/over", {})
    assert (
        ana.post(f"/incidents/{number}/follow-ups", {"text": "x", "owner": "bruno@example.org"}).json()["follow_ups"][
            0
        ]["owner"]
        == "Bruno"
    )
    assert ana.post(f"/incidents/{number}/close").json()["state"] == "closed"
    assert ana.post(f"/incidents/{number}/close").json()["code"] == "incident_is_closed"
    assert [one["id"] for one in ana.get("/incidents?running=false").json()["items"]] == [number]
    quiet(world)


def test_a_level_that_asks_for_a_review_is_not_closed_without_it(world, ana, number):
    ana.post(f"/incidents/{number}/over", {})
    assert ana.post(f"/incidents/{number}/close").json()["code"] == "review_missing"
    quiet(world)


def test_a_deployment_adds_itself_to_what_runs_with_a_key_that_may_do_nothing_else(world, trio, ana, number):
    pipeline = builders.caller(trio.team, Scope.ALERTS_WRITE, source="pipeline")
    event = {"kind": "deploy", "text": "billing 412", "link": "https://ci.example.org/412", "key": "412",
             "at": "2026-11-24T02:50:00+01:00"}  # fmt: skip
    for _twice in range(2):
        assert pipeline.post("/incidents/timeline", event).json() == {"incidents": [number]}
    lines = ana.get(f"/incidents/{number}").json()["timeline"]
    (deploy,) = [one for one in lines if one["kind"] == "deploy"]
    assert (deploy["words"], deploy["note"], deploy["link"]) == (
        "pipeline deployed:", "billing 412", "https://ci.example.org/412",
    )  # fmt: skip
    # it happened before the incident was opened, so that is where it stands
    assert lines[-1] == deploy
    assert pipeline.get(f"/incidents/{number}").status_code == 403
    early = pipeline.post(f"/incidents/{number}/timeline", {**event, "at": "2026-11-24T09:00:00+01:00"})
    assert early.json()["code"] == "in_the_future"
    naive = pipeline.post(f"/incidents/{number}/timeline", {**event, "at": "2026-11-24T01:00:00"})
    assert naive.json()["code"] == "no_offset"
    bad = pipeline.post(f"/incidents/{number}/timeline", {"text": "x", "link": "javascript:alert(1)"})
    assert bad.status_code == 200
    assert all(
        one["link"] in {"", "https://ci.example.org/412"} for one in ana.get(f"/incidents/{number}").json()["timeline"]
    )
    quiet(world)


def test_another_teams_incident_does_not_exist(world, trio, number):
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, person=other.ana)
    assert stranger.get(f"/incidents/{number}").status_code == 404
    assert stranger.post(f"/incidents/{number}/comms", {"person": "ana.streaming@example.org"}).status_code == 404
    assert stranger.get("/incidents").json()["items"] == []
    assert stranger.post("/incidents/timeline", {"text": "x"}).json() == {"incidents": []}
    quiet(world)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("", {"title": "x", "level": "SEV9"}, "unknown_level"),
        ("", {"title": " \u0000 ", "level": "SEV1", "opened_from": "page:1"}, ""),
        ("", {"title": " ", "level": "SEV1"}, "no_title"),
        ("/update", {"text": "x", "rooms": ["#nowhere"]}, "unknown_room"),
        ("/update", {"text": "x" * 40_000}, "invalid"),
        ("/update", {"text": " "}, "no_words"),
        ("/timeline", {"text": "x" * 40_000}, "invalid"),
        ("/comms", {"person": "nobody@example.org"}, "not_of_the_team"),
        ("/answer", {"post": "point"}, "not_asked"),
    ],
)
def test_what_cannot_be_is_said_with_a_code(world, ana, number, path, body, code):
    answer = ana.post(f"/incidents/{number}{path}" if path else "/incidents", body)
    assert answer.json().get("code", "") == code
    assert not Telling.objects.exclude(text="").exists()
    assert Incident.objects.count() == (2 if not code else 1)
    quiet(world)
