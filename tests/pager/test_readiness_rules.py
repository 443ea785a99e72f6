"""What keeps a person from being reached: the worst first, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hausmeister.pager.rules.readiness import MethodKnown, PersonKnown, problem_of
from hausmeister.rota.rules.foresight import Kind
from tests.harness import at

NOW = at("2026-11-24 02:00")
LONG = timedelta(days=60)
TESTED = MethodKnown("e-mail", NOW - timedelta(days=3))
FAILED = MethodKnown("ntfy", NOW - timedelta(days=3), NOW - timedelta(days=1), "ntfy answered 404")
WELL = PersonKnown(1, "Ana", (TESTED,), (TESTED,))


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (WELL, None),
        (replace(WELL, methods=(), called_by=()), Kind.NO_METHOD),
        (replace(WELL, methods=(), called_by=(), has_ladder=True, unanswered_at=NOW), Kind.NO_METHOD),
        (replace(WELL, called_by=(), has_ladder=True), Kind.NO_RUNG),
        (replace(WELL, called_by=()), None),
        (replace(WELL, methods=(TESTED, FAILED), called_by=(TESTED, FAILED)), Kind.FAILED),
        # a method that failed and that the ladder does not use calls nobody anyway
        (replace(WELL, methods=(TESTED, FAILED), called_by=(TESTED,), has_ladder=True), None),
        (replace(WELL, unanswered_at=NOW - timedelta(days=1)), Kind.UNANSWERED),
        (replace(WELL, unanswered_at=NOW - timedelta(days=4)), None),
        (replace(WELL, methods=(MethodKnown("e-mail"),), called_by=()), Kind.UNTESTED),
        (replace(WELL, methods=(MethodKnown("e-mail", NOW - LONG),)), None),
        (replace(WELL, methods=(MethodKnown("e-mail", NOW - LONG - timedelta(seconds=1)),)), Kind.OLD_TEST),
    ],
)
def test_the_worst_is_told(known, kind):
    problem = problem_of(known, counts_for=LONG, now=NOW)
    assert (problem.kind if problem else None) == kind


def test_a_failure_is_told_in_one_line_whatever_the_far_side_wrote():
    long = replace(FAILED, failed_why="x" * 500 + "\nand more")
    problem = problem_of(replace(WELL, methods=(long,), called_by=(long,)), counts_for=LONG, now=NOW)
    assert problem is not None
    assert len(problem.text) < 200
    assert "\n" not in problem.text
