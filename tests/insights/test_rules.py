"""The figures' rules over plain values: clock changes, zones, storms, what the source closed, sums that agree."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hausmeister.base.priority import Priority
from hausmeister.base.working_time import WorkingHours
from hausmeister.insights.figures import Figure, safe
from hausmeister.insights.rules import limits
from hausmeister.insights.rules.load import Call, Night, by_hour, loads
from hausmeister.insights.rules.noise import Raised, noises
from hausmeister.insights.rules.period import BadPeriod, between, named
from hausmeister.insights.rules.questions import Asked, questions
from hausmeister.insights.rules.response import Answered, summary, to_acknowledge, to_resolve, worked

BERLIN, DENVER, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Denver"), ZoneInfo("Asia/Kolkata")
NIGHT = Night(time(22), time(7))
HOURS = WorkingHours(BERLIN, frozenset(range(5)), time(9), time(18))
ADA, BO = 1, 2


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one_load(*moments, zone=BERLIN):
    calls = [Call(number, ADA, at(moment)) for number, moment in enumerate(moments)]
    return loads(calls, {ADA: zone}, NIGHT)[ADA]


@pytest.mark.parametrize(
    ("moment", "zone", "hour", "wakes", "weekends"),
    [
        ("2026-11-24T21:00", BERLIN, 22, 1, 0),  # 22:00 sharp is night
        ("2026-11-24T06:00", BERLIN, 7, 0, 0),  # 07:00 sharp is day
        ("2026-11-24T05:59", BERLIN, 6, 1, 0),
        ("2026-10-25T00:30", BERLIN, 2, 1, 1),  # the hour that comes twice, the first time
        ("2026-10-25T01:30", BERLIN, 2, 1, 1),  # and the second
        ("2026-03-29T01:30", BERLIN, 3, 1, 1),  # 02:30 does not exist: it is 03:30
        ("2026-11-24T21:00", DENVER, 14, 0, 0),  # the same instant is somebody else's afternoon
        ("2026-11-27T20:00", KOLKATA, 1, 1, 1),  # Friday in UTC, Saturday 01:30 where they live
    ],
)
def test_a_call_counts_on_the_clock_of_whoever_was_called(moment, zone, hour, wakes, weekends):
    load = one_load(moment, zone=zone)
    assert load.by_hour[hour] == 1
    assert (load.calls, load.wakes, load.interruptions, load.weekends) == (1, wakes, 1 - wakes, weekends)


def test_three_calls_around_midnight_are_one_night():
    assert one_load("2026-11-24T22:30", "2026-11-25T01:00", "2026-11-25T05:00").nights == 1
    assert one_load("2026-11-24T22:30", "2026-11-25T22:30").nights == 2


def test_who_was_never_called_has_zero_and_a_call_of_nobody_known_is_refused():
    assert loads([], {ADA: BERLIN}, NIGHT)[ADA].calls == 0
    with pytest.raises(KeyError, match="without a zone"):
        loads([Call(1, BO, at("2026-11-24T12:00"))], {ADA: BERLIN}, NIGHT)


_CALLS = some.lists(
    some.builds(
        Call,
        some.integers(1, 20),
        some.sampled_from([ADA, BO, 3]),
        some.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=some.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
    )
)


@given(_CALLS)
def test_the_sums_of_the_people_are_the_teams(calls):
    found = loads(calls, {ADA: BERLIN, BO: DENVER, 3: KOLKATA}, NIGHT).values()
    assert sum(one.calls for one in found) == len(calls) == sum(by_hour(found))
    assert all(one.wakes + one.interruptions == one.calls == sum(one.by_hour) for one in found)
    assert all(one.nights <= one.wakes for one in found)


def test_more_than_two_pages_in_twelve_hours_are_a_limit_and_one_page_that_calls_thrice_is_not():
    zones = {ADA: BERLIN}
    busy = [Call(number, ADA, at(f"2026-11-24T{8 + number:02}:00")) for number in range(3)]
    assert limits.crowded_shifts(busy, zones) == [
        limits.Over(limits.Limit.SHIFT, ADA, date(2026, 11, 24), 3, (0, 1, 2))
    ]
    assert limits.crowded_shifts([Call(1, ADA, one.at) for one in busy], zones) == []
    soft = [Call(one.page_id, ADA, one.at, is_hard=False) for one in busy]
    assert limits.crowded_shifts(soft, zones) == limits.no_rest(soft, zones, NIGHT) == []
    # 03:00 belongs to the shift that began the evening before
    night = [Call(number, ADA, at(f"2026-11-2{4 + (number > 0)}T{(20, 0, 3)[number]:02}:00")) for number in range(3)]
    assert [one.day for one in limits.crowded_shifts(night, zones)] == [date(2026, 11, 24)]


@pytest.mark.parametrize(
    ("first", "then", "over"),
    [
        ("2026-11-24T02:00", "2026-11-24T04:00", 0),  # the same night: no rest was due yet
        ("2026-11-24T02:00", "2026-11-24T08:00", 1),
        ("2026-11-24T02:00", "2026-11-24T13:00", 0),  # eleven hours sharp are rest
        ("2026-11-24T10:00", "2026-11-24T12:00", 0),  # nobody was woken
    ],
)
def test_rest_after_a_call_at_night(first, then, over):
    calls = [Call(1, ADA, at(first)), Call(2, ADA, at(then))]
    assert len(limits.no_rest(calls, {ADA: BERLIN}, NIGHT)) == over


def test_a_quarter_of_the_time_is_still_healthy():
    four, day = timedelta(weeks=4), date(2026, 11, 24)
    found = limits.too_much_duty({ADA: timedelta(weeks=1), BO: timedelta(weeks=1, hours=1)}, four, day=day)
    assert [one.person_id for one in found] == [BO]
    assert limits.too_much_duty({ADA: timedelta(0)}, timedelta(0), day=day) == []


def page(opened, acked=None, closed=None, *, hard=True, by_source=False):
    return Answered(
        1, "", Priority.P4, hard, at(opened), acked and at(acked), ADA if acked else None, closed and at(closed),
        by_source,
    )  # fmt: skip


def test_hard_pages_are_measured_by_the_clock_soft_ones_in_working_time():
    friday, monday = "2026-11-27T16:30", "2026-11-30T08:30"  # 17:30 and 09:30 in Berlin
    assert to_acknowledge([page(friday, monday)], HOURS) == [timedelta(days=2, hours=16)]
    assert to_acknowledge([page(friday, monday, hard=False)], HOURS) == [timedelta(hours=1)]
    assert to_acknowledge([page(friday)], HOURS) == []


def test_what_a_silence_kept_quiet_is_measured_from_when_it_could_call():
    night = replace(page("2026-11-24T01:00", "2026-11-24T05:04"), silent_until=at("2026-11-24T05:00"))
    assert to_acknowledge([night], HOURS) == [timedelta(minutes=4)]


def test_what_the_source_closed_is_resolved_and_nobody_touched_it_only_without_an_acknowledgement():
    alone = page("2026-11-24T10:00", closed="2026-11-24T10:05", by_source=True)
    seen = page("2026-11-24T10:00", "2026-11-24T10:02", "2026-11-24T10:05", by_source=True)
    assert to_resolve([alone, seen]) == [timedelta(minutes=5)] * 2
    assert (alone.is_untouched, seen.is_untouched, page("2026-11-24T10:00").is_untouched) == (True, False, False)


def test_a_median_and_ninety_percent_are_lengths_that_occurred_and_nothing_is_missing_not_zero():
    found = summary([timedelta(minutes=number) for number in range(10, 0, -1)])
    assert (found.median, found.p90) == (timedelta(minutes=5), timedelta(minutes=9))
    assert summary([]).median is None


def test_working_time_over_a_clock_change_and_backwards():
    assert worked(HOURS, at("2026-10-23T15:00"), at("2026-10-26T09:00")) == timedelta(hours=2)
    assert worked(HOURS, at("2026-11-24T10:00"), at("2026-11-24T09:00")) == timedelta(0)


def raised(number, key, begins, ends, *, untouched=False):
    return Raised(number, 1, key, key, number, at(begins), ends and at(ends), untouched)


def test_the_noisiest_is_what_nobody_acts_on_and_what_is_back_within_an_hour_flaps():
    found = noises([
        raised(1, "disk", "2026-11-24T10:00", "2026-11-24T10:05"),
        raised(2, "disk", "2026-11-24T11:05", "2026-11-24T11:10"),
        raised(3, "disk", "2026-11-24T12:11", None),
        raised(4, "lag", "2026-11-24T10:00", "2026-11-24T10:01", untouched=True),
    ])  # fmt: skip
    assert [(one.key, one.count, one.untouched, one.flaps) for one in found] == [("lag", 1, 1, 0), ("disk", 3, 0, 1)]


def asked(number, answered=None, closed=None, *, served=False):
    return Asked(
        number, "", at("2026-11-24T09:00"), answered and at(answered), closed and at(closed), served,
        timedelta(hours=2),
    )  # fmt: skip


def test_each_question_is_counted_once_and_a_waiting_one_can_be_late():
    found = questions(
        [
            asked(1, "2026-11-24T10:00"),
            asked(2, "2026-11-24T12:00"),
            asked(3, served=True, closed="2026-11-24T15:00"),
            asked(4),
            asked(5, closed="2026-11-24T15:00"),
        ],
        HOURS,
        now=at("2026-11-24T13:00"),
    )
    assert (found.asked, found.answered, found.self_served, found.waiting, found.closed_unanswered) == (5, 2, 1, 1, 1)
    assert found.late == 2
    assert found.first_answer.median == timedelta(hours=1)


def test_spans_end_today_and_a_year_has_52_weeks():
    today = date(2026, 11, 24)
    assert len(list(named("year", today=today, zone=BERLIN).mondays())) == 53  # it begins in the middle of a week
    cut = between("2026-11-01", "2027-01-01", today=today, zone=BERLIN)
    assert cut.until == today
    week = between("2026-10-19", "2026-10-25", today=today, zone=BERLIN)
    assert week.ends_at - week.starts_at == timedelta(hours=169)


@pytest.mark.parametrize(
    ("since", "until"), [("soon", "2026-11-24"), ("2026-11-24", "2026-11-01"), ("2020-01-01", "2026-11-01")]
)
def test_a_span_that_cannot_be_is_refused_in_words(since, until):
    with pytest.raises(BadPeriod, match="2026-11"):
        between(since, until, today=date(2026, 11, 24), zone=BERLIN)


def test_no_spreadsheet_computes_what_an_alert_says():
    assert safe("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe(-1) == -1
    made = Figure("x", "X", ("a", "b"), (("@x", None), ("y", 0)))
    assert made.as_csv().splitlines() == ["a,b", "'@x,", "y,0"]
    assert made.as_json()["rows"] == [["@x", None], ["y", 0]]
