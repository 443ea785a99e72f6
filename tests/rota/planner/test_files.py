"""The file format: what it holds comes back, and what it does not know is refused with its place."""

import json

import pytest

from hausmeister.rota.planner import files
from hausmeister.rota.planner.files import BadFile
from hausmeister.rota.planner.instance import Plan, Role, Rule, Slot, Waiver
from tests.rota.planner import teams


def document():
    return files.instance_document(teams.team(12, 8, seed=5))


def test_an_instance_that_is_written_reads_back_equal():
    task = teams.team(12, 8, seed=5)
    task = task.waiving([Waiver(Rule.R6, 3), Waiver(Rule.R3, 2, "p004")])
    assert files.read_instance(json.dumps(files.instance_document(task))) == task


def test_the_order_of_people_matters_and_the_order_of_keys_does_not():
    one = document()
    other = dict(reversed(one.items()))
    assert files.fingerprint(files.instance_from(one)) == files.fingerprint(files.instance_from(other))
    other["people"] = list(reversed(one["people"]))
    assert files.fingerprint(files.instance_from(one)) != files.fingerprint(files.instance_from(other))


def test_a_key_at_the_top_that_nobody_knows_is_named_and_ignored():
    text = json.dumps({**document(), "colour": "red"})
    assert files.read_instance(text) == files.instance_from(document())
    assert files.notes(text) == ["The key 'colour' is not part of rota-instance/1 and was ignored."]


def spoil(path, value):
    spoiled = document()
    place = spoiled
    for step in path[:-1]:
        place = place[step]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return spoiled


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["format"], "rota-instance/2", "format is \"rota-instance/2\"; it must be rota-instance/1."),
        (["weights"], KeyError, "the file lacks weights"),
        (["weeks"], 0, "weeks is 0; it must be a whole number from 1 to 156."),
        (["weeks"], True, "weeks is true"),
        (["start"], "2027-01-05", "start is 2027-01-05, a Tuesday; it must be a Monday."),
        (["roles"], ["D", "W"], 'it must be ["D", "W", "BD", "BW"]'),
        (["people"], [], "people holds 0"),
        (["people"], {}, "people is {}; it must be a list."),
        (["people", 0, "id"], "p002", "the id 'p002' comes twice"),
        (["people", 3, "experience"], "much", "people[3].experience is \"much\""),
        (["people", 3, "experience"], KeyError, "people[3] lacks 'experience'."),
        (["people", 3, "nick"], "Al", "people[3] has the unknown key 'nick'; allowed are id, country"),
        (["people", 3, "fte"], 120, "people[3].fte is 120; it must be a whole number from 0 to 100."),
        (["people", 3, "off_weekdays"], [6], "people[3].off_weekdays[0] is 6; it must be a whole number from 0 to 4."),
        (["people", 3, "off_weekdays"], [1, 1], "may come once"),
        (["people", 3, "away"], [{"from": "2027-02-08", "to": "2027-02-01", "kind": "x"}], "people[3].away[0] goes"),
        (["people", 3, "away"], [{"from": "8 Feb", "to": "2027-02-01", "kind": "holiday"}], "must be a date such as"),
        (["people", 3, "prefer_not"], [{"week": 8, "role": "D"}], "prefer_not[0].week is 8"),
        (["people", 3, "prefer_not"], [{"week": 0, "role": "X"}], "it must be D or W or BD or BW."),
        (["people", 3, "history", "last_duty_week"], 0, "history.last_duty_week is 0"),
        (["people", 3, "learning"], [{"area": "", "need": 1}], "learning[0].area is \"\""),
        (["holidays", "DE"], ["2027-02-30"], "holidays.DE[0] is"),
        (["rules", "min_gap"], 1.5, "rules.min_gap is 1.5"),
        (["frozen_weeks"], 9, "frozen_weeks is 9"),
        (["current_plan"], [{"week": 99, "role": "D", "person": "p001"}], "current_plan[0].week is 99"),
        (["pins"], [{"week": 0, "role": "D", "person": "zoe"}], "names 'zoe', who is not among the people."),
        (["waivers"], [{"rule": "R1", "week": 0}], "waivers[0].rule is \"R1\""),
        (["waivers"], [{"rule": "R6", "week": 0, "person": "zoe"}], "names 'zoe'"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_format_is_refused_with_its_place(path, value, words):
    with pytest.raises(BadFile) as refused:
        files.instance_from(spoil(path, value))
    assert words in str(refused.value)


def test_who_leaves_before_they_come_is_refused():
    spoiled = spoil(["people", 3, "employed_from"], "2027-06-01")
    spoiled["people"][3]["employed_to"] = "2027-05-01"
    with pytest.raises(BadFile, match="must not be before employed_from"):
        files.instance_from(spoiled)


@pytest.mark.parametrize("text", ["", "[", "\x00", "[" * 100_000, "nul", "[1]"])
def test_garbage_is_refused(text):
    with pytest.raises(BadFile):
        files.read_instance(text)


def test_a_plan_reads_back_equal_and_may_name_people_who_left():
    plan = Plan.of({Slot(0, Role.D): "gone", Slot(0, Role.BW): "p001"})
    assert files.read_plan(json.dumps({"assignments": files.assignments_document(plan)})) == plan
    with pytest.raises(BadFile, match="lacks 'assignments'"):
        files.read_plan("{}")
