"""The jobs that look ahead: one team in trouble hides no other, and a slow round is not joined by a second."""

from structlog.testing import capture_logs

from hausmeister.base import database
from hausmeister.engine.ahead import ForEachTeam
from tests import builders


def test_a_team_that_cannot_be_looked_at_is_logged_and_the_next_has_its_turn(world, trio):
    other = builders.trio(slug="streaming")
    seen = []

    def act(team_id, *, now):
        seen.append(team_id)
        if team_id == trio.team.pk:
            raise ZeroDivisionError("oops")
        return 1

    world.allow_error("ahead.failed")
    with capture_logs() as logs:
        ForEachTeam("test", act, begin=database.at_once).run(world.now)
    assert seen == [trio.team.pk, other.team.pk]
    assert [(one["event"], one["team"]) for one in logs] == [("ahead.failed", trio.team.pk)]


def test_a_round_that_is_under_way_is_not_begun_again(world, trio):
    waiting, seen = [], []
    job = ForEachTeam("test", lambda team_id, *, now: seen.append(team_id) or 0, begin=waiting.append)
    job.run(world.now)
    job.run(world.now)
    assert len(waiting) == 1
    waiting.pop()()
    assert seen == [trio.team.pk]
    job.run(world.now)
    assert len(waiting) == 1
