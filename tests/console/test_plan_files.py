"""`hausmeister cover`, `swap`, `why`, `load`, `leave` and `replan`, on files, without a database."""

import json
from dataclasses import replace
from datetime import date

import click.testing
import pytest

from hausmeister.console.group import commands
from hausmeister.rota.planner.files import assignments_document, instance_document
from hausmeister.rota.planner.instance import Absence, Plan, Role, Slot, Spacing
from tests.rota.planner.teams import instance, person

TASK = instance((person("low", 1), person("new", 1), person("mid", 5), person("top", 9)), weeks=2, min_gap=2)
PLAN = Plan.of({
    Slot(0, Role.D): "low", Slot(0, Role.BD): "mid", Slot(0, Role.W): "new", Slot(0, Role.BW): "top",
})  # fmt: skip


@pytest.fixture
def files(tmp_path):
    task, plan = tmp_path / "task.json", tmp_path / "plan.json"
    task.write_text(json.dumps(instance_document(TASK)))
    plan.write_text(json.dumps({"assignments": assignments_document(PLAN)}))
    return ["--instance", str(task), "--plan", str(plan)]


def ask(*arguments: str, code: int = 0) -> str:
    result = click.testing.CliRunner().invoke(commands, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def test_cover_lists_people_and_chains_as_json(files):
    told = json.loads(ask("cover", "0", "BD", *files, "--json"))
    assert [one["steps"] for one in told["people"]] == [[{"week": 0, "role": "BD", "from": "mid", "to": "top"}]]
    assert told["people"][0]["must_accept"] == ["top"]
    assert told["chains_found"] == len(told["chains"])


def test_cover_in_words_names_moves_and_whom_to_ask(files):
    assert "week 0 BD: mid to top" in ask("cover", "0", "BD", *files)
    assert "asks top" in ask("cover", "0", "BD", *files)


def test_cover_of_some_days_leaves_the_slot_with_its_holder(files):
    told = json.loads(ask("cover", "0", "D", *files, "--from", "2027-01-05", "--to", "2027-01-06", "--json"))
    assert [one["person"] for one in told] == ["new"]
    assert "is not within" in ask("cover", "0", "D", *files, "--from", "2027-02-05", code=1)


def test_swaps_are_listed_with_both_ledgers(files):
    told = json.loads(ask("swap", "0", "D", *files, "--json"))
    assert [(one["steps"][1]["role"], one["must_accept"]) for one in told] == [("W", ["new"])]
    assert {one["person"] for one in told[0]["ledgers"]} == {"low", "new"}
    assert "week 0 W: new to low" in ask("swap", "0", "D", *files)


def test_why_names_the_holder_the_facts_and_the_prices(files):
    told = json.loads(ask("why", "0", "D", *files, "--json"))
    assert told["holder"] == "low"
    assert {one["person"] for one in (*told["blocked"], *told["priced"])} == {"new", "mid", "top"}
    assert "Week 0 D is with low." in ask("why", "0", "D", *files)


def test_load_and_leave_answer_too(files):
    assert "Nobody outranks top: backstop only." in ask("load", "top", "D", *files)
    assert json.loads(ask("load", "low", "D", *files, "--json"))["planned"] == 1
    assert ask("leave", "low", "2027-01-09", "2027-01-10", *files).strip() == "fine"
    told = json.loads(ask("leave", "low", "2027-01-05", "2027-01-05", *files, "--json"))
    assert told["touched"] == [{"week": 0, "role": "D"}]
    assert "must not end before" in ask("leave", "low", "2027-01-10", "2027-01-09", *files, code=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cover", "7", "D"), "the weeks are 0 to 1"),
        (("load", "zoe", "D"), "There is no 'zoe' among the people: low, new, mid, top."),
    ],
)
def test_what_is_not_in_the_plan_is_said(files, arguments, says):
    assert says in ask(*arguments, *files, code=1)


def test_three_plans_are_shown_and_the_one_taken_is_written(tmp_path):
    sick = replace(TASK.people[0], away=(Absence(date(2027, 1, 4), date(2027, 1, 8)),))
    spare = person("spare", 1)
    filled = ("low", "new", "mid", "top", "spare", "other", "mid", "top")
    people = (sick, *TASK.people[1:], spare, person("other", 1))
    task = replace(TASK, people=people, current=Plan.of(dict(zip(TASK.slots, filled, strict=True))))
    asked, out = tmp_path / "replan.json", tmp_path / "out.json"
    asked.write_text(json.dumps(instance_document(replace(task, spacing=Spacing(1, 1)))))
    told = json.loads(ask("replan", "--instance", str(asked), "--out", str(out), "--budget-s", "5", "--json"))
    assert [(one["name"], one["changes_proven"]) for one in told] == [
        ("fewest", True), ("a few more", False), ("free", False),
    ]  # fmt: skip
    assert told[0]["changed_slots"] == 1
    assert json.loads(out.read_text())["assignments"] == told[0]["assignments"]
    assert ask("check", str(asked), str(out)).startswith("valid")
    words = ask("replan", "--instance", str(asked), "--budget-s", "5")
    assert "fewest, proven the fewest: FAIR" in words
    assert "week 0 D: low to" in words
    limits = json.loads(ask("load", "top", "B", "--instance", str(asked), "--limits", "--json"))
    assert 0 <= limits["floor"] <= limits["planned"] <= limits["ceiling"] <= 4


def test_a_file_that_is_no_instance_is_refused_with_its_place(files, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    assert f"{bad}: the file is []" in ask("why", "0", "D", "--instance", str(bad), code=2)
    assert "cannot be read" in ask("why", "0", "D", "--instance", str(tmp_path / "none.json"), code=2)
    assert "has no current plan; name one with --plan" in ask("why", "0", "D", *files[:2], code=2)


@pytest.mark.parametrize("name", ["plan", "check", "why", "cover", "swap"])
def test_help_of_a_command_with_two_forms_shows_both(name):
    told = ask(name, "--help")
    assert "instance" in told.lower()
    assert "--team" in told or "Commands:" in told
