"""Where familiarity decides: who is pulled in, who is offered an item, whose backing the planner counts."""

from hausmeister.familiarity import operations
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.issues.rules.work import Helper, candidates
from hausmeister.journal.rules import CONSOLE
from hausmeister.rota.planning import members, snapshot
from hausmeister.rota.planning.rules.terms import Goal, Terms
from hausmeister.triage import operations as triage
from hausmeister.triage import queries
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import Source
from hausmeister.triage.shapes import Taken
from tests.rota.planning.crew import FIRST, crew


def knows(team, person, clue, *, now, times=6):
    work = [Work(Kind.PAGE, f"page:{number}", (person.pk,), (clue,), now) for number in range(times)]
    operations.record(team.pk, work)


def test_who_knows_the_area_is_pulled_in_before_the_more_experienced_and_after_the_backstop():
    able = {"is_reachable": True, "is_away": False, "takes_part": True}
    team = [
        Helper(1, 9, **able), Helper(2, 1, **able, familiarity=3), Helper(3, 2, **able, is_backstop=True),
        Helper(4, 9, is_reachable=True, is_away=True, takes_part=True, familiarity=3),
    ]  # fmt: skip
    assert candidates(team, on_it=frozenset(), asked=frozenset()) == [3, 2, 1]


def test_an_item_is_offered_to_whoever_knows_its_area_first_and_says_why(world, trio):
    knows(trio.team, trio.ana, "kafka lag", now=world.now)
    triage.take(trio.team.pk, Taken(title="Kafka lost my event", source=Source.API), by=CONSOLE, now=world.now)
    offered = [(one.person.name, one.why) for one in queries.candidates(Item.objects.get(), now=world.now)]
    assert offered == [
        ("Ana", "ingestion: knows it"), ("Carla", "experience 3"), ("Bruno", "experience 2"),
    ]  # fmt: skip
    world.tick()
    world.forget()


def test_the_planner_counts_who_knows_by_work_what_others_want_to_learn_and_nothing_else(world):
    made = crew()
    knows(made.team, made.ada, "kafka lag", now=world.now)
    knows(made.team, made.ada, "disk full", now=world.now)
    before = snapshot.inputs(made.team, first_week=FIRST, weeks=4, now=world.now).instance
    assert before.person[made.key(0)].expert_in == frozenset()
    learner = made.membership(made.people[1])
    members.change_terms(learner, Terms(learns=(Goal("Ingestion", 2),)), by=CONSOLE, now=world.now)
    after = snapshot.inputs(made.team, first_week=FIRST, weeks=4, now=world.now).instance
    assert after.person[made.key(0)].expert_in == frozenset({"Ingestion"})
    knows(made.team, made.people[1], "kafka is slow", now=world.now)
    again = snapshot.inputs(made.team, first_week=FIRST, weeks=4, now=world.now).instance
    assert again.person[made.key(1)].expert_in == frozenset()
