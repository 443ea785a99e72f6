"""Two who plan at once, for real: one publish, one set of letters; one engine a draft."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning import drafts, publishing
from hausmeister.rota.planning.drafts import DraftMoved, Wanted
from hausmeister.rota.planning.publishing import Published, PublishRefused
from hausmeister.rota.planning.rules.states import DraftState
from tests import harness
from tests.builders import CONSOLE
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at
from tests.rota.planning.crew import FIRST, Crew, ready
from tests.rota.planning.crew import crew as make

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT = at("2026-11-24 02:00")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(NIGHT) as told:
        yield told
        told.forget()


@pytest.fixture
def crew(world: World) -> Crew:
    return make()


def publish(draft, world):
    return lambda: publishing.publish(draft, version=draft.version, by=CONSOLE, person=None, now=world.now)


def test_of_two_who_publish_at_once_one_does_and_everybody_is_told_once(world, crew):
    draft = ready(crew, now=world.now)
    results = at_once(publish(draft, world), publish(draft, world))
    (done,) = [one for one in results if isinstance(one, Published)]
    assert [type(one) for one in results if one is not done] == [DraftMoved]
    assert Message.objects.filter(subject=f"draft:{draft.pk}").count() == len(done.told)
    assert Shift.objects.filter(team=crew.team, week=FIRST).count() == 4


def test_publish_and_leave_at_once_leave_nobody_on_duty_who_is_away(world, crew):
    for turn in range(4):
        draft = ready(crew, now=world.now)
        day = date(2026, 12, 15) + timedelta(days=7 * turn)
        results = at_once(
            publish(draft, world),
            lambda day=day: rota.record_leave(crew.cem, starts_on=day, ends_on=day, by=CONSOLE, now=world.now),
        )
        assert all(isinstance(one, (Published, PublishRefused, list)) for one in results), results
        week = day - timedelta(days=day.weekday())
        assert not Shift.objects.filter(team=crew.team, week=week, duty="hausmeister", person=crew.cem).exists()
        Draft.objects.exclude(state=DraftState.PUBLISHED).update(state=DraftState.DISCARDED)


def test_a_draft_is_taken_by_one_engine(world, crew):
    draft = drafts.ask(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=None, now=world.now)
    results = at_once(*(lambda name=name: drafts.claim(by=name, now=world.now) for name in ("one", "two", "three")))
    taken = [one for one in results if isinstance(one, Draft)]
    assert len(taken) == 1, results
    draft.refresh_from_db()
    assert draft.attempts == 1
