"""Who is on call, over the JSON API."""

import itertools
from datetime import timedelta

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import Scope
from tests import builders
from tests.harness import at


@pytest.fixture
def caller(trio):
    return builders.caller(trio.team, Scope.READ)


def test_who_is_on_call_now_is_answered_with_the_backstop_and_until_when(world, trio, caller):
    answer = caller.get("/oncall")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["team"], told["title"], told["zone"]) == ("data-infra", "Hausmeister", "Europe/Berlin")
    assert (told["primary"]["name"], told["primary"]["email"]) == ("Ana", "ana@example.org")
    assert (told["backstop"]["title"], told["backstop"]["name"]) == ("Backstop", "Bruno")
    assert told["at"] == "2026-11-24T02:00:00Z"
    # Friday 17:00 in Berlin
    assert told["until"] == "2026-11-27T16:00:00Z"


@pytest.mark.parametrize(
    ("asked", "title", "moment"),
    [
        ("2026-11-27T17:00:00%2B01:00", "Weekend on-call", "2026-11-27T16:00:00Z"),
        # a plus that was not encoded arrives as a blank
        ("2026-11-27T16:59:59+01:00", "Hausmeister", "2026-11-27T15:59:59Z"),
        ("2026-11-27T15:59:59Z", "Hausmeister", "2026-11-27T15:59:59Z"),
        ("fri 17:00", "Weekend on-call", "2026-11-27T16:00:00Z"),
        ("2026-11-30 11:00", "Hausmeister", "2026-11-30T10:00:00Z"),
    ],
)
def test_the_minute_of_the_hand_off_belongs_to_the_next_duty(caller, asked, title, moment):
    told = caller.get(f"/oncall?at={asked}").json()
    assert (told["title"], told["at"]) == (title, moment)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("at=soon", "no_moment", "at"),
        ("at=2031-01-01", "too_far_ahead", "at"),
        ("at=" + "x" * 81, "invalid", "at"),
    ],
)
def test_a_moment_that_cannot_be_answered_is_refused_by_name(caller, query, code, field):
    answer = caller.get(f"/oncall?{query}")
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert answer.json()["message"]


def test_another_team_does_not_exist_for_a_key(world, trio, caller):
    builders.trio(slug="streaming", zone="America/Sao_Paulo")
    assert caller.get("/oncall?team=data-infra").status_code == 200
    there, nowhere = caller.get("/oncall?team=streaming"), caller.get("/oncall?team=nowhere")
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()


def test_the_rota_of_a_week_has_no_hole_and_shows_an_override_with_its_reason(world, trio, caller):
    starts = at("2026-11-25 08:00")
    rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.carla, starts_at=starts, ends_at=starts + timedelta(hours=8),
        reason="dentist", by=team_operations.as_actor(trio.ana), now=world.now, even_if_outranked=True,
    )  # fmt: skip
    told = caller.get("/rota?from=2026-11-24T02:00:00Z&until=2026-11-30T10:00:00Z").json()
    spans = [(one["starts_at"], one["ends_at"]) for one in told["stretches"]]
    assert spans[0][0] == "2026-11-24T02:00:00Z"
    assert spans[-1][1] == "2026-11-30T10:00:00Z"
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    covered = next(one for one in told["stretches"] if one["starts_at"] == "2026-11-25T08:00:00Z")
    assert (covered["primary"]["name"], covered["primary"]["why"]) == ("Carla", "an override: dentist")


@pytest.mark.parametrize("query", ["from=now&until=now", "until=in 367d", "until=2026-11-01"])
def test_a_span_that_is_no_span_is_refused(caller, query):
    answer = caller.get(f"/rota?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_span")


def test_people_are_listed_with_whether_they_can_be_reached_but_not_how(world, trio, caller):
    silent = builders.person("Silent Sam")
    team_operations.join(
        trio.team, silent, role=builders.Role.RESPONDER, experience=1, joined_on=world.now.date(),
        by=builders.CONSOLE, now=world.now,
    )  # fmt: skip
    answer = caller.get("/people")
    people = {one["name"]: one for one in answer.json()["items"]}
    assert (people["Ana"]["role"], people["Ana"]["can_be_reached"]) == ("responder", True)
    assert (people["Carla"]["role"], people["Silent Sam"]["can_be_reached"]) == ("lead", False)
    assert "methods" not in answer.content.decode()
