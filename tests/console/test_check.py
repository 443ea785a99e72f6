"""`hausmeister check`: what is wrong ahead, for people and for scripts."""

import json

from hausmeister.rota.models import Shift
from hausmeister.team.models import ContactMethod
from tests import builders


def test_duties_that_are_all_held_may_still_break_the_rules_of_the_planner(world, trio, run):
    ContactMethod.objects.update(tested_at=world.now)
    told = run("check", code=1).output
    assert told.startswith("Data Infra, up to ")
    assert "nothing is wrong" in told
    assert "  rule   2026-11-30 R4: Ana has the week's duty and the weekend" in told
    assert told.splitlines()[-1].startswith("         and ")


def test_a_policy_that_the_planner_does_not_know_is_looked_at_all_the_same(world, trio, run):
    builders.policy_with(trio.team, ("strictly_more_experience = true ", "strictly_more_experience = false "))
    ContactMethod.objects.update(tested_at=world.now)
    assert "the planner's rules were not judged: The planner gives each duty" in run("check").output


def test_what_is_wrong_is_said_with_who_mends_it_where_and_the_exit_code_is_one(world, trio, run):
    ContactMethod.objects.filter(person=trio.ana).update(tested_at=None)
    ContactMethod.objects.exclude(person=trio.ana).update(tested_at=world.now)
    told = run("check", code=1).output
    assert "  day    Ana: never answered a test page; on duty now\n         → Ana: http://testserver/profile" in told


def test_scripts_get_json_for_every_team_or_for_one(world, trio, run):
    builders.trio(slug="streaming")
    Shift.objects.filter(team=trio.team, post="backstop").update(person=None)
    assert [one["team"] for one in json.loads(run("check", "--json", code=1).stdout)] == ["data-infra", "streaming"]
    (only,) = json.loads(run("check", "--json", "--team", "data-infra", code=1).stdout)
    kinds = {one["kind"] for one in only["findings"]}
    assert kinds == {"empty", "untested"}
    assert only["findings"][0]["mended_at"] == "http://testserver/rota/override?team=data-infra"


def test_a_team_that_is_not_there_is_named_with_those_that_are(world, trio, run):
    assert "there are: data-infra" in run("check", "--team", "nonsense", code=1).output
