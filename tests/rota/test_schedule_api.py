"""Schedules over the JSON API."""

from itertools import pairwise

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota import queries as duties
from hausmeister.rota.models import Layer, Override, Schedule, ScheduleOverride
from hausmeister.rota.operations import policy
from hausmeister.rota.queries import schedules as queries
from hausmeister.team.rules import Scope
from tests import builders
from tests.harness import at
from tests.pager.test_ladder_of_schedules import CALLS_SCHEDULE, FIRST_STEP, text_with

WEEKS = {
    "name": "Weeks", "starts": "2026-11-23 11:00", "every": "weekly", "hand_off": "11:00", "day": "mon",
    "participants": ["ana@example.org", "bruno@example.org"],
}  # fmt: skip
NIGHTS = {
    "name": "Nights", "starts": "2026-11-01", "every": "daily", "hand_off": "12:00", "only": ["22:00-06:00"],
    "participants": ["carla@example.org", "nobody", "ana@example.org"],
}  # fmt: skip
SUPPORT = {"slug": "nights", "name": "Support", "layers": [WEEKS, NIGHTS]}


@pytest.fixture
def lead(trio):
    """The team's key in the name of Carla, who leads."""
    return builders.caller(trio.team, person=trio.carla)


@pytest.fixture
def support(lead):
    answer = lead.post("/schedules", SUPPORT)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_schedule_is_made_and_read_back_as_it_was_given(world, trio, lead, support):
    assert (support["slug"], support["zone"], support["follows_duties"]) == ("nights", "Europe/Berlin", False)
    assert support["now"]["people"][0]["name"] == queries.schedule_on_call(Schedule.objects.get(), at=world.now).names
    weeks, nights = support["layers"]
    assert (weeks["starts"], weeks["day"], weeks["participants"]) == ("2026-11-23 11:00", "mon", WEEKS["participants"])
    assert (nights["only"], nights["participants"][1]) == (["22:00–06:00"], "nobody")
    assert lead.get("/schedules/nights").json() == support
    assert lead.get("/schedules").json() == {"items": [support]}
    # what was read can be written again
    again = {key: value for key, value in nights.items() if key not in {"layer", "content"} and value != ""}
    assert lead.ask("PUT", f"/schedules/nights/layers/{nights['layer']}", again).status_code == 200


def test_a_schedule_is_renamed_and_removed(world, trio, lead, support):
    change = {"name": "Help", "zone": "America/Sao_Paulo", "description": "for clients"}
    told = lead.ask("PUT", "/schedules/nights", change).json()
    assert (told["name"], told["zone"], told["description"]) == ("Help", "America/Sao_Paulo", "for clients")
    assert lead.ask("DELETE", "/schedules/nights").status_code == 204
    assert lead.get("/schedules/nights").status_code == 404
    assert [one.verb for one in Entry.objects.filter(verb__startswith="schedule.").order_by("id")] == [
        "schedule.made", "schedule.changed", "schedule.removed",
    ]  # fmt: skip


def test_the_timeline_has_lanes_without_a_hole(world, trio, lead, support):
    told = lead.get("/schedules/nights/timeline?from=2026-11-24T02:00:00Z&until=2026-12-24T02:00:00Z").json()
    for stretches in (told["final"], *(lane["stretches"] for lane in told["layers"])):
        assert stretches[0]["starts_at"] == "2026-11-24T02:00:00Z"
        assert stretches[-1]["ends_at"] == "2026-12-24T02:00:00Z"
        assert all(one["ends_at"] == other["starts_at"] for one, other in pairwise(stretches))
    assert [lane["name"] for lane in told["layers"]] == ["Weeks", "Nights"]


def test_a_span_with_more_turns_than_anybody_can_read_is_refused(world, trio, lead):
    hours = {**WEEKS, "every": "hourly", "hand_off": "00:00"}
    assert lead.post("/schedules", {"slug": "hours", "name": "Hours", "layers": [hours] * 4}).status_code == 201
    refused = lead.get("/schedules/hours/timeline?until=in 366d")
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "bad_span", "until")
    assert lead.get("/schedules/hours/timeline?until=in 1d").status_code == 200


