"""A general schedule in a calendar: whole turns, in its own zone, as the resolver says, and ended with it."""

from datetime import UTC, date, time, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from hausmeister.rota.calendars import feeds, serving
from hausmeister.rota.calendars.feeds import FeedRefused
from hausmeister.rota.calendars.models import CalendarFeed, PublishedCalendar
from hausmeister.rota.models import Schedule
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.calendars.subjects import FeedKind, Subject
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Held, Kind
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team_operations
from tests import builders
from tests.harness import at

ZONE = "America/New_York"


def rotation(*people, unit=Unit.WEEKLY, length=1, windows=()):
    return LayerDraft(
        "Weeks", Content.ROTATION, starts=WallMoment(date(2026, 1, 5), time(9)), unit=unit, length=length,
        hand_off=time(9), day=1 if unit is Unit.MONTHLY else 0, participants=tuple(Who(one.pk) for one in people),
        windows=windows,
    )  # fmt: skip


def schedule(world, trio, *layers, slug="support"):
    draft = ScheduleDraft(slug, slug.title(), ZONE, "", layers)
    (made,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    return made


def subject_of(made):
    return Subject(FeedKind.SCHEDULE, made.team_id, name=str(made.pk))


def events(subject, now):
    return Calendar.from_ical(serving.publish(subject, now=now).body).walk("VEVENT")


def feed_of(world, trio, slug="support"):
    return feeds.make_feed(
        trio.ana, kind=FeedKind.SCHEDULE, team=trio.team, what=slug, name="x", by=builders.CONSOLE, now=world.now
    )


def fetched(made):
    return Client().get(made.url.removeprefix("http://testserver"))


def override(world, made, person, starts, ends, *, kind=Kind.REPLACE):
    change = Change(0, kind, at(starts), at(ends), person.pk)
    schedule_overrides.add_schedule_override(made.team, made, change, by=builders.CONSOLE, now=world.now)


def test_the_feed_agrees_with_the_resolver_at_every_hour_of_half_a_year(world, trio):
    nights = LayerDraft(
        "Nights", Content.ENTRIES, windows=(Window(time(20), time(6)),),
        entries=(
            Held(at("2026-12-01 00:00"), at("2026-12-09 00:00"), frozenset({trio.carla.pk})),
            Held(at("2026-12-05 00:00"), at("2026-12-12 00:00"), frozenset({trio.ana.pk})),
        ),
    )  # fmt: skip
    made = schedule(world, trio, rotation(trio.ana, trio.bruno, windows=(Window(time(8), time(23)),)), nights)
    override(world, made, trio.carla, "2027-03-14 01:30", "2027-03-15 12:00")
    override(world, made, trio.carla, "2026-12-20 10:00", "2026-12-20 18:00", kind=Kind.ADD)
    found = [(one.start.astimezone(UTC), one.end.astimezone(UTC), str(one["SUMMARY"])) for one in
             events(subject_of(made), world.now)]  # fmt: skip
    first, last = at("2026-09-01 00:00"), at("2027-05-20 00:00")
    told = queries.schedule_timeline(made, starts_at=first, ends_at=last)
    moment = first
    while moment < last:
        names = told.at(moment).names
        said = [summary for starts, ends, summary in found if starts <= moment < ends]
        assert said == ([] if names == "nobody" else [f"Support: {names}"]), moment
        moment += timedelta(minutes=30)


@pytest.mark.parametrize(("unit", "length"), [(Unit.WEEKLY, 1), (Unit.WEEKLY, 5), (Unit.MONTHLY, 2), (Unit.MONTHLY, 9)])
def test_a_week_later_every_turn_that_is_still_shown_is_the_same_event(world, trio, unit, length):
    made = schedule(world, trio, rotation(trio.ana, trio.bruno, unit=unit, length=length))
    before = {str(one["UID"]): one for one in events(subject_of(made), world.now)}
    world.go(days=7)
    after = {str(one["UID"]): one for one in events(subject_of(made), world.now)}
    assert len(before.keys() & after.keys()) >= len(after) - 2
    assert before.keys() & after.keys()
    for uid in before.keys() & after.keys():
        assert (before[uid].start, before[uid].end, before[uid]["SEQUENCE"]) == (
            after[uid].start, after[uid].end, after[uid]["SEQUENCE"],
        )  # fmt: skip


def test_one_person_alone_still_has_turn_after_turn_in_the_schedule_s_own_zone(world, trio):
    made = schedule(world, trio, rotation(trio.ana))
    found = events(subject_of(made), world.now)
    assert {(one.start.weekday(), one.start.hour, str(one["DTSTART"].params["TZID"])) for one in found} == {
        (0, 9, ZONE)
    }


def test_a_person_s_feed_holds_their_turns_and_no_duty_twice(world, trio):
    mine = Subject(FeedKind.PERSON, person_id=trio.ana.pk)
    before = {str(one["UID"]) for one in events(mine, world.now)}
    schedule(world, trio, LayerDraft("Duty", Content.DUTY, duty="hausmeister"), slug="repeats")
    mixed = schedule(world, trio, LayerDraft("Duty", Content.DUTY, duty="weekend"), slug="mixed")
    held = Held(at("2026-12-01 08:00"), at("2026-12-01 20:00"), frozenset({trio.ana.pk, trio.bruno.pk}))
    schedules.add_layer(
        mixed, LayerDraft("Extra", Content.ENTRIES, entries=(held,)), by=builders.CONSOLE, now=world.now
    )
    (new,) = [one for one in events(mine, world.now) if str(one["UID"]) not in before]
    assert new["SUMMARY"] == "Mixed, Data Infra"
    assert "Together with Bruno." in new["DESCRIPTION"]


def test_the_feed_of_a_schedule_ends_with_it_and_a_later_one_by_the_same_name_does_not_bring_it_back(world, trio):
    made = schedule(world, trio, rotation(trio.ana))
    feed = feed_of(world, trio)
    assert b"Support: Ana" in fetched(feed).content
    schedules.remove_schedule(made, by=builders.CONSOLE, now=world.now)
    assert not CalendarFeed.objects.exists()
    assert not PublishedCalendar.objects.exists()
    schedule(world, trio, rotation(trio.ana))
    assert fetched(feed).status_code == 404


def test_a_schedule_of_another_team_or_of_none_gets_no_feed(world, trio):
    other = team_operations.make_team(slug="other", name="Other", zone_name="UTC", by=builders.CONSOLE, now=world.now)
    draft = ScheduleDraft("theirs", "Theirs", "UTC")
    schedules.create_schedules(other, [draft], by=builders.CONSOLE, now=world.now)
    with pytest.raises(FeedRefused, match="has no schedule 'theirs'; it has none"):
        feed_of(world, trio, "theirs")


def test_a_schedule_whose_zone_is_gone_leaves_calendars_as_they_are_and_a_person_s_own_without_it(world, trio):
    schedule(world, trio, rotation(trio.ana))
    feed = feed_of(world, trio)
    assert fetched(feed).status_code == 200
    Schedule.objects.update(zone_name="Europe/Atlantis")
    answer = fetched(feed)
    assert (answer.status_code, answer["Retry-After"]) == (503, "3600")
    found = events(Subject(FeedKind.PERSON, person_id=trio.ana.pk), world.now)
    assert found
    assert not [one for one in found if "Support" in one["SUMMARY"]]
    world.allow_error("schedule.unreadable")
