"""Layers, rotations, restrictions and overrides as pure rules: sections H and I of the pager scenarios, and Hypothesis.

Left out here: `schedulerule`'s "old finished shift row" is a row of another product's tables; ours cannot hold it.
`webhookoncall`, `oncallnotify` and `ncdedup` send messages and stand in `test_announcing.py`, `slackusergroup` in
`tests/chat/test_posts.py`. The rows that need tables (the on-call matrix, `rotationgap`) stand in `test_schedules.py`.
"""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.rules.layers import Change, Held, Kind, Layer, at_instant, resolve_schedule
from hausmeister.rota.rules.restrictions import Window, open_spans
from hausmeister.rota.rules.rotations import NOBODY, Participant, Rotation, Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
A, B, C, D = 1, 2, 3, 4
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def wall(text):
    moment = datetime.fromisoformat(text)
    return WallMoment(moment.date(), moment.time())


def local(text, zone=BERLIN):
    return wall(text).instant(zone)


def person(number, joins=None, leaves=None):
    return Participant(Who(number), joins, leaves)


def rotation(unit=Unit.WEEKLY, *people, length=1, hand_off=time(11), day=MON, starts="2026-11-02 11:00", zone=BERLIN):
    listed = tuple(one if isinstance(one, Participant) else person(one) for one in people)
    return Rotation(unit, length, hand_off, wall(starts), listed, zone, day)


def layer(content, number=1, *, windows=(), starts=None, ends=None):
    if isinstance(content, Rotation):
        starts = starts or content.starts
    return Layer(number, f"layer {number}", content, starts, ends, tuple(windows))


def on(layers, moment, changes=(), zone=BERLIN, **more):
    told = resolve_schedule(
        layers, changes, zone=zone, starts_at=moment, ends_at=moment + timedelta(microseconds=1), **more
    )
    return set(told.final[0].people)


# ---- I. rotations ----


@pytest.mark.parametrize(
    ("unit", "length", "before", "after"),
    [
        (Unit.HOURLY, 1, "2026-11-02 11:59", "2026-11-02 12:00"),
        (Unit.HOURLY, 6, "2026-11-02 16:59", "2026-11-02 17:00"),
        (Unit.DAILY, 1, "2026-11-03 10:59", "2026-11-03 11:00"),
        (Unit.WEEKLY, 1, "2026-11-09 10:59", "2026-11-09 11:00"),
        (Unit.WEEKLY, 2, "2026-11-16 10:59", "2026-11-16 11:00"),
        (Unit.MONTHLY, 1, "2026-12-02 10:59", "2026-12-02 11:00"),
    ],
)
def test_hourly_daily_weekly_monthly_after_one_period_the_second_has_it(unit, length, before, after):
    layers = [layer(rotation(unit, A, B, length=length, day=2 if unit is Unit.MONTHLY else MON))]
    assert (on(layers, local(before)), on(layers, local(after))) == ({A}, {B})


@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("hand_off", [time(1, 30), time(3), time(9)])
def test_rotationdst_a_daily_rotation_flips_at_the_local_hour_across_a_clock_change(change, hand_off):
    content = rotation(Unit.DAILY, A, B, hand_off=hand_off, starts=f"2026-01-01 {hand_off:%H:%M}")
    day = date.fromisoformat(change)
    for number in range(-2, 3):
        flips = WallMoment(day + timedelta(days=number), hand_off).instant(BERLIN)
        first, then = (
            on([layer(content)], flips - timedelta(minutes=10)),
            on([layer(content)], flips + timedelta(minutes=10)),
        )
        assert first != then
        assert flips.astimezone(BERLIN).time() == hand_off


def test_a_hand_off_in_the_skipped_hour_is_the_instant_of_the_change():
    content = rotation(Unit.DAILY, A, B, hand_off=time(2, 30), starts="2026-03-01 02:30")
    change = at("2026-03-29 01:00")
    assert on([layer(content)], change - timedelta(seconds=1)) != on([layer(content)], change)


def test_a_hand_off_in_the_repeated_hour_is_its_first_occurrence():
    content = rotation(Unit.DAILY, A, B, hand_off=time(2, 30), starts="2026-10-01 02:30")
    first = at("2026-10-25 00:30")
    assert on([layer(content)], first - timedelta(seconds=1)) != on([layer(content)], first)
    assert on([layer(content)], first) == on([layer(content)], first + timedelta(hours=1, minutes=10))


