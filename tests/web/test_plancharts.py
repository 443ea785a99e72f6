"""Charts of the planner: marks from values, drawn 1:1 at two widths."""

from datetime import date, timedelta

import pytest

from hausmeister.web.plancharts import WIDTHS, Deviation, Duty, Year, deviations, heat_map, tenths

MONDAY = date(2027, 1, 4)


def year(weeks=52, people=("Ana Ruiz", "Bo Lind"), duties=(), away=()):
    return Year(
        people, MONDAY, weeks, duties, away, {"D": "Hausmeister", "W": "Weekend"}, MONDAY, MONDAY + timedelta(weeks=2),
        MONDAY + timedelta(weeks=13),
    )  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("weeks", [1, 13, 52])
def test_every_mark_and_word_lies_inside_the_picture(width, weeks):
    duties = [
        Duty(name, MONDAY + timedelta(weeks=week), role)
        for week in range(weeks) for name, role in (("Ana Ruiz", "D"), ("Bo Lind", "W"), ("Bo Lind", "BW"))
    ]  # fmt: skip
    chart = heat_map(year(weeks, duties=duties, away=[("Bo Lind", MONDAY)]), width=width)
    assert all(mark.x >= 0 and mark.x + mark.width <= width + 0.2 and mark.width > 0 for mark in chart.marks)
    assert all(mark.y >= 0 and mark.y + mark.height <= chart.height for mark in chart.marks)
    assert all(0 <= text.x <= width and 0 < text.y <= chart.height for text in chart.texts)
    assert len(chart.marks) == 3 * weeks + 1


def test_a_year_of_twelve_has_no_more_marks_than_allowed_and_each_says_what_it_is():
    people = [f"Person {number:02}" for number in range(12)]
    duties = [
        Duty(people[(week + place) % 12], MONDAY + timedelta(weeks=week), role)
        for week in range(52) for place, role in enumerate(("D", "W", "BD", "BW"))
    ]  # fmt: skip
    chart = heat_map(year(people=people, duties=duties), width=720)
    assert len(chart.marks) <= 600
    assert chart.marks[0].says.startswith("Person 00: Hausmeister, week of 4 Jan")
    kinds = {"weekday", "weekend", "backstop"}
    assert {mark.kind for mark in chart.marks} == kinds | {f"{kind} tentative" for kind in kinds}
    assert {line.kind for line in chart.lines} == {"rule", "frozen", "published", "needle"}


def test_what_lies_outside_and_people_who_are_gone_are_left_out():
    duties = [Duty("Ana Ruiz", MONDAY - timedelta(weeks=1), "D"), Duty("Gone", MONDAY, "D")]
    assert heat_map(year(4, duties=duties), width=350).marks == ()


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_begin_at_zero_and_reach_as_far_as_the_value(width):
    rows = [Deviation("Ana", 20, -10), Deviation("Bo", -20, 0), Deviation("Cem", 0, 10)]
    chart = deviations("Weekends", rows, width=width)
    (zero,) = chart.lines
    before, after = chart.marks[0], chart.marks[1]
    assert before.x == pytest.approx(zero.x1, abs=0.2)
    assert after.x + after.width == pytest.approx(zero.x1, abs=0.2)
    assert before.width == pytest.approx(2 * after.width, abs=0.3)
    assert all(mark.x >= 0 and mark.x + mark.width <= width for mark in chart.marks)
    assert chart.finding == "Weekends: between most and least lie 4 duties as it stands, 2 by the plan"


def test_one_state_alone_and_nobody_at_all():
    assert deviations("Weekends", [Deviation("Ana", 15), Deviation("Bo", -5)], width=350).finding == (
        "Weekends: between most and least lie 2 duties"
    )
    assert deviations("Weekends", [], width=350).marks == ()


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (12, "+1.2"), (-3, "-0.3"), (20, "+2")])
def test_tenths_are_said_as_duties(value, words):
    assert tenths(value) == words


def test_the_year_says_how_firm_its_weeks_are_in_words_and_as_a_table():
    duties = [Duty("Ana", MONDAY, "D"), Duty("Bo", MONDAY + timedelta(weeks=20), "D")]
    chart = heat_map(year(people=["Ana", "Bo"], duties=duties), width=720)
    # frozen weeks are too few for their word
    assert {"published", "tentative"} <= {text.words for text in chart.texts}
    assert "frozen up to" in chart.finding
    assert chart.table is not None
    assert chart.table.headings == ("Week", "Hausmeister", "How firm")
    assert chart.table.rows[0] == ("4 Jan 2027", "Ana", "frozen")
    assert chart.table.rows[20][1:] == ("Bo", "tentative")
    assert chart.table.rows[21][1] == "–"
