"""The pure decisions of planning: exact availability, history, horizon, changes and causes, what changed since."""

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from hausmeister.rota.planner import files
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.instance import Plan, Role, Rule, Slot, Waiver
from hausmeister.rota.planning import holidays
from hausmeister.rota.planning.rules import stored
from hausmeister.rota.planning.rules.accounts import accounts
from hausmeister.rota.planning.rules.diff import by_person, changes
from hausmeister.rota.planning.rules.history import Presence, Record, Served, records
from hausmeister.rota.planning.rules.horizon import Firmness, horizon
from hausmeister.rota.planning.rules.instance import LONG_LEAVE, MUST_NOT, Candidate, Days, Frame, instance, key_of
from hausmeister.rota.planning.rules.reasons import of_slot
from hausmeister.rota.planning.rules.roles import CannotPlan, roles_of
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.rota.planning.rules.staleness import differences
from hausmeister.rota.planning.rules.terms import BadTerms, Goal, Terms, checked, suggested_level
from hausmeister.rota.rules.slots import WeeklyDuty

HAUSMEISTER = WeeklyDuty("hausmeister", 0, time(11), 4, time(17), True)
WEEKEND = WeeklyDuty("weekend", 4, time(17), 0, time(11))
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2027, 1, 4)
NAMES = {"p1": "Ana Ruiz", "p2": "Bo Lind", "p3": "Cem Aksoy", "p4": "Dia Rao", "p5": "Eva Berg"}


def frame(weeks=4, frozen=0, first=MONDAY):
    return Frame("Infra", BERLIN, roles_of([HAUSMEISTER, WEEKEND]), first, weeks, 2, 3, frozen)


def person(number, *, zone=BERLIN, **more):
    return Candidate(number, NAMES[f"p{number}"], number, zone, more.pop("terms", Terms()), date(2026, 1, 1), **more)


def task(*people, weeks=4, frozen=0, current=None, **more):
    found = people or tuple(person(number) for number in range(1, 6))
    return instance(frame(weeks, frozen), found, holidays={}, current=current or {}, **more)


def plan(*weeks):
    """Return a plan: each week four numbers for D, W, BD, BW."""
    holders = {
        Slot(week, role): key_of(who)
        for week, row in enumerate(weeks)
        for role, who in zip(Role, row, strict=True)
    }  # fmt: skip
    return Plan.of(holders)


# ---- roles ----


@pytest.mark.parametrize("duties", [[HAUSMEISTER], [HAUSMEISTER, WEEKEND, replace(WEEKEND, name="third")]])
def test_a_week_of_other_than_two_duties_is_refused_in_words(duties):
    with pytest.raises(CannotPlan, match="shares out weeks of two duties"):
        roles_of(duties)


def test_the_first_duty_of_the_week_is_d_whatever_it_is_called():
    roles = roles_of([WEEKEND, HAUSMEISTER])
    assert [roles.role("hausmeister", "primary"), roles.role("weekend", "backstop")] == ["D", "BW"]
    assert roles.role("gone", "primary") is None


# ---- exact availability ----


def barred(found, number):
    return sorted(
        (slot.week, slot.role.value) for span in found.person[f"p{number}"].away for slot in span.bars or ()
    )  # fmt: skip


def test_a_holiday_that_begins_on_monday_bars_the_weekend_before_it_too():
    found = task(person(1, absences=(Days(date(2027, 1, 11), date(2027, 1, 15)),)), person(2))
    assert barred(found, 1) == [(0, "BW"), (0, "W"), (1, "BD"), (1, "BW"), (1, "D"), (1, "W")]


def test_the_same_monday_in_honolulu_begins_when_the_weekend_is_over():
    # Monday 00:00 there is Monday 11:00 in Berlin: the weekend ends in that minute
    found = task(person(1, zone=ZoneInfo("Pacific/Honolulu"), absences=(Days(date(2027, 1, 11), date(2027, 1, 11)),)))
    assert barred(found, 1) == [(1, "BD"), (1, "D")]


def test_a_saturday_in_auckland_reaches_into_the_friday_of_the_weekday_duty():
    found = task(person(1, zone=ZoneInfo("Pacific/Auckland"), absences=(Days(date(2027, 1, 9), date(2027, 1, 9)),)))
    # Friday 17:00 in Berlin is Saturday 05:00 there
    assert (0, "D") in barred(found, 1)


