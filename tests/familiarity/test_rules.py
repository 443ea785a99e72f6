"""Which area work belongs to, how well it makes somebody know it, and what could be learned next."""

from datetime import UTC, datetime, timedelta

import pytest

from hausmeister.familiarity import rules
from hausmeister.familiarity.rules import AreaRow, Kind, Known, Step, Worked

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HALF = timedelta(days=180)
AREAS = {"ingestion": ("ingest*", "etl/in"), "storage": ("disk*", "s3")}


@pytest.mark.parametrize(
    ("clues", "area"),
    [
        (["Ingestion is late"], "ingestion"),
        (["INGEST: Disk full"], "ingestion"),
        (["Disks of db-7 at 98 %"], "storage"),
        (["ls3 is down"], ""),
        (["failed in etl/in/load.py"], "ingestion"),
        (["retl/inner"], ""),
        (["bucket", "s3"], "storage"),
        ([], ""),
    ],
)
def test_the_first_area_that_fits_decides_and_a_word_is_a_whole_word(clues, area):
    assert rules.area_of(clues, AREAS) == area


def test_an_area_without_words_is_found_nowhere():
    assert rules.area_of(["anything"], {"empty": ()}) == ""


def known(*work):
    return rules.known(work, half_life=HALF, now=NOW)


def test_nobody_knows_what_they_never_touched_and_never_forgets_all_of_what_they_did():
    assert known().step is Step.NEVER
    long_ago = known(Worked(Kind.REVIEW, NOW - 20 * HALF, 9))
    assert long_ago.step is Step.SEEN
    assert long_ago.is_fading


@pytest.mark.parametrize(
    ("pages", "age", "step"),
    [
        (1, timedelta(0), Step.SEEN),
        (2, timedelta(0), Step.HANDLES),
        (5, timedelta(0), Step.KNOWS),
        (5, HALF, Step.HANDLES),
        (10, HALF, Step.KNOWS),
        (2, timedelta(days=1), Step.SEEN),
        (5, -timedelta(hours=1), Step.KNOWS),
    ],
)
def test_work_counts_half_after_a_half_life(pages, age, step):
    assert known(Worked(Kind.PAGE, NOW - age, pages)).step is step


def row(name, **steps):
    return AreaRow(name, {int(who[1:]): Known(Step(step), step * 2.0, NOW) for who, step in steps.items()})


def test_thin_areas_come_barest_first_then_by_name():
    areas = [row("b", p1=3), row("a", p1=3), row("c", p1=3, p2=3), row("z", p1=2)]
    assert [one.name for one in rules.by_thinness(areas)] == ["z", "a", "b"]


def test_what_somebody_wishes_to_learn_comes_before_what_fewest_know():
    areas = [row("kafka", p1=3), row("disks", p1=3, p3=3), row("mine", p1=3, p2=2)]
    assert rules.to_learn(areas, learner=2, behind=1) == "kafka"
    assert rules.to_learn(areas, learner=2, behind=1, wished=frozenset({"disks"})) == "disks"
    assert rules.to_learn(areas, learner=1, behind=2) == ""


def test_another_wording_of_the_areas_has_another_mark():
    assert rules.mark_of(AREAS) == rules.mark_of(dict(AREAS))
    assert rules.mark_of(AREAS) != rules.mark_of({**AREAS, "x": ("y",)})