def test_an_hourly_turn_that_a_clock_change_swallows_passes_over_its_holder():
    content = rotation(Unit.HOURLY, A, B, C, hand_off=time(0), starts="2026-03-29 00:00")
    turns = list(content.turns(local("2026-03-29 00:00"), local("2026-03-29 05:00")))
    assert [(one.number, one.who.person_id) for one in turns] == [(0, A), (1, B), (3, A), (4, B)]


def test_rotationwrap_two_hour_shifts_begun_four_hours_ago_come_round_to_the_first():
    content = rotation(Unit.HOURLY, A, B, length=2, hand_off=time(8), starts="2026-11-24 08:00")
    began = local("2026-11-24 08:00")
    assert on([layer(content)], began + timedelta(hours=3, minutes=50)) == {B}
    assert on([layer(content)], began + timedelta(hours=4, minutes=10)) == {A}


def test_the_first_turn_is_the_one_that_holds_the_start():
    content = rotation(Unit.WEEKLY, A, B, starts="2026-11-04 09:00")
    assert on([layer(content)], local("2026-11-04 08:59")) == set()
    assert on([layer(content)], local("2026-11-04 09:00")) == {A}
    assert on([layer(content)], local("2026-11-09 11:00")) == {B}
    hourly = rotation(Unit.HOURLY, A, B, length=12, hand_off=time(8), starts="2026-11-04 21:00")
    assert on([layer(hourly)], local("2026-11-05 07:59")) == {A}
    assert on([layer(hourly)], local("2026-11-05 08:00")) == {B}


@pytest.mark.parametrize(
    ("begins", "number"),
    [("2027-01-31 09:00", 0), ("2027-02-28 09:00", 1), ("2027-03-31 09:00", 2), ("2027-04-30 09:00", 3)],
)
def test_a_monthly_hand_off_on_the_31st_is_on_the_last_day_of_a_shorter_month(begins, number):
    content = rotation(Unit.MONTHLY, A, B, hand_off=time(9), day=31, starts="2027-01-31 09:00")
    assert content.begins_at(number) == local(begins)
    assert content.number_at(local(begins)) == number
    assert content.number_at(local(begins) - timedelta(seconds=1)) == max(0, number - 1)


def test_a_month_that_begins_before_its_own_hand_off_belongs_to_the_month_before():
    content = rotation(Unit.MONTHLY, A, B, hand_off=time(9), day=15, starts="2027-01-10 00:00")
    assert content.number_at(local("2027-01-14 12:00")) == 0
    assert content.number_at(local("2027-01-15 09:00")) == 1


# ---- membership ----


def holders(content, weeks, zone=BERLIN):
    first = content.starts.instant(zone)
    turns = content.turns(first, first + timedelta(weeks=weeks))
    return [one.who.person_id for one in turns]


def test_somebody_added_in_the_middle_of_the_list_shifts_nobody_s_past_turn():
    joins = local("2026-11-24 00:00")
    before = rotation(Unit.WEEKLY, A, B)
    after = rotation(Unit.WEEKLY, A, person(C, joins), B)
    assert holders(before, 4) == [A, B, A, B]
    # B had the turn of 23 November; the list goes on after B
    assert holders(after, 8) == [A, B, A, B, A, C, B, A]


def test_somebody_removed_shifts_nobody_s_past_turn():
    leaves = local("2026-11-24 00:00")
    after = rotation(Unit.WEEKLY, A, person(B, leaves=leaves), C)
    # 23 November was C's by then: A B C | C had turn 2, A has the running one
    assert holders(after, 7) == [A, B, C, A, C, A, C]


def test_who_is_removed_in_the_middle_of_a_turn_hands_the_rest_to_the_next_and_no_other_turn_moves():
    leaves = local("2026-11-11 00:00")
    content = rotation(Unit.WEEKLY, A, person(B, leaves=leaves), C)
    turns = list(content.turns(local("2026-11-09 11:00"), local("2026-11-30 11:00")))
    assert [(one.who.person_id, one.starts_at) for one in turns] == [
        (B, local("2026-11-09 11:00")), (C, leaves), (C, local("2026-11-16 11:00")), (A, local("2026-11-23 11:00")),
    ]  # fmt: skip


