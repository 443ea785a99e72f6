"""What is wrong ahead, and when people hear of their shifts: pure rules, awkward days."""

from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.base.working_time import WorkingHours
from hausmeister.rota.rules import shifts as rules
from hausmeister.rota.rules.foresight import (
    Finding,
    Held,
    Kind,
    Severity,
    Stretch,
    Way,
    Who,
    conflicts,
    duty_findings,
)
from hausmeister.rota.rules.slots import Post
from hausmeister.team.rules import Away
from tests.harness import at

BERLIN, LIMA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Lima")
NOW = at("2026-11-24 02:00")
ANA, BRUNO, CARLA = Who(1, "Ana", 1), Who(2, "Bruno", 2), Who(3, "Carla", 3)
MONDAY, FRIDAY = at("2026-11-30 10:00"), at("2026-12-04 16:00")


def held(person, planned=None, *, post=Post.PRIMARY, override=False):
    title = "Hausmeister" if post is Post.PRIMARY else "Backstop"
    return Held(post, title, person, planned, override)


def stretch(primary, backstop, *, starts_at=MONDAY, ends_at=FRIDAY, team_id=7):
    return Stretch(
        team_id=team_id, team="Data Infra", slug="data-infra", turn_starts_at=MONDAY, turn_ends_at=FRIDAY,
        starts_at=starts_at, ends_at=ends_at, primary=primary, backstop=replace(backstop, post=Post.BACKSTOP,
        title="Backstop"),
    )  # fmt: skip


def found(*stretches, away=None, strictly=True, now=NOW):
    findings = duty_findings(stretches, away or {}, strictly=strictly, now=now)
    return [(one.kind, one.text) for one in findings]


@pytest.mark.parametrize(
    ("primary", "backstop", "kinds"),
    [
        (held(ANA, ANA), held(BRUNO, BRUNO), []),
        (held(ANA, ANA), held(CARLA, None), [Kind.EMPTY]),
        (held(None, None), held(None, None), [Kind.GAP, Kind.GAP]),
        (held(ANA, ANA), held(None, None), [Kind.GAP]),
        # the backstop took the duty: that their own place is filled by another is the same trouble
        (held(BRUNO, None), held(CARLA, BRUNO), [Kind.EMPTY]),
        (held(BRUNO, None), held(None, BRUNO), [Kind.GAP, Kind.EMPTY]),
        # an override gave the duty to the planned backstop, and nobody stands behind by plan any more
        (held(BRUNO, ANA, override=True), held(CARLA, BRUNO), [Kind.EMPTY]),
        (held(CARLA, ANA, override=True), held(BRUNO, BRUNO), [Kind.OUTRANKED]),
        (held(ANA, ANA), held(Who(4, "Dunya", 1), Who(4, "Dunya", 1)), [Kind.OUTRANKED]),
        # who has left has no rank to compare
        (held(Who(5, "Emil"), Who(5, "Emil")), held(BRUNO, BRUNO), []),
    ],
)
def test_a_stretch_has_what_is_wrong_with_it_and_nothing_twice(primary, backstop, kinds):
    assert sorted(kind for kind, _ in found(stretch(primary, backstop))) == sorted(kinds)


def test_equals_may_back_each_other_where_the_policy_says_so():
    peers = stretch(held(ANA, ANA), held(replace(BRUNO, experience=1), replace(BRUNO, experience=1)))
    assert found(peers, strictly=True) == [(Kind.OUTRANKED, "Bruno backs Ana without having more experience")]
    assert found(peers, strictly=False) == []


def test_whoever_is_away_is_named_by_plan_and_by_override():
    leave = {1: (Away(at("2026-12-01 23:00"), at("2026-12-02 23:00")),)}
    day = {"starts_at": at("2026-12-01 23:00"), "ends_at": at("2026-12-02 23:00")}
    by_plan = stretch(held(BRUNO, ANA), held(CARLA, BRUNO), **day)
    assert found(by_plan, away=leave) == [(Kind.AWAY, "Ana is planned as hausmeister and away, Bruno stands in")]
    by_override = stretch(held(ANA, BRUNO, override=True), held(CARLA, CARLA), **day)
    assert found(by_override, away=leave) == [(Kind.AWAY, "Ana is hausmeister by an override, and away")]


def test_the_same_trouble_in_two_stretches_of_a_turn_is_one_finding_with_a_key_that_stays():
    first = stretch(held(ANA, ANA), held(CARLA, None), ends_at=at("2026-12-01 10:00"))
    second = stretch(held(ANA, ANA), held(CARLA, None), starts_at=at("2026-12-01 10:00"))
    (early,) = duty_findings([first, second], {}, strictly=True, now=NOW)
    (late,) = duty_findings([first, second], {}, strictly=True, now=at("2026-12-02 10:00"))
    assert (early.starts_at, early.ends_at) == (MONDAY, FRIDAY)
    assert early.key == late.key == "empty:7.2611301000.backstop"
    assert duty_findings([first, second], {}, strictly=True, now=FRIDAY) == []


def test_two_teams_that_want_one_person_at_once_conflict_for_exactly_that_time():
    here = stretch(held(ANA, ANA), held(BRUNO, BRUNO))
    there = stretch(held(CARLA, CARLA), held(ANA, ANA), team_id=8, starts_at=at("2026-12-03 10:00"))
    there = replace(there, team="Streaming", ends_at=at("2026-12-07 10:00"))
    (one,) = conflicts([here], [there], now=NOW)
    (other,) = conflicts([there], [here], now=NOW)
    assert one.key == other.key
    assert (one.starts_at, one.ends_at, one.people) == (at("2026-12-03 10:00"), FRIDAY, (1,))
    assert one.text == "Ana is hausmeister of Data Infra and backstop of Streaming at the same time"
    touching = replace(there, starts_at=FRIDAY)
    assert conflicts([here], [touching], now=NOW) == []


