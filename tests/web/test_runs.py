"""DAG runs on the screens: the verdict first in words, the run as a Gantt within its budget, and its history."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hausmeister.base import clock
from hausmeister.monitoring.runs import judging, taking
from hausmeister.monitoring.runs.models import Run
from hausmeister.monitoring.runs.rules.states import RunSaid, State, TaskSaid, TaskShape
from hausmeister.web.gantts import MOST_MARKS, MOST_ROWS, WIDTHS, Bar, Picture, gantt
from tests.harness import at
from tests.web.visitors import browser, queries_of

BEGAN = at("2026-11-24 00:00")


@pytest.fixture
def run(world, trio):
    tasks = [
        TaskSaid("extract", State.SUCCESS, world.now, -1, 1, BEGAN, BEGAN + timedelta(hours=1)),
        TaskSaid("load", State.RETRY, world.now, -1, 1, BEGAN + timedelta(hours=1), BEGAN + timedelta(minutes=80)),
        TaskSaid("load", State.FAILED, world.now, -1, 2, BEGAN + timedelta(minutes=85), BEGAN + timedelta(minutes=90)),
        TaskSaid("publish <b>", State.BLOCKED, world.now),
    ]
    shape = {"extract": TaskShape(("load",)), "load": TaskShape(("publish <b>",)), "publish <b>": TaskShape()}
    taking.take(
        trio.team,
        [RunSaid("nightly", "tonight", world.now, State.FAILED, BEGAN, world.now, tasks=tuple(tasks), shape=shape)],
        now=world.now,
    )
    judging.judge_runs(world.now)
    yield Run.objects.get()
    world.forget()


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_run_says_first_how_it_stands_and_leads_to_the_page_of_what_failed(world, trio, run):
    with clock.run_by(lambda: world.now):
        answer = browser(trio.ana).get(f"/runs/2026-11-24?run={run.pk}")
    text = text_of(answer)
    assert answer.status_code == 200
    assert "Failed after 2 h; 1 of 3 tasks are done. 1 task failed." in text
    assert "Open the page of what failed" in text
    assert "Longest chain: extract → load" in text
    assert "publish &lt;b&gt;" in text
    assert text.count("✕") >= 4
    assert "t-again critical" in text


def test_the_list_names_levels_and_runs_and_says_what_to_do_where_there_are_none(world, trio):
    with clock.run_by(lambda: world.now):
        empty = text_of(browser(trio.ana).get("/runs"))
        assert "No run has been heard of." in empty
        taking.take(trio.team, [RunSaid("nightly", "tonight", world.now, State.RUNNING, BEGAN)], now=world.now)
        assert "nightly" in text_of(browser(trio.ana).get("/runs"))
        assert "No run began on this day." in text_of(browser(trio.ana).get("/runs/2026-11-20"))


@pytest.mark.parametrize("day", ["yesterday", "2026-13-40", "20261124", "2026-11-24?run=999", "0001-01-01x"])
def test_a_day_that_is_none_is_not_there(trio, run, day):
    assert browser(trio.ana).get(f"/runs/{day}").status_code == 404


def test_the_first_day_of_all_has_no_day_before(trio):
    assert browser(trio.ana).get("/runs/0001-01-01").status_code == 200


def test_a_run_of_five_thousand_tasks_is_drawn_within_its_budget_and_its_questions_do_not_grow(world, trio):
    tasks = [
        TaskSaid(f"group_{number % 80}.task_{number}", State.FAILED if number % 500 == 0 else State.SUCCESS, world.now,
                 -1, 1, BEGAN + timedelta(seconds=number), BEGAN + timedelta(seconds=number + 60))
        for number in range(5000)
    ]  # fmt: skip
    said = RunSaid("nightly", "large", world.now, State.RUNNING, BEGAN, tasks=tuple(tasks))
    taking.take(trio.team, [said], now=world.now)
    judging.judge_runs(world.now)
    client = browser(trio.ana)
    with clock.run_by(lambda: world.now):
        answer = client.get("/runs/2026-11-24")
        assert len(queries_of(client, "/runs/2026-11-24")) < 45
    svg = answer.content.decode().split('<svg class="chart')[1:]
    assert len(svg) == 2
    for one in svg:
        assert len(one.split("</svg>")[0]) < 30_000
    assert "The 300 worst of 5000 tasks." in text_of(answer)
    # the same again changes nothing, and is not written
    taking.take(trio.team, [replace(said, state=State.SUCCESS, ended_at=world.now)], now=world.now)
    assert Run.objects.get().state == "success"
    world.forget()


def bars(count, *, groups=1, state=State.SUCCESS):
    return [
        Bar(f"g{number % groups}.t{number}", f"g{number % groups}", state, 1, BEGAN + timedelta(minutes=number),
            BEGAN + timedelta(minutes=number + 5))
        for number in range(count)
    ]  # fmt: skip


def picture(some, *, ends=BEGAN + timedelta(hours=6)):
    return Picture("x", some, BEGAN, ends, ends, ZoneInfo("UTC"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [0, 1, 60, 61, 5000])
@pytest.mark.parametrize("groups", [1, 59, 200])
def test_a_gantt_has_at_most_sixty_rows_whatever_comes(width, count, groups):
    drawn = gantt(picture(bars(count, groups=groups)), width=width)
    rows = {mark.y for mark in drawn.marks}
    assert len(rows) <= MOST_ROWS
    assert len(drawn.marks) <= MOST_MARKS
    assert all(0 <= mark.x <= width and mark.x + mark.width <= width + 2 for mark in drawn.marks)
    assert all(text.x <= width for text in drawn.texts)


def test_what_failed_keeps_its_row_when_the_others_fold():
    some = [*bars(200), replace(bars(1)[0], name="g0.bad", state=State.FAILED)]
    drawn = gantt(picture(some), width=720)
    names = [text.words for text in drawn.texts]
    assert "g0.bad" in names
    assert "g0 (201)" in names


@pytest.mark.parametrize("length", [timedelta(seconds=1), timedelta(minutes=20), timedelta(days=3), timedelta(days=90)])
def test_the_hours_above_never_run_into_each_other(length):
    drawn = gantt(picture(bars(3), ends=BEGAN + length), width=350)
    places = sorted(text.x for text in drawn.texts if text.anchor == "middle" and ":" in text.words)
    assert all(later - earlier >= 30 for earlier, later in pairwise(places))
