"""`hausmeister plan` and `hausmeister check`, from file to file, without a database."""

import json

import pytest
from click.testing import CliRunner

from hausmeister.console.group import commands
from hausmeister.rota.planner import files
from tests.rota.planner import teams

# looks for plans in a process of its own: not part of the fast half
pytestmark = pytest.mark.slow


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(commands, [str(word) for word in words])


@pytest.fixture
def written(tmp_path):
    def write(task):
        path = tmp_path / "instance.json"
        path.write_text(json.dumps(files.instance_document(task)), encoding="utf-8")
        return path

    return write


def test_a_plan_is_written_and_judged_valid_and_says_what_it_was_made_from(run, written, tmp_path):
    task = teams.team(8, 8, seed=5)
    instance_file, plan_file = written(task), tmp_path / "plan.json"
    planned = run("plan", "--instance", instance_file, "--out", plan_file, "--budget-s", 2, "--json")
    assert planned.exit_code == 0, planned.output
    told = json.loads(planned.stdout)
    assert told["feasible"] is True
    assert [tier["name"] for tier in told["tiers"]] == ["FAIR", "COMFORT"]
    assert told["inputs_sha256"] == files.fingerprint(task) == json.loads(plan_file.read_text())["inputs_sha256"]
    judged = run("check", instance_file, plan_file, "--json")
    assert judged.exit_code == 0
    assert json.loads(judged.stdout)["FAIR"] == told["tiers"][0]["value"]
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_a_plan_that_breaks_a_rule_is_told_rule_by_rule(run, written, tmp_path):
    task = teams.team(8, 2, seed=5)
    holders = [{"week": week, "role": role, "person": "p001"} for week in (0, 1) for role in ("D", "W", "BD", "BW")]
    plan_file = tmp_path / "plan.json"
    plan_file.write_text(json.dumps({"assignments": holders}))
    judged = run("check", written(task), plan_file)
    assert judged.exit_code == 1
    assert "R4  p001 has the week's duty and the weekend and" in judged.stdout


def test_impossible_has_a_code_of_its_own_and_names_the_facts(run, written, tmp_path):
    people = [teams.person("ana", 9), teams.person("bruno", 9), teams.person("carla", 1), teams.person("dora", 1)]
    task = teams.instance(people, weeks=3, min_gap=3, ideal_gap=3)
    told = run("plan", "--instance", written(task), "--out", tmp_path / "plan.json", "--json")
    assert told.exit_code == 3, told.output
    answer = json.loads(told.stdout)
    assert answer["feasible"] is False
    assert {(one["rule"], one["person"]) for one in answer["conflict"]} >= {("R6", None)}
    assert all(one["week"] in range(3) for one in answer["conflict"])
    assert not (tmp_path / "plan.json").exists()
    in_words = run("plan", "--instance", written(task), "--out", tmp_path / "plan.json")
    assert "No plan is possible" in in_words.stdout
    assert "Way out: Relax the gap" in in_words.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("garbage", "is not JSON"),
        ('{"format": "rota-instance/9"}', "it must be rota-instance/1"),
    ],
)
def test_a_bad_file_is_wrong_use_and_says_what_is_wrong_with_it(run, tmp_path, text, words):
    path = tmp_path / "instance.json"
    if text is not None:
        path.write_text(text)
    told = run("plan", "--instance", path, "--out", tmp_path / "plan.json")
    assert told.exit_code == 2
    assert words in " ".join(told.stderr.split())


def test_a_place_that_cannot_be_written_is_said(run, written, tmp_path):
    task = teams.team(8, 2, seed=5)
    told = run("plan", "--instance", written(task), "--out", tmp_path / "no" / "plan.json", "--budget-s", 1, "--json")
    assert told.exit_code == 2
    assert "cannot be written" in told.stderr