def test_a_list_that_empties_has_nobody_until_somebody_joins():
    gone, back = local("2026-11-12 00:00"), local("2026-11-19 00:00")
    content = rotation(Unit.WEEKLY, person(A, leaves=gone), person(B, back))
    assert [on([layer(content)], local(text)) for text in ("2026-11-11 12:00", "2026-11-13 12:00")] == [{A}, set()]
    assert [on([layer(content)], local(text)) for text in ("2026-11-19 00:00", "2026-11-30 12:00")] == [{B}, {B}]


def test_a_turn_of_nobody_s_lets_the_layer_below_through():
    below = layer(rotation(Unit.WEEKLY, D), 1)
    above = layer(rotation(Unit.WEEKLY, A, Participant(NOBODY)), 2)
    assert on([below, above], local("2026-11-04 12:00")) == {A}
    assert on([below, above], local("2026-11-11 12:00")) == {D}


def test_a_team_s_turn_is_whoever_is_on_duty_there():
    content = rotation(Unit.WEEKLY, Participant(Who(team_id=7)), A)
    held = [
        Held(local("2026-11-01 00:00"), local("2026-11-06 17:00"), frozenset({B}), "planned"),
        Held(local("2026-11-06 17:00"), local("2026-12-01 00:00"), frozenset({C}), "planned"),
    ]
    teams = {7: held}
    assert on([layer(content)], local("2026-11-06 16:59"), teams=teams) == {B}
    assert on([layer(content)], local("2026-11-06 17:00"), teams=teams) == {C}
    assert on([layer(content)], local("2026-11-10 12:00"), teams=teams) == {A}


# ---- restrictions ----


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (Window(time(9), time(17)), ["2026-11-24 09:00", "2026-11-28 16:59"], ["2026-11-24 17:00", "2026-11-24 08:59"]),
        # over midnight
        (Window(time(22), time(6)), ["2026-11-24 22:00", "2026-11-25 05:59"], ["2026-11-25 06:00", "2026-11-24 21:59"]),
        # the whole day
        (Window(time(6), time(6)), ["2026-11-24 05:59", "2026-11-24 06:00"], []),
        (Window(time(9), time(17), MON, FRI), ["2026-11-23 09:00", "2026-11-25 03:00"], ["2026-11-27 17:00"]),
        # over the end of the week
        (Window(time(17), time(9), FRI, MON), ["2026-11-27 17:00", "2026-11-30 08:59"], ["2026-11-30 09:00"]),
        (Window(time(9), time(9), WED, WED), ["2026-11-24 03:00", "2026-11-25 09:00"], []),
        # one hour a week, and all of it but that
        (Window(time(9), time(10), WED, WED), ["2026-11-25 09:30"], ["2026-11-25 10:00", "2026-11-24 09:30"]),
        (Window(time(10), time(9), WED, WED), ["2026-11-25 10:00", "2026-11-24 09:30"], ["2026-11-25 09:30"]),
    ],
)
def test_a_restriction_by_time_of_day_or_of_the_week(window, inside, outside):
    layers = [layer(rotation(Unit.WEEKLY, A), windows=[window])]
    assert [on(layers, local(text)) for text in inside] == [{A}] * len(inside)
    assert [on(layers, local(text)) for text in outside] == [set()] * len(outside)


def test_a_window_inside_the_skipped_hour_does_not_open_that_day():
    window = Window(time(2), time(2, 30))
    assert open_spans([window], BERLIN, local("2026-03-29 00:00"), local("2026-03-30 00:00")) == []
    assert len(open_spans([window], BERLIN, local("2026-03-28 00:00"), local("2026-03-29 00:00"))) == 1


def test_a_window_that_holds_the_repeated_hour_is_an_hour_longer():
    ((begin, end),) = open_spans(
        [Window(time(1), time(5))], BERLIN, local("2026-10-25 00:00"), local("2026-10-26 00:00")
    )
    assert end - begin == timedelta(hours=5)


# ---- H. layers and overrides ----


def always(number):
    return layer(rotation(Unit.WEEKLY, number), 1)


def between(number, starts, ends):
    """Return a layer on top in which `number` is on from `starts` to `ends` each day."""
    return layer(rotation(Unit.WEEKLY, number), 2, windows=[Window(starts, ends)])


def test_schedulerule_each_of_two_clock_time_rules_has_its_own_window():
    layers = [
        layer(rotation(Unit.WEEKLY, A), 1, windows=[Window(time(8), time(16))]),
        layer(rotation(Unit.WEEKLY, B), 2, windows=[Window(time(16), time(8))]),
    ]
    assert [on(layers, local(f"2026-11-24 {clock}")) for clock in ("07:59", "08:00", "15:59", "16:00")] == [
        {B}, {A}, {A}, {B},
    ]  # fmt: skip


