"""Two at once, for real: threads with connections of their own, on the database's own locks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.models import Alert
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.alerts.writer import Submission, Writer
from hausmeister.base import clock, database
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import Lane, State
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import acting, climbing
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Override, ScheduleOverride, Shift
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.rotations import Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team
from hausmeister.team.models import Installation, Person, Source, Team
from tests import builders, harness
from tests.builders import BuiltTeam
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
    built = builders.trio()
    world.key = built.key
    return built


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of `acts` at the same moment, each in a thread of its own; return their results or exceptions."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result() for one in [pool.submit(run, act) for act in acts]]


def incoming(source: Source, key: str, action: Action = Action.FIRE) -> Incoming:
    return Incoming(Signal(action, key=key, title=key), source.pk, source.name, source.team_id)


def store(signals: list[Incoming]) -> Submission:
    """Store as the intake does: through a writer of its own, as a second node has one."""
    done: list[Submission] = []
    submission = Submission(signals, done.append)
    writer = Writer()
    writer.submit(submission)
    writer.run_once(now=NIGHT)
    return submission


def test_of_two_who_acknowledge_at_once_one_has_the_page_and_the_other_is_told(world, trio):
    for number in range(10):
        page = world.fire(f"A{number}")
        results = at_once(
            *(
                lambda who=who: acting.acknowledge(page.pk, by=who, now=world.now)
                for who in (trio.ana, trio.bruno, trio.carla)
            )
        )
        winners = [one for one in results if isinstance(one, acting.Acknowledged)]
        losers = [one for one in results if isinstance(one, acting.PageAlreadyTaken)]
        assert (len(winners), len(losers)) == (1, 2), results
        page.refresh_from_db()
        assert all(page.acked_by is not None and page.acked_by.name in str(one) for one in losers)


def test_acknowledging_closing_and_escalating_race_a_due_step_and_nothing_is_left_ringing(world, trio):
    for number in range(12):
        page = world.fire(f"A{number}")
        world.tick()
        later = world.now + timedelta(minutes=5)
        at_once(
            lambda: climbing.climb_page(page.pk, now=later),
            lambda: climbing.climb_page(page.pk, now=later),
            lambda: acting.escalate(page.pk, by=trio.ana, now=later, seen_steps=1),
            lambda: alerts.close_page(page.pk, by=team.as_actor(trio.carla), person=trio.carla, reason="x", now=later),
        )
        page.refresh_from_db()
        assert page.closed_at is not None
        assert page.next_step_at is None
        assert not Message.objects.filter(subject=page.subject, state__in=[State.PENDING, State.CLAIMED]).exists()
        assert not Summons.objects.filter(page=page, next_ring_at__isnull=False).exists()
        assert not Alert.objects.open().filter(page=page).exists()


def test_two_engines_that_climb_the_same_page_take_each_step_once(world, trio):
    pages = [world.fire(f"A{number}") for number in range(8)]
    later = world.now + timedelta(minutes=5)
    for page in pages:
        at_once(*(lambda: climbing.climb_page(page.pk, now=later) for _ in range(3)))
        page.refresh_from_db()
        assert page.steps_done == 2
        assert Message.objects.filter(subject=page.subject, person_id=trio.bruno.pk).count() == 1


def test_two_engines_never_claim_one_message_twice(world, trio):
    """X4, the claiming half."""
    builders.policy_with(trio.team, ("storm_pages = 5", "storm_pages = 0"))
    source = Source.objects.get()
    store([incoming(source, f"k{number}") for number in range(200)])

    def engine(name: str) -> list[int]:
        mine: list[int] = []
        for _ in range(60):
            claimed = outbox.claim(Lane.PAGING, "email", most=6, by=name, now=world.now)
            mine += [message.pk for message in claimed]
        return mine

    results = at_once(lambda: engine("one"), lambda: engine("two"), lambda: engine("three"))
    counts = Counter(number for mine in results for number in mine)
    assert len(counts) == 200
    assert set(counts.values()) == {1}


def test_two_nodes_that_get_one_new_key_at_once_open_one_alert_and_count_two(world, trio):
    """F11 twice: each monitor of a pair sends the same alert."""
    source = Source.objects.get()
    for number in range(10):
        results = at_once(*(lambda: store([incoming(source, f"k{number}")]) for _ in range(3)))
        assert all(one.failure is None for one in results), results
        alert = Alert.objects.get(key=f"k{number}")
        assert alert.count == 3
        assert sorted(one.answer[0].happened for one in results) == ["counted", "counted", "opened"]
        assert {one.answer[0].page_id for one in results} == {alert.page_id}
    assert Page.objects.count() == 6


def test_batches_with_the_same_keys_in_other_orders_are_all_stored(world, trio):
    """Two nodes that lock the same alerts crosswise: the database may abort one; it is tried again."""
    source = Source.objects.get()
    keys = [f"k{number}" for number in range(30)]
    store([incoming(source, key) for key in keys])
    for _ in range(5):
        results = at_once(
            lambda: store([incoming(source, key) for key in keys]),
            lambda: store([incoming(source, key) for key in reversed(keys)]),
            lambda: store([incoming(source, key, Action.RESOLVE) for key in keys[::3]]),
            lambda: store([incoming(source, key) for key in keys[::2]]),
        )
        assert all(one.failure is None for one in results), [one.failure for one in results]
    duplicates = Counter(Alert.objects.open().values_list("key", flat=True))
    assert set(duplicates.values()) <= {1}


def test_an_alert_that_joins_a_storm_while_the_storm_is_closed_is_never_left_without_an_open_page(world, trio):
    source = Source.objects.get()
    for number in range(15):
        store([incoming(source, f"{number}-{place}") for place in range(7)])
        storm = Page.objects.unanswered().filter(is_storm=True).get()
        at_once(
            lambda: alerts.close_page(storm.pk, by=team.as_actor(trio.ana), person=trio.ana, reason="x", now=world.now),
            lambda: store([incoming(source, f"{number}-late")]),
            lambda: acting.acknowledge(storm.pk, by=trio.bruno, now=world.now),
        )
        lost = Alert.objects.open().filter(page__closed_at__isnull=False)
        assert not lost.exists(), list(lost)
        for page in Page.objects.open():
            alerts.close_page(page.pk, by=team.as_actor(trio.ana), person=trio.ana, reason="x", now=world.now)


def test_two_who_present_the_first_admins_token_at_once_make_one_admin(world):
    """S17."""
    token = team.open_welcome(now=world.now)
    assert token is not None
    results = at_once(
        *(
            lambda number=number: team.make_first_admin(
                token,
                email=f"a{number}@example.org",
                name=f"A{number}",
                zone_name="UTC",
                password="x" * 12,
                now=world.now,
            )
            for number in range(4)
        )
    )
    assert sum(isinstance(one, Person) for one in results) == 1, results
    assert Person.objects.filter(is_admin=True).count() == 1
    assert Installation.objects.get().first_admin_at is not None
    assert team.open_welcome(now=world.now) is None


def test_two_engines_that_plan_the_rota_at_once_plan_it_once(world, trio):
    Shift.objects.all().delete()
    results = at_once(*(lambda: rota.plan_ahead(trio.team, now=world.now) for _ in range(3)))
    assert sorted(map(bool, results)) == [False, False, True], results
    assert Shift.objects.filter(team=trio.team).count() == max(results)


def test_a_context_read_in_a_transaction_that_is_rolled_back_is_not_believed_afterwards(world, trio):
    from hausmeister.pager.context import TeamContext
    from hausmeister.team.rules import ListName

    def on_duty() -> str:
        return TeamContext.load(trio.team.pk, at=world.now).roster(ListName.IMPORTANT).meant_by("on duty")[0].name

    assert on_duty() == "Ana"

    class Undo(Exception):
        pass

    def change_and_undo() -> None:
        with transaction.atomic():
            builders.on_duty(trio.team, primary=trio.carla, backstop=trio.bruno)
            assert on_duty() == "Carla"
            raise Undo

    with pytest.raises(Undo):
        change_and_undo()
    assert on_duty() == "Ana"
    builders.on_duty(trio.team, primary=trio.bruno, backstop=trio.carla)
    assert on_duty() == "Bruno"
    assert clock.now() == world.now


def test_who_is_the_victim_of_a_deadlock_acknowledges_all_the_same(world, trio):
    """Two that lock the same pages crosswise: PostgreSQL aborts one of them, and it may be the person."""
    if connection.vendor != "postgresql":
        # SQLite has one writer at a time: nobody can wait crosswise
        assert not connection.features.has_select_for_update
        return
    first, second = world.fire("first"), world.fire("second")
    is_held, has_first, is_over = threading.Event(), threading.Event(), threading.Event()
    tries = []

    def look_after(wait):
        """Have PostgreSQL look for a deadlock, once, when this transaction has waited so long."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL deadlock_timeout = '{wait}'")

    def machine():
        with transaction.atomic():
            look_after("20s")
            acting.lock(second.pk)
            is_held.set()
            has_first.wait()
            # waits until the person's transaction is aborted
            acting.lock(first.pk)
        is_over.set()

    @database.tried_again
    @transaction.atomic
    def person():
        tries.append(1)
        if len(tries) > 1:
            is_over.wait()
        acting.lock(first.pk)
        has_first.set()
        is_held.wait()
        look_after("500ms")
        acting.acknowledge(second.pk, by=trio.ana, now=world.now)

    assert [one for one in at_once(machine, person) if isinstance(one, Exception)] == []
    assert len(tries) == 2, "aborted once, and begun anew"
    second.refresh_from_db()
    assert second.acked_by == trio.ana
    acting.acknowledge(first.pk, by=trio.ana, now=world.now)


