"""An alert comes in while its silence is ended: it does not stay silent for a silence that is gone."""

from datetime import timedelta

import pytest

from hausmeister.alerts.models import Alert, Silence
from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.operations import SilenceIsOver, Wanted, Who
from hausmeister.alerts.silences.rules import Condition, How
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import climbing
from hausmeister.team.models import Source
from hausmeister.team.operations import as_actor
from tests.concurrency.test_two_at_once import at_once, incoming, store, trio, world  # noqa: F401 - the fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def silence(world, trio, title):  # noqa: F811
    wanted = Wanted((Condition("title", How.IS, title),), world.now + timedelta(hours=1), "resize")
    return silences.make(trio.team, wanted, by=Who(as_actor(trio.ana), trio.ana), now=world.now)


def test_alerts_that_race_the_end_of_their_silence_call_at_once(world, trio):  # noqa: F811
    source = Source.objects.get()
    for number in range(12):
        title = f"Disk {number}"
        made = silence(world, trio, title)
        one = incoming(source, title)
        results = at_once(
            lambda one=one: store([one]),
            lambda made=made: silences.end(made.pk, by=Who(as_actor(trio.ana), trio.ana), now=world.now),
        )
        assert not [result for result in results if isinstance(result, Exception)], results
        assert results[0].failure is None, results[0].failure
        # the sixth of one source within a minute is on the page of its storm
        page = Alert.objects.get(title=title).page
        assert page.next_step_at is not None
        assert page.silenced_until is None or page.silenced_until <= world.now, title
        world.tick()
        assert Summons.objects.filter(page=page).exists()


def test_of_two_engines_at_the_end_of_a_silence_one_calls(world, trio):  # noqa: F811
    silence(world, trio, "Disk")
    store([incoming(Source.objects.get(), "Disk")])
    page, end = Page.objects.get(), world.now + timedelta(hours=1)
    results = at_once(*[lambda: climbing.climb_page(page.pk, now=end)] * 3)
    assert sorted(results) == [False, False, True]
    assert Summons.objects.count() == 1


def test_of_two_who_change_one_silence_at_once_the_second_is_told(world, trio):  # noqa: F811
    made = silence(world, trio, "Disk")
    by = Who(as_actor(trio.ana), trio.ana)
    wanted = [Wanted(made.asked, made.ends_at + timedelta(minutes=n), f"try {n}") for n in range(1, 4)]
    results = at_once(
        *(lambda one=one: silences.change(made.pk, one, version=made.version, by=by, now=world.now) for one in wanted)
    )
    assert sorted(type(one).__name__ for one in results) == ["Silence", "SilenceChanged", "SilenceChanged"]
    ended = at_once(*[lambda: silences.end(made.pk, by=by, now=world.now)] * 2)
    assert sorted(type(one) is SilenceIsOver for one in ended) == [False, True]
    assert Silence.objects.get().version == 3
