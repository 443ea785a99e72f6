"""Calendars over the JSON API."""

import pytest
from django.test import Client

from hausmeister.rota.calendars import fetching
from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport, ImportedDuty
from hausmeister.team.rules import Scope
from tests import builders
from tests.rota.calendars import files


@pytest.fixture
def ana(trio):
    return builders.caller(trio.team, Scope.READ, Scope.MANAGE, person=trio.ana)


@pytest.fixture
def carla(trio):
    return builders.caller(trio.team, Scope.READ, Scope.MANAGE, source="other", person=trio.carla)


def test_a_feed_is_made_told_once_listed_and_revoked(world, trio, ana):
    made = ana.post("/calendar/feeds", {"name": "phone", "kind": "duty", "duty": "weekend"})
    assert made.status_code == 201
    told = made.json()
    path = told["url"].removeprefix("http://testserver")
    assert b"Weekend on-call: Ana" in Client().get(path).content
    (listed,) = ana.get("/calendar/feeds").json()["items"]
    assert listed["feed"] == told["feed"]
    assert "url" not in listed
    assert listed["ends"] == f"…{path.removesuffix('.ics')[-4:]}"
    assert ana.ask("DELETE", f"/calendar/feeds/{told['feed']}").status_code == 204
    assert Client().get(path).status_code == 404
    assert ana.get("/calendar/feeds").json()["items"] == []


def test_a_key_makes_no_feed_beyond_its_own_team(world, trio, ana):
    ana.post("/calendar/feeds", {"name": "mine"})
    feed = CalendarFeed.objects.get()
    assert (feed.kind, feed.team) == ("person", trio.team)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "kind": "duty", "duty": "nights"}, "feed_refused"),
        ({"name": "x", "kind": "schedule", "schedule": "nights"}, "feed_refused"),
        ({"name": "x", "kind": "schedule"}, "feed_refused"),
        ({"name": "x", "kind": "moon"}, "invalid"),
        ({"name": "x" * 101}, "invalid"),
        ({"name": "x", "person": "eve@example.org"}, "invalid"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_by_name(world, trio, ana, body, code):
    answer = ana.post("/calendar/feeds", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not CalendarFeed.objects.exists()


def test_leave_is_read_for_oneself_and_a_schedule_only_by_who_may_change_the_rota(world, trio, ana, carla):
    leave = ana.post("/calendar/imports", {"kind": "leave", "name": "mine", "url": "https://127.0.0.1/a.ics"})
    assert leave.status_code == 201
    assert CalendarImport.objects.get().person == trio.ana
    assert "127.0.0.1" not in leave.content.decode()
    body = {"kind": "schedule", "name": "old", "content": files.schedule().decode()}
    refused = ana.post("/calendar/imports", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    made = carla.post("/calendar/imports", body)
    assert made.status_code == 201
    assert made.json()["found"]["turns"] == ImportedDuty.objects.count() == 3
    assert made.json()["schedule"] == "old"
    feed = ana.post("/calendar/feeds", {"name": "phone", "kind": "schedule", "schedule": "old"}).json()
    assert (feed["kind"], feed["schedule"], feed["duty"]) == ("schedule", "old", "")
    turns = carla.get(f"/calendar/imports/{made.json()['calendar']}/duties").json()["items"]
    assert [(turn["name"], bool(turn["problem"])) for turn in turns] == [("Ana", False), ("Bruno", False), ("", True)]


def test_another_person_s_leave_calendar_does_not_exist(world, trio, ana, carla):
    ana.post("/calendar/imports", {"kind": "leave", "name": "mine", "url": "https://127.0.0.1/a.ics"})
    number = CalendarImport.objects.get().pk
    assert carla.get("/calendar/imports").json()["items"] == []
    assert carla.post(f"/calendar/imports/{number}/read", {}).status_code == 404
    assert carla.ask("DELETE", f"/calendar/imports/{number}").status_code == 404
    assert ana.post(f"/calendar/imports/{number}/read", {"may_be_empty": True}).status_code == 204
    assert ana.ask("DELETE", f"/calendar/imports/{number}").status_code == 204
    assert not CalendarImport.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "schedule", "content": "<html>"}, "bad_calendar"),
        ({"kind": "schedule"}, "bad_calendar"),
        ({"kind": "schedule", "content": "x", "url": "https://127.0.0.1/"}, "bad_calendar"),
        ({"kind": "leave", "content": "x"}, "bad_calendar"),
        ({"kind": "leave", "url": "https://10.0.0.1/a.ics"}, "import_refused"),
        ({"kind": "leave", "url": "https://eve@127.0.0.1/a.ics"}, "import_refused"),
        ({"kind": "leave", "url": "file:///etc/passwd"}, "import_refused"),
        ({"kind": "tasks", "url": "https://127.0.0.1/a.ics"}, "invalid"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_leaves_nothing_behind(world, trio, carla, body, code):
    answer = carla.post("/calendar/imports", {"name": "x", **body})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.content
    assert not CalendarImport.objects.exists()


def test_a_look_that_was_asked_for_comes_with_the_next_round(world, trio, ana):
    ana.post("/calendar/imports", {"kind": "leave", "name": "mine", "url": "https://127.0.0.1/a.ics"})
    one = CalendarImport.objects.get()
    assert list(CalendarImport.objects.due(world.now)) == [one]
    assert fetching._claim(one, now=world.now)
    assert not fetching._claim(one, now=world.now)
    assert not CalendarImport.objects.due(world.now).exists()
    ana.post(f"/calendar/imports/{one.pk}/read", {})
    assert list(CalendarImport.objects.due(world.now)) == [one]
