"""Swaps and cover over the JSON API."""

import pytest

from hausmeister.team.rules import Scope
from tests import builders
from tests.builders import Caller


@pytest.fixture
def callers(stage):
    key = builders.caller(stage.team, Scope.READ, Scope.MANAGE).key
    return {one.first_name: Caller(key, one.email) for one in stage.crew.people}


def test_a_swap_is_looked_at_asked_for_and_agreed(stage, callers):
    options = callers["Ada"].get("/rota/options?kind=swap&week=2026-12-07&role=D").json()
    assert options["asker"] == "Ada Lund"
    option = next(one for one in options["options"] if one["must_agree"] == ["Cem Aksoy"])
    assert {one["person"] for one in option["effects"]} <= {"Ada Lund", "Cem Aksoy"}
    body = {"kind": "swap", "week": "2026-12-07", "role": "D", "keys": [option["key"]], "reason": "a concert"}
    made = callers["Ada"].post("/asks", body)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    path = f"/asks/{made.json()['id']}"
    refused = callers["Ben"].post(f"{path}/accept", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "ask_refused")
    done = callers["Cem"].post(f"{path}/accept", {})
    assert (done.status_code, done.json()["state"]) == (200, "agreed")
    again = callers["Cem"].post(f"{path}/accept", {})
    assert (again.status_code, again.json()["code"]) == (409, "ask_closed")
    assert [one["id"] for one in callers["Ben"].get("/asks").json()["items"]] == [made.json()["id"]]
    assert stage.holder() == stage.crew.cem


def test_only_the_asker_and_leads_withdraw_and_only_leads_answer_for_others(stage, callers):
    stage.hire()
    made = callers["Ada"].post("/asks", {"kind": "cover", "week": "2026-12-07", "role": "D"}).json()
    path, ivo = f"/asks/{made['id']}", made["offers"][0]["answers"][0]["person"]
    assert callers["Ben"].post(f"{path}/withdraw").json()["code"] == "not_yours"
    assert callers["Ben"].post(f"{path}/decline", {"person": ivo}).json()["code"] == "not_a_lead"
    told = callers["Hana"].post(f"{path}/decline", {"person": ivo}).json()
    assert told["offers"][0]["state"] == "declined"
    assert callers["Ada"].post(f"{path}/withdraw").json()["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kind=swap&week=2026-11-16&role=D", "ask_refused"),
        ("kind=swap&week=0001-01-01&role=D", "ask_refused"),
        ("kind=swap&week=2026-12-08&role=D", "ask_refused"),
        ("kind=swap&week=9999-12-27&role=D", "ask_refused"),
        ("kind=cover&week=2026-12-07&role=X", "ask_refused"),
        ("kind=cover&week=2026-12-07&role=D&starts_at=2026-12-09T10:00:00", "no_offset"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_code(stage, callers, query, code):
    answer = callers["Ada"].get(f"/rota/options?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_an_ask_of_another_team_does_not_exist(stage, callers):
    made = callers["Ada"].post("/asks", {"kind": "cover", "week": "2026-12-07", "role": "D"}).json()
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, Scope.READ, Scope.MANAGE, person=other.carla)
    assert stranger.get(f"/asks/{made['id']}").status_code == 404
    assert stranger.post(f"/asks/{made['id']}/withdraw").status_code == 404
