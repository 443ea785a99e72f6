"""Holes in schedules that nobody meant, and turns of people who are away."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.rota.rules.layers import Change, Held, Kind, Layer, resolve_schedule
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import NOBODY, Participant, Rotation, Unit, Who
from hausmeister.rota.rules.unstaffed import MOST_HOLES, Why, holes, on_while_away, who_could
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team.rules import Away
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
NOW = at("2026-11-24 02:00")
ANA, BRUNO = Who(1), Who(2)
OFFICE = (Window(time(9), time(17)),)


def rotation(*who, windows=(), **more):  # type: ignore[no-untyped-def]
    content = Rotation(
        unit=Unit.DAILY, length=1, hand_off=time(9), day=0, zone=BERLIN, starts=WallMoment(date(2026, 11, 2), time(9)),
        participants=tuple(Participant(one) for one in who),
    )  # fmt: skip
    return Layer(1, "Days", content, windows=windows, **more)


def entries(*spans):  # type: ignore[no-untyped-def]
    return Layer(1, "Plan", tuple(Held(at(first), at(last), frozenset({1})) for first, last in spans))


def found(*layers, changes=(), days=35, now=NOW):  # type: ignore[no-untyped-def]
    resolved = resolve_schedule(
        layers, changes, zone=BERLIN, starts_at=now - timedelta(days=8), ends_at=now + timedelta(days=days)
    )
    return [(one.why, one.starts_at, one.ends_at) for one in holes(resolved, zone=BERLIN, now=now)]


def office_hours(weeks, *, but=()):  # type: ignore[no-untyped-def]
    monday = date(2026, 11, 16)
    days = [monday + timedelta(days=day) for week in range(weeks) for day in range(7 * week, 7 * week + 5)]
    return entries(*((f"{one:%Y-%m-%d} 08:00", f"{one:%Y-%m-%d} 16:00") for one in days if f"{one:%m-%d}" not in but))


def test_a_schedule_that_is_made_to_rest_has_no_hole():
    assert found(rotation(ANA, BRUNO, windows=OFFICE)) == []
    assert found(office_hours(6)) == []


def test_over_a_clock_change_nights_stay_nights():
    assert found(rotation(ANA, BRUNO, windows=OFFICE), now=at("2027-03-24 02:00")) == []


def test_a_schedule_without_anybody_is_empty_for_as_long_as_is_looked():
    assert found() == [(Why.EVER, NOW, NOW + timedelta(days=35))]
    assert found(rotation()) == [(Why.EVER, NOW, NOW + timedelta(days=35))]


def test_a_day_that_the_plan_leaves_out_is_a_hole_and_its_weekends_are_none():
    assert found(office_hours(7, but=("12-03",))) == [(Why.HERE, at("2026-12-03 08:00"), at("2026-12-03 16:00"))]


def test_a_plan_that_runs_out_ends_once_and_its_last_weekend_is_no_hole():
    assert found(office_hours(3)) == [(Why.END, at("2026-12-04 16:00"), NOW + timedelta(days=35))]


def test_a_layer_that_ends_for_good_is_the_schedules_end():
    ends = rotation(ANA, ends=WallMoment(date(2026, 12, 1), time(9)))
    assert found(ends) == [(Why.END, at("2026-12-01 08:00"), NOW + timedelta(days=35))]


def test_a_turn_given_to_nobody_is_meant_and_one_that_an_override_empties_is_not():
    assert found(rotation(ANA, NOBODY)) == []
    off = Change(7, Kind.REMOVE, at("2026-11-26 08:00"), at("2026-11-27 08:00"), instead_of=1)
    assert found(rotation(ANA), changes=[off]) == [(Why.HERE, off.starts_at, off.ends_at)]


def test_less_than_an_hour_is_not_worth_a_letter():
    off = Change(7, Kind.REMOVE, at("2026-11-26 08:00"), at("2026-11-26 08:59"), instead_of=1)
    assert found(rotation(ANA), changes=[off]) == []


def test_a_schedule_that_got_other_hours_is_not_measured_by_the_old_ones():
    before = rotation(ANA, until_at=NOW)
    after = rotation(ANA, windows=OFFICE, since_at=NOW)
    assert found(before, after) == []


def test_many_holes_are_told_up_to_five_and_the_end_is_among_them():
    missing = [f"12-{day:02}" for day in (1, 3, 9, 11, 15, 17)]
    told = found(office_hours(6, but=missing), days=60)
    assert len(told) == MOST_HOLES
    assert told[-1][0] is Why.END


@pytest.mark.parametrize(("days", "number"), [((25, 30), 1), ((24, 25), 1), ((20, 23), 0)])
def test_who_is_away_while_on_is_found_once_for_an_absence_however_many_turns_it_spoils(days, number):
    span = Away(at(f"2026-11-{days[0]} 00:00"), at(f"2026-11-{days[1]} 00:00"))
    resolved = resolve_schedule(
        [rotation(ANA, BRUNO)], [], zone=BERLIN, starts_at=NOW - timedelta(days=8), ends_at=NOW + timedelta(days=35)
    )
    told = on_while_away(resolved.final, {1: [span]}, now=NOW)
    assert len(told) == number
    for one in told:
        assert NOW <= one.starts_at < one.ends_at <= span.ends_at


CEM, DIA = Who(3), Who(4)


def test_who_is_there_and_not_on_could_take_the_turns_of_who_is_away_and_who_is_on_least_is_named_first():
    """Cem takes a third of the turns and Bruno as many; Dia takes none, so she is asked last. Cem is away too."""
    resolved = resolve_schedule(
        [rotation(ANA, BRUNO, ANA, CEM, BRUNO)], [], zone=BERLIN, starts_at=NOW, ends_at=NOW + timedelta(days=35)
    )
    day = Away(at("2026-12-01 23:00"), at("2026-12-02 23:00"))
    (one,) = on_while_away(resolved.final, {4: [day], 2: [day]}, now=NOW) or [None]
    assert one.person_id == 2
    assert who_could(one, resolved.final, {3: [day]}, [4, 2, 1, 3]) == [1, 4]
    assert who_could(one, resolved.final, {}, [4, 1, 3]) == [3, 1, 4]
    assert who_could(one, resolved.final, {1: [day], 3: [day], 4: [day]}, [4, 1, 3]) == []


def test_who_is_on_at_the_same_time_is_no_help():
    second = Layer(2, "More", entries(("2026-11-01 00:00", "2026-12-24 00:00")).content)
    resolved = resolve_schedule(
        [rotation(BRUNO), second], [Change(1, Kind.ADD, NOW, NOW + timedelta(days=9), 2)], zone=BERLIN,
        starts_at=NOW, ends_at=NOW + timedelta(days=35),
    )  # fmt: skip
    day = Away(at("2026-11-25 00:00"), at("2026-11-26 00:00"))
    (one,) = on_while_away(resolved.final, {1: [day]}, now=NOW)
    assert who_could(one, resolved.final, {}, [1, 2, 3]) == [3]
