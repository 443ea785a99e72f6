"""`hausmeister schedule`, and `policy check` of a file that calls one."""

import json

import pytest

from hausmeister.rota.models import Schedule, ScheduleOverride
from tests import builders
from tests.pager.test_ladder_of_schedules import CALLS_SCHEDULE, FIRST_STEP, text_with

ANA, BRUNO = ("--person", "ana@example.org"), ("--person", "bruno@example.org")
DAILY = ("create", "--template", "daily-support")


@pytest.fixture
def support(world, trio, run):
    run("schedule", "create", "--template", "daily-support", "--slug", "nights", "--name", "The nights",
        *ANA, *BRUNO)  # fmt: skip
    return Schedule.objects.get()


def test_without_schedules_it_says_how_to_make_some(world, trio, run):
    assert "schedule create --template our-week" in run("schedule", "list").output


def test_our_week_is_made_and_listed_with_who_is_on_now(world, trio, run):
    assert "Created hausmeister (Hausmeister): Ana now." in run("schedule", "create", "--template", "our-week").output
    told = run("schedule", "list").output
    assert "hausmeister-backstop  Hausmeister, backstop" in told
    assert "Fri 27 Nov 17:00 (Europe/Berlin)" in told
    listed = json.loads(run("schedule", "list", "--json").output)
    assert [one["now"]["people"][0]["name"] for one in listed if one["now"]["people"]] == ["Ana", "Bruno"]


def test_a_schedule_is_shown_with_its_layers_and_its_weeks(world, trio, run, support):
    told = run("schedule", "show", "nights").output
    assert "The nights (nights), Europe/Berlin." in told
    assert "weekly, 1 at a time, handed off mon 09:00: ana@example.org, bruno@example.org; only Mon 09:00" in told
    assert "Tue 24 Nov 09:00  to Tue 24 Nov 18:00  Ana" in told
    shown = json.loads(run("schedule", "show", "nights", "--weeks", "1", "--json").output)
    assert shown["timeline"]["final"][1]["people"][0]["name"] == "Ana"


def test_who_is_on_is_said_for_any_moment_and_scripts_get_what_the_api_gives(world, trio, run, support):
    assert "nobody (no layer has anybody here)" in run("schedule", "oncall", "nights").output
    told = run("schedule", "oncall", "nights", "--at", "tue 10:00").output
    assert "The nights, Tue 24 Nov 10:00 (Europe/Berlin)" in told
    assert "Ana (Working days: by turn)" in told
    told = json.loads(run("schedule", "oncall", "nights", "--at", "2026-12-01T11:00:00Z", "--json").output)
    assert told == builders.caller(trio.team).get("/schedules/nights/oncall?at=2026-12-01T11:00:00Z").json()
    assert told["people"][0]["name"] == "Bruno"


def test_an_override_is_stored_and_ended(world, trio, run, support):
    told = run("schedule", "override", "nights", "--person", "carla@example.org", "--until", "in 9h", "--reason", "ill")
    number = ScheduleOverride.objects.get().pk
    assert f"Stored as override {number}: an override, Carla instead of the plan: ill." in told.output
    assert "Carla" in run("schedule", "oncall", "nights").output
    assert "is over" in run("schedule", "override", "--end", str(number)).output
    assert "nobody" in run("schedule", "oncall", "nights").output


@pytest.mark.parametrize(("arguments", "says"), [
    (("show", "days"), "has no schedule 'days'; there are: nights"),
    (("create", "--template", "weeks"), "there are: our-week, follow-the-sun, daily-support, primary-secondary"),
    ((*DAILY, "--person", "x@example.org"), "is no address of a responder"),
    ((*DAILY, *ANA, "--zone", "Mars"), "not a time zone"),
    ((*DAILY, *ANA, "--hand-off", "9"), "write for example 09:00"),
    (("override", "nights", *ANA), "Say how long"),
    (("override", *ANA, "--until", "in 2h"), "Name one schedule, or say --all"),
    (("override", "nights", "--until", "in 2h"), "Say who is on by the override"),
    (("override", "nights", *ANA, "--from", "in 3h", "--until", "in 2h"), "must end after it begins"),
    (("override", "--all", *BRUNO, "--instead-of", "ana@example.org", "--until", "in 2h"), "backs themselves"),
    (("override", "--end", "999"), "There is no override 999"),
    (("oncall", "nights", "--at", "soon"), "fri 18:00"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_in_words(world, trio, run, support, arguments, says):
    assert says in run("schedule", *arguments, code=1).output


def test_policy_check_names_the_schedule_that_is_not_there(world, trio, run, support, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(text_with((FIRST_STEP, CALLS_SCHEDULE)))
    bad.write_text(text_with((FIRST_STEP, CALLS_SCHEDULE.replace("nights", "days"))))
    assert "can be used" in run("policy", "check", str(good)).output
    told = run("policy", "check", str(bad), code=1).output
    assert "ladders.hard.steps[0].call is 'schedule days'; it must be a schedule of the team: nights." in told
    assert "'schedule days'" in run("policy", "apply", str(bad), code=1).output
    run("policy", "apply", str(good))
