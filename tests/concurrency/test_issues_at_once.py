"""Two at one issue at once, for real: the database decides, on either of them."""

import threading
from collections.abc import Iterator

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Delivery, Emergency, Issue
from hausmeister.issues.operations import arriving, mirroring, urgency, working
from hausmeister.issues.operations.mirroring import Busy, Work
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.issues.operations.working import Wish
from hausmeister.team.operations import as_actor
from tests import builders, harness
from tests.builders import BuiltTeam
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(at("2026-11-24 02:00")) as told:
        yield told
        told.forget()


@pytest.fixture
def trio(world: World) -> BuiltTeam:
    return builders.trio()


def make(world, trio, **more):
    wish = Wish("Commit service retries", "", Priority.P2, why="x", **more)
    return working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)


def test_of_two_priorities_set_at_once_one_stands_and_the_other_person_is_told(world, trio):
    issue = make(world, trio)

    def say(person, priority):
        return lambda: working.set_priority(
            issue.pk, priority, by=as_actor(person), person=person, now=world.now, seen=Priority.P2
        )

    results = at_once(say(trio.ana, Priority.P3), say(trio.bruno, Priority.P1))
    (done,) = [one for one in results if isinstance(one, Issue)]
    (lost,) = [one for one in results if one is not done]
    assert isinstance(lost, IssueRefused), lost
    assert lost.code == "priority_changed"
    assert Issue.objects.get().rank is done.rank


def test_two_who_raise_it_to_p4_at_once_set_off_one_emergency(world, trio):
    issue = make(world, trio)
    at_once(
        *[
            lambda person=person: working.set_priority(
                issue.pk, Priority.P4, by=as_actor(person), person=person, now=world.now
            )
            for person in (trio.ana, trio.bruno)
        ]
    )
    assert Emergency.objects.filter(ended_at=None).count() == 1


def test_one_form_sent_twice_at_once_is_one_issue(world, trio):
    results = at_once(lambda: make(world, trio, form_key="k"), lambda: make(world, trio, form_key="k"))
    assert [one.pk for one in results] == [Issue.objects.get().pk] * 2


def test_of_two_messages_of_one_issue_only_one_is_on_its_way(world, trio, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    issue = make(world, trio)
    results = at_once(
        lambda: mirroring.begin(issue.pk, now=world.now), lambda: mirroring.begin(issue.pk, now=world.now)
    )
    assert sorted(type(one).__name__ for one in results) == ["Busy", "Work"], results
    assert all(isinstance(one, Busy | Work) for one in results)


def test_a_webhook_call_that_comes_twice_at_once_counts_once(world, trio):
    counted = []

    def act():
        counted.append(threading.get_ident())
        return True

    results = at_once(
        lambda: arriving.once("github", "x", act, now=world.now),
        lambda: arriving.once("github", "x", act, now=world.now),
    )
    assert sorted(map(str, results)) == ["None", "True"], results
    assert len(counted) == 1
    assert Delivery.objects.count() == 1


def test_the_engine_and_a_person_who_cannot_ask_the_same_next_one_once(world, trio):
    wish = Wish("Zero rows", "", Priority.P4)
    issue = working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    later = at("2026-11-24 02:06")
    results = at_once(
        lambda: urgency.ask_on(issue.pk, now=later),
        lambda: urgency.answer(issue.pk, by=trio.bruno, comes=False, now=later),
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    names = [one.person.name for one in Emergency.objects.get().helpers.order_by("id")]
    assert names == ["Bruno", "Carla"]
