"""Nobody is surprised: trouble ahead is told in time, once; who is next confirms a test page; shifts are announced."""

from datetime import date, timedelta

import pytest

from hausmeister import wiring
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import Lane
from hausmeister.pager import foresight
from hausmeister.pager.models import Page, ToldFinding, ToldShift
from hausmeister.pager.operations import acting
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel, Role
from tests import builders
from tests.harness import InlineExecutor, at


@pytest.fixture
def mail(settings):
    """A mail server is set up, so that letters go to people's addresses."""
    settings.HAUSMEISTER_EMAIL = object()


@pytest.fixture
def ahead(world, trio, mail):
    """The trio with tested phones; the engine looks ahead, and shift notices are somebody else's story."""
    builders.policy_with(
        trio.team, ('notice_before_start = "24h"', 'notice_before_start = "0h"'),
        ('notice_before_end = "1h"', 'notice_before_end = "0h"'),
    )  # fmt: skip
    ContactMethod.objects.update(tested_at=world.now - timedelta(days=2))
    world.look_ahead()
    return trio


def through(world, until, *, minutes=60):
    """Let the engine work every so many minutes up to `until`, as it does without a story."""
    while world.now < until:
        world.now = min(world.now + timedelta(minutes=minutes), until)
        world.tick()
        world.tick()  # what the first one stored leaves with the second, as after a wake


def text(sent):
    return sent.parcel.facts["text"]


# ---- what is found and told ----


def test_a_gap_weeks_ahead_is_told_by_day_once_then_a_week_and_a_day_before(world, ahead):
    Shift.objects.filter(team=ahead.team, week=date(2026, 12, 21), duty="weekend", post="backstop").update(person=None)
    world.tick()
    world.expect_none()  # it is three in the morning
    through(world, at("2026-11-24 06:00"))
    told = world.expect("email", "Carla")
    assert "Fri 25 Dec 17:00 to Mon 28 Dec 11:00: no backstop by plan, Carla stands in." in text(told)
    assert "http://testserver/rota/override?team=data-infra" in text(told)
    assert (told.parcel.kind, Message.objects.get().lane) == ("mail", Lane.CHAT)
    # every test page to come is answered: only the gap is the story
    ContactMethod.objects.update(tested_at=at("2026-12-31 00:00"))
    moments = []
    for day in range(25, 32 + 25):
        through(world, at("2026-11-01 00:00") + timedelta(days=day - 1), minutes=360)
        moments += [f"{one.at:%d %b}" for one in world.sent if "no backstop" in text(one)]
        world.forget()
    assert moments == ["18 Dec", "24 Dec"]


def test_what_is_mended_is_closed_without_a_word_and_told_anew_when_it_comes_back(world, ahead):
    gap = Shift.objects.filter(team=ahead.team, week=date(2026, 12, 21), duty="weekend", post="primary")
    gap.update(person=None)
    through(world, at("2026-11-24 08:00"))
    world.expect("email", "Carla")
    gap.update(person=ahead.ana)
    through(world, at("2026-11-24 10:00"))
    world.expect_none()
    assert ToldFinding.objects.get().closed_at is not None
    gap.update(person=None)
    through(world, at("2026-11-24 12:00"))
    world.expect("email", "Carla")


def test_two_engines_and_a_restart_tell_once(world, ahead):
    Shift.objects.filter(team=ahead.team, week=date(2026, 12, 21), duty="weekend", post="primary").update(person=None)
    world.now = at("2026-11-24 08:00")
    for node in ("one", "two"):
        other = wiring.engine(senders=dict(world.channels), executor=lambda *_: InlineExecutor(), node=node)
        other.tick(world.now)
    world.tick()
    world.expect("email", "Carla")
    world.expect_none()


def test_a_person_without_methods_and_the_lead_are_told_and_nobody_else(world, ahead):
    ContactMethod.objects.filter(person=ahead.ana).update(disabled_at=world.now)
    through(world, at("2026-11-24 08:00"))
    told = {world.expect("email", "Ana").parcel.to["address"], world.expect("email", "Carla").parcel.to["address"]}
    assert told == {"ana@example.org", "carla@example.org"}
    through(world, at("2026-11-25 20:00"))
    world.expect_none()


def test_leave_that_nobody_settled_is_told_to_the_lead_and_to_whoever_is_away(world, ahead):
    day = date(2026, 12, 9)
    team_operations.record_leave(ahead.ana, starts_on=day, ends_on=day, by=builders.CONSOLE, now=world.now)
    through(world, at("2026-11-24 08:00"))
    said = "Wed 9 Dec 00:00 to Thu 10 Dec 00:00: Ana is planned as hausmeister and away, Bruno stands in."
    assert said in text(world.expect("email", "Ana"))
    assert said in text(world.expect("email", "Carla"))


