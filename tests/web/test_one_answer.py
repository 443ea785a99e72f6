"""One resolver serves every surface: who has the duties is the same by web, API, console, calendar and pager."""

import json
from datetime import UTC, date, timedelta

import click.testing
import pytest
from icalendar import Calendar

from hausmeister.base import chance
from hausmeister.console.group import commands
from hausmeister.pager.context import TeamContext
from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.calendars import serving
from hausmeister.rota.rules.calendars.subjects import FeedKind, Subject
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import ListName, Role
from tests import builders
from tests.harness import at
from tests.web.visitors import browser

# the clocks of Berlin go forward in it, on 28 March
SPAN = (at("2027-03-15 00:00"), at("2027-04-12 00:00"))
WEEKS = 4
OVERRIDES = [
    ("dora", Post.PRIMARY, "2027-03-17 08:00", "2027-03-17 20:00"),
    # across the end of one duty, and over the hour that does not exist
    ("dora", Post.PRIMARY, "2027-03-26 12:00", "2027-03-28 01:00"),
    ("emil", Post.BACKSTOP, "2027-03-30 00:00", "2027-04-01 06:30"),
    # the newest wins where two overlap
    ("dora", Post.PRIMARY, "2027-04-06 00:00", "2027-04-08 00:00"),
    ("emil", Post.PRIMARY, "2027-04-07 00:00", "2027-04-07 12:00"),
]


@pytest.fixture
def changed(world, trio):
    """A team of five with overrides and one of them away, of whom those who stand in are not in the plan."""
    world.now = at("2027-02-10 12:00")
    for name, experience in (("Dora", 1), ("Emil", 5)):
        one = trio.people[name.lower()] = builders.person(name, email=f"{name.lower()}@example.org")
        builders.method(one)
        team_operations.join(
            trio.team, one, role=Role.RESPONDER, experience=experience, joined_on=date(2027, 1, 1), takes_duty=False,
            by=builders.CONSOLE, now=world.now,
        )  # fmt: skip
    rota.plan_ahead(trio.team, now=world.now)
    world.now = at("2027-03-15 12:00")
    for name, post, begins, ends in OVERRIDES:
        rota.add_override(
            trio.team, post=post, person=trio.people[name], starts_at=at(begins), ends_at=at(ends), reason="",
            by=builders.CONSOLE, now=world.now, even_if_outranked=True, tells=False,
        )  # fmt: skip
    day = at("2027-03-23 00:00").date()
    rota.record_leave(trio.ana, starts_on=day, ends_on=day + timedelta(days=2), by=builders.CONSOLE, now=world.now)
    world.forget()
    return trio


def moments(count):
    seconds = int((SPAN[1] - SPAN[0]).total_seconds())
    with chance.seeded(11):
        return sorted(SPAN[0] + timedelta(seconds=int(chance.fraction() * seconds)) for _ in range(count))


class Told:
    """What a surface says of one post, as stretches; `at` is who holds it at an instant."""

    def __init__(self, stretches):
        self.stretches = sorted(stretches)
        self.place = 0

    def at(self, moment):
        while self.place < len(self.stretches) and self.stretches[self.place][1] <= moment:
            self.place += 1
        begins, _ends, who = self.stretches[self.place] if self.place < len(self.stretches) else (SPAN[1], SPAN[1], "")
        return who if begins <= moment else ""


def by_web(client, post):
    """Return what the weeks of Rota show."""
    weeks = client.get(f"/rota?team=data-infra&from={SPAN[0] - timedelta(weeks=1):%Y-%m-%d}&zone=UTC").context["weeks"]
    titles = {"Backstop"} if post is Post.BACKSTOP else {"Hausmeister", "Weekend on-call"}
    return Told(
        (one.starts_at, one.ends_at, one.person.name if one.person else "")
        for week in weeks
        for title, those in week.posts
        if title in titles
        for one in those
    )


def by_api(client, post):
    span = f"from={SPAN[0]:%Y-%m-%dT%H:%M:%SZ}&until={SPAN[1]:%Y-%m-%dT%H:%M:%SZ}"
    found = client.get(f"/rota?{span}").json()["stretches"]
    return Told((at_of(one["starts_at"]), at_of(one["ends_at"]), one[post.value]["name"] or "") for one in found)


def by_calendar(team, post, now):
    events = Calendar.from_ical(serving.publish(Subject(FeedKind.ROTA, team.pk), now=now).body).walk("VEVENT")
    told = []
    for event in events:
        title, _, who = str(event["SUMMARY"]).partition(": ")
        if (title == "Backstop") is (post is Post.BACKSTOP):
            told.append((event.start.astimezone(UTC), event.end.astimezone(UTC), who.removesuffix(" (tentative)")))
    return Told(told)


def at_of(text):
    return at(text.replace("T", " ").removesuffix("Z").partition("+")[0])


def run(*arguments):
    result = click.testing.CliRunner().invoke(commands, list(arguments))
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("post", list(Post))
def test_web_api_calendar_pager_and_resolver_name_one_holder_at_ten_thousand_instants(world, changed, post):
    team, client = changed.team, builders.caller(changed.team, person=changed.carla)
    segments = queries.timeline(team, starts_at=SPAN[0], ends_at=SPAN[1])
    resolved = Told(
        (one.starts_at, one.ends_at, held.person.name if held.person else "")
        for one in segments
        for held in [one.duty.primary if post is Post.PRIMARY else one.duty.backstop]
    )
    assert len({who for _begins, _ends, who in resolved.stretches}) >= 2
    told = {
        "web": by_web(browser(changed.carla), post),
        "api": by_api(client, post),
        "calendar": by_calendar(team, post, world.now),
    }
    call = "on duty" if post is Post.PRIMARY else "backstop"
    for moment in moments(10_000):
        expected = resolved.at(moment)
        roster = TeamContext.load(team.pk, at=moment).roster(ListName.IMPORTANT)
        assert [one.name for one in roster.meant_by(call)] == [expected], moment
        assert {name: surface.at(moment) for name, surface in told.items()} == dict.fromkeys(told, expected), moment


def test_the_console_and_the_live_answer_agree_at_every_change_and_just_before_it(world, changed):
    client = builders.caller(changed.team, person=changed.carla)
    segments = queries.timeline(changed.team, starts_at=SPAN[0], ends_at=SPAN[1])
    assert len(segments) > 15
    for one in segments[1:]:
        for moment in (one.starts_at - timedelta(seconds=1), one.starts_at):
            text = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
            asked = client.get(f"/oncall?at={text}").json()
            duty = queries.on_duty(changed.team, at=moment)
            assert asked["primary"]["name"] == duty.primary.person.name
            assert asked["backstop"]["name"] == duty.backstop.person.name
            assert run("oncall", "--at", text, "--json") == asked
