"""The clocks of the inbox run in working hours of a duty that takes questions, on the awkward days too."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.priority import Priority
from hausmeister.base.working_time import WorkingHours
from hausmeister.triage.rules import clocks
from hausmeister.triage.rules.clocks import Lengths
from hausmeister.triage.rules.hours import TriageHours, Window
from hausmeister.triage.rules.states import ItemKind
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = WorkingHours(BERLIN, frozenset(range(5)), time(9), time(18), frozenset({date(2026, 12, 25)}))
HAUSMEISTER = Window(0, time(11), 4, time(17))
HOURS = TriageHours(WEEKDAYS, (HAUSMEISTER,))
NIGHTS = TriageHours(WEEKDAYS, (Window(5, time(20), 1, time(10)),))


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        ("2026-11-24 09:00", "2026-11-24 11:00"),  # Tuesday 10:00 in Berlin
        ("2026-11-24 16:00", "2026-11-25 09:00"),  # Tuesday 17:00: one hour today, one tomorrow
        ("2026-11-27 15:30", "2026-11-30 11:30"),  # Friday 16:30: half an hour, then from Monday 11:00
        ("2026-11-27 16:30", "2026-11-30 12:00"),  # Friday 17:30: the weekend's duty is on
        ("2026-11-30 08:00", "2026-11-30 12:00"),  # Monday 9:00: not before its end at 11:00
        ("2026-12-24 16:00", "2026-12-28 11:00"),  # the day off between does not count
        ("2026-03-28 12:00", "2026-03-30 11:00"),  # the night in which an hour is missing
    ],
)
def test_two_hours_are_two_hours_in_which_somebody_takes_questions(asked, ends):
    assert HOURS.after(at(asked), timedelta(hours=2)) == at(ends)


def test_a_duty_that_runs_over_the_end_of_the_week_is_one_stretch():
    assert NIGHTS.spans(date(2026, 11, 30)) == [(at("2026-11-30 08:00"), at("2026-11-30 17:00"))]
    assert NIGHTS.spans(date(2026, 12, 1)) == [(at("2026-12-01 08:00"), at("2026-12-01 09:00"))]
    assert NIGHTS.spans(date(2026, 12, 2)) == []


def test_where_no_duty_takes_questions_nothing_is_ever_due():
    nobody = TriageHours(WEEKDAYS, ())
    assert nobody.next_at(at("2026-11-24 09:00")) is None
    assert clocks.due(at("2026-11-24 09:00"), timedelta(hours=1), nudge_percent=75, hours=nobody) is None


moments = st.integers(0, 2 * 365 * 1440).map(lambda minutes: at("2026-01-01 00:00") + timedelta(minutes=minutes))
lengths = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, lengths, st.integers(1, 99))
def test_a_reminder_comes_within_the_hours_and_before_the_end_however_long_the_promise(since, length, percent):
    found = clocks.due(since, length, nudge_percent=percent, hours=HOURS)
    assert found is not None
    assert since < found.nudge_at <= found.due_at
    assert HOURS.between(since, found.due_at) == length
    for moment in (found.nudge_at, found.due_at):
        assert HOURS.contains(moment - timedelta(microseconds=1))


@given(moments, moments, lengths)
def test_who_asks_later_is_never_due_earlier(one, other, length):
    first, second = sorted((one, other))
    assert HOURS.after(first, length) <= HOURS.after(second, length)


@given(moments)
def test_the_next_hours_begin_at_once_or_where_they_begin(moment):
    begins = HOURS.next_at(moment)
    assert begins is not None
    assert HOURS.contains(begins)
    assert (begins == moment) == HOURS.contains(moment)


def test_a_question_keeps_its_own_promise_whatever_priority_it_was_given_before():
    hour = timedelta(hours=1)
    rule = Lengths(
        2 * hour, hour, {Priority.P4: hour / 4, Priority.P3: hour, Priority.P2: 4 * hour, Priority.P1: 9 * hour}
    )
    assert rule.of(ItemKind.QUESTION, Priority.P4) == 2 * hour
    assert rule.of(ItemKind.ISSUE, Priority.P4) == hour / 4
    assert rule.of(ItemKind.INCIDENT, None) == hour