def test_of_two_overrides_of_a_schedule_at_once_the_second_fails_and_says_why(world, trio):
    layer = LayerDraft(
        "Weeks", Content.ROTATION, starts=WallMoment(NIGHT.date(), time(9)), participants=(Who(trio.ana.pk),)
    )
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", (layer,))
    (schedule,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)

    def take(person: Person) -> Callable[[], Any]:
        change = Change(0, Kind.REPLACE, world.now, world.now + timedelta(hours=8), person.pk)
        return lambda: schedule_overrides.add_schedule_override(
            trio.team, schedule, change, by=builders.CONSOLE, now=world.now
        )

    results = at_once(take(trio.bruno), take(trio.carla))
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [schedule_overrides.OverrideOverlaps]
    assert "End that one first" in str(refused[0])
    assert ScheduleOverride.objects.count() == 1


def test_of_two_overrides_of_a_duty_at_once_the_second_fails_and_says_why(world, trio):
    def take(person: Person) -> Callable[[], Any]:
        return lambda: rota.add_override(
            trio.team, post=Post.PRIMARY, person=person, starts_at=world.now, ends_at=world.now + timedelta(hours=8),
            reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True, seen=0,
        )  # fmt: skip

    results = at_once(take(trio.ana), take(trio.carla))
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [rota.OverrideOverlaps]
    stored = Override.objects.get()
    assert str(refused[0]).startswith(f"{stored.person.name} was given this post meanwhile")


def test_leave_from_a_calendar_waits_for_whoever_plans_before_it_writes_anything(world, trio):
    """In the other order PostgreSQL ends one of them, and a calendar or a plan is lost."""
    trio.team.refresh_from_db()
    is_locked, has_waited = threading.Event(), threading.Event()
    day = NIGHT.date() + timedelta(days=2)

    @transaction.atomic
    def plan():
        Team.objects.select_for_update().get(pk=trio.team.pk)
        is_locked.set()
        # never set: what matters is that the calendar has come as far as it can
        has_waited.wait(0.5)
        # whoever plans changes the rota, and with it the mark, last
        team.record_leave(trio.carla, starts_on=day, ends_on=day, by=builders.CONSOLE, now=world.now)

    def read():
        is_locked.wait()
        rota.exchange_leave(trio.ana, withdrawn=[], recorded=[(day, day)], by=builders.CONSOLE, now=world.now)

    assert [one for one in at_once(plan, read) if isinstance(one, Exception)] == []
