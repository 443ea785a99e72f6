"""What is done in the background: begun only when there is something to do, never twice at once, and never fatal."""

from datetime import timedelta

from hausmeister.answers import operations, rounds
from hausmeister.answers.models import Card, Recurring
from hausmeister.answers.rounds import Round
from hausmeister.base import database
from tests.builders import CONSOLE


def test_the_engine_reads_documents_and_gathers_askings_by_itself(world, trio, tmp_path):
    (tmp_path / "guide.md").write_text("# Restoring\n\nUNDROP TABLE restores a dropped table.\n", encoding="utf-8")
    operations.add_source(trio.team, name="handbook", folder=str(tmp_path), by=CONSOLE, now=world.now)
    for by in ("ana", "bo", "carla"):
        operations.note_asking(trio.team, "how do I restore a dropped table?", by=by, at=world.now)
    world.tick()
    assert Card.objects.get().title == "Restoring"
    assert Recurring.objects.get().state == "proposed"
    assert world.sent == []


def test_nothing_to_do_begins_nothing(world, trio):
    begun = []
    for name, work, is_due, _ in rounds.ROUNDS:
        assert Round(name, work, is_due, begin=begun.append).run(world.now) == 0
    assert begun == []


def test_a_round_that_still_goes_on_is_not_begun_again(world):
    begun = []
    one = Round("x", lambda now: 0, lambda: True, begin=begun.append)
    assert (one.run(world.now), one.run(world.now)) == (1, 0)
    begun[0]()
    assert one.run(world.now + timedelta(seconds=10)) == 1


def test_a_round_that_fails_is_told_and_the_next_one_runs(world):
    answers = [ValueError("torn page"), 3]

    def work(now):
        told = answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return told

    one = Round("x", work, lambda: True, begin=database.at_once)
    assert one.run(world.now) == 1
    assert one.run(world.now) == 1
    assert answers == []
    assert [one["round"] for one in world.logs if one["event"] == "answers.round_failed"] == ["x"]
    world.allow_error("answers.round_failed")
