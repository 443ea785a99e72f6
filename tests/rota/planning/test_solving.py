"""The engine has drafts solved elsewhere: one at a time, each answer stored, whatever becomes of the solver."""

import pytest

from hausmeister.base.database import at_once
from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota.planner import files
from hausmeister.rota.planning import drafts
from hausmeister.rota.planning.drafts import Wanted
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.planning.solving import Answer, NoLongerWanted, Planning
from hausmeister.team.models import Leave
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST, alternating


@pytest.fixture
def draft(world, crew):
    wanted = Wanted(FIRST, 4, seed=7, budget_s=9, tolerance_percent=3, flavour=Flavour.FEW)
    return drafts.ask(crew.team, wanted, by=CONSOLE, person=crew.hana, now=world.now)


def fact(rule, week, key, words, how, *people, **lift):
    return {
        "rule": rule, "week": week, "people": list(people), "key": key, "words": words, "way_out": f"Way out: {words}",
        "cost": 1, "lift": {"how": how, **lift},
    }  # fmt: skip


def run(solve, world, *, begin=at_once):
    planning = Planning(solve, begin=begin)
    return planning, planning.run(world.now)


def test_the_solver_gets_the_facts_of_the_draft_and_its_plan_is_kept(world, crew, draft):
    plan = {"assignments": files.assignments_document(alternating(crew, 4)), "tiers": []}
    seen = []

    def solve(task, tell):
        seen.append(task)
        assert tell({"tier": "fair", "value": 300})
        draft.refresh_from_db()
        assert draft.progress == {"tier": "fair", "value": 300}
        return Answer(DraftState.READY, plan)

    _planning, taken = run(solve, world)
    assert taken == 1
    draft.refresh_from_db()
    assert (draft.state, draft.result, draft.claimed_by) == (DraftState.READY, plan, "")
    (task,) = seen
    assert (task.seed, task.budget_s, task.tolerance_percent, task.flavour) == (7, 9, 3, Flavour.FEW)
    assert task.instance == files.instance_from(draft.inputs["instance"])
    assert Entry.objects.filter(verb="rota.plan_answered").count() == 1


def test_a_solver_that_breaks_is_a_failed_draft_and_the_next_one_is_taken(world, crew, draft):
    def solve(task, tell):
        raise MemoryError("no room")

    planning, _taken = run(solve, world)
    draft.refresh_from_db()
    assert draft.state == DraftState.FAILED
    assert "broke while it worked" in draft.problem
    world.allow_error("plan.broke")
    assert planning.run(world.now) == 0


def test_what_is_impossible_is_kept_with_its_facts(world, crew, draft):
    rota.record_leave(crew.cem, starts_on=FIRST, ends_on=FIRST, by=CONSOLE, now=world.now)
    key = crew.key(2)
    words = f"Cem Aksoy is away from {FIRST} to {FIRST} (holiday)."
    away = fact("R3", 0, "1", words, "absence", key, starts_on=FIRST.isoformat())
    gap = fact("R6", 0, "2", "Two primary duties lie at least 2 weeks apart.", "gap", min_gap=1)
    rank = fact("R5", 1, "3", "The backstop needs more experience, in weeks 1 to 2.", "waiver", weeks=[1, 2])
    gone = fact("R2", 0, "4", "Cem is not employed.", "employment", key)
    kept = fact("R7", 0, "5", "The week's duty of week 0 is frozen with Ada Lund.", "waiver", weeks=[0], role="D")
    agreed = fact("R7", 1, "6", "The weekend of week 1 is pinned to Ada Lund.", "pin", weeks=[1], role="W")
    found = {"facts": [away, rank, gone, kept, agreed], "cheapest": [gap]}
    run(lambda task, tell: Answer(DraftState.IMPOSSIBLE, found, "No plan exists."), world)
    draft.refresh_from_db()
    assert (draft.state, draft.problem) == (DraftState.IMPOSSIBLE, "No plan exists.")
    assert draft.result["conflict"][0] == "Cem Aksoy is away from 7 Dec to 7 Dec."
    assert draft.result["conflict"][1] == "The backstop needs more experience, in the weeks of 14 Dec to 21 Dec."
    assert draft.result["conflict"][3] == "The week's duty of the week of 7 Dec is frozen with Ada Lund."
    assert draft.result["conflict"][2] == "Cem is not employed."
    leave = Leave.objects.get(person=crew.cem)
    waived = [{"kind": "waive", "rule": "R5", "week": week, "person": None} for week in (1, 2)]
    assert [(one["bends"], one["is_cheapest"]) for one in draft.result["ways_out"]] == [
        ([{"kind": "gap", "min_gap": 1}], True),
        ([{"kind": "absence", "leave": leave.pk, "name": "Cem Aksoy"}], False),
        (waived, False),
        ([{"kind": "waive", "rule": "R7", "week": 0, "person": None}], False),
        ([{"kind": "agreed", "week": 1, "role": "W"}], False),
    ]
    world.tick()
    world.forget()


def test_the_cheapest_way_out_may_bend_two_things_at_once(world, crew, draft):
    one, other = (
        fact("R5", week, str(week), f"In week {week} nobody outranks.", "waiver", weeks=[week]) for week in (0, 1)
    )
    found = {"facts": [one, other], "cheapest": [one, other]}
    run(lambda task, tell: Answer(DraftState.IMPOSSIBLE, found, "No plan exists."), world)
    draft.refresh_from_db()
    ways = draft.result["ways_out"]
    assert [(way["id"], len(way["bends"]), way["is_cheapest"]) for way in ways] == [
        ("cheapest", 2, True), ("way0", 1, False), ("way1", 1, False),
    ]  # fmt: skip


def test_a_draft_that_is_discarded_while_it_is_solved_stays_discarded(world, crew, draft):
    def solve(task, tell):
        drafts.discard(draft, by=CONSOLE, now=world.now)
        if not tell(None):
            raise NoLongerWanted
        raise AssertionError("it was still wanted")

    run(solve, world)
    draft.refresh_from_db()
    assert draft.state == DraftState.DISCARDED


def test_one_at_a_time(world, crew, draft):
    drafts.ask(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=None, now=world.now)
    work = []
    planning, taken = run(lambda task, tell: Answer(DraftState.FAILED, {}, "no"), world, begin=work.append)
    assert taken == 1
    assert planning.run(world.now) == 0
    work.pop()()
    assert planning.run(world.now) == 1
    work.pop()()
    assert planning.run(world.now) == 0
