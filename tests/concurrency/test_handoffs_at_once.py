"""Two who accept at once, two engines at one change, two who press "post": each happens once, on either database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.handoff.models import Handoff, Report
from hausmeister.handoff.operations import accepting, reporting, watching
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.rota.models import Shift
from hausmeister.team.operations import as_actor
from tests import builders, harness
from tests.builders import BuiltTeam
from tests.concurrency.test_two_at_once import at_once
from tests.harness import World, at

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY = at("2026-11-27 16:00")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with harness.world(at("2026-11-24 02:00")) as told:
        yield told
        told.forget()


@pytest.fixture
def trio(world: World) -> BuiltTeam:
    built = builders.trio()
    builders.on_duty(built.team, primary=built.ana, backstop=built.carla)
    Shift.objects.filter(team=built.team, post="primary", duty="weekend").update(person=built.bruno)
    world.now = FRIDAY - timedelta(hours=2)
    watching.look(built.team.pk, now=world.now)
    wish = Wish("Commit retries", "", Priority.P3, owner=built.ana)
    working.open_issue(built.team, wish, by=as_actor(built.ana), person=built.ana, now=world.now)
    return built


def both_look(world, trio, moment):
    world.now = moment
    results = at_once(*(lambda: watching.look(trio.team.pk, now=moment) for _ in range(2)))
    assert all(isinstance(one, int) for one in results), results


def test_two_engines_draft_and_move_one_change_once(world, trio):
    both_look(world, trio, FRIDAY - timedelta(minutes=60))
    both_look(world, trio, FRIDAY)
    handoff = Handoff.objects.get()
    told = Entry.objects.filter(subject=handoff.subject).values_list("verb", flat=True).order_by("id")
    assert list(told) == ["handoff.drafted", "handoff.moved"]
    assert Entry.objects.filter(verb="issue.handed_over").count() == 1
    assert Report.objects.count() == 1
    assert Message.objects.filter(subject=handoff.subject, kind="mail").count() == 0
    both_look(world, trio, FRIDAY + timedelta(minutes=30))
    assert Entry.objects.filter(subject=handoff.subject, verb="handoff.raised").count() == 1


def test_of_two_who_accept_at_once_the_first_stands_and_the_second_is_told(world, trio):
    both_look(world, trio, FRIDAY - timedelta(minutes=60))
    handoff = Handoff.objects.get()
    results = at_once(
        *(lambda by=by: accepting.accept(handoff.pk, by=by, now=world.now) for by in (trio.bruno, trio.carla))
    )
    (done,) = [one for one in results if isinstance(one, Handoff)]
    (lost,) = [one for one in results if one is not done]
    assert isinstance(lost, accepting.AlreadyAccepted), lost
    assert Handoff.objects.get().accepted_by_id == done.accepted_by_id


def test_two_who_post_at_once_post_one_report(world, trio, settings):
    settings.HAUSMEISTER_CHAT = "slack"
    both_look(world, trio, FRIDAY - timedelta(minutes=60))
    report = Report.objects.get()
    results = at_once(
        *(lambda by=by: reporting.post(report.pk, seen=1, by=by, now=world.now) for by in (trio.ana, trio.bruno))
    )
    assert sorted(type(one).__name__ for one in results) == ["AlreadyPosted", "Report"], results
    assert Message.objects.filter(subject=report.subject).count() == 1
