"""What the intake pays for silences: nothing without one that fits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.operations import Wanted, Who
from hausmeister.alerts.silences.rules import Condition, How
from hausmeister.base.priority import Priority
from hausmeister.pager.models import Page
from hausmeister.team.models import Source
from hausmeister.team.operations import as_actor


def statements(world, count, title="Disk", priority=Priority.P2):
    """Take in `count` alerts, all but the first counted: what is kept while the revision stands is kept then."""
    source = Source.objects.get()

    def take(number):
        signal = Signal(Action.FIRE, key=f"{title} {number}", title=f"{title} {number}", priority=priority)
        alerts.receive([Incoming(signal, source.pk, source.name, source.team_id)], now=world.now)

    take(0)
    with CaptureQueriesContext(connection) as captured:
        for number in range(1, count + 1):
            take(number)
    return [one["sql"] for one in captured.captured_queries]


@pytest.mark.parametrize("planned", [False, True])
def test_without_a_silence_that_fits_the_intake_asks_nothing_of_silences(world, trio, planned):
    if planned:
        wanted = Wanted((Condition("title", How.MATCHES, "^queue .* lags"),), world.now + timedelta(hours=2), "x")
        silences.make(trio.team, wanted, by=Who(as_actor(trio.ana)), now=world.now)
    asked = [sql for sql in statements(world, 3) if '"alerts_silence"' in sql]
    assert asked == []
    world.forget()


def test_with_one_that_fits_it_asks_once_for_all_that_came_together(world, trio):
    wanted = Wanted((Condition("title", How.CONTAINS, "disk"),), world.now + timedelta(hours=2), "x")
    silences.make(trio.team, wanted, by=Who(as_actor(trio.ana)), now=world.now)
    asked = [sql for sql in statements(world, 3) if '"alerts_silence"' in sql]
    assert len(asked) == 3
    assert Page.objects.exclude(silenced_until=None).count() == 4


def test_a_silence_is_kept_no_longer_than_it_is_true(world, trio):
    wanted = Wanted((Condition("title", How.CONTAINS, "disk"),), world.now + timedelta(hours=2), "x")
    made = silences.make(trio.team, wanted, by=Who(as_actor(trio.ana)), now=world.now)
    statements(world, 1)
    silences.end(made.pk, by=Who(as_actor(trio.ana)), now=world.now)
    statements(world, 1, title="Disk again")
    assert Page.objects.filter(title__startswith="Disk again", silenced_until=None).count() == 2
    world.tick()
    world.forget()