def test_what_is_over_before_the_plan_begins_is_not_in_its_inputs():
    found = task(person(1, absences=(Days(date(2026, 6, 1), date(2026, 6, 30), LONG_LEAVE),)))
    assert found.person["p1"].away == ()


# ---- history ----


def test_history_counts_who_served_a_year_back_and_the_last_weeks_from_the_first():
    served = [
        Served(date(2026, 12, 28), "W", 1), Served(date(2026, 12, 21), "D", 1), Served(date(2026, 12, 14), "BD", 1),
        Served(date(2025, 12, 29), "D", 1), Served(date(2026, 12, 28), "D", 2), Served(MONDAY, "D", 1),
    ]  # fmt: skip
    christmas = frozenset({date(2026, 12, 25), date(2027, 1, 1)})
    presence = Presence(date(2026, 12, 1), None, holidays=christmas)
    assert records(served, {1: presence}, first_week=MONDAY)[1] == Record(
        # Christmas day in the week of the 21st, New Year's Day in the weekend of the 28th
        weeks=3, D=1, W=1, B=1, H=2, last_primary_week=-1, last_duty_week=-1,
    )  # fmt: skip


def test_weeks_on_long_leave_and_before_one_came_do_not_count_for_the_share():
    served = [Served(date(2026, 11, day), "D", 2) for day in (2, 9, 16, 23)]
    presence = Presence(date(2026, 11, 4), None, long_leaves=((date(2026, 11, 16), date(2026, 11, 22)),))
    assert records(served, {1: presence}, first_week=MONDAY)[1].weeks == 2


# ---- horizon ----


@pytest.mark.parametrize(
    ("week", "firm"),
    [
        (date(2026, 11, 23), Firmness.FROZEN),
        (date(2026, 11, 30), Firmness.FROZEN),
        (date(2026, 12, 7), Firmness.PUBLISHED),
        (date(2027, 2, 15), Firmness.PUBLISHED),
        (date(2027, 2, 22), Firmness.TENTATIVE),
    ],
)
def test_the_running_week_is_the_first_frozen_one_and_the_thirteenth_the_last_published(week, firm):
    assert horizon(date(2026, 11, 29), frozen_weeks=2, published_weeks=13).of(week) is firm


# ---- what changes, and why ----

STANDS = plan((1, 2, 5, 4), (3, 4, 5, 5), (1, 2, 5, 4), (3, 4, 5, 5))


def causes(found, new):
    return {(one.slot.week, one.slot.role.value): one.cause for one in changes(found, NAMES, stands=STANDS, plan=new)}


def test_somebody_away_is_the_cause_and_who_is_behind_follows_from_it():
    people = [person(number) for number in range(1, 6)]
    people[1] = person(2, absences=(Days(date(2027, 1, 20), date(2027, 1, 24)),))
    new = STANDS.with_holder(Slot(2, Role.W), "p4").with_holder(Slot(2, Role.BW), "p5")
    assert causes(task(*people), new) == {
        (2, "W"): "Bo is away",
        (2, "BW"): "the backstop must have more experience than Dia",
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [(MUST_NOT, "Bo must not be on duty then"), ("holiday", "Bo is away"), (LONG_LEAVE, "Bo is away")],
)
def test_a_must_not_is_told_without_its_reason(kind, words):
    people = [person(number) for number in range(1, 6)]
    people[1] = person(2, absences=(Days(date(2027, 1, 23), date(2027, 1, 23), kind),))
    assert causes(task(*people), STANDS.with_holder(Slot(2, Role.W), "p1"))[2, "W"] == words


def test_the_gap_another_duty_somebody_gone_and_fairness_are_told_apart():
    new = (
        STANDS.with_holder(Slot(1, Role.D), "p1").with_holder(Slot(0, Role.D), "p2").with_holder(Slot(0, Role.W), "p1")
    )
    told = causes(task(), new)
    assert told[0, "D"] == "Ana has another duty in that week"
    assert told[1, "D"] == "fairer shares: fewer weekday duties for Cem, 1 instead of 2"
    near = causes(task(), STANDS.with_holder(Slot(0, Role.W), "p3"))
    assert near[0, "W"] == "fairer shares: fewer weekends for Bo, 1 instead of 2"
    too_near = causes(task(), STANDS.with_holder(Slot(0, Role.D), "p3").with_holder(Slot(1, Role.D), "p1"))
    assert too_near[0, "D"] == "Ana is on duty too near, in the week of 11 Jan"
    gone = task(*(person(number) for number in (1, 2, 4, 5)))
    assert causes(gone, STANDS.with_holder(Slot(1, Role.D), "p1"))[1, "D"] == "Cem no longer takes duties here"


