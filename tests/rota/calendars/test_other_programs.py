"""Programs that none of us wrote understand a feed over both clock changes as the resolver meant it."""

from datetime import date, timedelta

import pytest
from icalendar import Calendar

from hausmeister.rota import operations as rota
from hausmeister.rota.calendars import feeds, serving, sheets
from hausmeister.rota.rules.calendars.subjects import FeedKind, window
from hausmeister.rota.rules.slots import Post
from tests import builders
from tests.counterparts import calendars
from tests.harness import at

pytestmark = pytest.mark.slow

FIRST = "2026-10-01"


@pytest.fixture
def winter(world):
    """A team whose feed reaches from before the end of summer time to after its next beginning."""
    world.now = at("2026-10-05 12:00")
    built = builders.trio()
    rota.record_leave(
        built.ana, starts_on=date(2026, 10, 24), ends_on=date(2026, 10, 26), by=builders.CONSOLE, now=world.now
    )
    # both nights, from the minute in which the clock is changed
    for begins, ends in (("2026-10-25 01:00", "2026-10-25 06:30"), ("2026-10-31 01:15", "2026-11-01 03:15")):
        rota.add_override(
            built.team, post=Post.PRIMARY, person=built.carla, starts_at=at(begins), ends_at=at(ends), reason="",
            by=builders.CONSOLE, now=world.now, even_if_outranked=True,
        )  # fmt: skip
    rota.add_override(
        built.team, post=Post.BACKSTOP, person=built.carla, starts_at=at("2027-03-28 01:00"),
        ends_at=at("2027-03-28 01:30"), reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    return built


def meant(team, now):
    """Return what the resolver says, as the calendar programs are asked for it."""
    parts = sheets.held(team, window(now.date()))
    assert parts[0].starts_at < at("2026-10-25 01:00")
    assert parts[-1].ends_at > at("2027-03-28 01:00")
    told = set()
    for one in parts:
        title = f"{one.title}: {one.name or 'nobody'}" + (" (tentative)" if one.is_tentative else "")
        told.add((title, int(one.starts_at.timestamp()), int(one.ends_at.timestamp())))
    return told


def feed(world, built):
    return feeds.make_feed(
        built.bruno, kind=FeedKind.ROTA, team=built.team, name="desk", by=builders.CONSOLE, now=world.now
    )


@pytest.mark.counterpart("calcurse")
@pytest.mark.counterpart("ical.js")
def test_three_readers_agree_with_the_resolver_over_both_clock_changes(world, winter, tmp_path):
    body = serving.publish(feed(world, winter).feed.subject, now=world.now).body
    file = tmp_path / "feed.ics"
    file.write_bytes(body.encode())
    (tmp_path / "calcurse").mkdir()
    expected = meant(winter.team, world.now)
    ours = {
        (str(one["SUMMARY"]), int(one.start.timestamp()), int(one.end.timestamp()))
        for one in Calendar.from_ical(body).walk("VEVENT")
    }
    assert ours == expected
    assert calendars.ical_js(file, tmp_path) == expected
    # calcurse counts in whole minutes, as every time here does
    assert calendars.calcurse(file, tmp_path / "calcurse") == expected


@pytest.mark.counterpart("vdirsyncer")
@pytest.mark.counterpart("khal")
def test_a_subscriber_has_the_rota_and_follows_it_when_a_duty_moves(world, winter, tmp_path):
    path = feed(world, winter).url.removeprefix("http://testserver")
    subscriber = calendars.Subscriber(tmp_path)
    calendars.while_serving(lambda base: subscriber.subscribe(base + path))
    assert subscriber.told(FIRST, 220) == meant(winter.team, world.now)
    world.now += timedelta(minutes=10)
    winter.team.shifts.filter(week=date(2026, 10, 19), post="primary").update(person=winter.carla)
    calendars.while_serving(lambda base: subscriber.sync(base + path))
    assert subscriber.told(FIRST, 220) == meant(winter.team, world.now)
