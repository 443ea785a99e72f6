"""Calendars fetched, drawn and read by several at once."""

from collections import Counter
from datetime import timedelta

import pytest
from icalendar import Calendar

from hausmeister.base.outgoing import Answer
from hausmeister.rota.calendars import feeds, fetching, imports, serving
from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport, PublishedCalendar
from hausmeister.rota.rules.calendars.importing import ImportKind
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.team.models import Leave
from tests import builders
from tests.concurrency.test_two_at_once import at_once, trio, world  # noqa: F401 - the fixtures of this folder
from tests.rota.calendars import files

pytestmark = pytest.mark.django_db(transaction=True)


def feed(world, trio):  # noqa: F811
    return feeds.make_feed(trio.ana, kind=FeedKind.ROTA, team=trio.team, name="x", by=builders.CONSOLE, now=world.now)


def test_of_many_fetches_at_once_the_hour_allows_sixty_s14(world, trio):  # noqa: F811
    token = feed(world, trio).url.rsplit("/", 1)[1].removesuffix(".ics")
    serving.fetch(token, now=world.now)

    def ten_times():
        told = []
        for _ in range(10):
            try:
                told.append(serving.fetch(token, now=world.now).etag)
            except serving.FetchedTooOften:
                told.append("too often")
        return told

    found = Counter(one for told in at_once(*[ten_times] * 7) for one in told)
    assert found["too often"] == 70 - 59
    assert len(found) == 2
    assert CalendarFeed.objects.get().fetches == 60


def test_drawn_by_several_at_once_a_calendar_is_one_and_counts_a_change_once(world, trio):  # noqa: F811
    subject = feed(world, trio).feed.subject
    for number in range(3):
        bodies = {one.body for one in at_once(*[lambda: serving.publish(subject, now=world.now)] * 5)}
        assert len(bodies) == 1
        numbers = {event["SEQUENCE"] for event in Calendar.from_ical(bodies.pop()).walk("VEVENT")}
        assert numbers == {number}
        assert PublishedCalendar.objects.count() == 1
        world.now += timedelta(minutes=1)
        trio.ana.name, trio.bruno.name, trio.carla.name = f"A{number}", f"B{number}", f"C{number}"
        for person in trio.people.values():
            person.save()


def test_two_engines_read_a_calendar_once(world, trio):  # noqa: F811
    imports.add_import(
        ImportKind.LEAVE, person=trio.ana, name="x", url="https://127.0.0.1/a.ics", by=builders.CONSOLE, now=world.now
    )
    asked = []

    def get(url, headers):
        asked.append(url)
        return Answer(200, {}, files.calendar(files.days("1", "20261207", "20261212")))

    rounds = [fetching.Round(begin=lambda work: work(), get=get) for _ in range(4)]
    at_once(*[lambda one=one: one.run(world.now) for one in rounds])
    assert len(asked) == 1
    assert Leave.objects.filter(cancelled_at=None).count() == 1
    assert CalendarImport.objects.get().problem == ""
