"""`hausmeister swap` and `hausmeister cover`."""

import json
import subprocess
import sys

import pytest

from tests import builders
from tests.rota.asks.stage import Stage
from tests.rota.asks.stage import stage as make

ADA, CEM = ("--as", "ada@platform.example.org"), ("--as", "cem@platform.example.org")


@pytest.fixture
def stage(world) -> Stage:
    found = make(world)
    world.forget()
    return found


def test_a_swap_is_listed_asked_for_and_agreed(stage, run):
    told = json.loads(run("swap", "who", "2026-12-07", "D", "--json").output)
    key = next(one["key"] for one in told["options"] if one["must_agree"] == ["Cem Aksoy"])
    assert key in run("swap", "who", "2026-12-07", "D").output
    made = json.loads(run("swap", "ask", "2026-12-07", "D", "--key", key, *ADA, "--json").output)
    assert "no answer yet" in run("swap", "list").output
    assert "no ask" in run("swap", "accept", str(made["id"]), "--as", "ben@platform.example.org", code=1).output
    assert "agreed" in run("swap", "accept", str(made["id"]), *CEM).output
    assert "agreed already" in run("swap", "accept", str(made["id"]), *CEM, code=1).output
    assert stage.holder() == stage.crew.cem
    assert json.loads(run("swap", "list", "--json").output) == {"items": []}


def test_cover_of_a_part_is_asked_for_and_declined(stage, run):
    part = ("2026-12-07", "D", "--from", "2026-12-09 08:00", "--until", "2026-12-09 12:00")
    assert json.loads(run("cover", "who", *part, "--json").output)["is_part"]
    made = json.loads(run("cover", "ask", *part, *ADA, "--json").output)
    assert made["offers"]
    who = made["offers"][0]["answers"][0]["name"].split()[0].lower()
    told = run("cover", "decline", str(made["id"]), "--as", f"{who}@platform.example.org").output
    assert "declined" in told
    assert "is over" in run("cover", "who", "2026-11-16", "D", code=1).output


def test_oncall_names_whose_backlog_week_it_is(stage, run):
    builders.policy_with(stage.team, ("backlog_week = false", "backlog_week = true"))
    assert "Backlog week: Ada Lund" in run("oncall", "--at", "2026-12-16 12:00").output


def test_help_of_the_program_needs_no_database():
    told = subprocess.run([sys.executable, "-m", "hausmeister", "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "swap" in told.stdout