def test_layers_are_added_changed_and_removed(world, trio, lead, support):
    span = {"starts_at": "2026-12-24T00:00:00+01:00", "ends_at": "2026-12-27T00:00:00+01:00"}
    days = {"name": "Holidays", "content": "entries", "entries": [{"person": "carla@example.org", **span}]}
    made = lead.post("/schedules/nights/layers", days)
    assert made.status_code == 201
    path = f"/schedules/nights/layers/{made.json()['layer']}"
    on = "/schedules/nights/oncall?at=2026-12-25T12:00:00Z"
    assert lead.get(on).json()["people"][0]["name"] == "Carla"
    days["entries"][0]["person"] = "ana@example.org"
    assert lead.ask("PUT", f"{path}/entries", {"entries": days["entries"]}).status_code == 200
    assert lead.get(on).json()["people"][0]["name"] == "Ana"
    assert lead.ask("DELETE", path).status_code == 204
    assert lead.ask("DELETE", path).status_code == 404
    assert lead.get(on).json()["layer"] == "Weeks"


def test_the_list_is_changed_from_a_moment_on(world, trio, lead, support):
    path = f"/schedules/nights/layers/{support['layers'][0]['layer']}/participants"
    given = {"participants": ["carla@example.org", "team:data-infra"], "from": "2026-11-30T10:00:00Z"}
    assert lead.ask("PUT", path, given).json()["participants"] == given["participants"]
    people = [
        lead.get(f"/schedules/nights/oncall?at=2026-{day}T12:00:00Z").json()["people"][0]["name"]
        for day in ("11-24", "11-30", "12-07")
    ]
    duty = duties.on_duty(trio.team, at=at("2026-12-07 12:00")).primary.person.name
    assert people == ["Ana", "Carla", duty]


def test_an_override_is_stored_listed_and_ended(world, trio, lead, support):
    given = {"schedule": "nights", "kind": "replace", "person": "bruno@example.org", "instead_of": "ana@example.org",
             "from": "2026-11-25T08:00:00Z", "until": "2026-11-25T16:00:00Z", "reason": "dentist"}  # fmt: skip
    made = lead.post("/schedule-overrides", given)
    assert made.status_code == 201
    assert made.json()["words"] == "an override, Bruno for Ana: dentist"
    on = "/schedules/nights/oncall?at=2026-11-25T12:00:00Z"
    assert [one["name"] for one in lead.get(on).json()["people"]] == ["Bruno"]
    assert lead.get("/schedule-overrides").json() == [made.json()]
    second = lead.post("/schedule-overrides", {**given, "person": "carla@example.org"})
    assert (second.status_code, second.json()["code"]) == (409, "override_overlaps")
    assert lead.ask("DELETE", f"/schedule-overrides/{made.json()['override']}").status_code == 204
    assert [one["name"] for one in lead.get(on).json()["people"]] == ["Ana"]
    assert lead.ask("DELETE", "/schedule-overrides/999999").status_code == 404


