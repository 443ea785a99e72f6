"""Planning over the JSON API."""

from datetime import date

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.team.rules import Scope
from tests import builders
from tests.builders import CONSOLE
from tests.rota.planning.crew import ready


@pytest.fixture
def caller(crew):
    return builders.caller(crew.team, Scope.READ, Scope.MANAGE, person=crew.hana)


def test_a_plan_is_asked_for_looked_at_and_published(world, crew, caller):
    asked = caller.post("/plans", {"first_week": "2026-12-07", "weeks": 4, "flavour": "free"})
    assert asked.status_code == 201
    assert (asked.json()["state"], asked.json()["flavour"], len(asked.json()["inputs"])) == ("asked", "free", 64)
    Draft.objects.all().delete()
    draft = ready(crew, now=world.now)
    told = caller.get(f"/plans/{draft.pk}").json()
    assert (told["state"], told["version"]) == ("ready", draft.version)
    diff = caller.get(f"/plans/{draft.pk}/diff").json()
    assert diff["changes"][0]["firmness"] == "published"
    assert {one["name"] for one in diff["people"]} <= {person.name for person in crew.people}
    assert diff["changed_since"] == []
    assert diff["after"]["fair"] is not None
    done = caller.post(f"/plans/{draft.pk}/publish", {"version": draft.version})
    assert (done.status_code, done.json()["state"]) == (200, "published")
    again = caller.post(f"/plans/{draft.pk}/publish", {"version": draft.version})
    assert (again.status_code, again.json()["code"]) == (409, "plan_moved")
    assert [one["id"] for one in caller.get("/plans").json()["items"]] == [draft.pk]
    world.tick()
    assert len(world.sent) == len(diff["people"])
    world.forget()


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"first_week": "2026-11-16"}, "plan_refused", "first_week"),
        ({"first_week": "2026-12-08"}, "plan_refused", "first_week"),
        ({"first_week": "2026-12-07", "weeks": 53}, "invalid", "weeks"),
        ({"first_week": "2026-12-07", "flavour": "wild"}, "invalid", "flavour"),
        ({"first_week": "2026-12-07", "colour": "red"}, "invalid", "colour"),
        ({"first_week": "soon"}, "invalid", "first_week"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(world, crew, caller, body, code, field):
    answer = caller.post("/plans", body)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert not Draft.objects.exists()


def test_only_leads_plan_and_only_with_a_draft_that_has_a_plan(world, crew, caller):
    by_ada = builders.Caller(caller.key, crew.ada.email)
    refused = by_ada.post("/plans", {"first_week": "2026-12-07"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_lead")
    draft = caller.post("/plans", {"first_week": "2026-12-07"}).json()
    early = caller.get(f"/plans/{draft['id']}/diff")
    assert (early.status_code, early.json()["code"]) == (409, "no_plan")
    assert caller.post(f"/plans/{draft['id']}/discard").json()["state"] == "discarded"


def test_a_stale_plan_is_refused_with_what_changed(world, crew, caller):
    draft = ready(crew, now=world.now)
    rota.record_leave(crew.dia, starts_on=date(2026, 12, 16), ends_on=date(2026, 12, 18), by=CONSOLE, now=world.now)
    assert caller.get(f"/plans/{draft.pk}/diff").json()["changed_since"]
    answer = caller.post(f"/plans/{draft.pk}/publish", {"version": draft.version})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_is_stale")
    assert "Dia Rao is away at other times" in answer.json()["message"]
    draft.refresh_from_db()
    assert draft.state == DraftState.READY


def test_another_teams_plan_does_not_exist(world, crew, trio):
    draft = ready(crew, now=world.now)
    stranger = builders.caller(trio.team, person=trio.carla)
    for path in (f"/plans/{draft.pk}", f"/plans/{draft.pk}/diff", f"/people/{crew.ada.pk}/terms"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/plans/{draft.pk}/publish", {"version": draft.version}).status_code == 404


def test_the_ledger_and_why_and_how_firm_a_week_is(world, crew, caller):
    told = caller.get("/ledger").json()
    assert [one["name"] for one in told["items"]] == sorted(person.name for person in crew.people)
    assert told["items"][0]["weekdays"]["target_tenths"] is not None
    assert told["items"][-1]["weekdays"]["target_tenths"] is None
    why = caller.get("/rota/why?week=2026-12-07&role=W").json()
    assert why["holder"]
    assert len(why["barred"]) + len(why["priced"]) == 7
    over = caller.get("/rota/why?week=2026-11-16&role=W")
    assert (over.status_code, over.json()["code"]) == (422, "nothing_to_explain")
    firm = [one["firmness"] for one in caller.get("/rota?from=now&until=in 120d").json()["stretches"]]
    assert list(dict.fromkeys(firm)) == ["frozen", "published", "tentative"]


def test_terms_are_read_and_changed_whole(world, crew, caller):
    body = {"fte_percent": 60, "off_weekdays": [4], "country": "de", "subdivision": "be", "knows": ["storage"]}
    answer = caller.ask("PUT", f"/people/{crew.ben.pk}/terms", body)
    assert answer.status_code == 200
    told = caller.get(f"/people/{crew.ben.pk}/terms").json()
    assert (told["fte_percent"], told["country"], told["subdivision"]) == (60, "DE", "BE")
    assert told["learns"] == []
    wrong = caller.ask("PUT", f"/people/{crew.ben.pk}/terms", {"country": "ZZ"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "bad_terms", "country")
    by_ada = builders.Caller(caller.key, crew.ada.email)
    assert by_ada.ask("PUT", f"/people/{crew.ben.pk}/terms", body).status_code == 403