def test_a_duty_in_two_teams_at_once_is_told_to_both_leads_and_to_the_person(world, ahead):
    other = builders.trio(slug="streaming")
    ContactMethod.objects.update(tested_at=world.now - timedelta(days=2))
    builders.policy_with(
        other.team, ('notice_before_start = "24h"', 'notice_before_start = "0h"'),
        ('notice_before_end = "1h"', 'notice_before_end = "0h"'),
    )  # fmt: skip
    team_operations.join(
        other.team, ahead.ana, role=Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    Shift.objects.filter(team=other.team, week=date(2026, 12, 14), duty="weekend", post="primary").update(
        person=ahead.ana
    )
    through(world, at("2026-11-24 08:00"))
    said = [text(one) for one in world.sent]
    assert sorted(one.parcel.to["address"] for one in world.sent) == [
        "ana@example.org", "ana@example.org", "carla.streaming@example.org", "carla@example.org",
    ]  # fmt: skip
    assert all("at the same time" in one for one in said)
    assert any(
        "Ana is weekend on-call of Data Infra and weekend on-call of Streaming at the same time" in s for s in said
    )
    world.forget()


def test_a_phone_that_failed_last_is_told_with_its_reason(world, ahead):
    method = builders.method(ahead.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    Message.objects.create(
        lane=Lane.PAGING, channel="ntfy", kind="page", subject="page:1", method_id=method.pk, dedup_key="x",
        state="failed", created_at=world.now, finished_at=world.now, last_error="ntfy answered 404",
    )  # fmt: skip
    through(world, at("2026-11-24 08:00"))
    assert "Ana: the last message by ntfy failed Tue 24 Nov 03:00: ntfy answered 404; on duty now." in text(
        world.expect("email", "Carla")
    )
    world.expect("email", "Ana")
    ContactMethod.objects.filter(pk=method.pk).update(tested_at=world.now)
    through(world, at("2026-11-24 09:00"))
    assert ToldFinding.objects.get().closed_at is not None


def test_without_a_mail_server_a_letter_takes_the_persons_own_way(world, ahead, settings):
    settings.HAUSMEISTER_EMAIL = None
    builders.method(ahead.carla, Channel.SLACK, "U0CARLA")
    Shift.objects.filter(team=ahead.team, week=date(2026, 12, 21), duty="weekend", post="primary").update(person=None)
    through(world, at("2026-11-24 08:00"))
    assert world.expect("slack", "Carla").parcel.kind == "notice"


# ---- the test page before a duty ----


@pytest.fixture
def dunya(world, ahead):
    """Dunya begins the weekend, Friday 17:00, behind nobody so far; her phone was never tried."""
    one = builders.person("Dunya")
    builders.method(one, Channel.NTFY, "https://ntfy.example.org/dunya")
    team_operations.join(
        ahead.team, one, role=Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    ContactMethod.objects.filter(person=one).update(tested_at=world.now - timedelta(days=3))
    Shift.objects.filter(team=ahead.team, week=date(2026, 11, 23), duty="weekend", post="primary").update(person=one)
    return one


def test_whoever_is_next_gets_a_test_page_a_day_before_and_an_answer_is_all_there_is(world, ahead, dunya):
    through(world, at("2026-11-26 15:00"))
    world.expect_none()
    through(world, at("2026-11-26 16:00"))
    page = Page.objects.get()
    assert (page.is_test, page.title) == (True, "Test page for Dunya")
    assert world.expect("ntfy", "Dunya").parcel.kind == "page"
    acting.acknowledge(page.pk, by=dunya, method=dunya.methods.get(), now=world.now)
    through(world, at("2026-11-27 15:00"))
    world.expect_none()


def test_an_unconfirmed_test_page_is_told_to_lead_holder_and_person_and_the_duty_begins(world, ahead, dunya):
    through(world, at("2026-11-27 11:00"))
    world.forget()
    assert [
        one.says(ahead.ana, now=world.now) for one in foresight.foresee(ahead.team.pk, now=world.now).unconfirmed
    ] == ["Dunya has not confirmed the test page; duty begins 17:00."]
    through(world, at("2026-11-27 12:00"))
    told = [world.expect("email", name) for name in ("Carla", "Ana", "Dunya")]
    assert {one.parcel.facts["subject"] for one in told} == {
        "Dunya has not confirmed the test page; duty begins 17:00."
    }
    through(world, at("2026-11-27 14:00"))
    world.expect_none()
    through(world, at("2026-11-27 15:00"))
    # the last hour: now also Bruno, who will stand behind her
    last = [world.expect("email", name) for name in ("Carla", "Bruno", "Dunya")]
    assert all("It is the last hour, and the duty of Data Infra begins all the same" in text(one) for one in last)
    world.expect_none()
    through(world, at("2026-11-27 17:00"))
    from hausmeister.rota import queries

    assert queries.on_duty(ahead.team, at=world.now).primary.person == dunya
    world.forget()


def test_a_test_page_that_is_confirmed_before_the_last_hour_is_the_end_of_it(world, ahead, dunya):
    through(world, at("2026-11-27 12:00"))
    world.forget()
    ContactMethod.objects.filter(person=dunya).update(tested_at=world.now)
    through(world, at("2026-11-27 15:30"))
    world.expect_none()


def test_told_for_the_first_time_in_the_last_hour_it_is_one_letter_for_everybody_concerned(world, ahead, dunya):
    builders.policy_with(ahead.team, ('unconfirmed_before = "4h"', 'unconfirmed_before = "30m"'))
    through(world, at("2026-11-27 16:00"))
    told = [one for one in world.sent if one.parcel.facts.get("subject", "").startswith("Dunya has not confirmed")]
    assert sorted(one.person for one in told) == ["Ana", "Bruno", "Carla", "Dunya"]
    world.forget()


def test_a_test_page_for_monday_goes_out_on_friday_and_never_at_night(world, ahead, dunya):
    Shift.objects.filter(team=ahead.team, week=date(2026, 11, 23), duty="weekend", post="primary").update(
        person=ahead.ana
    )
    Shift.objects.filter(team=ahead.team, week=date(2026, 11, 30), duty="hausmeister", post="primary").update(
        person=dunya
    )
    through(world, at("2026-11-27 15:59"), minutes=59)
    assert Page.objects.count() == 0
    through(world, at("2026-11-27 16:00"))
    assert Page.objects.count() == 1
    world.forget()


def test_who_gets_a_duty_at_night_hears_of_it_in_the_morning_and_one_that_moved_away_is_not_told_of(
    world, ahead, dunya
):
    world.now = at("2026-11-26 22:00")
    override = rota.add_override(
        ahead.team, post=Post.PRIMARY, person=ahead.carla, starts_at=at("2026-11-27 16:00"),
        ends_at=at("2026-11-30 10:00"), reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    through(world, at("2026-11-27 05:00"))
    assert Page.objects.count() == 0
    through(world, at("2026-11-27 06:00"))
    assert Page.objects.get().title == "Test page for Carla"
    rota.cancel_override(override, by=builders.CONSOLE, now=world.now)
    through(world, at("2026-11-27 13:00"))
    subjects = [one.parcel.facts.get("subject", "") for one in world.sent]
    assert not [one for one in subjects if one.startswith("Carla has not")]
    world.forget()


# ---- notices ----


@pytest.fixture
def told(world, trio, mail):
    """The trio as it comes; only the notices of shifts are the story."""
    ContactMethod.objects.update(tested_at=world.now + timedelta(days=400))
    world.look_ahead()
    world.engine._housekeeping = tuple(job for job in world.engine._housekeeping if job.name == "tell of shifts")
    return trio


def notices(world):
    found = [(f"{one.at:%a %H:%M}", one.person, one.parcel.facts["subject"]) for one in world.sent]
    world.forget()
    return found


def test_each_shift_is_told_a_day_before_it_begins_and_an_hour_before_it_ends_with_who_is_beside(world, told):
    Shift.objects.filter(team=told.team, week=date(2026, 11, 23), duty="weekend", post="primary").update(
        person=told.carla
    )
    through(world, at("2026-11-26 16:00"))
    first = world.sent[0]
    assert text(first) == (
        "Your duty as Backstop of Data Infra begins Fri 17:00 and lasts until Mon 11:00. You back Carla until Mon"
        " 11:00. Times are on the clocks of Europe/Berlin."
    )
    assert "Bruno backs you until Mon 11:00." in text(world.sent[1])
    assert notices(world) == [
        ("Thu 16:00", "Bruno", "Your duty begins Fri 17:00"), ("Thu 16:00", "Carla", "Your duty begins Fri 17:00")
    ]  # fmt: skip
    through(world, at("2026-11-27 15:00"))
    assert "Carla takes over." in " ".join(text(one) for one in world.sent)
    assert notices(world) == [
        ("Fri 15:00", "Bruno", "Your duty ends 17:00"), ("Fri 15:00", "Ana", "Your duty ends 17:00")
    ]  # fmt: skip
    through(world, at("2026-11-27 20:00"))
    world.expect_none()


def test_an_override_over_the_clock_change_is_told_on_the_clock_that_people_see(world, told):
    rota.plan_ahead(told.team, now=at("2027-02-01 10:00"))
    builders.on_duty(told.team, primary=told.ana, backstop=told.bruno)
    world.now = at("2027-03-26 11:00")
    world.tick()
    world.forget()
    # the night to Sunday 28 March 2027 has no hour from two to three
    rota.add_override(
        told.team, post=Post.PRIMARY, person=told.carla, starts_at=at("2027-03-27 19:00"),
        ends_at=at("2027-03-28 18:00"),
        reason="wedding", by=builders.CONSOLE, now=world.now, even_if_outranked=True, tells=False,
    )  # fmt: skip
    through(world, at("2027-03-26 19:00"))
    begun = [one for one in world.sent if one.person == "Carla"]
    assert [one.at for one in begun] == [at("2027-03-26 19:00")]
    assert "begins Sat 20:00 and lasts until Sun 20:00" in text(begun[0])
    world.forget()
    through(world, at("2027-03-28 17:00"))
    ended = [one for one in world.sent if one.person == "Carla"]
    assert [(one.at, one.parcel.facts["subject"]) for one in ended] == [
        (at("2027-03-28 17:00"), "Your duty ends 20:00")
    ]
    world.forget()


def test_nothing_is_sent_for_a_duty_that_moved_away_while_the_mail_server_was_down(world, told):
    from hausmeister.outbox.delivery import TryLater

    world.channels["email"].always = TryLater("the mail server does not answer")
    through(world, at("2026-11-26 16:00"))
    Shift.objects.filter(team=told.team, week=date(2026, 11, 23), duty="weekend", post="backstop").update(
        person=told.carla
    )
    through(world, at("2026-11-26 16:01"))
    world.channels["email"].always = None
    through(world, at("2026-11-26 18:00"))
    assert {person for _, person, _ in notices(world)} == {"Ana", "Carla"}
    assert not Message.objects.filter(state="sent", person_id=told.bruno.pk).exists()


def test_who_switched_notices_off_hears_only_of_a_duty_that_came_less_than_two_days_before(world, told):
    Person.objects.filter(pk__in=[told.ana.pk, told.bruno.pk, told.carla.pk]).update(hears_of_shifts=False)
    Shift.objects.update(planned_at=at("2026-11-01 10:00"))
    through(world, at("2026-11-27 15:00"))
    world.expect_none()
    rota.add_override(
        told.team, post=Post.PRIMARY, person=told.carla, starts_at=at("2026-11-28 10:00"),
        ends_at=at("2026-11-28 18:00"),
        reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    through(world, at("2026-11-28 18:00"))
    told_once = "Your duties in Data Infra changed"
    assert notices(world) == [("Fri 16:00", "Ana", told_once), ("Fri 16:00", "Carla", told_once)]


def test_a_duty_that_came_late_and_without_a_letter_is_told_whatever_was_switched_off(world, told):
    Person.objects.filter(pk__in=[told.ana.pk, told.bruno.pk, told.carla.pk]).update(hears_of_shifts=False)
    Shift.objects.update(planned_at=at("2026-11-01 10:00"))
    world.now = at("2026-11-27 14:00")
    Shift.objects.filter(team=told.team, week=date(2026, 11, 23), duty="weekend", post="primary").update(
        person=told.carla, planned_at=world.now
    )
    through(world, at("2026-11-27 17:00"))
    assert notices(world) == [("Fri 15:00", "Carla", "Your duty begins 17:00")]


def test_at_night_a_shift_that_begins_after_it_is_told_in_the_morning_before(world, told):
    rota.add_override(
        told.team, post=Post.PRIMARY, person=told.carla, starts_at=at("2026-11-26 02:00"),
        ends_at=at("2026-11-26 12:00"),
        reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    through(world, at("2026-11-26 13:00"))
    assert ("Wed 06:00", "Carla", "Your duty begins Thu 03:00") in notices(world)


def test_two_engines_at_once_tell_of_a_shift_once(world, told):
    world.now = at("2026-11-26 16:30")
    for node in ("one", "two"):
        other = wiring.engine(senders=dict(world.channels), executor=lambda *_: InlineExecutor(), node=node)
        other._housekeeping = tuple(job for job in other._housekeeping if job.name == "tell of shifts")
        other.tick(world.now)
        other.tick(world.now)
    assert ToldShift.objects.count() == 2
    assert len(notices(world)) == 2