def test_an_override_for_all_asks_for_a_word_where_the_backstop_would_be_outranked(world, trio, lead, support):
    given = {"person": "carla@example.org", "instead_of": "ana@example.org", "until": "in 8h"}
    refused = lead.post("/schedule-overrides", given)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        409, "outranked", "even_if_outranked",
    )  # fmt: skip
    assert ScheduleOverride.objects.count() == 0
    assert lead.post("/schedule-overrides", {**given, "even_if_outranked": True}).status_code == 201
    assert duties.on_duty(trio.team, at=world.now).primary.person == trio.carla
    refused = lead.post("/schedule-overrides", {**given, "person": "bruno@example.org", "until": "in 20h"})
    assert refused.json()["code"] == "override_overlaps"
    assert Override.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"slug": "Our week"}, "bad_schedule", "slug"),
        ({"slug": "nights"}, "slug_taken", "slug"),
        ({"zone": "Europe/Atlantis"}, "bad_schedule", "zone"),
        ({"layers": [{**WEEKS, "participants": []}]}, "bad_schedule", "participants"),
        ({"layers": [{**WEEKS, "participants": ["zoe@example.org"]}]}, "bad_schedule", "participants"),
        ({"layers": [{**WEEKS, "participants": ["team:streaming"]}]}, "bad_schedule", "participants"),
        ({"layers": [{**WEEKS, "length": 0}]}, "bad_schedule", "length"),
        ({"layers": [{**WEEKS, "ends": "2026-11-22"}]}, "bad_schedule", "ends"),
        ({"layers": [{**WEEKS, "starts": "soon"}]}, "bad_schedule", "starts"),
        ({"layers": [{**WEEKS, "starts": "2026-11-23T11:00+01:00"}]}, "bad_schedule", "starts"),
        ({"layers": [{**WEEKS, "day": "someday"}]}, "bad_schedule", "day"),
        ({"layers": [{**WEEKS, "every": "monthly", "day": "mon"}]}, "bad_schedule", "day"),
        ({"layers": [{**WEEKS, "hand_off": "25:00"}]}, "bad_schedule", "hand_off"),
        ({"layers": [{**WEEKS, "only": ["at night"]}]}, "bad_schedule", "only"),
        ({"layers": [{"name": "x", "content": "duty", "duty": "nights"}]}, "bad_schedule", "duty"),
        ({"layers": [{**WEEKS, "every": "yearly"}]}, "invalid", "every"),
        ({"color": "red"}, "invalid", "color"),
    ],
)
def test_what_makes_no_schedule_is_refused_by_name_and_nothing_is_stored(
    world, trio, lead, support, change, code, field
):
    layers = Layer.objects.count()
    answer = lead.post("/schedules", {"slug": "new", "name": "New", "layers": [WEEKS], **change})
    assert answer.status_code == (409 if code == "slug_taken" else 422)
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert (Schedule.objects.count(), Layer.objects.count()) == (1, layers)


def test_only_a_lead_changes_schedules_and_a_key_knows_its_own_team_s_alone(world, trio, support):
    responder = builders.caller(trio.team, person=trio.bruno)
    refused = responder.post("/schedules", {**SUPPORT, "slug": "other"})
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_change_rota")
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, person=other.carla)
    assert stranger.get("/schedules").json() == {"items": []}
    assert stranger.get("/schedules/nights/timeline").status_code == 404
    assert stranger.ask("DELETE", "/schedules/nights").status_code == 404


def test_a_template_over_the_api_makes_what_it_says(world, trio, lead):
    made = lead.post("/schedule-templates/our-week", {})
    assert [one["slug"] for one in made.json()["items"]] == [
        "hausmeister", "hausmeister-backstop", "weekend", "weekend-backstop",
    ]  # fmt: skip
    override = {"schedule": "hausmeister", "person": "carla@example.org", "until": "in 2h"}
    refused = lead.post("/schedule-overrides", override)
    assert (refused.status_code, refused.json()["code"]) == (409, "follows_duties")
    assert lead.post("/schedule-templates/nights", {}).status_code == 404
    assert lead.post("/schedule-templates/our-week", {}).json()["code"] == "slug_taken"


def test_what_is_called_by_the_policy_or_has_lost_its_zone_is_said(world, trio, lead, support):
    text = text_with((FIRST_STEP, CALLS_SCHEDULE))
    policy.apply_policy(trio.team, text=text, file="p", by=builders.CONSOLE, now=world.now)
    refused = lead.ask("DELETE", "/schedules/nights")
    assert (refused.status_code, refused.json()["code"]) == (409, "schedule_is_called")
    Schedule.objects.update(zone_name="Europe/Atlantis")
    for path in ("/schedules", "/schedules/nights", "/schedules/nights/oncall", "/schedules/nights/timeline"):
        refused = lead.get(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "zone_is_gone"), path


def test_a_key_that_reads_may_not_write(trio, support):
    reader = builders.caller(trio.team, Scope.READ, person=trio.carla)
    assert reader.get("/schedules").status_code == 200
    assert reader.post("/schedules", SUPPORT).json()["code"] == "missing_scope"
