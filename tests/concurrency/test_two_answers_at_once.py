"""Two who agree at once, for real: one of them has the turn, on either database."""

from collections.abc import Iterator

import pytest

from hausmeister.rota.asks import answering
from hausmeister.rota.asks.asking import AskRefused
from hausmeister.rota.asks.rules import AskKind, AskState
from hausmeister.rota.models.asks import Ask, AskOffer
from hausmeister.team.operations import as_actor
from tests import harness
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at
from tests.rota.asks.stage import Stage, letters
from tests.rota.asks.stage import stage as make

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT = at("2026-11-24 02:00")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(NIGHT) as told:
        yield told
        told.forget()


@pytest.fixture
def stage(world: World) -> Stage:
    return make(world)


def accept(stage, ask, person):
    return lambda: answering.accept(ask, person=person, by=as_actor(person), now=stage.world.now)


def test_of_two_who_agree_at_once_one_wins_and_the_other_is_told_so(stage):
    stage.hire()
    ask = stage.ask(stage.crew.ada, AskKind.COVER)
    first, second = [one.answers.get().person for one in ask.offers.order_by("id")][:2]
    results = at_once(accept(stage, ask, first), accept(stage, ask, second))
    (done,) = [one for one in results if isinstance(one, Ask)]
    (lost,) = [one for one in results if one is not done]
    assert isinstance(lost, AskRefused), lost
    assert AskOffer.objects.filter(ask=ask, state="taken").count() == 1
    assert stage.holder() in {first, second}
    assert len(letters(ask, "agreed")) == 2


def test_agreeing_and_withdrawing_at_once_leave_one_outcome(stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    results = at_once(
        accept(stage, ask, stage.crew.cem),
        lambda: answering.withdraw(ask, by=as_actor(stage.crew.ada), now=stage.world.now),
    )
    assert sorted(isinstance(one, Ask) for one in results) == [False, True], results
    ask.refresh_from_db()
    moved = stage.holder() == stage.crew.cem
    assert moved == (ask.state == AskState.AGREED)
