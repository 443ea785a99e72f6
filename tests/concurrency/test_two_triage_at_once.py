"""Two people on one item, and one message heard by two processes, for real: on either database one of them is first."""

from collections.abc import Iterator

import pytest

from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item, Said
from hausmeister.triage.operations import AlreadyTaken, TriageRefused, reminding
from hausmeister.triage.rules.states import State
from tests import builders, harness
from tests.builders import BuiltTeam
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at
from tests.triage.talk import BACKFILL, Chat, chat, message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(at("2026-11-24 09:00")) as told:
        yield told
        told.forget()


@pytest.fixture
def team(world: World) -> BuiltTeam:
    return builders.trio()


@pytest.fixture
def talk(world: World, team: BuiltTeam) -> Chat:
    return chat(world, team)


def test_of_two_who_take_one_item_at_once_the_second_reads_who_was_first(world, team, talk):
    talk.say(BACKFILL)
    item = Item.objects.get()
    results = at_once(
        lambda: triage.claim(item.pk, team.ana, world.now), lambda: triage.claim(item.pk, team.bruno, world.now)
    )
    (won,) = [one for one in results if isinstance(one, Item)]
    (lost,) = [one for one in results if one is not won]
    assert isinstance(lost, AlreadyTaken), lost
    assert str(lost) == f"{won.holder.name} took this a moment before you."
    assert Item.objects.get().holder == won.holder


def test_one_message_heard_twice_at_once_opens_one_item(world, team):
    heard = message(BACKFILL, at=world.now)
    results = at_once(
        lambda: triage.hear(team.team.pk, [heard], now=world.now),
        lambda: triage.hear(team.team.pk, [heard], now=world.now),
    )
    assert sorted(results, key=len) == [[], [Item.objects.get().pk]]
    assert Said.objects.count() == 1


def test_closing_and_answering_at_once_leave_one_outcome(world, team, talk):
    talk.say(BACKFILL)
    item = Item.objects.get()
    results = at_once(
        lambda: triage.close(item.pk, team.ana, world.now, reason="told by phone"),
        lambda: triage.answer(item.pk, team.bruno, world.now, text="Run backfill."),
    )
    assert not [one for one in results if not isinstance(one, Item | TriageRefused)], results
    item.refresh_from_db()
    assert (item.state, item.due_at, item.nudge_at) == (State.CLOSED, None, None)


def test_two_engines_send_one_reminder(world, team, talk):
    talk.say(BACKFILL)
    item = Item.objects.get()
    late = at("2026-11-24 10:45")
    results = at_once(lambda: reminding.nudge(item.pk, late), lambda: reminding.nudge(item.pk, late))
    assert sorted(results) == [False, True]
