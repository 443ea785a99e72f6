"""X10 and the clock: the database away for ten minutes, an engine that stood still, a clock that jumps."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from hausmeister.alerts.models import Alert
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from tests import builders
from tests.harness import at


@pytest.fixture
def outage(monkeypatch):
    """Make every statement fail while `outage.on` is True."""

    class Outage:
        on = False

        def __call__(self, execute, sql, params, many, context):
            if self.on:
                raise OperationalError("server closed the connection unexpectedly")
            return execute(sql, params, many, context)

    told = Outage()
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction must survive
    with connection.execute_wrapper(told):
        yield told


def test_while_the_database_is_away_senders_are_told_to_send_again_and_afterwards_it_works(world, trio, outage):
    from hausmeister.team import queries

    holders = queries.valid_keys(world.now)  # the intake still knows its keys: they are kept for some seconds
    world.allow_error("intake.not_stored")
    answers = []
    for _ in range(10):
        outage.on = True
        world.keys.holders = holders
        answers.append(_post_while_away(world))
        world.now += timedelta(minutes=1)
        outage.on = False
    assert {answer.status for answer in answers} == {503}, "never 4xx: Alertmanager would drop it"
    assert all(answer.headers["retry-after"] == "5" for answer in answers)
    assert Alert.objects.count() == 0
    page = world.fire("again")
    world.tick()
    world.expect("email", "Ana", "again")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def _post_while_away(world):
    import asyncio

    from tests.harness import call_asgi

    loop = asyncio.new_event_loop()
    headers = {"authorization": f"Bearer {world.key}"}
    task = loop.create_task(call_asgi(world.intake, "POST", "/api/v1/alerts", headers=headers, body=b'{"title": "t"}'))
    while not task.done():
        loop.run_until_complete(asyncio.sleep(0))
        world.writer.run_once(now=world.now)
    loop.close()
    return task.result()


def test_a_failing_tick_is_logged_and_the_next_one_does_what_was_due(world, trio, outage):
    page = world.fire()
    world.allow_error("engine.job_failed")
    outage.on = True
    assert world.engine.tick(world.now) is False
    assert world.engine.last_whole_tick_at is None, "not healthy until a whole tick succeeded"
    outage.on = False
    world.tick()
    world.expect("email", "Ana")
    assert world.engine.last_whole_tick_at == world.now
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_after_an_outage_every_overdue_step_is_taken_once_the_most_overdue_first(world, trio):
    builders.policy_with(trio.team, ("storm_pages = 5", "storm_pages = 0"))
    pages = []
    for number in range(5):
        pages.append(world.fire(f"Alert {number}"))
        world.tick()
        world.now += timedelta(seconds=30)
    world.forget()
    world.now += timedelta(minutes=9)  # nobody ticked
    world.tick()
    assert [(one.person, one.title) for one in world.sent] == [("Bruno", f"Alert {number}") for number in range(5)]
    assert {page.steps_done for page in Page.objects.all()} == {2}, (
        "one step, not two at once: the backstop has his time"
    )
    world.forget()
    for page in pages:
        acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_a_clock_that_steps_back_delays_by_the_step_and_loses_nothing(world, trio):
    page = world.fire()
    world.go(minutes=4)
    world.expect("email", "Ana")
    world.now -= timedelta(seconds=60)
    world.tick()
    world.expect_none()
    world.go(minutes=2)
    world.expect("email", "Bruno")
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_a_clock_that_jumps_an_hour_takes_one_step_and_goes_on_from_there(world, trio):
    page = world.fire()
    world.tick()
    world.expect("email", "Ana")
    world.now += timedelta(hours=1)
    world.tick()
    world.expect("email", "Bruno")
    world.expect_none()
    world.go(minutes=10)
    world.expect("email", "Carla")
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_the_night_of_the_clock_change_has_its_hour_twice_and_the_ladder_does_not_notice(world, trio):
    world.go_to(at("2027-10-31 00:30"))
    page = world.fire()
    world.go(minutes=16)
    assert [(one.at, one.person) for one in world.sent] == [
        (at("2027-10-31 00:30"), world.sent[0].person),
        (at("2027-10-31 00:35"), world.sent[1].person),
        (at("2027-10-31 00:45"), "Carla"),
    ]
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_page_whose_step_cannot_be_computed_is_tried_again_and_holds_up_no_other(world, trio, monkeypatch):
    """F12: the others climb; the poisoned one is said aloud, and climbs when it can."""
    from hausmeister.pager.operations import climbing

    poisoned, healthy = world.fire("poisoned"), world.fire("healthy")
    world.tick()
    world.forget()
    real = climbing.climb_locked
    broken = [True]

    def climb_locked(page, context, **kwargs):
        if page.pk == poisoned.pk and broken[0]:
            raise ZeroDivisionError
        real(page, context, **kwargs)

    monkeypatch.setattr(climbing, "climb_locked", climb_locked)
    world.allow_error("page.step_failed")
    world.go(minutes=5, seconds=30)
    world.expect("email", "Bruno", "healthy")
    world.expect_none()
    broken[0] = False
    world.go(minutes=1)
    world.expect("email", "Bruno", "poisoned")
    for page in (poisoned, healthy):
        acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
