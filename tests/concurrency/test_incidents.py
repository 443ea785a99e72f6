"""Two who hand over, open or end at once, for real: the first stands and the second is told, on either database."""

from collections.abc import Iterator

import pytest

from hausmeister.incidents.models import Incident
from hausmeister.incidents.operations import closing, open_incident, roles, updating
from hausmeister.incidents.operations.changing import IncidentIsOver
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import Post
from hausmeister.team.operations import as_actor
from tests import builders, harness
from tests.builders import BuiltTeam
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT = at("2026-11-24 02:00")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(NIGHT) as told:
        yield told
        told.forget()


@pytest.fixture
def trio(world: World) -> BuiltTeam:
    return builders.trio()


def opened(trio, world, **more):
    return open_incident(trio.team, "No data", "SEV2", actor=as_actor(trio.ana), now=world.now, **more)


def test_of_two_who_hand_over_at_once_one_is_told_that_it_moved(world, trio):
    incident = opened(trio, world)

    def give(to):
        return lambda: roles.assign(incident.pk, Post.COMMS, to=to, by=trio.ana, seen=None, now=world.now)

    results = at_once(give(trio.bruno), give(trio.carla))
    (done,) = [one for one in results if isinstance(one, Incident)]
    (lost,) = [one for one in results if one is not done]
    assert isinstance(lost, roles.PostMoved), lost
    assert Incident.objects.get().comms_id == done.comms_id


def test_two_who_press_the_button_on_one_page_open_one_incident(world, trio):
    results = at_once(*(lambda: opened(trio, world, opened_from="page:1") for _ in range(2)))
    assert [type(one) for one in results] == [Incident, Incident], results
    assert Incident.objects.count() == 1


def test_an_all_clear_is_given_once_and_an_update_beside_it_is_told_before_it_or_refused(world, trio):
    incident = opened(trio, world)
    results = at_once(
        lambda: closing.all_clear(incident.pk, Said("Over."), by=trio.ana, now=world.now),
        lambda: closing.all_clear(incident.pk, Said("Over."), by=trio.carla, now=world.now),
        lambda: updating.post_update(incident.pk, Said("News."), by=trio.bruno, now=world.now),
    )
    assert sum(isinstance(one, IncidentIsOver) for one in results[:2]) == 1, results
    assert isinstance(results[2], Incident | IncidentIsOver), results
    assert not Incident.objects.get().is_running
    assert not Incident.objects.get().timers.exists()
