"""The rota's pure rules: never a minute without two people, on every clock in the world."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.rules.resolving import Facts, PlannedShift, Substitution, resolve
from hausmeister.rota.rules.rotation import Candidate, RotationRule, Turn, share_out
from hausmeister.rota.rules.slots import Post, Slot, WeeklyDuty, slot_at, slot_of, slots_between
from hausmeister.team.rules import Away

HAUSMEISTER = WeeklyDuty("hausmeister", 0, time(11), 4, time(17), triage=True)
WEEKEND = WeeklyDuty("weekend", 4, time(17), 0, time(11))
DUTIES = (HAUSMEISTER, WEEKEND)
# half-hour changes, changes at midnight, southern summers, no changes, the far side of the date line
ZONES = [
    "Europe/Berlin",
    "America/Sao_Paulo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Santiago",
]
FIVE_YEARS = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))
TEAM = [
    Candidate(1, "Ana", 1, date(2023, 1, 2)),
    Candidate(2, "Bruno", 2, date(2023, 1, 2)),
    Candidate(3, "Carla", 3, date(2023, 1, 2)),
    Candidate(4, "Dora", 3, date(2023, 1, 2)),
    Candidate(5, "Emil", 1, date(2025, 6, 2)),
]


@pytest.mark.parametrize("zone", ZONES)
def test_for_five_years_every_duty_begins_exactly_where_another_ends(zone):
    slots = list(slots_between(DUTIES, ZoneInfo(zone), *FIVE_YEARS))
    assert len(slots) > 500
    for one, following in itertools.pairwise(slots):
        assert one.ends_at == following.starts_at


@pytest.mark.parametrize("zone", ZONES)
def test_for_five_years_every_minute_has_somebody_on_duty_and_somebody_else_behind(zone):
    slots = list(slots_between(DUTIES, ZoneInfo(zone), *FIVE_YEARS))
    shares = share_out(slots, TEAM, past=(), began_on=slots[0].week, rule=RotationRule())
    planned = [PlannedShift(one.slot, one.post, one.person_id) for one in shares]
    by_slot = {slot: [one for one in planned if one.slot == slot] for slot in slots[:60]}
    experience = {one.person_id: one.experience for one in TEAM}
    for primary, backstop in zip(shares[::2], shares[1::2], strict=True):
        assert primary.slot == backstop.slot
        assert primary.person_id is not None
        assert backstop.person_id is not None
        assert experience[backstop.person_id] > experience[primary.person_id]
    for slot in slots[:60]:
        for at in (
            slot.starts_at,
            slot.starts_at + (slot.ends_at - slot.starts_at) / 2,
            slot.ends_at - timedelta(minutes=1),
        ):
            answer = resolve(slot, Facts(by_slot[slot]), at)
            assert answer.primary.person_id
            assert answer.backstop.person_id
            assert answer.primary.person_id != answer.backstop.person_id
            assert answer.until > at


@pytest.mark.parametrize(
    ("monday", "weekday_hours", "weekend_hours"),
    [
        (date(2026, 3, 2), 102, 66),
        (date(2026, 3, 23), 102, 65),  # the clocks go forward on Sunday
        (date(2026, 10, 19), 102, 67),  # the clocks go back on Sunday
    ],
)
def test_the_week_is_102_hours_and_the_weekend_66_give_or_take_a_clock_change(monday, weekday_hours, weekend_hours):
    zone = ZoneInfo("Europe/Berlin")
    week, weekend = slot_of(HAUSMEISTER, monday, zone), slot_of(WEEKEND, monday, zone)
    assert week.ends_at - week.starts_at == timedelta(hours=weekday_hours)
    assert weekend.ends_at - weekend.starts_at == timedelta(hours=weekend_hours)


def test_a_hand_off_in_an_hour_that_does_not_exist_happens_at_the_clock_change():
    zone = ZoneInfo("Europe/Berlin")
    night = WeeklyDuty("night", 6, time(2, 30), 6, time(2, 30))
    assert slot_of(night, date(2026, 3, 23), zone).starts_at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_week_begins_on_a_monday_and_nothing_else():
    with pytest.raises(ValueError, match="not a Monday"):
        slot_of(HAUSMEISTER, date(2026, 3, 3), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("at", "duty"),
    [
        (datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC), "hausmeister"),
        (datetime(2026, 11, 27, 16, 0, tzinfo=UTC), "weekend"),
        (datetime(2026, 11, 30, 9, 59, 59, tzinfo=UTC), "weekend"),
        (datetime(2026, 11, 30, 10, 0, tzinfo=UTC), "hausmeister"),
    ],
)
def test_the_duty_changes_at_five_on_friday_and_at_eleven_on_monday(at, duty):
    assert slot_at(DUTIES, ZoneInfo("Europe/Berlin"), at).duty == duty


# ---- fairness ----


_RULE = RotationRule()


def _year(candidates, *, weeks=52, rule=_RULE):
    zone, start = ZoneInfo("Europe/Berlin"), date(2026, 1, 5)
    slots = [slot_of(duty, start + timedelta(weeks=week), zone) for week in range(weeks) for duty in DUTIES]
    return share_out(slots, candidates, past=(), began_on=start, rule=rule)


def _counts(shares, post, duty=None):
    return Counter(one.person_id for one in shares if one.post is post and duty in (None, one.slot.duty))


def test_over_a_year_those_who_can_have_a_duty_have_it_equally_often():
    shares = _year([Candidate(number, f"p{number}", 1 + (number > 6), date(2025, 1, 6)) for number in range(1, 9)])
    for duty in ("hausmeister", "weekend"):
        counts = _counts(shares, Post.PRIMARY, duty)
        assert set(counts) == {1, 2, 3, 4, 5, 6}, "the two most experienced are backstops only"
        assert max(counts.values()) - min(counts.values()) <= 1
    backstops = _counts(shares, Post.BACKSTOP)
    assert set(backstops) == {7, 8}
    assert abs(backstops[7] - backstops[8]) <= 2


def test_who_joins_in_summer_does_not_catch_up_on_the_weeks_before():
    candidates = [Candidate(number, f"p{number}", 1, date(2025, 1, 6)) for number in range(1, 6)]
    joiner = Candidate(6, "p6", 1, date(2026, 7, 6))
    shares = _year([*candidates, joiner, Candidate(9, "senior", 5, date(2025, 1, 6))])
    second_half = [one for one in shares if one.slot.week >= date(2026, 7, 6)]
    counts = _counts(second_half, Post.PRIMARY, "hausmeister")
    assert counts[6] <= max(counts[number] for number in range(1, 6))
    assert counts[6] >= 3, "but takes part at once"


def test_turns_go_by_duties_served_so_cover_is_not_a_turn_lost():
    """Who took over a week counts it as served; who was covered comes up sooner."""
    zone, start = ZoneInfo("Europe/Berlin"), date(2026, 1, 5)
    slots = [slot_of(HAUSMEISTER, start + timedelta(weeks=week), zone) for week in range(4)]
    past = [Turn(slots[0], Post.PRIMARY, 2), Turn(slots[1], Post.PRIMARY, 2)]  # Bruno served his own and Ana's
    people = [
        Candidate(1, "Ana", 1, date(2025, 1, 6)),
        Candidate(2, "Bruno", 1, date(2025, 1, 6)),
        Candidate(3, "Carla", 2, date(2025, 1, 6)),
    ]
    shares = share_out(slots[2:], people, past=past, began_on=start, rule=RotationRule(weeks_between=0))
    assert [one.person_id for one in shares if one.post is Post.PRIMARY] == [1, 1]


def test_nobody_has_the_week_and_the_weekend_after_it_while_people_suffice():
    shares = _year([Candidate(number, f"p{number}", 1 + (number > 5), date(2025, 1, 6)) for number in range(1, 9)])
    for week, group in itertools.groupby(shares, key=lambda one: one.slot.week):
        primaries = [one.person_id for one in group if one.post is Post.PRIMARY]
        assert len(set(primaries)) == len(primaries), week


def test_who_is_away_for_any_part_of_a_turn_does_not_get_it():
    away = Away(datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 1, 13, tzinfo=UTC))  # the Monday after the weekend
    people = [
        Candidate(1, "Ana", 1, date(2025, 1, 6), (away,)),
        Candidate(2, "Bruno", 1, date(2025, 1, 6)),
        Candidate(3, "Carla", 2, date(2025, 1, 6)),
    ]
    slots = [slot_of(WEEKEND, date(2026, 1, 5), ZoneInfo("Europe/Berlin"))]
    shares = share_out(slots, people, past=(), began_on=date(2026, 1, 5), rule=RotationRule())
    assert [(one.post, one.person_id) for one in shares] == [(Post.PRIMARY, 2), (Post.BACKSTOP, 3)]


def test_when_nobody_outranks_anybody_the_duty_is_held_and_the_plan_says_what_is_bent():
    people = [Candidate(1, "Ana", 1, date(2025, 1, 6)), Candidate(2, "Bruno", 1, date(2025, 1, 6))]
    primary, backstop = share_out(
        [slot_of(HAUSMEISTER, date(2026, 1, 5), ZoneInfo("UTC"))],
        people,
        past=(),
        began_on=date(2026, 1, 5),
        rule=RotationRule(),
    )
    assert {primary.person_id, backstop.person_id} == {1, 2}
    assert "more experience" in backstop.bent[0]


def test_a_team_of_one_has_a_duty_and_an_honest_hole_behind_it():
    primary, backstop = share_out(
        [slot_of(HAUSMEISTER, date(2026, 1, 5), ZoneInfo("UTC"))],
        [Candidate(1, "Ana", 1, date(2025, 1, 6))], past=(), began_on=date(2026, 1, 5), rule=RotationRule(),
    )  # fmt: skip
    assert primary.person_id == 1
    assert backstop.person_id is None
    assert backstop.bent == ("nobody is free",)


_DAY_0 = datetime(2026, 1, 5, tzinfo=UTC)
_people = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 20)), max_size=3)),
    min_size=2, max_size=9,
)  # fmt: skip


@given(people=_people, strictly=st.booleans(), gap=st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_whoever_is_away_the_plan_never_gives_both_posts_to_one_person_nor_a_turn_to_somebody_away(
    people, strictly, gap
):
    start = date(2026, 1, 5)
    candidates = [
        Candidate(
            number, f"p{number}", experience, date(2025, 1, 6),
            tuple(Away(_DAY_0 + timedelta(days=day), _DAY_0 + timedelta(days=day + length)) for day, length in spans),
        )
        for number, (experience, spans) in enumerate(people)
    ]  # fmt: skip
    by_id = {one.person_id: one for one in candidates}
    shares = _year(candidates, weeks=10, rule=RotationRule(strictly, gap))
    assert shares == _year(candidates, weeks=10, rule=RotationRule(strictly, gap)), "the same input gives the same plan"
    for primary, backstop in zip(shares[::2], shares[1::2], strict=True):
        free = [one for one in candidates if one.is_free(primary.slot)]
        assert (primary.person_id is None) == (not free)
        assert primary.person_id is None or primary.person_id != backstop.person_id
        for one in (primary, backstop):
            assert one.person_id is None or by_id[one.person_id].is_free(one.slot)
        assert start <= primary.slot.week


# ---- the resolver ----

_SLOT = slot_of(HAUSMEISTER, date(2026, 11, 23), ZoneInfo("Europe/Berlin"))
_PLANNED = [PlannedShift(_SLOT, Post.PRIMARY, 1), PlannedShift(_SLOT, Post.BACKSTOP, 2)]
_NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)


def _over(number, post, person, start=_NOON - timedelta(hours=1), end=_NOON + timedelta(hours=1)):
    return Substitution(number, post, start, end, person)


def test_the_newest_override_wins_and_says_so():
    answer = resolve(_SLOT, Facts(_PLANNED, [_over(1, Post.PRIMARY, 3), _over(2, Post.PRIMARY, 4)]), _NOON)
    assert (answer.primary.person_id, answer.backstop.person_id) == (4, 2)
    assert answer.primary.why == "an override"
    assert answer.until == _NOON + timedelta(hours=1)


def test_an_override_ends_exactly_at_its_end():
    facts = Facts(_PLANNED, [_over(1, Post.PRIMARY, 3)])
    assert resolve(_SLOT, facts, _NOON + timedelta(minutes=59, seconds=59)).primary.person_id == 3
    assert resolve(_SLOT, facts, _NOON + timedelta(hours=1)).primary.person_id == 1


def test_while_the_planned_person_is_away_the_backstop_has_the_duty_and_the_last_resort_stands_behind():
    away = {1: (Away(_NOON - timedelta(days=1), _NOON + timedelta(days=1)),)}
    answer = resolve(_SLOT, Facts(_PLANNED, away=away, reserves=[7, 8]), _NOON)
    assert (answer.primary.person_id, answer.backstop.person_id) == (2, 7)
    assert "away" in answer.primary.why


def test_an_override_that_puts_the_backstop_on_duty_brings_the_last_resort_behind_them():
    answer = resolve(_SLOT, Facts(_PLANNED, [_over(1, Post.PRIMARY, 2)], reserves=[2, 9]), _NOON)
    assert (answer.primary.person_id, answer.backstop.person_id) == (2, 9)


@given(
    planned=st.tuples(st.none() | st.integers(1, 5), st.none() | st.integers(1, 5)),
    overrides=st.lists(
        st.tuples(st.sampled_from(list(Post)), st.integers(1, 5), st.integers(0, 100), st.integers(1, 60)), max_size=4
    ),
    away=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100), st.integers(1, 60)), max_size=4),
    hour=st.integers(0, 101),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_whatever_is_planned_overridden_or_away_two_different_people_answer(planned, overrides, away, hour):
    begin = _SLOT.starts_at
    facts = Facts(
        [PlannedShift(_SLOT, post, person) for post, person in zip(Post, planned, strict=True)],
        [
            _over(number, post, person, begin + timedelta(hours=start), begin + timedelta(hours=start + length))
            for number, (post, person, start, length) in enumerate(overrides)
        ],
        {
            person: (Away(begin + timedelta(hours=start), begin + timedelta(hours=start + length)),)
            for person, start, length in away
        },
        reserves=[6, 7],
    )
    at = begin + timedelta(hours=hour)
    answer = resolve(_SLOT, facts, at)
    assert answer.primary.person_id is not None
    assert answer.backstop.person_id is not None
    assert answer.primary.person_id != answer.backstop.person_id
    assert at < answer.until <= _SLOT.ends_at
    just_before = answer.until - timedelta(seconds=1)
    later = resolve(_SLOT, facts, just_before)
    assert (later.primary.person_id, later.backstop.person_id) == (
        answer.primary.person_id,
        answer.backstop.person_id,
    ), "until means until"


def test_a_slot_belongs_to_the_week_in_which_it_begins():
    slot: Slot = slot_of(WEEKEND, date(2026, 11, 23), ZoneInfo("Europe/Berlin"))
    assert slot.week == monday_of(slot.starts_at.date())
    assert slot.ends_at.date() == date(2026, 11, 30)
