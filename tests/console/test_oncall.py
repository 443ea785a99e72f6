"""`hausmeister oncall`."""

import json

import pytest

from tests import builders


def test_who_is_on_call_is_said_with_the_zone_and_until_when(world, trio, run):
    told = run("oncall").output
    assert "Data Infra, Tue 24 Nov 03:00 (Europe/Berlin)" in told
    assert "Hausmeister  Ana" in told
    assert "Backstop     Bruno" in told
    assert "until Fri 27 Nov 17:00" in told


def test_a_moment_as_people_write_it_is_echoed_with_its_date(world, trio, run):
    told = run("oncall", "--at", "fri 18:00").output
    assert "Fri 27 Nov 18:00 (Europe/Berlin)" in told
    assert "Weekend on-call" in told


def test_scripts_get_what_the_api_gives(world, trio, run):
    told = json.loads(run("oncall", "--json", "--at", "2026-11-27T16:00:00Z").output)
    asked = builders.caller(trio.team).get("/oncall?at=2026-11-27T16:00:00Z").json()
    assert told == asked


@pytest.mark.parametrize(("options", "says"), [
    (("--at", "soon"), "fri 18:00"),
    (("--at", "2040-01-01"), "not known beyond"),
    (("--team", "nobody"), "there are: data-infra"),
])  # fmt: skip
def test_what_cannot_be_answered_is_said_with_what_could(world, trio, run, options, says):
    assert says in run("oncall", *options, code=1).output


def test_without_a_team_it_says_how_to_make_one(world, run):
    assert "There is no team yet" in run("oncall", code=1).output
