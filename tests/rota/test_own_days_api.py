"""Overrides of the duties, days away and three plans at once over the JSON API."""

import pytest

from hausmeister.rota.models import Override, Shift
from hausmeister.rota.models.planning import Draft, Wish
from hausmeister.rota.planner import files
from hausmeister.rota.planning import drafts
from hausmeister.team.models import Leave
from hausmeister.team.rules import Scope
from tests import builders
from tests.rota.planning.crew import alternating
from tests.rota.planning.crew import crew as make
from tests.web.visitors import browser


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
    assert told == {"question": asked["question"], "state": "asked", "problem": "", "covers": []}
    assert caller(crew, crew.ben).get(f"/leave/questions/{asked['question']}").status_code == 404


def test_an_answered_question_names_the_duties_that_days_away_would_move(world, crew):
    eva = caller(crew, crew.eva)
    asked = eva.post("/leave/check", {"starts_on": "2027-08-02", "ends_on": "2027-08-13"}).json()
    draft = drafts.claim(by="x", now=world.now)
    plan = alternating(crew, draft.weeks)
    drafts.finish(draft, {"assignments": files.assignments_document(plan), "tiers": []}, by="x", now=world.now)
    told = eva.get(f"/leave/questions/{asked['question']}").json()
    assert told["state"] == "ready"
    stood = {
        (one.week.isoformat(), one.duty, one.post): one.person.name
        for one in Shift.objects.filter(team=crew.team).select_related("person")
    }
    first = next(one for one in told["covers"] if one["title"] == "Hausmeister")
    assert stood[first["week"], "hausmeister", "primary"] == first["before"] != first["name"]
    assert first["name"] in {"Ada Lund", "Cem Aksoy"}
    page = browser(crew.eva).get(f"/leave/answers/{asked['question']}").content.decode()
    assert f"{first['name']} instead of {first['before']}" in page
    draft.refresh_from_db()
    draft.result = {}
    draft.save(update_fields=["result"])
    assert eva.get(f"/leave/questions/{asked['question']}").status_code == 409


# ---- wishes, and ways out ----


def test_a_wish_is_stored_listed_and_taken_back_by_the_person_and_nobody_else(world, crew):
    eva = caller(crew, crew.eva)
    days = {"starts_on": "2027-03-06", "ends_on": "2027-03-07", "must": True, "reason": "a wedding"}
    made = eva.post("/wishes", days)
    assert made.status_code == 201
    assert made.json() == {"wish": made.json()["wish"], **days}
    assert eva.get("/wishes").json() == [made.json()]
    other = caller(crew, crew.ben)
    assert other.get("/wishes").json() == []
    assert other.ask("DELETE", f"/wishes/{made.json()['wish']}").status_code == 404
    assert eva.ask("DELETE", f"/wishes/{made.json()['wish']}").status_code == 204
    assert eva.get("/wishes").json() == []
    assert eva.ask("DELETE", f"/wishes/{made.json()['wish']}").status_code == 404


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"starts_on": "2027-03-07", "ends_on": "2027-03-06"}, "before"),
        ({"starts_on": "2026-03-06", "ends_on": "2026-03-07"}, "These days are over."),
        ({"starts_on": "2027-03-06", "ends_on": "2027-09-07"}, "60 days at most"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_in_words(world, crew, days, says):
    answer = caller(crew, crew.eva).post("/wishes", days)
    assert (answer.status_code, answer.json()["code"]) == (422, "wish_refused")
    assert says in answer.json()["message"]
    assert not Wish.objects.exists()


def test_who_shares_no_duties_has_no_wishes(world, crew):
    crew.team.memberships.filter(person=crew.eva).update(takes_duty=False)
    answer = caller(crew, crew.eva).get("/wishes")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_duties")


def test_a_lead_takes_a_way_out_of_an_impossible_plan(world, crew):
    lead = caller(crew, crew.hana)
    asked = lead.post("/plans", {"first_week": "2026-12-07", "weeks": 4}).json()
    way = {"id": "gap", "words": "Only one free week.", "bends": [{"kind": "gap", "min_gap": 1}], "is_cheapest": True}
    drafts.claim(by="x", now=world.now)
    draft = Draft.objects.get(pk=asked["id"])
    drafts.give_up(draft, {"conflict": ["Cem is away."], "ways_out": [way]}, "No plan exists.", by="x", now=world.now)
    told = lead.get(f"/plans/{asked['id']}").json()
    assert told["ways_out"] == [{"id": "gap", "words": "Only one free week.", "is_cheapest": True}]
    address = f"/plans/{asked['id']}/bend"
    assert caller(crew, crew.ada).post(address, {"way": "gap"}).json()["code"] == "not_a_lead"
    wrong = lead.post(address, {"way": "wings"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "way")
    made = lead.post(address, {"way": "gap"})
    assert (made.status_code, made.json()["state"]) == (201, "asked")
    assert Draft.objects.get(pk=made.json()["id"]).bends == way["bends"]


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
