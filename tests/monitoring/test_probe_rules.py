"""Whether an answer is good, and what a result means for the alert: values in, values out."""

from datetime import UTC, datetime, timedelta

import pytest

from hausmeister.monitoring.rules.probes import Came, Finding, Good, Standing, Step, after, next_at, problem_of

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
BAD, FINE = Finding("answered 500", 3), Finding("", 3)


@pytest.mark.parametrize(
    ("came", "good", "says"),
    [
        (Came(200, b""), Good(), ""),
        (Came(399, b""), Good(), ""),
        (Came(400, b""), Good(), "answered 400, not 200 to 399"),
        (Came(199, b""), Good(), "answered 199"),
        (Came(301, b""), Good(200, 200), "answered 301, not 200"),
        (Came(200, "größer".encode()), Good(text="größer"), ""),
        (Came(200, b"smaller"), Good(text="larger"), "'larger' is not in"),
        (Came(200, b""), Good(days_left=5), "no certificate"),
        (Came(200, b"", NOW + timedelta(days=5)), Good(days_left=5), ""),
        (Came(200, b"", NOW + timedelta(days=5, seconds=-1)), Good(days_left=5), "ends in 4 days, 5 are wanted"),
    ],
)
def test_an_answer_is_good_or_told_in_words_what_is_wrong(came, good, says):
    told = problem_of(came, good, now=NOW)
    assert bool(told) is bool(says)
    assert says in told


def test_the_alert_opens_with_enough_failures_in_a_row_and_closes_with_one_success():
    one, step = after(Standing(), BAD, enough=2, now=NOW)
    assert (one.failures, one.is_down, step) == (1, False, Step.NOTHING)
    assert after(one, FINE, enough=2, now=NOW) == (Standing(), Step.NOTHING)
    two, step = after(one, BAD, enough=2, now=NOW)
    assert (two, step) == (Standing(2, is_down=True, told_at=NOW), Step.OPEN)
    assert after(two, FINE, enough=2, now=NOW) == (Standing(), Step.CLOSE)


def test_an_open_alert_is_told_again_each_five_minutes_and_not_at_each_look():
    down = Standing(2, is_down=True, told_at=NOW)
    assert after(down, BAD, enough=2, now=NOW + timedelta(minutes=4, seconds=59))[1] is Step.NOTHING
    again, step = after(down, BAD, enough=2, now=NOW + timedelta(minutes=5))
    assert (again.told_at, step) == (NOW + timedelta(minutes=5), Step.OPEN)


def test_the_next_look_counts_from_when_the_last_began_and_is_never_in_the_past():
    every = timedelta(seconds=30)
    assert next_at(NOW, every, now=NOW + timedelta(seconds=10)) == NOW + every
    assert next_at(NOW, every, now=NOW + timedelta(hours=1)) > NOW + timedelta(hours=1)