def test_a_duty_that_goes_and_one_of_its_kind_that_comes_are_one_move():
    found = changes(
        task(), NAMES, stands=STANDS,
        plan=STANDS.with_holder(Slot(0, Role.W), "p1").with_holder(Slot(3, Role.W), "p2"),
    )  # fmt: skip
    told = {who: [(one.kind, one.origin, one.to) for one in moves] for who, moves in by_person(found).items()}
    assert told["p2"] == [("moved", Slot(0, Role.W), Slot(3, Role.W))]
    assert told["p1"] == [("added", None, Slot(0, Role.W))]
    assert told["p4"] == [("removed", Slot(3, Role.W), None)]


def test_what_was_empty_is_newly_planned():
    found = changes(task(), NAMES, stands=Plan(()), plan=STANDS)
    assert {one.cause for one in found} == {"newly planned"}
    assert len(found) == 16


# ---- what changed since ----


def test_served_duties_and_names_make_no_draft_stale_and_everything_else_does():
    before = task()
    quiet = [replace(person(1, record=Record(weeks=9, D=3)), name="Ana Maria Ruiz"), *(person(n) for n in range(2, 6))]
    assert differences(before, task(*quiet), NAMES) == []
    away = [person(1, absences=(Days(date(2027, 1, 11), date(2027, 1, 15)),)), *(person(n) for n in range(2, 5))]
    assert differences(before, task(*away), NAMES) == [
        "Ana Ruiz is away at other times: 11 Jan to 15 Jan.", "Eva Berg no longer takes duties here."
    ]  # fmt: skip
    ranked = [replace(person(1), experience=9), *(person(n) for n in range(2, 6))]
    assert differences(before, task(*ranked), NAMES) == ["The experience of Ana Ruiz changed."]
    moved = task(current={Slot(0, Role.D): 1})
    assert differences(before, moved, NAMES) == ["The duties that stand changed: somebody moved one since."]
    assert differences(before, task(frozen=1), NAMES) == ["Another week is frozen now."]


# ---- kept as JSON ----


def test_what_is_read_back_is_what_was_written():
    terms = Terms(80, (2, 4), "DE", "BE", ("storage",), (Goal("network", 2),), None, date(2027, 1, 20))
    people = [
        person(1, terms=terms, until_on=date(2027, 1, 20), absences=(Days(date(2027, 1, 11), date(2027, 1, 12)),),
               prefers_not=((date(2027, 1, 6), date(2027, 1, 6)),), record=Record(3, 1, 1, 1, 1, -2, -1)),
        person(2),
    ]  # fmt: skip
    found = instance(
        frame(frozen=1), people, holidays={"DE-BE": frozenset({date(2027, 1, 1)})},
        current={Slot(0, Role.D): 1}, waivers=[Waiver(Rule.R6, 2), Waiver(Rule.R5, 1, "p2")],
    )  # fmt: skip
    assert files.instance_from(files.instance_document(found)) == found
    assert stored.plan_of(files.assignments_document(STANDS)) == STANDS


def test_the_hand_made_plan_of_these_tests_breaks_no_rule():
    assert check(task(), STANDS) == []


# ---- accounts ----


def test_an_account_says_share_target_done_planned_and_deviation_and_who_can_hold_what():
    people = [person(1, record=Record(weeks=4, D=2)), *(person(n, record=Record(weeks=4)) for n in range(2, 6))]
    told = {one.name: one for one in accounts(task(*people), STANDS)}
    ana = told["Ana Ruiz"]
    assert (ana.fte, ana.share) == (100, 800)
    # six weekday duties among four people: 1.5 each
    assert (ana.entries["D"].done, ana.entries["D"].planned, ana.entries["D"].target) == (2, 2, 15)
    assert ana.entries["D"].deviation == 25
    assert told["Eva Berg"].entries["D"].deviation is None
    assert told["Eva Berg"].note == "nobody has more experience than Eva Berg: backstop only"
    assert ana.note == "nobody has less experience than Ana Ruiz: never a backstop"