def test_a_conflict_offers_the_swap_of_the_turn_in_the_team_that_is_told_and_whom_it_concerns_may_ask_for_it():
    here = replace(
        stretch(held(ANA, ANA), held(BRUNO, BRUNO)), ways={Post.PRIMARY: Way("a swap", "/rota/swap?team=data-infra")}
    )
    there = replace(stretch(held(CARLA, CARLA), held(ANA, ANA), team_id=8), team="Streaming")
    (one,) = conflicts([here], [there], now=NOW)
    assert one.text.endswith("backstop of Streaming at the same time; a swap would settle it")
    assert (one.path, one.is_theirs_to_mend) == ("/rota/swap?team=data-infra", True)
    (other,) = conflicts([there], [here], now=NOW)
    assert (other.path, other.is_theirs_to_mend) == ("/rota/override?team=data-infra", False)


@pytest.mark.parametrize(
    ("ahead", "severity"),
    [
        (timedelta(days=8), Severity.LATER), (timedelta(days=7), Severity.WITHIN_A_WEEK),
        (timedelta(hours=25), Severity.WITHIN_A_WEEK), (timedelta(hours=24), Severity.WITHIN_A_DAY),
        (timedelta(hours=-5), Severity.WITHIN_A_DAY),
    ],
)  # fmt: skip
def test_severity_is_how_soon_it_hurts(ahead, severity):
    one = Finding(Kind.GAP, "x", 7, "data-infra", NOW + ahead, FRIDAY, "there is no backstop")
    assert one.severity(NOW) is severity


def test_a_sentence_stands_on_the_readers_clocks():
    one = Finding(Kind.GAP, "x", 7, "data-infra", MONDAY, FRIDAY, "there is no backstop")
    assert one.says(BERLIN, now=NOW) == "Mon 30 Nov 11:00 to Fri 4 Dec 17:00: there is no backstop"
    assert one.says(LIMA, now=NOW) == "Mon 30 Nov 05:00 to Fri 4 Dec 11:00: there is no backstop"


# ---- shifts ----


def test_an_override_in_the_middle_is_a_break_and_a_shift_of_its_own():
    morning, evening = at("2026-12-02 08:00"), at("2026-12-02 20:00")
    found = rules.shifts(
        [
            stretch(held(ANA, ANA), held(BRUNO, BRUNO), ends_at=morning),
            stretch(held(CARLA, ANA, override=True), held(BRUNO, BRUNO), starts_at=morning, ends_at=evening),
            stretch(held(ANA, ANA), held(BRUNO, BRUNO), starts_at=evening),
        ]
    )
    told = [(one.person.name, one.post.value, one.starts_at, one.ends_at, one.breaks) for one in found]
    assert told == [
        ("Bruno", "backstop", MONDAY, FRIDAY, ()),
        ("Ana", "primary", MONDAY, FRIDAY, ((morning, evening),)),
        ("Carla", "primary", morning, evening, ()),
    ]
    assert (found[0].other, found[0].other_until) == (ANA, morning)
    assert (found[2].after, found[1].after) == (ANA, None)


@pytest.mark.parametrize(
    ("starts", "zone", "told"),
    [
        # a day before, by day
        ("2026-11-27 16:00", BERLIN, "2026-11-26 16:00"),
        # 17:00 in Berlin is 11:00 in Lima
        ("2026-11-27 16:00", LIMA, "2026-11-26 16:00"),
        # at three in the morning a day before: in that morning
        ("2026-11-27 02:00", BERLIN, "2026-11-26 06:00"),
        # the day on which clocks go forward is an hour shorter, 24 hours are not
        ("2027-03-28 15:00", BERLIN, "2027-03-27 15:00"),
        ("2027-03-29 01:00", BERLIN, "2027-03-28 05:00"),
    ],
)
def test_a_beginning_is_told_a_day_before_but_not_at_night(starts, zone, told):
    assert rules.start_told_at(at(starts), lead=timedelta(hours=24), zone=zone) == at(told)


def test_a_shift_that_begins_in_the_same_night_is_told_in_that_night():
    assert rules.start_told_at(at("2026-11-27 03:00"), lead=timedelta(hours=2), zone=BERLIN) == at("2026-11-27 01:00")


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("2026-11-27 16:00", "2026-11-27 15:00"),
        # at 03:00: the evening before, half an hour before the night
        ("2026-11-27 02:00", "2026-11-26 20:30"),
        # at 07:30: an hour before is night, and the morning still lies before the end
        ("2026-11-27 06:30", "2026-11-27 06:00"),
    ],
)
def test_an_end_is_told_an_hour_before_but_wakes_nobody(ends, told):
    assert rules.end_told_at(at(ends), lead=timedelta(hours=1), zone=BERLIN) == at(told)


HOURS = WorkingHours(
    BERLIN, frozenset(range(5)), time(9), time(18), frozenset({date(2026, 12, 25)})
)  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "asked"),
    [
        # Friday 17:00: Thursday 17:00
        ("2026-11-27 16:00", "2026-11-26 16:00"),
        # Monday 11:00 would be Sunday: the last working hour of Friday
        ("2026-11-30 10:00", "2026-11-27 16:00"),
        # before the working day begins: the day before
        ("2026-11-26 06:00", "2026-11-24 16:00"),
        # Friday is a public holiday: Thursday
        ("2026-12-28 10:00", "2026-12-24 16:00"),
    ],
)
def test_a_test_page_comes_a_day_before_in_working_hours(starts, asked):
    assert rules.rehearsed_at(at(starts), lead=timedelta(hours=24), hours=HOURS) == at(asked)
