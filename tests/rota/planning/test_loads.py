"""Why somebody's load is what it is, with the planner's proof: asked for once, answered away from the web process."""

from datetime import date

import pytest

from hausmeister.base.database import at_once
from hausmeister.rota import operations as rota
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning import loads
from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.drafts import MOST_OPEN, DraftRefused, Wanted, ask
from hausmeister.rota.planning.loads import NobodyWithThatLoad
from hausmeister.rota.planning.rules.states import DraftState, Purpose
from hausmeister.rota.planning.solving import Answer, Planning
from hausmeister.team.rules import Scope
from tests import builders
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST
from tests.web.visitors import browser


def proof(world, crew, *, person=7, category=Category.B):
    return loads.ask(
        crew.team, person=crew.key(person), category=category, by=CONSOLE, asked_by=crew.ben, now=world.now
    )  # fmt: skip


def solved(world, answer):
    """Let an engine take the question; return what the planner's process was asked."""
    seen = []

    def solve(task, tell):
        seen.append(task.question)
        return answer

    assert Planning(solve, begin=at_once).run(world.now) == 1
    return seen[0]


LIMITS = Answer(DraftState.READY, {"limits": {"floor": 2, "ceiling": 9, "are_exact": True}})


def told(world, crew, person=7):
    return loads.load(crew.team, person=crew.key(person), category=Category.B, now=world.now)


def test_without_being_asked_nothing_is_proven(world, crew):
    found = told(world, crew)
    assert (found.name, found.proof, found.is_proven) == ("Hana Ito", None, False)
    assert not any("Cannot be under" in one for one in found.why.reasons)


def test_the_planner_is_asked_once_and_its_answer_is_shown_when_it_is_there(world, crew):
    draft = proof(world, crew)
    assert proof(world, crew) == draft
    assert told(world, crew).proof.is_open
    question = solved(world, LIMITS)
    assert (question["question"], question["person"], question["category"]) == ("limits", crew.key(7), "B")
    assert {one["person"] for one in question["plan"]} <= {crew.key(place) for place in range(8)}
    found = told(world, crew)
    assert any(one.startswith("Cannot be under 2 backstops: everybody else") for one in found.why.reasons)
    assert proof(world, crew) == draft
    assert told(world, crew, person=6).proof is None


def test_a_proof_of_other_facts_is_no_proof(world, crew):
    proof(world, crew)
    solved(world, LIMITS)
    rota.record_leave(crew.eva, starts_on=date(2026, 12, 15), ends_on=date(2026, 12, 16), by=CONSOLE, now=world.now)
    assert told(world, crew).proof is None
    proof(world, crew)
    assert Draft.objects.filter(purpose=Purpose.LOAD).count() == 1
    world.tick()
    world.forget()


def test_a_planner_that_breaks_is_said_and_may_be_asked_again(world, crew):
    draft = proof(world, crew)
    solved(world, Answer(DraftState.FAILED, {}, "The planner was killed (signal 9) while it worked. Ask again."))
    page = browser(crew.ben).get(f"/rota/load?person={crew.key(7)}&kind=B").content.decode()
    assert "The planner was killed" in page
    assert "What must any plan leave them?" in page
    assert proof(world, crew) != draft


def test_too_many_questions_wait_their_turn(world, crew):
    for _ in range(MOST_OPEN):
        ask(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=crew.hana, now=world.now)
    with pytest.raises(DraftRefused, match="wait for the planner already"):
        proof(world, crew)
    client = browser(crew.ben)
    answer = client.post(f"/rota/load?person={crew.key(7)}&kind=B")
    assert "wait for the planner already" in answer.content.decode()


def test_nobody_has_the_load_of_a_stranger(world, crew):
    with pytest.raises(NobodyWithThatLoad):
        loads.load(crew.team, person="p0", category=Category.B, now=world.now)


def test_the_screen_asks_shows_that_it_waits_and_then_the_proof(world, crew):
    client, path = browser(crew.ben), f"/rota/load?team=platform&person={crew.key(7)}&kind=B"
    answer = client.post(path)
    assert (answer.status_code, answer["Location"]) == (302, path)
    waiting = client.get(path).content.decode()
    assert "The planner looks for the fewest and the most" in waiting
    assert "hx-trigger" in waiting
    part = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<section class="card inside" id="load"')
    solved(world, LIMITS)
    shown = client.get(path).content.decode()
    assert "Cannot be under 2 backstops" in shown
    assert "found by the planner" in shown
    assert "What must any plan leave them?" not in shown


def test_the_api_asks_and_tells(world, crew):
    caller = builders.caller(crew.team, Scope.READ, Scope.MANAGE, person=crew.ben)
    path = f"/rota/load/{crew.hana.pk}"
    first = caller.get(f"{path}?kind=B").json()
    assert (first["name"], first["kind"], first["proof"], first["fewest"]) == ("Hana Ito", "B", "", None)
    assert caller.post(f"{path}/proof?kind=B", {}).json()["proof"] == "asked"
    solved(world, LIMITS)
    after = caller.get(f"{path}?kind=B").json()
    assert (after["proof"], after["fewest"], after["most"], after["exact"]) == ("ready", 2, 9, True)
    assert caller.get(f"/rota/load/{builders.person('Stranger').pk}?kind=B").status_code == 404
    assert caller.get(f"{path}?kind=X").status_code == 422


@pytest.mark.slow
def test_the_planners_own_process_finds_the_fewest_and_the_most(world, crew):
    """What stands is one of the plans that there can be, so Gil's part of it lies between the fewest and the most."""
    draft = proof(world, crew, person=6)
    assert Planning(Child(), begin=at_once).run(world.now) == 1
    draft.refresh_from_db()
    assert draft.state == DraftState.READY, draft.problem
    found = told(world, crew, person=6)
    assert 0 <= found.why.limits.floor <= found.why.row.planned <= found.why.limits.ceiling