# ---- terms, holidays ----


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(fte_percent=0), "fte_percent"),
        (Terms(fte_percent=101), "fte_percent"),
        (Terms(off_weekdays=(5,)), "off_weekdays"),
        (Terms(off_weekdays=(0, 1, 2, 3, 4)), "off_weekdays"),
        (Terms(knows=("a" * 61,)), "knows"),
        (Terms(knows=("dns",), learns=(Goal("dns"),)), "learns"),
        (Terms(learns=(Goal("dns", 13),)), "learns"),
        (Terms(from_on=date(2027, 2, 1), until_on=date(2027, 1, 1)), "until_on"),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_their_field(terms, field):
    with pytest.raises(BadTerms) as refused:
        checked(terms)
    assert refused.value.field == field


def test_good_terms_are_tidied():
    found = checked(Terms(off_weekdays=(4, 2, 4), country=" de", knows=(" dns ", "dns", "")))
    assert (found.off_weekdays, found.country, found.knows) == ((2, 4), "DE", ("dns",))


def test_the_written_rule_of_experience():
    assert suggested_level(duties_served=0, areas_known=0) == 1
    assert suggested_level(duties_served=29, areas_known=2) == 5


def test_regions_have_holidays_of_their_own_and_a_wrong_code_says_what_there_is():
    assert date(2027, 3, 8) in holidays.between("DE", "BE", [2027])
    assert date(2027, 3, 8) not in holidays.between("DE", "", [2027])
    assert holidays.codes("de", "be") == ("DE", "BE")
    with pytest.raises(holidays.NoSuchCalendar, match="there are: BB, BE"):
        holidays.codes("DE", "XX")
    with pytest.raises(holidays.NoSuchCalendar, match="two letters"):
        holidays.codes("Germany", "")
    with pytest.raises(holidays.NoSuchCalendar, match="needs its country"):
        holidays.codes("", "BE")
    assert holidays.codes("", "") == ("", "")
    assert holidays.between("", "", [2027]) == frozenset()


# ---- why ----


TITLES = {"D": "Hausmeister", "W": "Weekend on-call", "BD": "Backstop", "BW": "Backstop (weekend on-call)"}


def test_everybody_else_is_barred_by_a_fact_or_has_a_price_and_weeks_are_named_by_their_monday():
    people = [person(number) for number in range(1, 6)]
    people[2] = person(3, absences=(Days(date(2027, 1, 5), date(2027, 1, 5), MUST_NOT),))
    told = of_slot(task(*people), STANDS, Slot(0, Role.D), TITLES)
    assert told.holder == "Ana Ruiz"
    assert {one.name for one in told.barred} | {one.name for one in told.priced} == {
        "Bo Lind", "Cem Aksoy", "Dia Rao", "Eva Berg",
    }  # fmt: skip
    why = {one.name: one.why for one in told.barred}
    assert why["Cem Aksoy"] == "Cem Aksoy must not be on duty from 5 Jan to 5 Jan."
    assert why["Eva Berg"].startswith("Eva Berg has the week's backstop in the same week.")
    said = " ".join([*why.values(), *(one.words for one in told.priced)])
    assert "week 0" not in said
    assert "must_not" not in said


def test_a_waiver_lifts_what_it_names_and_nothing_else():
    near = plan((1, 2, 5, 5), (3, 4, 5, 5))
    plain = of_slot(task(weeks=2), near, Slot(1, Role.D), TITLES)
    waived = of_slot(task(weeks=2, waivers=[Waiver(Rule.R6, 1)]), near, Slot(1, Role.D), TITLES)
    price = {one.name: one.changes for one in waived.priced}
    assert price["Ana Ruiz"] == 1
    assert {one.name: one.changes for one in plain.priced}.get("Ana Ruiz") != 1


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Ana takes W of week 1, but", "Ana takes Weekend on-call in the week of 11 Jan, but"),
        ("Week 0 is frozen: the slot stays.", "The week of 4 Jan is frozen: the slot stays."),
        ("Ana is away from 2027-01-05 to 2027-01-06 (holiday).", "Ana is away from 5 Jan to 6 Jan."),
        (
            "Ana has a primary duty in week -1, 1 week apart.",
            "Ana has a primary duty in the week of 28 Dec, 1 week apart.",
        ),
    ],
)
def test_the_planners_sentences_are_put_as_people_say_them(said, read):
    assert for_people(said, task(), TITLES) == read
