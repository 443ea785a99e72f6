"""What a feed says: the resolver's stretches as events that keep their identity, drawn anew only when they change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.calendars import feeds, serving
from hausmeister.rota.calendars.models import PublishedCalendar
from hausmeister.rota.rules.calendars.subjects import FeedKind, Subject
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from tests import builders
from tests.harness import at


def events(subject, now):
    """Return the events of a subject's calendar, by what they say and when they begin."""
    calendar = Calendar.from_ical(serving.publish(subject, now=now).body)
    return calendar.walk("VEVENT")


def told(subject, now):
    return [(str(e["SUMMARY"]), e.start.astimezone(UTC), e.end.astimezone(UTC)) for e in events(subject, now)]


def rota_of(trio):
    return Subject(FeedKind.ROTA, trio.team.pk)


def override(world, trio, person, starts, ends, post=Post.PRIMARY):
    return rota.add_override(
        trio.team, post=post, person=person, starts_at=at(starts), ends_at=at(ends), reason="dentist, 030 1234567",
        by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip


def test_a_person_sees_their_own_duties_and_nobody_elses(world, trio):
    mine = told(Subject(FeedKind.PERSON, person_id=trio.ana.pk), world.now)
    assert mine[0] == ("Hausmeister, Data Infra", at("2026-11-23 10:00"), at("2026-11-27 16:00"))
    assert mine[1] == ("Weekend on-call, Data Infra", at("2026-11-27 16:00"), at("2026-11-30 10:00"))
    planned = [one for one in mine if "tentative" not in one[0]]
    assert {one[0].split(",")[0] for one in planned} == {"Hausmeister", "Weekend on-call"}


def test_a_duty_has_a_feed_of_its_own_and_so_has_the_backstop(world, trio):
    weekend = told(Subject(FeedKind.DUTY, trio.team.pk, name="weekend"), world.now)
    assert weekend[0] == ("Weekend on-call: Ana", at("2026-11-27 16:00"), at("2026-11-30 10:00"))
    backstop = told(Subject(FeedKind.DUTY, trio.team.pk, name="backstop"), world.now)
    assert backstop[0] == ("Backstop: Bruno", at("2026-11-23 10:00"), at("2026-11-27 16:00"))
    assert all(one[0].startswith("Backstop: ") for one in backstop)


def test_an_override_cuts_the_turn_for_everybody_it_concerns(world, trio):
    override(world, trio, trio.carla, "2026-11-25 08:00", "2026-11-25 20:00")
    found = told(Subject(FeedKind.DUTY, trio.team.pk, name="hausmeister"), world.now)[:3]
    assert [(who, f"{a:%d %H:%M}", f"{b:%d %H:%M}") for who, a, b in found] == [
        ("Hausmeister: Ana", "23 10:00", "25 08:00"),
        ("Hausmeister: Carla", "25 08:00", "25 20:00"),
        ("Hausmeister: Ana", "25 20:00", "27 16:00"),
    ]
    carla = told(Subject(FeedKind.PERSON, person_id=trio.carla.pk), world.now)
    assert carla[0] == ("Hausmeister, Data Infra", at("2026-11-25 08:00"), at("2026-11-25 20:00"))


def test_it_reaches_ninety_days_back_and_half_a_year_ahead_and_tells_what_is_only_tentative(world, trio):
    world.now += timedelta(days=150)
    rota.plan_ahead(trio.team, now=world.now)
    found = events(rota_of(trio), world.now)
    assert found[0].start.astimezone(UTC) <= world.now - timedelta(days=90)
    assert found[-1].end.astimezone(UTC) >= world.now + timedelta(weeks=26)
    planned_until = queries.planned_until(trio.team)
    for event in found:
        is_beyond = event.start.astimezone(UTC) >= planned_until
        assert event["STATUS"] == ("TENTATIVE" if is_beyond else "CONFIRMED")
        assert ("(tentative)" in event["SUMMARY"]) is is_beyond


def test_turns_before_the_first_plan_are_nobodys_and_are_not_shown(world, trio):
    assert events(rota_of(trio), world.now)[0].start.astimezone(UTC) == at("2026-11-23 10:00")


def test_an_event_keeps_its_identity_when_its_duty_moves_and_says_so_by_its_number(world, trio):
    before = {str(e["UID"]): e for e in events(rota_of(trio), world.now)}
    assert {e["SEQUENCE"] for e in before.values()} == {0}
    world.now += timedelta(minutes=5)
    monday = date(2026, 12, 7)
    trio.team.shifts.filter(week=monday, duty="hausmeister", post="primary").update(person=trio.carla)
    after = {str(e["UID"]): e for e in events(rota_of(trio), world.now)}
    assert set(after) == set(before)
    changed = [uid for uid in after if after[uid].to_ical() != before[uid].to_ical()]
    # the turn itself, and the backstop's, whose text names who is on duty
    assert sorted(str(after[uid]["SUMMARY"]) for uid in changed) == ["Backstop: Bruno", "Hausmeister: Carla"]
    for uid in changed:
        assert after[uid]["SEQUENCE"] == 1
        assert after[uid]["LAST-MODIFIED"].dt == world.now


def test_an_event_that_comes_back_goes_on_with_its_number(world, trio):
    subject = Subject(FeedKind.PERSON, person_id=trio.ana.pk)
    uid = next(str(e["UID"]) for e in events(subject, world.now) if e.start.astimezone(UTC) > world.now)
    turn = {"week": date(2026, 11, 23), "duty": "weekend", "post": "primary"}
    for number, who in enumerate((trio.carla, trio.ana)):
        world.now += timedelta(minutes=1)
        trio.team.shifts.filter(**turn).update(person=who)
        numbers = {str(e["UID"]): e["SEQUENCE"] for e in events(subject, world.now)}
        assert numbers.get(uid) == (None if not number else 1)


def test_what_has_not_changed_is_the_same_file_and_costs_five_questions(world, trio):
    feed = feeds.make_feed(
        trio.ana, kind=FeedKind.ROTA, team=trio.team, name="phone", by=builders.CONSOLE, now=world.now
    )
    token = feed.url.rsplit("/", 1)[1].removesuffix(".ics")
    first = serving.fetch(token, now=world.now)
    world.now += timedelta(minutes=30)
    with CaptureQueriesContext(connection) as captured:
        assert serving.fetch(token, now=world.now) == first
    assert len(captured) <= 5
    # something else changed, which this calendar does not tell
    builders.person("Stranger")
    world.now += timedelta(minutes=1)
    assert serving.fetch(token, now=world.now) == first
    assert PublishedCalendar.objects.count() == 1


def test_names_and_times_are_all_that_it_holds(world, trio):
    override(world, trio, trio.carla, "2026-11-25 08:00", "2026-11-25 20:00")
    rota.record_leave(
        trio.ana, starts_on=date(2026, 12, 7), ends_on=date(2026, 12, 11), by=builders.CONSOLE, now=world.now
    )
    for subject in (rota_of(trio), Subject(FeedKind.PERSON, person_id=trio.carla.pk)):
        body = serving.publish(subject, now=world.now).body
        assert "dentist" not in body
        assert "1234567" not in body
        assert "example.org" not in body
        assert "away" not in body


def test_a_name_cannot_smuggle_a_line_into_the_calendar_s42(world, trio):
    trio.ana.name = "Ana\r\nATTENDEE:mailto:eve@example.org\u202e;,\\"
    trio.ana.save()
    body = serving.publish(rota_of(trio), now=world.now).body
    assert "\r\nATTENDEE" not in body
    said = [str(event["SUMMARY"]) for event in Calendar.from_ical(body).walk("VEVENT")]
    assert said[1] == "Hausmeister: Ana ATTENDEE:mailto:eve@example.org ;,\\"


def test_somebody_in_two_teams_sees_both_each_in_its_own_zone(world, trio):
    other = builders.trio(slug="streaming", zone="America/Sao_Paulo")
    team_operations.join(
        other.team, trio.ana, role=builders.Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1),
        by=builders.CONSOLE, now=world.now,
    )  # fmt: skip
    builders.on_duty(other.team, primary=trio.ana, backstop=other.bruno)
    found = events(Subject(FeedKind.PERSON, person_id=trio.ana.pk), world.now)
    assert {e["DTSTART"].params["TZID"] for e in found} == {"Europe/Berlin", "America/Sao_Paulo"}
    only = events(Subject(FeedKind.PERSON, trio.team.pk, trio.ana.pk), world.now)
    assert {e["DTSTART"].params["TZID"] for e in only} == {"Europe/Berlin"}


