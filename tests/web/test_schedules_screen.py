"""Schedules on screens, and one answer on every surface."""

import json
import re
from datetime import timedelta

import click.testing
import pytest

from hausmeister.base import chance
from hausmeister.console.group import commands
from hausmeister.pager.context import TeamContext
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Override, Schedule, ScheduleOverride
from hausmeister.rota.operations import policy
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import ScheduleBook
from hausmeister.team.rules import ListName
from tests import builders
from tests.harness import at
from tests.pager.test_ladder_of_schedules import CALLS_SCHEDULE, FIRST_STEP, text_with
from tests.rota.test_schedule_api import SUPPORT
from tests.web.visitors import browser, queries_of


@pytest.fixture
def lead(trio):
    return builders.caller(trio.team, person=trio.carla)


@pytest.fixture
def support(lead):
    assert lead.post("/schedules", SUPPORT).status_code == 201
    return Schedule.objects.get()


def text_of(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_a_team_without_schedules_is_told_what_to_do(world, trio):
    assert "Make one from a template" in text_of(browser(trio.carla), "/rota/schedules")
    assert "Make one from a template" not in text_of(browser(trio.ana), "/rota/schedules")
    assert "/rota/schedules?team=data-infra" in text_of(browser(trio.ana), "/rota")


def test_what_holds_since_weeks_ago_does_not_read_as_if_it_began_this_week(world, trio):
    client = browser(trio.carla)
    form = {"template": "primary-secondary", "zone": "Europe/Berlin", "hand_off": "09:00"}
    answer = client.post("/rota/new-schedule", form | {"person_1": trio.ana.pk, "person_2": trio.carla.pk})
    assert answer.status_code == 303
    text = text_of(client, f"/rota/schedules/{Schedule.objects.order_by('pk')[0].slug}")
    before = re.findall(r"<dt>(?:(?!<dt>).)*<b>nobody</b>", text)
    assert before
    assert re.match(r"<dt><time [^>]*>\d+ \w{3} \d\d:\d\d</time>", before[0])


def test_our_week_is_made_by_a_form_and_listed_with_who_is_on_now(world, trio):
    client = browser(trio.carla)
    assert "Primary and secondary" in text_of(client, "/rota/new-schedule")
    answer = client.post("/rota/new-schedule", {"template": "our-week", "zone": "Europe/Berlin", "hand_off": "09:00"})
    assert (answer.status_code, answer["Location"]) == (303, "/rota/schedules?team=data-infra")
    text = text_of(client, "/rota/schedules")
    assert '<b>Ana</b> until <time datetime="2026-11-27T16:00:00+00:00">Fri 17:00</time>' in text
    assert "Nobody until" in text
    one = text_of(client, "/rota/schedules/hausmeister")
    assert "Change who is on duty on the rota" in one
    assert 'href="/rota/override?team=data-infra"' in one


def test_a_template_takes_its_people_in_the_order_of_their_turns(world, trio):
    form = {"template": "primary-secondary", "zone": "Europe/Berlin", "hand_off": "11:00", "name": "Infra",
            "slug": "infra", "person_1": trio.bruno.pk, "person_3": trio.ana.pk}  # fmt: skip
    assert browser(trio.carla).post("/rota/new-schedule", form).status_code == 303
    first = Schedule.objects.get(slug="infra-primary")
    assert [one.person.name for one in first.layers.get().participants.all()] == ["Bruno", "Ana"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"template": "daily-support"}, "Daily support needs people; name at least one."),
        ({"zone": "Europe/Atlantis"}, "There is no time zone of this name"),
        ({"template": "primary-secondary", "person_1": "1"}, "Select a valid choice"),
        ({"template": "daily-support", "slug": "Not A Slug", "person_1": "ana"}, "small letters, digits and single"),
        ({"hand_off": "late"}, "Enter a valid time"),
    ],
)
def test_a_form_that_makes_no_schedule_says_why_and_stores_nothing(world, trio, change, says):
    form = {"template": "our-week", "zone": "Europe/Berlin", "hand_off": "09:00", **change}
    if form.get("person_1") == "ana":
        form["person_1"] = trio.ana.pk
    elif "person_1" in form:
        form["person_1"] = "999999"
    answer = browser(trio.carla).post("/rota/new-schedule", form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Schedule.objects.count() == 0


def test_a_schedule_shows_its_weeks_as_lanes_and_in_words(world, trio, support):
    text = text_of(browser(trio.ana), "/rota/schedules/nights")
    assert "<span>On call</span><span>Nights</span><span>Weeks</span>" in text
    assert "<title>Ana, Tue 06:00 to Tue 22:00: Weeks: by turn</title>" in text
    assert "carla@example.org" not in text
    assert "Carla, nobody, Ana take turns daily, hand-off 12:00; only 22:00–06:00" in text
    assert "Take over" not in text
    assert "Take over" in text_of(browser(trio.carla), "/rota/schedules/nights")


def test_an_override_takes_two_taps(world, trio, support):
    client = browser(trio.carla)
    page = client.get("/rota/schedules/nights").content.decode()
    link = page.split('href="/rota/schedules/nights/override?')[2].split('"')[0].replace("&amp;", "&")
    form = client.get(f"/rota/schedules/nights/override?{link}").context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert given["person"] == trio.carla.pk
    assert client.post("/rota/schedules/nights/override?team=data-infra", given).status_code == 303
    stored = ScheduleOverride.objects.get()
    assert (stored.kind, stored.person, stored.created_by) == ("replace", trio.carla, trio.carla)
    text = text_of(client, "/rota/schedules/nights")
    assert "an override, Carla instead of the plan" in text
    assert "<span>Changes</span>" in text
    assert client.post(f"/rota/schedule-overrides/{stored.pk}/cancel").status_code == 303
    assert "an override" not in text_of(client, "/rota/schedules/nights")


@pytest.mark.parametrize(("kind", "person", "instead_of"), [("add", "carla", ""), ("remove", "", "bruno")])
def test_somebody_is_added_or_taken_off(world, trio, support, kind, person, instead_of):
    form = {"kind": kind, "person": trio.people[person or instead_of].pk, "starts_at": "2026-12-01T10:00",
            "ends_at": "2026-12-01T12:00", "reason": ""}  # fmt: skip
    assert browser(trio.carla).post("/rota/schedules/nights/override", form).status_code == 303
    names = [one.name for one in queries.schedule_on_call(support, at=at("2026-12-01 10:00")).people]
    assert names == (["Bruno", "Carla"] if kind == "add" else [])


def test_an_override_everywhere_asks_for_a_word_and_reaches_the_duties(world, trio, support):
    client = browser(trio.carla)
    form = {"kind": "replace", "person": trio.carla.pk, "instead_of": trio.ana.pk, "starts_at": "2026-11-25T09:00",
            "ends_at": "2026-11-25T18:00", "everywhere": "on"}  # fmt: skip
    answer = client.post("/rota/schedules/nights/override", form)
    assert answer.status_code == 422
    assert "Store it all the same" in answer.content.decode()
    assert client.post("/rota/schedules/nights/override", {**form, "anyway": "yes"}).status_code == 303
    assert Override.objects.get().part_of == ScheduleOverride.objects.get()
    assert "on all schedules" in text_of(client, "/rota/schedules/nights")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ends_at": "2026-11-25T08:00"}, "must end after it begins"),
        ({"starts_at": "soon"}, "Write a date and a time"),
        ({"kind": "remove", "everywhere": "on"}, "a duty cannot be left empty"),
        ({"everywhere": "on"}, "says for whom"),
    ],
)
def test_an_override_that_cannot_be_says_why(world, trio, support, change, says):
    form = {
        "kind": "replace",
        "person": trio.ana.pk,
        "starts_at": "2026-11-25T09:00",
        "ends_at": "2026-11-25T18:00",
        **change,
    }
    answer = browser(trio.carla).post("/rota/schedules/nights/override", form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert ScheduleOverride.objects.count() == 0


@pytest.mark.parametrize(
    "query", ["from=nonsense", "from=9999-12-31", "from=2026-13-45", "until=2026-11-30T10:00", "from=x&until=y"]
)
def test_an_address_that_makes_no_sense_is_answered_all_the_same(world, trio, support, query):
    client = browser(trio.carla)
    assert client.get(f"/rota/schedules/nights?{query}").status_code == 200
    assert client.get(f"/rota/schedules/nights/override?{query}").status_code == 200


def test_a_schedule_that_changes_hands_each_hour_is_shown_for_a_week(world, trio, lead):
    hours = {"name": "Hours", "starts": "2026-11-23", "every": "hourly", "hand_off": "00:00",
             "participants": ["ana@example.org", "bruno@example.org"]}  # fmt: skip
    assert lead.post("/schedules", {"slug": "hours", "name": "Hours", "layers": [hours]}).status_code == 201
    text = text_of(browser(trio.carla), "/rota/schedules/hours")
    assert text.count("Take over") == 60
    assert "more stretches of this span are left out" in text


def test_a_schedule_that_lost_its_zone_says_so_and_hides_no_other(world, trio, lead, support):
    lead.post("/schedules", {**SUPPORT, "slug": "other", "name": "Other"})
    Schedule.objects.filter(slug="nights").update(zone_name="Europe/Atlantis")
    text = text_of(browser(trio.carla), "/rota/schedules")
    assert "The zone Europe/Atlantis of the schedule Support is not known here any more" in text
    assert "<b>Carla</b>" in text or "<b>Ana</b>" in text
    assert "give it another one" in text_of(browser(trio.carla), "/rota/schedules/nights")
    assert browser(trio.carla).get("/rota/schedules/nights/override").status_code == 200


def test_a_schedule_is_removed_unless_the_policy_calls_it(world, trio, support):
    client = browser(trio.carla)
    policy.apply_policy(
        trio.team, text=text_with((FIRST_STEP, CALLS_SCHEDULE)), file="p", by=builders.CONSOLE, now=world.now
    )
    assert client.post("/rota/schedules/nights/remove").status_code == 303
    assert "take it out there first" in text_of(client, "/rota/schedules/nights")
    builders.policy_with(trio.team)
    assert client.post("/rota/schedules/nights/remove").status_code == 303
    assert Schedule.objects.count() == 0


def test_the_screens_stay_within_their_queries(world, trio, lead, support):
    lead.post("/schedule-templates/our-week", {})
    client = browser(trio.carla)
    assert len(queries_of(client, "/rota/schedules")) <= 15
    assert len(queries_of(client, "/rota/schedules/nights")) <= 15


# ---- one answer ----


def run(*arguments):
    result = click.testing.CliRunner().invoke(commands, list(arguments))
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


SPAN = (at("2026-11-23 00:00"), at("2026-12-21 00:00"))
OVERRIDES = [
    {"kind": "add", "person": "carla@example.org", "from": "2026-11-26T20:00:00Z", "until": "2026-11-28T03:17:00Z"},
    {
        "kind": "remove",
        "instead_of": "bruno@example.org",
        "from": "2026-12-01T00:00:00Z",
        "until": "2026-12-03T00:00:00Z",
    },
    {"person": "bruno@example.org", "from": "2026-12-10T00:00:00Z", "until": "2026-12-11T00:00:00Z"},
]


@pytest.fixture
def called(world, trio, lead, support):
    """A schedule with overrides that the policy's ladder calls."""
    text = text_with((FIRST_STEP, CALLS_SCHEDULE))
    policy.apply_policy(trio.team, text=text, file="p", by=builders.CONSOLE, now=world.now)
    for given in OVERRIDES:
        assert lead.post("/schedule-overrides", {"schedule": "nights", **given}).status_code == 201
    return support


def random_moments(count):
    seconds = int((SPAN[1] - SPAN[0]).total_seconds())
    with chance.seeded(7):
        return [SPAN[0] + timedelta(seconds=int(chance.fraction() * seconds)) for _ in range(count)]


def test_web_api_console_and_resolver_give_one_answer_at_ten_thousand_instants(world, trio, lead, called):
    resolved = ScheduleBook.load([called], starts_at=SPAN[0], ends_at=SPAN[1]).resolved(called)
    told = queries.schedule_timeline(called, starts_at=SPAN[0], ends_at=SPAN[1])
    over_http = lead.get("/schedules/nights/timeline?from=2026-11-23T00:00:00Z&until=2026-12-21T00:00:00Z").json()
    world.now = SPAN[0]
    printed = run("schedule", "show", "nights", "--weeks", "4", "--json")["timeline"]
    by_api, by_console = (
        [(one["starts_at"], frozenset(person["person"] for person in one["people"])) for one in found["final"]]
        for found in (over_http, printed)
    )
    assert by_api == by_console

    def by_http(moment):
        return [who for begins, who in by_api if begins <= f"{moment:%Y-%m-%dT%H:%M:%SZ}"][-1]

    for moment in random_moments(10_000):
        expected = next(one.people for one in resolved.final if one.starts_at <= moment < one.ends_at)
        assert frozenset(person.pk for person in told.at(moment).people) == expected
        assert by_http(moment) == expected


def test_web_api_console_pager_and_resolver_agree_about_single_instants(world, trio, lead, called):
    told = queries.schedule_timeline(called, starts_at=SPAN[0], ends_at=SPAN[1])
    for moment in [*random_moments(12), at("2026-12-01 12:00"), at("2026-11-27 12:00")]:
        world.now = moment
        expected = told.at(moment)
        ids = {person.pk for person in expected.people}
        asked = lead.get("/schedules/nights/oncall").json()
        assert {person["person"] for person in asked["people"]} == ids
        assert run("schedule", "oncall", "nights", "--json") == asked
        assert {person.pk for person in queries.schedule_on_call(called, at=moment).people} == ids
        roster = TeamContext.load(trio.team.pk, at=moment).roster(ListName.IMPORTANT)
        assert {callee.person_id for callee in roster.meant_by("schedule nights")} == ids
        page = text_of(browser(trio.ana), "/rota/schedules/nights")
        assert f'id="on-now">{expected.names if ids else "Nobody"}</b>' in page


def test_our_week_is_the_duties_on_every_surface(world, trio, lead):
    lead.post("/schedule-templates/our-week", {})
    starts = at("2026-11-26 10:00")
    rota.add_override(
        trio.team, post=rota.Post.PRIMARY, person=trio.carla, starts_at=starts, ends_at=starts + timedelta(hours=8),
        reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    for moment in [*random_moments(12), starts]:
        duty = lead.get(f"/oncall?at={moment:%Y-%m-%dT%H:%M:%SZ}").json()
        for slug, post in ((duty["duty"], "primary"), (f"{duty['duty']}-backstop", "backstop")):
            asked = lead.get(f"/schedules/{slug}/oncall?at={moment:%Y-%m-%dT%H:%M:%SZ}").json()
            assert [one["person"] for one in asked["people"]] == [duty[post]["person"]] * (
                duty[post]["person"] is not None
            )
