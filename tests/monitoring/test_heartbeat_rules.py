"""When a heartbeat is expected, and when its absence is an alarm; clock changes included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.monitoring.rules.heartbeats import (
    BadSchedule,
    Beat,
    Kind,
    alarm_at,
    checked_cron,
    expected_at,
    kind_of,
)

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(expression, *, grace=timedelta(minutes=10)):
    return Beat(None, expression, BERLIN, grace)


def test_a_period_counts_from_the_last_success():
    beat = Beat(timedelta(hours=1), "", BERLIN, timedelta(minutes=5))
    last = utc("2026-11-24T10:00")
    assert expected_at(beat, last_at=last) == utc("2026-11-24T11:00")
    assert alarm_at(beat, last_at=last, started_at=None) == utc("2026-11-24T11:05")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-11-20T04:31", "2026-11-23T04:30"),  # Friday 05:31 in Berlin: the next weekday is Monday
        ("2026-03-27T04:31", "2026-03-30T03:30"),  # over the night in which the clocks go forward
        ("2026-10-23T03:31", "2026-10-26T04:30"),  # and back
    ],
)
def test_a_cron_expression_is_read_on_the_wall_clock(last, expected):
    assert expected_at(cron("30 5 * * 1-5"), last_at=utc(last)) == utc(expected)


def test_the_hour_that_is_left_out_runs_right_after_it():
    # 02:30 does not exist on 29 March 2026 in Berlin; 03:00 summer time is 01:00 UTC
    assert expected_at(cron("30 2 * * *"), last_at=utc("2026-03-28T01:31")) == utc("2026-03-29T01:00")


def test_a_run_that_began_must_end_within_the_grace():
    beat = Beat(timedelta(days=1), "", BERLIN, timedelta(minutes=30))
    last = utc("2026-11-24T02:00")
    assert alarm_at(beat, last_at=last, started_at=utc("2026-11-25T01:50")) == utc("2026-11-25T02:20")
    assert alarm_at(beat, last_at=last, started_at=utc("2026-11-25T02:20")) == utc("2026-11-25T02:30")


def test_without_a_grace_a_run_that_begins_is_not_late_at_that_moment():
    beat = Beat(timedelta(hours=1), "", BERLIN, timedelta(0))
    last = utc("2026-11-24T10:00")
    assert alarm_at(beat, last_at=last, started_at=utc("2026-11-24T10:30")) == utc("2026-11-24T11:00")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "no cron"), ("* * *", "no cron"), ("61 * * * *", "no cron"), ("x" * 200, "no cron"),
        ("0 0 30 2 *", "never comes|no cron"),
    ],
)  # fmt: skip
def test_what_is_no_expression_or_never_comes_is_told(expression, says):
    with pytest.raises(BadSchedule, match=says):
        checked_cron(expression, zone=BERLIN, now=utc("2026-11-24T10:00"))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("", (Kind.SUCCESS, None)), ("start", (Kind.START, None)), ("fail", (Kind.FAIL, None)),
        ("0", (Kind.SUCCESS, 0)), ("137", (Kind.FAIL, 137)),
        ("256", None), ("-1", None), ("ok", None), ("\u0661", None),
    ],
)  # fmt: skip
def test_the_end_of_the_address_says_what_it_is(word, kind):
    assert kind_of(word) == kind
