"""Whether an alert fits a silence, and until when it is covered."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.alerts.silences.rules import (
    Condition,
    Facts,
    How,
    Rule,
    SilenceRefused,
    check_times,
    covered,
    fits,
    is_wide,
    read,
)
from hausmeister.base.priority import Priority
from tests.harness import at

NOON = at("2026-11-24 12:00")
DISK = Facts(
    "Prometheus",
    "Disk 81 % on db-7",
    Priority.P2,
    "It fills up.",
    "warning",
    "s0",
    {"shard": "s0"},
    {"Disks": ("disk",)},
)


def rule(*conditions, starts=0, ends=60, p4=False, number=1):
    begin, end = NOON + timedelta(minutes=starts), NOON + timedelta(minutes=ends)
    return Rule(number, begin, end, tuple(Condition(*one) for one in conditions), p4)


@pytest.mark.parametrize(
    ("field", "how", "value", "is_so"),
    [
        ("source", How.IS, "prometheus", True),
        ("source", How.IS_NOT, "prometheus", False),
        ("title", How.CONTAINS, "DB-7", True),
        ("title", How.MATCHES, "^disk \\d+ %", True),
        ("title", How.IS, "disk", False),
        ("priority", How.IS, "P2", True),
        ("priority", How.IS_NOT, "P4", True),
        ("severity", How.IS, "critical", False),
        ("where", How.IS, "s0", True),
        ("area", How.IS, "disks", True),
        ("label:shard", How.IS, "s0", True),
        ("label:gone", How.IS, "s0", False),
        ("label:gone", How.IS_NOT, "s0", True),
        ("text", How.CONTAINS, "fills", True),
    ],
)
def test_a_condition_looks_at_one_thing_of_the_alert(field, how, value, is_so):
    assert fits(rule((field, how, value)), DISK) is is_so


def test_every_condition_must_be_so():
    both = rule(("label:shard", How.IS, "s0"), ("severity", How.IS, "critical"))
    assert not fits(both, DISK)


def test_a_p4_is_covered_only_where_the_silence_says_so():
    urgent = Facts("Prometheus", "Disk full", Priority.P4)
    assert not fits(rule(("source", How.IS, "prometheus")), urgent)
    assert not fits(rule(("priority", How.IS, "P4")), urgent)
    assert fits(rule(("source", How.IS, "prometheus"), p4=True), urgent)


@pytest.mark.parametrize(
    ("minute", "until"),
    [(-1, None), (0, 60), (59, 60), (60, None)],
)
def test_a_silence_holds_from_its_first_instant_up_to_its_end(minute, until):
    found = covered([rule()], DISK, at=NOON + timedelta(minutes=minute))
    assert (found and found.until) == (until and NOON + timedelta(minutes=until))


def test_silences_without_a_gap_between_them_are_one_and_with_a_gap_two():
    chain = [rule(number=1), rule(starts=60, ends=90, number=2), rule(starts=80, ends=85, number=3)]
    assert covered(chain, DISK, at=NOON).until == NOON + timedelta(minutes=90)
    gap = [rule(number=1), rule(starts=61, ends=90, number=2)]
    assert covered(gap, DISK, at=NOON).until == NOON + timedelta(minutes=60)


spans = st.lists(st.tuples(st.integers(-30, 60), st.integers(1, 40)), max_size=6)


@given(spans, st.integers(-10, 70))
def test_covered_is_silent_at_every_minute_and_not_one_longer(found, minute):
    rules = [rule(starts=begin, ends=begin + length, number=n) for n, (begin, length) in enumerate(found)]
    moment = NOON + timedelta(minutes=minute)
    until = covered(rules, DISK, at=moment)
    end = moment if until is None else until.until

    def holds(at_):
        return any(one.starts_at <= at_ < one.ends_at for one in rules)

    assert not holds(end)
    assert all(holds(moment + timedelta(minutes=n)) for n in range(int((end - moment).total_seconds() // 60)))


def test_a_silence_without_conditions_or_over_all_that_was_seen_is_wide():
    others = [Facts("Prometheus", f"Alert {n}", Priority.P4) for n in range(5)]
    assert is_wide(rule(), [])
    assert is_wide(rule(("source", How.IS, "Prometheus")), others)
    assert not is_wide(rule(("source", How.IS, "Prometheus")), others[:4])
    assert not is_wide(rule(("title", How.IS, "Alert 1")), others)


def test_what_is_typed_is_read_and_what_is_no_condition_says_why():
    assert read([("title", "contains", " disk "), ("source", "is", " ")]) == (Condition("title", How.CONTAINS, "disk"),)
    assert read([("priority", "is", "p3 high")]) == (Condition("priority", How.IS, "P3"),)
    wrong = [
        ("colour", "is", "red"),
        ("label:", "is", "x"),
        ("title", "sounds like", "x"),
        ("priority", "contains", "P4"),
        ("priority", "is", "P9"),
        ("title", "matches", "(a"),
        ("title", "is", "x" * 201),
    ]
    for row in wrong:
        with pytest.raises(SilenceRefused):
            read([row])
    with pytest.raises(SilenceRefused, match="at most 10"):
        read([("title", "is", "x")] * 11)


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (0, -1, "ends_at"),
        (0, 0, "ends_at"),
        (10, 5, "ends_at"),
        (0, 15 * 1440, "ends_at"),
        (91 * 1440, 91 * 1440 + 5, "starts_at"),
    ],
)
def test_the_times_of_a_silence_lie_ahead_and_have_an_end_in_sight(starts, ends, field):
    with pytest.raises(SilenceRefused) as refused:
        check_times(
            NOON + timedelta(minutes=starts), NOON + timedelta(minutes=ends), longest=timedelta(days=14), now=NOON
        )
    assert refused.value.field == field
