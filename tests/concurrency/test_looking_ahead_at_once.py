"""Two engines look ahead at the same moment, for real: threads with connections of their own."""

from datetime import timedelta

import pytest

from hausmeister.outbox.models import Message
from hausmeister.pager.models import Page, Rehearsal, ToldFinding, ToldShift
from hausmeister.pager.operations import foreseeing, handing_over, noticing
from hausmeister.rota.models import Shift
from hausmeister.team.models import ContactMethod
from tests import builders, harness
from tests.concurrency.test_two_at_once import at_once
from tests.harness import at

pytestmark = pytest.mark.django_db(transaction=True)
# Friday morning in Berlin: the weekend begins at 17:00
MORNING = at("2026-11-27 08:00")


@pytest.fixture
def trio(transactional_db, settings):
    settings.HAUSMEISTER_EMAIL = object()
    with harness.world(MORNING) as world:
        built = builders.trio()
        ContactMethod.objects.update(tested_at=world.now - timedelta(days=3))
        yield built
        world.forget()


def fine(results):
    assert not [one for one in results if isinstance(one, BaseException)], results
    return results


def test_each_finding_is_told_once(trio):
    Shift.objects.filter(team=trio.team, post="backstop").update(person=None)
    fine(at_once(*(lambda: foreseeing.look_ahead(trio.team.pk, now=MORNING) for _ in range(4))))
    assert ToldFinding.objects.count() == Shift.objects.filter(team=trio.team, post="backstop").count()
    assert Message.objects.filter(kind="mail", person_id=trio.carla.pk).count() == 1


def test_each_shift_is_announced_once(trio):
    fine(at_once(*(lambda: noticing.tell_of_shifts(trio.team.pk, now=MORNING) for _ in range(4))))
    assert ToldShift.objects.count() == Message.objects.count() == 2


def test_one_test_page_is_sent_and_told_of_once(trio):
    Shift.objects.filter(team=trio.team, duty="weekend", post="primary").update(person=trio.carla)
    fine(at_once(*(lambda: handing_over.prepare(trio.team.pk, now=MORNING) for _ in range(4))))
    assert (Rehearsal.objects.count(), Page.objects.count()) == (1, 1)
    noon = MORNING + timedelta(hours=5)
    fine(at_once(*(lambda: handing_over.prepare(trio.team.pk, now=noon) for _ in range(4))))
    assert Message.objects.filter(kind="mail").count() == 2