SPAN = {"starts_at": local("2026-11-02 00:00"), "ends_at": local("2026-11-07 00:00")}
PROBES = ["00:00", "09:00", "21:00"]


@pytest.mark.parametrize(
    ("change", "during"),
    [
        (Change(1, Kind.ADD, person_id=C, **SPAN), [{A, C}, {B, C}, {A, C}]),
        (Change(1, Kind.REMOVE, instead_of=B, **SPAN), [{A}, set(), {A}]),
        (Change(1, Kind.REPLACE, person_id=C, instead_of=B, **SPAN), [{A}, {C}, {A}]),
        # instead of whoever is on, and where nobody is
        (Change(1, Kind.REPLACE, person_id=C, **SPAN), [{C}, {C}, {C}]),
        # one who is not on at all: nothing happens
        (Change(1, Kind.REPLACE, person_id=C, instead_of=D, **SPAN), [{A}, {B}, {A}]),
        (Change(1, Kind.REMOVE, instead_of=D, **SPAN), [{A}, {B}, {A}]),
    ],
)
def test_override_add_remove_replace_before_during_and_after(change, during):
    content = layer(rotation(Unit.WEEKLY, A, starts="2026-10-01 00:00"), 1)
    above = layer(rotation(Unit.WEEKLY, B, starts="2026-10-01 00:00"), 2, windows=[Window(time(9), time(21))])
    layers = [content, above]
    untouched = [{A}, {B}, {A}]
    for day in range(2, 7):
        probes = [local(f"2026-11-0{day} {clock}") for clock in PROBES]
        assert [on(layers, moment, [change]) for moment in probes] == during
    for day in ("2026-11-01", "2026-11-07", "2026-11-08"):
        assert [on(layers, local(f"{day} {clock}"), [change]) for clock in PROBES] == untouched


def test_tempschedules_entries_on_top_hold_until_they_are_changed_or_cleared():
    def shown_by(*entries):
        return on([always(A), Layer(2, "holidays", tuple(entries))], local("2026-12-25 12:00"))

    span = (local("2026-12-24 00:00"), local("2026-12-27 00:00"))
    assert shown_by(Held(*span, frozenset({B}))) == {B}
    assert shown_by(Held(*span, frozenset({C}))) == {C}
    assert shown_by() == {A}


def test_entries_that_overlap_are_both_on_and_who_holds_two_is_on_once():
    entries = (
        Held(local("2026-11-24 08:00"), local("2026-11-24 12:00"), frozenset({A})),
        Held(local("2026-11-24 10:00"), local("2026-11-24 14:00"), frozenset({B})),
        Held(local("2026-11-24 11:00"), local("2026-11-24 13:00"), frozenset({A})),
    )
    told = resolve_schedule(
        [Layer(1, "x", entries)], [], zone=BERLIN, starts_at=local("2026-11-24 07:00"),
        ends_at=local("2026-11-24 15:00"),
    )  # fmt: skip
    assert [(f"{one.starts_at.astimezone(BERLIN):%H}", set(one.people)) for one in told.final] == [
        ("07", set()), ("08", {A}), ("10", {A, B}), ("11", {A, B}), ("12", {A, B}), ("13", {B}), ("14", set()),
    ]  # fmt: skip


def test_a_stretch_says_which_layer_which_turn_and_which_override():
    change = Change(9, Kind.REPLACE, local("2026-11-10 00:00"), local("2026-11-11 00:00"), C, B)
    told = resolve_schedule(
        [layer(rotation(Unit.WEEKLY, A, B), 5)], [change], zone=BERLIN, starts_at=local("2026-11-09 11:00"),
        ends_at=local("2026-11-16 11:00"),
    )  # fmt: skip
    assert [(set(one.people), one.because.overrides) for one in told.final] == [({B}, ()), ({C}, (9,)), ({B}, ())]
    for one in told.final:
        assert one.because.layer == 5
        assert [turn.number for turn in one.because.turns] == [1]
        assert one.because.turns[0].starts_at == local("2026-11-09 11:00")
    assert at_instant(told.final, local("2026-11-10 12:00")).people == {C}


