"""When a duty changes hands, to whom things go, and what a report says; on the awkward days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.base.priority import Priority
from hausmeister.base.wall_time import instant
from hausmeister.handoff.rules import owners, report, words
from hausmeister.handoff.rules.changes import Held, between, changes, has_passed_over
from hausmeister.handoff.rules.owners import OpenIssue, Ruling
from hausmeister.handoff.rules.report import Ended, Week
from hausmeister.handoff.rules.states import HandoffState, Moments, ThingKind, state_of
from hausmeister.handoff.rules.words import Line

BERLIN = ZoneInfo("Europe/Berlin")
ANA, BRUNO, CARLA, DORA = 1, 2, 3, 4
T = datetime(2026, 11, 23, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def held(begins, ends, person, *, triage=True, turn=None):
    title = "Hausmeister" if triage else "Weekend"
    return Held(begins, ends, turn or begins, title.lower(), title, triage, person)


def week(*people):
    """A day shift, a weekend, a day shift."""
    one, two, three = people
    return [
        held(T, T + 4 * DAY, one), held(T + 4 * DAY, T + 7 * DAY, two, triage=False),
        held(T + 7 * DAY, T + 11 * DAY, three),
    ]  # fmt: skip


def test_a_change_is_where_person_or_turn_changes_and_nothing_else():
    stretches = week(ANA, BRUNO, CARLA)
    # a cover in the middle of the day shift, and a stretch that only the backstop cut in two
    stretches[0:1] = [
        held(T, T + DAY, ANA), held(T + DAY, T + 2 * DAY, DORA, turn=T), held(T + 2 * DAY, T + 3 * DAY, ANA, turn=T),
        held(T + 3 * DAY, T + 4 * DAY, ANA, turn=T),
    ]  # fmt: skip
    found = [(one.at - T, one.outgoing, one.incoming) for one in changes(stretches)]
    assert found == [
        (DAY, ANA, DORA), (2 * DAY, DORA, ANA), (4 * DAY, ANA, BRUNO), (7 * DAY, BRUNO, CARLA),
    ]  # fmt: skip


def test_the_end_and_the_beginning_of_the_day_shift_are_told_by_the_duties_not_by_the_day():
    friday, monday = changes(week(ANA, BRUNO, CARLA))
    assert friday.ends_the_day_shift
    assert monday.begins_the_day_shift
    # who had questions last counts as former on Monday, though they left on Friday
    assert monday.former == {ANA, BRUNO}
    assert friday.former == {ANA}


def test_the_same_person_going_on_is_a_change_that_is_kept():
    friday, _monday = changes(week(ANA, ANA, CARLA))
    assert friday.is_kept
    assert not between([held(T, T + DAY, None)], held(T + DAY, T + 2 * DAY, None)).is_kept


def test_what_a_later_change_has_overtaken_waits_for_nobody():
    friday, monday = changes(week(ANA, BRUNO, CARLA))
    assert has_passed_over([friday, monday], friday, now=monday.at)
    assert not has_passed_over([friday, monday], friday, now=monday.at - timedelta(seconds=1))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 27), 65), (date(2026, 10, 23), 67), (date(2026, 6, 5), 66)])
def test_the_weekend_of_a_clock_change_hands_over_at_the_same_wall_clock(day, hours):
    friday = instant(day, time(17), BERLIN)
    monday = instant(day + timedelta(days=3), time(11), BERLIN)
    stretches = [
        held(friday - 4 * DAY, friday, ANA), held(friday, monday, BRUNO, triage=False),
        held(monday, monday + 4 * DAY, CARLA),
    ]  # fmt: skip
    first, second = changes(stretches)
    assert (second.at - first.at) == timedelta(hours=hours)
    assert (words.clock(first.at, BERLIN)[-5:], words.clock(second.at, BERLIN)[-5:]) == ("17:00", "11:00")


def ruling(change, **more):
    given = {"able": frozenset({ANA, BRUNO, CARLA, DORA}), "backstop": DORA, **more}
    return Ruling(change, **given)


FRIDAY, MONDAY = changes(week(ANA, BRUNO, CARLA))
COVER = between([held(T, T + DAY, ANA)], held(T + DAY, T + 2 * DAY, BRUNO, turn=T))


@pytest.mark.parametrize(
    ("change", "priority", "owner", "more", "to"),
    [
        (FRIDAY, Priority.P3, ANA, {}, BRUNO),
        (FRIDAY, Priority.P4, None, {}, BRUNO),
        (FRIDAY, Priority.P3, DORA, {}, BRUNO),
        (FRIDAY, Priority.P3, DORA, {"issues": owners.OWN}, None),
        (FRIDAY, Priority.P3, 99, {"issues": owners.OWN}, BRUNO),
        (FRIDAY, Priority.P3, BRUNO, {}, None),
        (FRIDAY, Priority.P1, ANA, {}, BRUNO),
        (FRIDAY, Priority.P1, DORA, {}, None),
        (MONDAY, Priority.P3, BRUNO, {}, CARLA),
        (MONDAY, Priority.P1, BRUNO, {}, None),
        (MONDAY, Priority.P1, BRUNO, {"had_before": {7: ANA}}, ANA),
        (MONDAY, Priority.P1, BRUNO, {"had_before": {7: 99}}, None),
        (COVER, Priority.P3, ANA, {}, BRUNO),
        (COVER, Priority.P2, ANA, {}, None),
        # the incoming person left the team: the backstop has it
        (FRIDAY, Priority.P3, ANA, {"able": frozenset({DORA})}, DORA),
        (FRIDAY, Priority.P3, ANA, {"able": frozenset({CARLA})}, None),
    ],
)
def test_whose_an_issue_is_after_the_change(change, priority, owner, more, to):
    assert owners.issue_goes_to(OpenIssue(7, priority, owner), ruling(change, **more)) == to


def test_pager_duty_takes_no_questions_and_the_next_day_shift_gets_those_of_the_last():
    assert owners.question_goes_to(ANA, ruling(FRIDAY)) is None
    assert owners.question_goes_to(ANA, ruling(MONDAY)) == CARLA
    assert owners.question_goes_to(DORA, ruling(MONDAY)) is None
    assert owners.question_goes_to(None, ruling(MONDAY)) is None


def test_a_page_moves_only_from_one_who_is_alone_on_it():
    assert owners.page_goes_to(ANA, frozenset({ANA}), ruling(FRIDAY)) == BRUNO
    assert owners.page_goes_to(ANA, frozenset({ANA, DORA}), ruling(FRIDAY)) is None
    assert owners.page_goes_to(DORA, frozenset(), ruling(FRIDAY)) is None
    assert owners.page_goes_to(None, frozenset(), ruling(FRIDAY)) is None


def at(**moments):
    return Moments(**{name: moments.get(name) for name in (
        "moved_at", "accepted_at", "raised_at", "overtaken_at", "cancelled_at",
    )}, is_kept=moments.get("is_kept", False))  # fmt: skip


@pytest.mark.parametrize(
    ("moments", "state"),
    [
        ({}, HandoffState.DRAFT), ({"moved_at": T}, HandoffState.WAITING),
        ({"moved_at": T, "raised_at": T}, HandoffState.RAISED),
        ({"accepted_at": T}, HandoffState.ACCEPTED), ({"moved_at": T, "overtaken_at": T}, HandoffState.OVERTAKEN),
        ({"accepted_at": T, "overtaken_at": T}, HandoffState.ACCEPTED), ({"is_kept": True}, HandoffState.KEPT),
        ({"cancelled_at": T, "accepted_at": T}, HandoffState.CANCELLED),
    ],
)  # fmt: skip
def test_where_a_hand_off_stands(moments, state):
    assert state_of(at(**moments)) is state


def test_lines_say_whose_it_is_and_what_comes_next():
    line = Line(ThingKind.ISSUE, "Retries", "itaipu#812", 3, "Ana", "Bruno", None, "wait", "it\nloops")
    assert words.said(line, zone=BERLIN) == "P3 high: Retries (itaipu#812, Ana → Bruno). Next: wait Note: it loops"
    quiet = Line(ThingKind.QUIET, "Disk", ends_at=T)
    assert words.said(quiet, zone=BERLIN) == "Disk (until Mon 23 Nov 11:00)."
    assert [one.heading for one in words.sections([quiet, line], zone=BERLIN)] == ["Open issues", "Silenced"]


def test_a_report_is_in_plain_words_and_leaves_out_what_did_not_happen():
    quiet = Week("Data Infra", T, T + 4 * DAY)
    assert report.write(quiet, zone=BERLIN).endswith("A quiet week: nothing broke, and nothing was asked.")
    full = Week(
        "Data Infra", T, T + 4 * DAY, closed=[(Priority.P4, "No data"), (Priority.P1, "Rename")],
        still_open=[(Priority.P3, "Slow commits"), (Priority.P2, "Disk")],
        incidents=[Ended("Clients see yesterday", T, T + timedelta(hours=2)), Ended("No login", T, None)],
        asked=3, answered=1, documents=["How to backfill"],
    )  # fmt: skip
    text = report.write(full, zone=BERLIN)
    assert "P4" not in text
    assert (
        "2 incidents:\n- Clients see yesterday: Mon 11:00 to 13:00\n- No login: since Mon 11:00, not over yet" in text
    )
    assert "Repaired: 2 problems.\nMost urgent:\n- No data\nSmall:\n- Rename" in text
    assert "Still being worked on:\n- Slow commits" in text
    assert "Disk" not in text
    assert "3 questions came in; one was answered." in text
    assert "Written down, so that nobody has to ask:\n- How to backfill" in text
    many = Week("D", T, T + DAY, closed=[(Priority.P2, f"Problem {n}") for n in range(20)])
    assert "- and 8 more" in report.write(many, zone=BERLIN)
