"""The two costs and the independent judge, by hand-counted cases."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import changed_slots, comfort, costs, fair, pools, shares, targets
from hausmeister.rota.planner.instance import (
    Absence,
    Assignment,
    Category,
    Goal,
    History,
    Plan,
    Role,
    Rule,
    Slot,
    Spacing,
    Waiver,
)
from tests.rota.planner import teams
from tests.rota.planner.teams import instance, person

ANA, BRUNO, CARLA, DORA = person("ana", 1), person("bruno", 1), person("carla", 5), person("dora", 9)
FOUR = (ANA, BRUNO, CARLA, DORA)


def plan(*weeks: str) -> Plan:
    """Return the plan whose weeks name the first letters of D, W, BD and BW, as in "abcd"."""
    names = {one.id[0]: one.id for one in FOUR}
    return Plan(
        tuple(
            Assignment(week, role, names[letter])
            for week, letters in enumerate(weeks)
            for role, letter in zip(Role, letters, strict=True)
        )
    )


def broken(task, a_plan):
    return [(one.rule, one.week, one.role) for one in check(task, a_plan)]


def test_a_plan_that_keeps_every_rule_has_nothing_said_against_it():
    assert check(instance(FOUR, weeks=2), plan("abcd", "badd")) == []


def test_an_empty_slot_and_a_slot_with_two_people_are_both_said():
    doubled = Plan((*plan("abcd").assignments[1:], Assignment(0, Role.W, "ana"), Assignment(0, Role.W, "nobody")))
    assert {(rule, role) for rule, _, role in broken(instance(FOUR, weeks=1), doubled)} >= {
        (Rule.R1, Role.D), (Rule.R1, Role.W),
    }  # fmt: skip


def test_somebody_unknown_or_a_week_outside_is_said():
    strange = Plan((*plan("abcd").assignments, Assignment(7, Role.D, "ana"), Assignment(0, Role.BW, "zoe")))
    assert [one.people for one in check(instance(FOUR, weeks=1), strange)] == [("zoe",), ("ana",)]


@pytest.mark.parametrize(
    ("ends", "role", "fits"),
    [
        (date(2027, 1, 8), Role.D, True),  # the last day is the Friday: the week's duty fits, the weekend does not
        (date(2027, 1, 7), Role.D, False),
        (date(2027, 1, 10), Role.W, False),  # the weekend touches the Monday after it
        (date(2027, 1, 11), Role.W, True),
    ],
)
def test_who_leaves_has_a_slot_only_if_employed_on_every_date_it_touches(ends, role, fits):
    leaver = replace(ANA, employed_to=ends)
    held = {Role.D: "abcd", Role.W: "bacd"}[role]
    assert broken(instance((leaver, *FOUR[1:]), weeks=1), plan(held)) == ([] if fits else [(Rule.R2, 0, role)])


def test_a_holiday_that_begins_on_monday_forbids_the_weekend_before_it():
    ana = replace(ANA, away=(Absence(date(2027, 1, 11), date(2027, 1, 15)),))
    assert broken(instance((ana, *FOUR[1:]), weeks=1), plan("bacd")) == [(Rule.R3, 0, Role.W)]
    assert broken(instance((ana, *FOUR[1:]), weeks=1), plan("abcd")) == []


def test_an_absence_that_names_its_slots_bars_those_and_no_other():
    evening = Absence(date(2027, 1, 8), date(2027, 1, 8), "holiday", bars=frozenset({Slot(0, Role.W)}))
    ana = replace(ANA, away=(evening,))
    assert broken(instance((ana, *FOUR[1:]), weeks=1), plan("abcd")) == []
    assert broken(instance((ana, *FOUR[1:]), weeks=1), plan("bacd")) == [(Rule.R3, 0, Role.W)]


def test_both_backstops_may_go_together_and_nothing_else():
    assert broken(instance(FOUR, weeks=1), plan("abdd")) == []
    assert broken(instance(FOUR, weeks=1), plan("aacd")) == [(Rule.R4, 0, None)]
    assert broken(instance(FOUR, weeks=1), plan("acdc")) == [(Rule.R4, 0, None), (Rule.R5, 0, Role.BW)]


def test_equal_experience_is_not_more():
    assert broken(instance(FOUR, weeks=1), plan("acbd")) == [(Rule.R5, 0, Role.BD)]


def test_the_gap_counts_from_one_primary_duty_to_the_next_and_from_before_the_plan():
    task = instance(FOUR, weeks=2, min_gap=2)
    assert broken(task, plan("abcd", "cadd")) == [(Rule.R6, 1, None)]
    ana = replace(ANA, history=History(last_primary_week=-1))
    assert broken(replace(task, people=(ana, *FOUR[1:])), plan("abcd", "cbdd")) == [
        (Rule.R6, 0, None),
        (Rule.R6, 1, None),
    ]


def test_a_frozen_week_stays_unless_its_holder_is_away():
    task = instance(FOUR, weeks=2, frozen_weeks=1, current=plan("abcd", "abcd"))
    assert broken(task, plan("bacd", "bacd")) == [(Rule.R7, 0, Role.D), (Rule.R7, 0, Role.W)]
    ana = replace(ANA, away=(Absence(date(2027, 1, 4), date(2027, 1, 4)),))
    assert broken(replace(task, people=(ana, *FOUR[1:])), plan("bccd", "bacd"))[-1:] == [(Rule.R7, 0, Role.W)]
    assert broken(task.waiving([Waiver(Rule.R7, 0)]), plan("bacd", "bacd")) == []


def test_a_pinned_slot_stays():
    task = instance(FOUR, weeks=1, pins={Slot(0, Role.D): "bruno"})
    assert broken(task, plan("abcd")) == [(Rule.R7, 0, Role.D)]


def test_a_rule_waived_for_a_week_is_not_broken_in_that_week_and_is_in_the_next():
    task = instance(FOUR, weeks=2).waiving([Waiver(Rule.R5, 0), Waiver(Rule.R4, 1, "dora")])
    assert broken(task, plan("acbd", "acbd")) == [(Rule.R5, 1, Role.BD)]


def test_only_who_has_somebody_above_can_be_primary_and_only_who_has_somebody_below_backstop():
    assert pools(instance(FOUR)) == {
        Category.D: ("ana", "bruno", "carla"),
        Category.W: ("ana", "bruno", "carla"),
        Category.B: ("carla", "dora"),
    }


def test_a_share_counts_weeks_there_and_long_leave_does_not_count_but_holidays_do():
    away = (
        Absence(date(2027, 1, 4), date(2027, 1, 17), "leave"),
        Absence(date(2027, 1, 18), date(2027, 1, 24), "holiday"),
    )
    ana = replace(ANA, away=away, fte=60, history=History(weeks=10))
    joiner = replace(BRUNO, employed_from=date(2027, 1, 12))
    assert shares(instance((ana, joiner, CARLA), weeks=4)) == {"ana": 60 * 12, "bruno": 200, "carla": 400}


def test_a_target_is_rounded_to_the_nearest_tenth():
    assert targets(instance(FOUR, weeks=4))[Category.D] == {"ana": 13, "bruno": 13, "carla": 13}
    assert targets(instance(FOUR, weeks=4))[Category.B] == {"carla": 40, "dora": 40}


def test_where_nobody_has_a_share_all_count_alike():
    nobody = [replace(one, fte=0) for one in FOUR]
    assert targets(instance(nobody, weeks=4))[Category.B] == {"carla": 40, "dora": 40}


def test_fair_is_the_square_of_each_deviation_in_tenths():
    found = fair(instance(FOUR, weeks=2), plan("abcd", "abcd"))
    assert (found.d, found.w, found.b, found.holiday) == (13**2 + 7**2 + 7**2, 13**2 + 7**2 + 7**2, 0, 0)


def test_each_public_holiday_on_duty_costs_more_than_the_last():
    ana = replace(ANA, country="DE", history=History(h=1))
    task = instance((ana, *FOUR[1:]), weeks=1, holidays={"DE": frozenset({date(2027, 1, 6), date(2027, 1, 8)})})
    assert fair(task, plan("abcd")).holiday == 100 * (3**2 - 1**2)
    assert fair(task, plan("bacd")).holiday == 100 * (2**2 - 1**2)
    assert fair(task, plan("bcad")).holiday == 0  # a backstop's dates do not count


def test_comfort_counts_near_duties_weeks_in_a_row_wishes_free_days_and_missed_goals():
    ana = replace(
        ANA, off_weekdays=(1, 3), prefer_not=frozenset({Slot(1, Role.W)}), learning=(Goal("storage", 2),),
        history=History(last_primary_week=-2, last_duty_week=-1),
    )  # fmt: skip
    # a wish about a backstop's slot costs nothing
    carla = replace(CARLA, expert_in=frozenset({"storage"}), prefer_not=frozenset({Slot(0, Role.BD)}))
    task = replace(instance((ana, BRUNO, carla, DORA), weeks=2), spacing=Spacing(1, 4))
    found = comfort(task, plan("abcd", "badd"))
    # ana's primary weeks are -2, 0 and 1: gaps 2, 3 and 1; bruno's 0 and 1
    assert found.spacing == 20 * (2 + 1 + 3 + 3)
    assert found.adjacent == 30 * (2 + 1 + 1)  # ana in 0 and 1, bruno in 1, dora in 1
    assert (found.prefer_not, found.off_day, found.exposure) == (50, 30, 80)
    assert found.total == 180 + 120 + 50 + 30 + 80


def test_changed_slots_count_from_the_frozen_weeks_on():
    task = instance(FOUR, weeks=2, frozen_weeks=1, current=plan("abcd", "abcd"))
    assert changed_slots(task, plan("bacd", "badd")) == 3
    assert changed_slots(instance(FOUR, weeks=2), plan("abcd", "abcd")) == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_what_two_people_swap_of_the_same_week_changes_no_total_of_duties(seed):
    task = teams.team(8, 6, seed=seed)
    holders = {slot: task.people[(seed + place) % 8].id for place, slot in enumerate(task.slots)}
    one, other = Slot(seed % 6, Role.D), Slot(seed % 6, Role.W)
    swapped = Plan.of({**holders, one: holders[other], other: holders[one]})
    assert costs(task, swapped).fair.b == costs(task, Plan.of(holders)).fair.b