def test_a_layer_in_force_for_a_part_of_the_time_lets_the_lower_one_through_before_and_after():
    above = layer(rotation(Unit.WEEKLY, B, starts="2026-11-09 00:00"), 2, ends=wall("2026-11-10 00:00"))
    layers = [always(A), above]
    probes = ["2026-11-08 23:59", "2026-11-09 00:00", "2026-11-09 23:59", "2026-11-10 00:00"]
    assert [on(layers, local(text)) for text in probes] == [{A}, {B}, {B}, {A}]


# ---- Hypothesis ----

ZONES = [
    ZoneInfo(name) for name in ("Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "UTC")
]
zones = st.sampled_from(ZONES)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
days = st.dates(date(2026, 1, 1), date(2027, 3, 1))
instants = st.integers(0, 365 * 24 * 60).map(lambda minutes: at("2026-02-01 00:00") + timedelta(minutes=minutes))
windows = st.one_of(
    st.builds(Window, clocks, clocks),
    st.builds(Window, clocks, clocks, st.integers(0, 6), st.integers(0, 6)),
)
whos = st.one_of(st.just(NOBODY), st.integers(1, 5).map(Who))


@st.composite
def memberships(draw):
    joins, leaves = draw(st.none() | instants), draw(st.none() | instants)
    if joins and leaves and joins >= leaves:
        joins, leaves = (leaves, joins) if joins > leaves else (None, leaves)
    return Participant(draw(whos), joins, leaves)


@st.composite
def rotations(draw, zone):
    unit = draw(st.sampled_from(Unit))
    day = draw(st.integers(1, 31)) if unit is Unit.MONTHLY else draw(st.integers(0, 6))
    return Rotation(
        unit, draw(st.integers(1, 9)), draw(clocks), WallMoment(draw(days), draw(clocks)),
        tuple(draw(st.lists(memberships(), min_size=1, max_size=5))), zone, day,
    )  # fmt: skip


@st.composite
def plans(draw):
    entries = []
    for _ in range(draw(st.integers(0, 4))):
        begin, length = draw(instants), draw(st.integers(1, 5000))
        entries.append(Held(begin, begin + timedelta(minutes=length), frozenset({draw(st.integers(1, 5))})))
    return tuple(entries)


@st.composite
def schedules(draw):
    zone = draw(zones)
    layers = []
    for number in range(draw(st.integers(0, 4))):
        content = draw(st.one_of(rotations(zone), plans()))
        starts = content.starts if isinstance(content, Rotation) else None
        ends = draw(st.none() | st.builds(WallMoment, days, clocks))
        layers.append(Layer(number + 1, "x", content, starts, ends, tuple(draw(st.lists(windows, max_size=3)))))
    return zone, layers


@st.composite
def changes_made(draw, most=4):
    made = []
    for number in range(draw(st.integers(0, most))):
        begin = draw(instants)
        kind = draw(st.sampled_from(Kind))
        made.append(
            Change(
                number + 1, kind, begin, begin + timedelta(minutes=draw(st.integers(1, 20000))),
                draw(st.integers(1, 5)) if kind is not Kind.REMOVE else None,
                draw(st.integers(1, 5)) if kind is not Kind.ADD else None,
            )
        )  # fmt: skip
    return made


def tiles(stretches, starts_at, ends_at):
    assert stretches[0].starts_at == starts_at
    assert stretches[-1].ends_at == ends_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(stretches))
    assert all(one.starts_at < one.ends_at for one in stretches)


@settings(max_examples=60, deadline=None)
@given(schedules(), changes_made(), instants, st.integers(1, 60))
def test_there_is_no_gap_and_no_overlap_in_any_lane_or_in_the_answer(schedule, changes, starts_at, length):
    zone, layers = schedule
    ends_at = starts_at + timedelta(days=length)
    told = resolve_schedule(layers, changes, zone=zone, starts_at=starts_at, ends_at=ends_at)
    for stretches in (*told.layers, told.final):
        tiles(stretches, starts_at, ends_at)


@settings(max_examples=60, deadline=None)
@given(schedules(), changes_made(), instants, st.integers(1, 40), st.data())
def test_a_timeline_and_a_single_instant_give_one_answer_whatever_span_was_asked_for(
    schedule, changes, starts_at, length, data
):
    zone, layers = schedule
    ends_at = starts_at + timedelta(days=length)
    told = resolve_schedule(layers, changes, zone=zone, starts_at=starts_at, ends_at=ends_at)
    for seconds in data.draw(st.lists(st.integers(0, length * 86400 - 1), max_size=8)):
        moment = starts_at + timedelta(seconds=seconds)
        alone = resolve_schedule(
            layers, changes, zone=zone, starts_at=moment, ends_at=moment + timedelta(microseconds=1)
        )
        whole, single = at_instant(told.final, moment), alone.final[0]
        assert (whole.people, whole.because) == (single.people, single.because)


