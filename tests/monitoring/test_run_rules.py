"""What is believed of runs, when they end, and whether that is in time: plain values, and every order of events."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.monitoring.runs.rules.critical import critical_path
from hausmeister.monitoring.runs.rules.forecast import Past, Standing, forecast, quantile
from hausmeister.monitoring.runs.rules.levels import Level, Night, Verdict, is_quiet, judge, picks, stuck, usual
from hausmeister.monitoring.runs.rules.states import Believed, State, TaskShape, Unit, merged, merged_run

NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def after(minutes):
    return NIGHT + timedelta(minutes=minutes)


# ---- what is believed ----

START = Believed(State.RUNNING, after(0), after(0))
FAIL = Believed(State.FAILED, after(10), None, after(10))
DONE = Believed(State.SUCCESS, after(20), None, after(20))


def told(*said, by=merged):
    stands = None
    for one in said:
        stands = by(stands, one)
    return stands


@pytest.mark.parametrize("order", list(permutations((START, FAIL, DONE))))
def test_in_whatever_order_the_same_is_believed(order):
    assert told(*order) == Believed(State.SUCCESS, after(20), after(0), after(20))
    assert told(*order, *order) == told(*order)


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        # a try that is over does not begin again, however late it is said
        (State.SUCCESS, State.RUNNING, State.SUCCESS),
        (State.FAILED, State.QUEUED, State.FAILED),
        # what never began may begin after all
        (State.BLOCKED, State.RUNNING, State.RUNNING),
        (State.SKIPPED, State.RUNNING, State.RUNNING),
        (State.RUNNING, State.QUEUED, State.RUNNING),
        (State.WAITING, State.QUEUED, State.QUEUED),
        (State.FAILED, State.SUCCESS, State.SUCCESS),
    ],
)
def test_the_later_word_counts_but_for_what_cannot_be_undone(old, new, stands):
    assert merged(Believed(old, after(0)), Believed(new, after(1))).state is stands


def test_a_run_that_is_cleared_goes_on_and_one_that_starts_late_by_the_post_does_not():
    over = told(
        Believed(State.RUNNING, after(0), after(0)), Believed(State.FAILED, after(9), None, after(9)), by=merged_run
    )
    assert merged_run(over, Believed(State.RUNNING, after(0), after(0))).state is State.FAILED
    again = merged_run(over, Believed(State.RUNNING, after(30), after(30)))
    assert (again.state, again.ended_at) == (State.RUNNING, None)


def test_an_end_before_its_start_is_its_start():
    assert told(START, Believed(State.SUCCESS, after(1), None, after(-30))).ended_at == after(0)


states = st.sampled_from(list(State))
words = st.builds(
    Believed, states, st.integers(-5, 5).map(after), st.none() | st.integers(-5, 5).map(after),
    st.none() | st.integers(-5, 5).map(after),
)  # fmt: skip


@given(st.lists(words, min_size=1, max_size=6))
def test_the_same_word_again_changes_nothing(said):
    stands = told(*said)
    assert merged(stands, stands) == stands
    assert stands.started_at is None or stands.ended_at is None or stands.started_at <= stands.ended_at


# ---- the forecast ----


def past(*took, began=0):
    return [Past(began * 60, minutes * 60) for minutes in took]


def unit(task, state, began=None, ended=None, *, place=-1):
    moments = [None if one is None else after(one) for one in (began, ended)]
    return Unit(task, place, state, 1, *moments)


CHAIN = {"a": ("b",), "b": ("c",)}


def test_what_remains_is_laid_out_along_its_dependencies():
    standing = Standing([unit("a", State.RUNNING, 0), unit("b", State.WAITING)], CHAIN, NIGHT, ["c"])
    history = {"a": past(60, 60), "b": past(30, 30), "c": past(15, 15)}
    found = forecast(standing, history, wanted=["c"], missing=1, by=after(110), now=after(20))
    assert (found.likely_at, found.slow_at, found.chance_late, found.runs) == (after(105), after(105), 0.0, 2)


def test_one_slow_night_in_ten_is_a_risk_of_about_one_in_ten():
    standing = Standing([unit("a", State.WAITING)], {}, NIGHT)
    history = {"a": past(*[60] * 9, 240)}
    found = forecast(standing, history, wanted=["a"], missing=1, by=after(90), now=NIGHT)
    assert found.chance_late == 0.1
    assert found.likely_at == after(60)
    assert found.slow_at > after(90)


def test_a_task_that_runs_longer_than_ever_is_not_about_to_end():
    standing = Standing([unit("a", State.RUNNING, 0)], {}, NIGHT)
    found = forecast(standing, {"a": past(10, 12)}, wanted=["a"], missing=1, by=after(121), now=after(100))
    assert found.likely_at > after(140)
    assert found.chance_late >= 0.7


def test_what_failed_and_what_waits_for_it_is_not_counted_on():
    standing = Standing([unit("a", State.FAILED, 0, 5), unit("z", State.WAITING)], CHAIN, NIGHT, ["b", "c"])
    history = {name: past(5) for name in "abcz"}
    found = forecast(standing, history, wanted=["b", "c", "z"], missing=2, by=HOUR, now=after(6))
    assert (found.likely_at, found.chance_late, found.in_the_way) == (None, 1.0, ("a",))
    assert forecast(standing, history, wanted=["b", "c", "z"], missing=1, by=HOUR, now=after(6)).likely_at == after(11)


def test_without_dependencies_a_task_begins_as_long_after_the_start_as_it_used_to():
    standing = Standing([unit("a", State.WAITING)], {}, NIGHT)
    found = forecast(standing, {"a": past(10, began=90)}, wanted=["a"], missing=1, by=HOUR, now=after(5))
    assert found.likely_at == after(100)


def test_without_earlier_runs_nothing_is_claimed():
    standing = Standing([unit("a", State.WAITING)], {}, NIGHT)
    found = forecast(standing, {}, wanted=["a"], missing=1, by=HOUR, now=NIGHT)
    assert (found.likely_at, found.chance_late) == (None, None)


def test_tasks_that_wait_for_each_other_in_a_circle_end_the_forecast_nevertheless():
    standing = Standing([unit("a", State.WAITING), unit("b", State.WAITING)], {"a": ("b",), "b": ("a",)}, NIGHT)
    assert forecast(standing, {"a": past(5)}, wanted=["a"], missing=1, by=HOUR, now=NIGHT).likely_at is not None


@given(
    took=st.lists(st.integers(0, 600), min_size=1, max_size=14), slower=st.integers(0, 300),
    now=st.integers(0, 600), by=st.integers(0, 900),
)  # fmt: skip
def test_slower_nights_are_never_less_risky_and_no_task_ends_in_the_past(took, slower, now, by):
    standing = Standing([unit("a", State.RUNNING, 0), unit("b", State.WAITING)], {"a": ("b",)}, NIGHT)
    before = {"a": past(30), "b": past(*took)}
    then = {"a": past(30), "b": past(*[one + slower for one in took])}
    first, second = (
        forecast(standing, some, wanted=["b"], missing=1, by=after(by), now=after(now)) for some in (before, then)
    )
    assert first.chance_late <= second.chance_late
    assert after(now) <= first.likely_at <= first.slow_at


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_quantile_lies_between_the_least_and_the_most(values, depth):
    assert min(values) - 1e-6 <= quantile(values, depth) <= max(values) + 1e-6


# ---- levels ----


def level(**changed):
    given_ = {"name": "contracts", "dag": "nightly", "tasks": "c*", "share_percent": 95, "by": time(5),
              "zone": ZoneInfo("UTC"), "days": frozenset(range(7)), "is_hard": True, **changed}  # fmt: skip
    return Level(**given_)


def night(done, running=0, failed=0, *, is_over=False):
    units = [unit(f"c{number}", State.SUCCESS, 0, 60) for number in range(done)]
    units += [unit(f"c{100 + number}", State.RUNNING, 0) for number in range(running)]
    units += [unit(f"c{200 + number}", State.FAILED, 0, 60) for number in range(failed)]
    return Night(units, {}, NIGHT, is_over)


LONG = {f"c{100 + number}": past(60, 70, 80) for number in range(40)}


@pytest.mark.parametrize(
    ("found", "now", "verdict"),
    [
        (night(19, 1), after(61), Verdict.MET),
        (night(18, 2), after(61), Verdict.ON_TRACK),
        (night(18, 0, 2), after(61), Verdict.AT_RISK),
        (night(18, 0, 2, is_over=True), after(61), Verdict.AT_RISK),
        (night(18, 2), HOUR, Verdict.MISSED),
        (None, after(0), Verdict.UNKNOWN),
        (None, HOUR, Verdict.MISSED),
    ],
)
def test_a_level_is_judged_from_its_tasks_and_the_time(found, now, verdict):
    assert judge(level(), found, LONG, hour=HOUR, now=now).verdict is verdict


def test_enough_after_the_hour_is_late_and_says_when():
    units = [unit(f"c{number}", State.SUCCESS, 0, 300 if number == 18 else 60) for number in range(20)]
    judged = judge(level(share_percent=100), Night(units, {}, NIGHT, is_over=True), {}, hour=HOUR, now=after(400))
    assert (judged.verdict, judged.met_at) == (Verdict.LATE, after(300))


@pytest.mark.parametrize(
    ("total", "share", "needed"), [(20, 95, 19), (19, 95, 19), (1, 1, 1), (200, 99, 198), (3, 100, 3)]
)
def test_a_share_is_rounded_up_to_whole_tasks(total, share, needed):
    assert judge(level(share_percent=share), night(total), {}, hour=HOUR, now=HOUR).needed == needed


def test_removed_tasks_do_not_count_and_skipped_ones_are_done():
    units = [unit("c1", State.SUCCESS, 0, 1), unit("c2", State.REMOVED), unit("c3", State.SKIPPED)]
    judged = judge(level(share_percent=100), Night(units, {}, NIGHT, is_over=False), {}, hour=HOUR, now=after(5))
    assert (judged.done, judged.total) == (2, 2)


def test_tasks_that_the_dag_has_and_nobody_heard_of_yet_count_as_to_come():
    shape = {name: TaskShape() for name in ("c1", "c2", "other")}
    judged = judge(level(), Night([unit("c1", State.SUCCESS, 0, 1)], shape, NIGHT, is_over=False), {"c2": past(5)},
                   hour=HOUR, now=after(5))  # fmt: skip
    assert (judged.done, judged.total, judged.verdict) == (1, 2, Verdict.ON_TRACK)


def test_no_run_half_an_hour_after_its_usual_time_is_a_risk():
    usual_start = after(0)
    for minutes, verdict in ((30, Verdict.UNKNOWN), (31, Verdict.AT_RISK)):
        judged = judge(level(), None, {}, hour=HOUR, now=after(minutes), usual_start=usual_start)
        assert judged.verdict is verdict


@pytest.mark.parametrize(
    ("selection", "task", "is_meant"),
    [
        ("contracts.*", "contracts.load", True), ("contracts.*", "contract", False), ("*", "any", True),
        ("group:contracts", "contracts.x.y", True), ("group:contracts", "contracts2.x", False),
        ("tag:core", "any", True), ("tag:other", "any", False),
    ],
)  # fmt: skip
def test_a_selection_is_a_glob_a_group_or_a_tag(selection, task, is_meant):
    assert picks(selection, task, ("core",)) is is_meant


def test_the_hour_keeps_its_wall_clock_and_leaves_out_days():
    berlin = level(zone=ZoneInfo("Europe/Berlin"), by=time(2, 30), days=frozenset({6}))
    # the clocks skip 02:30 on 29 March; on 25 October it is there twice, and the first counts
    assert berlin.hour_on(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert berlin.hour_on(date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert berlin.hour_on(date(2026, 3, 30)) is None
    assert [hour.date() for hour in berlin.hours_around(NIGHT)] == [date(2026, 11, 22), date(2026, 11, 29)]


def test_times_on_both_sides_of_midnight_are_near_each_other():
    moments = [datetime(2026, 11, day, hour, 30, tzinfo=UTC) for day, hour in ((1, 23), (3, 0), (4, 0))]
    assert usual(moments, ZoneInfo("UTC")) == time(0, 30)
    assert usual([], ZoneInfo("UTC")) is None


def test_stuck_is_longer_than_the_policy_and_than_three_times_the_usual():
    units = [unit("c1", State.RUNNING, 0), unit("c2", State.RUNNING, 0), unit("c3", State.SUCCESS, 0, 1)]
    hour = timedelta(hours=1)
    assert stuck(units, {"c2": past(60)}, longest=hour, now=after(61)) == ("c1",)
    assert stuck(units, {"c2": past(60)}, longest=hour, now=after(181)) == ("c1", "c2")
    assert not is_quiet(units, since=NIGHT, longest=hour, now=after(500))
    assert is_quiet(units[2:], since=NIGHT, longest=hour, now=after(62))


def test_the_critical_path_goes_back_over_what_was_waited_for_longest():
    units = [unit("a", State.SUCCESS, 0, 10), unit("b", State.SUCCESS, 0, 20), unit("c", State.RUNNING, 20)]
    assert critical_path(units, {"a": ("c",), "b": ("c",), "c": ("d",)}, now=after(30)) == ("b", "c")
    assert critical_path(units, {"c": ("b",), "b": ("c",)}, now=after(30)) == ("b", "c")
    assert critical_path([], {}, now=NIGHT) == ()
