"""Silences over the JSON API and from a shell."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from hausmeister.alerts.models import Silence
from hausmeister.console.group import commands
from hausmeister.pager.operations import acting
from hausmeister.team.rules import Scope
from tests import builders

ASKED = {
    "conditions": [{"field": "title", "how": "contains", "value": "disk"}],
    "until": "in 2h",
    "reason": "resize of db-7",
}


@pytest.fixture
def ana(trio):
    return builders.caller(trio.team, Scope.READ, Scope.MANAGE, person=trio.ana)


def test_a_silence_lives_through_all_its_calls(world, trio, ana):
    made = ana.post("/silences", ASKED)
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["made_by"], told["kind"], told["alerts"]) == ("active", "Ana", "silence", 0)
    page = world.fire("Disk full", severity="high")
    assert ana.get(f"/silences/{told['id']}").json()["alerts"] == 1
    shown = ana.get(f"/pages/{page.pk}").json()
    assert shown["state"] == "silenced"
    assert shown["silenced_until"] == told["ends_at"]
    changed = ana.ask("PUT", f"/silences/{told['id']}", {**ASKED, "until": "in 3h", "version": 1})
    assert changed.status_code == 200
    stale = ana.ask("PUT", f"/silences/{told['id']}", {**ASKED, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "silence_changed")
    ended = ana.post(f"/silences/{told['id']}/end")
    assert ended.json()["state"] == "over"
    again = ana.post(f"/silences/{told['id']}/end")
    assert (again.status_code, again.json()["code"]) == (409, "silence_is_over")
    world.tick()
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    assert [len(ana.get(f"/silences?state={one}").json()["items"]) for one in ("active", "planned", "over")] == [
        0,
        0,
        1,
    ]


def test_what_it_would_have_covered_is_counted_and_nothing_stored(world, trio, ana):
    page = world.fire("Disk full", severity="info")
    found = ana.post("/silences/preview", {"conditions": ASKED["conditions"]}).json()
    assert (found["alerts"], found["looked_at"], found["open_pages"]) == (1, 1, [page.pk])
    assert not Silence.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"until": "soon"}, "no_moment", "until"),
        ({"until": "in 20d"}, "silence_refused", "until"),
        ({"from": "2027-11-24 10:00", "until": "2027-11-24 11:00"}, "silence_refused", "from"),
        ({"reason": " "}, "silence_refused", "reason"),
        ({"conditions": []}, "silences_everything", "everything"),
        ({"conditions": [{"field": "x", "value": "y"}]}, "silence_refused", "conditions"),
    ],
)
def test_what_is_no_silence_says_which_part(ana, changed, code, field):
    answer = ana.post("/silences", {**ASKED, **changed})
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


def run(*words):
    return CliRunner().invoke(commands, ["silence", *words])


def test_from_a_shell_one_is_made_listed_moved_and_ended(world, trio):
    world.fire("Disk 0 full", severity="info")
    looked = run("add", "resize", "--where", "title contains disk", "--for", "2h", "--dry-run")
    assert "Of 1 alerts of the last 7 days, 1 would have been silent." in looked.output
    assert (
        json.loads(run("add", "resize", "--where", "title is x", "--for", "2h", "--dry-run", "--json").output)["alerts"]
        == 0
    )
    made = run("add", "resize", "--where", "label:shard is s0", "--for", "2h", "--as", "ana@example.org", "--json")
    told = json.loads(made.output)[0]
    assert (told["made_by"], told["conditions"]) == ("Ana", [{"field": "label:shard", "how": "is", "value": "s0"}])
    number = str(told["id"])
    assert "label shard is s0" in run("list").output
    moved = json.loads(run("change", number, "--until", "10:00", "--json").output)[0]
    assert moved["ends_at"].startswith("2026-11-24T09:00")
    planned = run("add", "night", "--where", "title contains x", "--from", "22:00", "--for", "1h", "--p4")
    assert "Maintenance" in planned.output
    assert "planned" in planned.output
    assert "over" in run("end", number).output
    assert "silences nothing" not in run("list").output
    assert len(json.loads(run("list", "--all", "--json").output)) == 2
    assert Silence.objects.get(pk=number).ended_at - world.now == timedelta(0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "x", "--where", "title sounds like x", "--for", "1h"), "is no condition"),
        (("add", "x", "--for", "1h"), "--everything"),
        (("add", "x", "--where", "title is x"), "--until, or --for"),
        (("add", "x", "--where", "title is x", "--for", "long"), "long"),
        (("add", "x", "--where", "title is x", "--until", "once"), "no moment"),
        (("add", "x", "--where", "title is x", "--for", "1h", "--as", "x@example.org"), "Nobody here"),
        (("end", "77"), "There is no silence 77"),
    ],
)
def test_what_a_shell_asks_wrongly_is_said(trio, words, says):
    answer = run(*words)
    assert answer.exit_code == 1
    assert says in answer.output