def test_the_hour_that_happens_twice_is_written_in_utc(world, trio):
    # 02:30 in Berlin for the second time, on the night in which clocks go back
    world.now = at("2027-10-26 10:00")
    rota.plan_ahead(trio.team, now=world.now)
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.bruno)
    world.now = at("2027-10-30 10:00")
    override(world, trio, trio.carla, "2027-10-31 01:30", "2027-10-31 08:00")
    found = next(e for e in events(rota_of(trio), world.now) if e.start.astimezone(UTC) == at("2027-10-31 01:30"))
    assert found["DTSTART"].to_ical() == b"20271031T013000Z"


def test_a_team_without_a_plan_and_a_team_of_nobody_have_a_calendar_too(world):
    empty = team_operations.make_team(
        slug="new", name="New", zone_name="Asia/Kolkata", by=builders.CONSOLE, now=world.now
    )
    found = told(Subject(FeedKind.ROTA, empty.pk), world.now)
    assert {summary for summary, _, _ in found} == {
        "Hausmeister: nobody (tentative)", "Weekend on-call: nobody (tentative)", "Backstop: nobody (tentative)",
    }  # fmt: skip


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns"]
)
def test_the_zone_is_in_the_file_and_says_what_the_system_says(world, zone):
    built = builders.trio(zone=zone)
    calendar = Calendar.from_ical(serving.publish(Subject(FeedKind.ROTA, built.team.pk), now=world.now).body)
    assert [str(one["TZID"]) for one in calendar.walk("VTIMEZONE")] == ([] if zone == "UTC" else [zone])
    for written in calendar.walk("VTIMEZONE"):
        stated = written.to_tz()
        moment = datetime(2026, 9, 1, tzinfo=UTC)
        while moment < datetime(2027, 9, 1, tzinfo=UTC):
            assert moment.astimezone(stated).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset(), moment
            moment += timedelta(minutes=30)


def test_the_onset_of_summer_time_stands_on_the_clock_as_it_went_until_then(world, trio):
    body = serving.publish(rota_of(trio), now=world.now).body
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\n" in body
    assert "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" in body