@settings(max_examples=60, deadline=None)
@given(schedules(), instants, st.integers(1, 40), st.data())
def test_an_override_wins_and_removing_it_restores(schedule, starts_at, length, data):
    zone, layers = schedule
    ends_at = starts_at + timedelta(days=length)
    begin = starts_at + timedelta(hours=data.draw(st.integers(0, length * 24 - 1)))
    change = Change(1, Kind.REPLACE, begin, begin + timedelta(hours=data.draw(st.integers(1, 200))), 9)
    plain = resolve_schedule(layers, [], zone=zone, starts_at=starts_at, ends_at=ends_at)
    changed = resolve_schedule(layers, [change], zone=zone, starts_at=starts_at, ends_at=ends_at)
    for one in changed.final:
        inside = change.starts_at <= one.starts_at < change.ends_at
        expected = {9} if inside else at_instant(plain.final, one.starts_at).people
        assert one.people == expected
        assert one.because.overrides == ((1,) if inside else ())
        # cover over several turns is several stretches, never one
        assert all(turn.starts_at <= one.starts_at and one.ends_at <= turn.ends_at for turn in one.because.turns)
    assert resolve_schedule(layers, [], zone=zone, starts_at=starts_at, ends_at=ends_at) == plain
    assert changed.layers == plain.layers


@settings(max_examples=50, deadline=None)
@given(schedules(), changes_made(6), instants, st.randoms(use_true_random=False))
def test_overrides_that_may_stand_side_by_side_give_one_answer_in_any_order(schedule, changes, starts_at, shuffled):
    zone, layers = schedule
    kept = []
    for one in changes:
        if not any(one.clashes_with(other) for other in kept):
            kept.append(one)
    again = [Change(number + 1, one.kind, one.starts_at, one.ends_at, one.person_id, one.instead_of)
             for number, one in enumerate(shuffled.sample(kept, len(kept)))]  # fmt: skip
    span = {"zone": zone, "starts_at": starts_at, "ends_at": starts_at + timedelta(days=30)}
    one, other = (resolve_schedule(layers, these, **span) for these in (kept, again))
    assert [(x.starts_at, x.people) for x in one.final] == [(x.starts_at, x.people) for x in other.final]


@settings(max_examples=80, deadline=None)
@given(st.data(), zones, instants)
def test_whoever_joins_or_leaves_moves_no_turn_that_is_over(data, zone, changed_at):
    before = data.draw(rotations(zone))
    listed = list(before.participants)
    place = data.draw(st.integers(0, len(listed)))
    if data.draw(st.booleans()) and place < len(listed):
        old = listed[place]
        later = old.joins_at is None or old.joins_at < changed_at
        leaves = min(one for one in (old.leaves_at, changed_at) if one is not None)
        listed[place] = Participant(old.who, old.joins_at, leaves if later else old.leaves_at)
    else:
        listed.insert(place, Participant(Who(8), changed_at))
    after = Rotation(before.unit, before.length, before.hand_off, before.starts, tuple(listed), zone, before.day)
    since = max(before.starts.instant(zone), changed_at - timedelta(days=90))

    def past(content):
        turns = [one for one in content.turns(since, changed_at) if one.starts_at < changed_at]
        return [(one.number, one.starts_at, min(one.ends_at, changed_at), one.who) for one in turns]

    assert past(after) == past(before)


@settings(max_examples=50, deadline=None)
@given(zones, clocks, st.integers(1, 3), days, days)
def test_a_rotation_by_the_wall_clock_flips_at_the_local_hour_on_every_day_of_the_year(
    zone, hand_off, length, starts, day
):
    content = Rotation(Unit.DAILY, length, hand_off, WallMoment(starts, hand_off), (person(A), person(B)), zone)
    begins = content.starts.instant(zone)
    moment = WallMoment(day, hand_off).instant(zone)
    for one in content.turns(max(begins, moment - timedelta(days=7)), max(begins, moment) + timedelta(days=7)):
        passed = (one.starts_at.astimezone(zone).date() - starts).days
        expected = WallMoment(starts + timedelta(days=one.number * length), hand_off)
        assert one.starts_at == expected.instant(zone)
        if one.starts_at.astimezone(zone).time() == hand_off:
            assert passed == one.number * length
