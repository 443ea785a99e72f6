"""What a call says, in sentences."""

from zoneinfo import ZoneInfo

import pytest

from hausmeister.outbox.models import Message
from hausmeister.pager.operations import testing
from hausmeister.pager.rules.words import clock_time, words_of
from tests.connectors.parcels import NOW, page_facts
from tests.harness import at


def words(*, maybe_twice=False, **facts):
    return words_of(page_facts(**facts), now=NOW, maybe_twice=maybe_twice)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("Bruno (backstop)", "If nobody answers, Bruno (backstop) is called at 03:25."),
        ("Carla", "If nobody answers, Carla is called at 03:25."),
        ("Carla, Dave (leads)", "If nobody answers, Carla, Dave (leads) are called at 03:25."),
        ("backstop", "If nobody answers, the backstop is called at 03:25."),
        ("on duty", "If nobody answers, whoever is on duty then is called at 03:25."),
        ("schedule nights", "If nobody answers, whoever is on by the schedule nights then is called at 03:25."),
        ("leads", "If nobody answers, the leads are called at 03:25."),
        ("everybody", "If nobody answers, everybody is called at 03:25."),
    ],
)
def test_the_next_step_is_told_with_its_name_and_clock_time(who, sentence):
    assert words(then_who=who).then == sentence


@pytest.mark.parametrize(
    ("moment", "zone", "told"),
    [
        ("2026-11-24 02:25", "Europe/Berlin", "03:25"),
        ("2026-11-24 02:25", "Asia/Kathmandu", "08:10"),
        ("2026-11-24 02:25", "America/Los_Angeles", "18:25"),
        ("2026-11-24 23:30", "Europe/Berlin", "Wed 00:30"),
        ("2026-11-30 08:00", "Europe/Berlin", "Mon 09:00"),
        ("2026-12-01 08:00", "Europe/Berlin", "1 Dec 09:00"),
        ("2027-01-04 08:00", "Europe/Berlin", "4 Jan 2027 09:00"),
    ],
)
def test_a_clock_time_names_its_day_unless_it_is_today(moment, zone, told):
    assert clock_time(at(moment), zone=ZoneInfo(zone), now=NOW) == told


def test_somebody_called_anew_is_told_so():
    assert words().called_as == "Ana, you are called as hausmeister."
    assert words(round=1).called_as == "Ana, you are called as hausmeister, once more."
    assert words(maybe_twice=True).again
    assert not words().again


def test_s42_title_text_and_origin_are_lines_without_control_characters():
    told = words(title="a\r\nb\x00\u202ec", text="x\r\ny\x07z", source="p\nq")
    assert (told.title, told.text, told.where) == ("a b\ufffd c", "x\ny z", "p q")


def test_a_test_page_names_nobody_who_would_be_called_next(world, trio):
    testing.send_test_page(trio.ana, team=trio.team, by=testing.ENGINE, now=world.now)
    facts = Message.objects.get().facts
    assert (facts["test"], facts["then_at"]) == (True, "")
    assert words_of(facts, now=world.now, maybe_twice=False).then == "Nobody else is called for it."


def test_a_call_carries_how_often_its_person_was_called(world, trio):
    world.fire()
    assert Message.objects.get().facts["cycle"] == 1
    world.go(minutes=31)
    assert [one.facts["cycle"] for one in Message.objects.filter(person_id=trio.ana.pk).order_by("id")] == [1, 2]
    world.forget()
