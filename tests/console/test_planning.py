"""`hausmeister plan`, `diff`, `publish`, `why`, `ledger`, `check`."""

import json
from datetime import date

import pytest

from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.team.models import ContactMethod
from tests.rota.planning.crew import alternating, ready, stand
from tests.rota.planning.crew import crew as make

LEAD = ("--as", "hana@platform.example.org")


@pytest.fixture
def crew(world):
    return make()


def test_a_plan_is_asked_for_by_a_lead_and_the_next_monday_is_meant(world, crew, run):
    told = json.loads(run("plan", *LEAD, "--weeks", "4", "--no-wait", "--json").output)
    assert (told["state"], told["first_week"], told["weeks"]) == ("asked", "2026-11-30", 4)
    assert "may not change rota" in run("plan", "--as", "ada@platform.example.org", "--no-wait", code=1).output
    assert "has begun" in run("plan", *LEAD, "--from", "2026-11-16", "--no-wait", code=1).output
    assert "is no date" in run("plan", *LEAD, "--from", "soon", "--no-wait", code=1).output
    assert "is an engine running?" not in run("plan", *LEAD, "--no-wait").output


def test_a_diff_says_who_instead_of_whom_and_publish_whom_it_told(world, crew, run):
    draft = ready(crew, now=world.now)
    told = run("diff", str(draft.pk)).output
    assert "Hausmeister" in told
    assert "->" in told
    assert "Fairness" in told
    as_json = json.loads(run("diff", str(draft.pk), "--json").output)
    done = json.loads(run("publish", str(draft.pk), *LEAD, "--json").output)
    assert done["changes"] == len(as_json["changes"])
    assert "published already" in run("publish", str(draft.pk), *LEAD, code=1).output
    assert "Nothing changes." in run("diff", str(draft.pk)).output
    assert "There is no plan 999" in run("diff", "999", code=1).output
    world.tick()
    assert len(world.sent) == len(done["told"])
    world.forget()


def test_why_and_ledger_say_what_the_api_says(world, crew, run):
    told = run("why", "2026-12-07", "D").output
    assert "cannot:" in told
    assert json.loads(run("why", "2026-12-07", "D", "--json").output)["week"] == "2026-12-07"
    assert "Only this week" in run("why", "2026-11-16", "D", code=1).output
    ledger = run("ledger").output
    assert ledger.index("Ada Lund") < ledger.index("Hana Ito")
    assert len(json.loads(run("ledger", "--json").output)["items"]) == 8


def test_check_says_which_rule_is_broken_where_and_ends_with_one(world, crew, run):
    first = date(2026, 11, 30)
    Shift.objects.filter(team=crew.team, week__gte=date(2027, 1, 25)).delete()
    stand(crew, alternating(crew, 8), first_week=first)
    now = Shift.objects.filter(team=crew.team, week=date(2026, 11, 23))
    now.filter(duty="hausmeister", post="primary").update(person=crew.eva)
    now.filter(duty="hausmeister", post="backstop").update(person=crew.gil)
    now.filter(duty="weekend", post="primary").update(person=crew.finn)
    now.filter(duty="weekend", post="backstop").update(person=crew.hana)
    ContactMethod.objects.update(tested_at=world.now)
    told = run("check").output
    assert "nothing is wrong" in told
    assert "what stands keeps every rule" in told
    Shift.objects.filter(team=crew.team, week=date(2026, 12, 14), duty="weekend", post="backstop").update(person=None)
    (told,) = json.loads(run("check", "--json", code=1).output)
    assert [(one["rule"], one["week"]) for one in told["broken"]] == [("R1", "2026-12-14")]
    assert [one["kind"] for one in told["findings"]] == ["empty"]
    assert "2026-12-14 R1:" in run("check", code=1).output
    assert not Draft.objects.exists()
