"""Expressions that somebody typed: read as everybody reads them, and never slow."""

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.pattern import LENGTH_MOST, BadPattern, Pattern

EXPRESSIONS = st.text(alphabet="abB.()|*+?^$[]{}12,\\dws -", max_size=10)


@given(EXPRESSIONS, st.text(alphabet="abB1 2-d", max_size=8))
def test_what_it_reads_it_reads_as_the_standard_library_does(expression, text):
    try:
        pattern = Pattern(expression)
    except BadPattern:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            known = re.compile(expression, re.IGNORECASE)
        except re.error:
            # the standard library reads { as a letter where it begins no repetition, and knows fewer brackets
            return
    assert pattern.is_in(text) == bool(known.search(text)), expression


@pytest.mark.parametrize(
    ("expression", "text", "is_in"),
    [
        ("Disk .* 8\\d %", "disk on db-7 81 %", True),
        ("^disk", "A disk", False),
        ("db-(7|12)$", "on db-12", True),
        ("[A-F]{2,3}x", "beefx", True),
        ("\\D\\S\\W", "ab!", True),
        ("", "anything", True),
    ],
)
def test_the_usual_things_are_understood(expression, text, is_in):
    assert Pattern(expression).is_in(text) is is_in


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*a){10}b", "a?" * 40 + "a" * 40])
def test_what_makes_others_run_for_years_takes_a_step_a_character(expression):
    pattern = Pattern(expression)
    steps = 0
    step = pattern._step

    def counted(*args, **kwargs):
        nonlocal steps
        steps += 1
        return step(*args, **kwargs)

    pattern._step = counted
    pattern.is_in("a" * 30 + "!")
    pattern.is_in("a" * 2_000 + "!")
    assert steps <= 2_040
    assert len(pattern._steps) <= 5_000


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(a", "not closed"),
        ("a)", "closes nothing"),
        ("*a", "repeats nothing"),
        ("a**", "repeats a repetition"),
        ("a{9,2}", "smaller number first"),
        ("a{x}", "after {"),
        ("(?=a)", "only (?:"),
        ("\\b", "does not know"),
        ("[a", "too early"),
        ("[z-a]", "no range"),
        ("((((a{50}){50}){50}){50})", "too many"),
        ("(" * 30 + ")" * 30, "too deeply"),
        ("a" * (LENGTH_MOST + 1), "longer than"),
    ],
)
def test_what_cannot_be_read_says_why(expression, why):
    with pytest.raises(BadPattern, match=re.escape(why)):
        Pattern(expression)
