"""Overrides of the duties, days away and three plans at once over the JSON API."""

import pytest

from hausmeister.rota.models import Override
from hausmeister.rota.models.planning import Draft
from hausmeister.team.models import Leave
from hausmeister.team.rules import Scope
from tests import builders
from tests.rota.planning.crew import crew as make


@pytest.fixture
def crew(world):
    return make()


def caller(crew, person):
    return builders.caller(crew.team, Scope.READ, Scope.MANAGE, person=person)


SPAN = {"from": "2026-12-01T08:00:00Z", "until": "2026-12-02T08:00:00Z"}


def test_a_lead_overrides_a_duty_and_ends_it_and_the_answer_of_who_is_on_call_follows(world, crew):
    lead = caller(crew, crew.hana)
    asked = {"person": crew.eva.email, "reason": "a wedding", "even_if_outranked": True, **SPAN}
    made = lead.post("/rota/overrides", asked)
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["post"], made.json()["reason"]) == ("Eva Berg", "primary", "a wedding")
    assert lead.get("/oncall?at=2026-12-01T12:00:00Z").json()["primary"]["name"] == "Eva Berg"
    assert [one["override"] for one in lead.get("/rota/overrides").json()] == [made.json()["override"]]
    assert lead.ask("DELETE", f"/rota/overrides/{made.json()['override']}").status_code == 204
    assert lead.get("/rota/overrides").json() == []
    assert lead.ask("DELETE", "/rota/overrides/999999").status_code == 404
    world.tick()
    world.forget()


def test_what_the_rules_of_the_duties_refuse_is_refused_here_and_by_whom_may_not(world, crew):
    lead = caller(crew, crew.hana)
    outranked = {"person": crew.ada.email, "post": "backstop", **SPAN}
    refused = lead.post("/rota/overrides", outranked)
    assert (refused.status_code, refused.json()["code"]) in {(409, "outranked"), (422, "override_refused")}
    nobody = lead.post("/rota/overrides", {"person": "nobody@example.org", **SPAN})
    assert (nobody.status_code, nobody.json()["code"], nobody.json()["field"]) == (422, "bad_schedule", "person")
    past = lead.post("/rota/overrides", {"person": crew.eva.email, "from": "2026-11-01", "until": "2026-11-02"})
    assert (past.status_code, past.json()["code"]) == (422, "override_refused")
    by_ada = caller(crew, crew.ada).post("/rota/overrides", {"person": crew.eva.email, **SPAN})
    assert (by_ada.status_code, by_ada.json()["code"]) == (403, "may_not_change_rota")
    assert not Override.objects.exists()


def test_days_away_are_asked_about_entered_and_taken_back_by_the_person_and_nobody_else(world, crew):
    eva = caller(crew, crew.eva)
    days = {"starts_on": "2026-12-22", "ends_on": "2026-12-23"}
    asked = eva.post("/leave/check", days).json()
    assert asked["verdict"] in {"fine", "changes"}
    assert not Leave.objects.exists()
    stored = eva.post("/leave", days)
    assert stored.status_code == 201
    assert (stored.json()["starts_on"], stored.json()["still_on"]) == ("2026-12-22", [])
    assert [one["leave"] for one in eva.get("/leave").json()] == [stored.json()["leave"]]
    address = f"/leave/{stored.json()['leave']}"
    assert caller(crew, crew.hana).ask("DELETE", address).status_code == 404
    assert eva.ask("DELETE", address).status_code == 204
    assert eva.get("/leave").json() == []
    world.tick()
    world.forget()


def test_a_question_that_needs_the_planner_is_polled_by_who_asked(world, crew):
    eva = caller(crew, crew.eva)
    asked = eva.post("/leave/check", {"starts_on": "2027-08-02", "ends_on": "2027-08-13"}).json()
    assert (asked["verdict"], asked["state"]) == ("asked", "asked")
    told = eva.get(f"/leave/questions/{asked['question']}").json()
    assert told == {"question": asked["question"], "state": "asked", "problem": ""}
    assert caller(crew, crew.ben).get(f"/leave/questions/{asked['question']}").status_code == 404


@pytest.mark.parametrize(
    "days",
    [
        {"starts_on": "2026-12-22", "ends_on": "2026-12-21"}, {"starts_on": "2026-12-22", "ends_on": "2028-12-21"},
        {"starts_on": "0001-01-01", "ends_on": "0001-01-02"},
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused_in_words(world, crew, days):
    for path in ("/leave", "/leave/check"):
        answer = caller(crew, crew.eva).post(path, days)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_days")
    assert not Leave.objects.exists()


def test_three_plans_are_asked_for_at_once(world, crew):
    answer = caller(crew, crew.hana).post("/plans/compare", {"first_week": "2026-12-07", "weeks": 4})
    assert answer.status_code == 201
    assert [one["flavour"] for one in answer.json()["items"]] == ["fewest", "few", "free"]
    assert Draft.objects.values("bundle").distinct().count() == 1
    bad = caller(crew, crew.hana).post("/plans/compare", {"first_week": "2026-12-08"})
    assert (bad.status_code, bad.json()["code"]) == (422, "plan_refused")
