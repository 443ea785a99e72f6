"""What a message is, by its form; and what a flood of anything costs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.triage.rules import joining, reading, states
from hausmeister.triage.rules.reading import Reading
from hausmeister.triage.rules.states import State
from tests.harness import at

QUESTIONS = (
    "How do I backfill one day of the contracts dataset?",
    "hi all, does anyone know where the schema of the serving layer is?",
    "@hausmeister could somebody help me with access to the ledger table?",
    "What's the retention of the s1 index",
)
REPORTS = (
    "The billing dataset is empty since this morning",
    "<!here> commit service returns 500 errors on s1",
    "the nightly run failed again with `KeyError: 'account'`",
)
CHATTER = (
    "good morning!",
    "lol",
    "deployed 412 to s0",
    ":tada: :tada: :tada:",
    "FYI we will move the meeting to 3pm",
    "",
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_told_by_its_form(text):
    assert reading.classify(text).reading is Reading.QUESTION


@pytest.mark.parametrize("text", REPORTS)
def test_a_report_that_something_is_broken_is_no_question(text):
    assert reading.classify(text).reading is Reading.REPORT


@pytest.mark.parametrize("text", CHATTER)
def test_chatter_opens_nothing(text):
    assert reading.classify(text).reading is Reading.CHATTER


@pytest.mark.parametrize("text", ["thanks!", "Great, that worked, thank you :pray:", "ok cool thx", "Perfect, danke"])
def test_thanks_are_thanks(text):
    assert reading.is_thanks(text)
    assert not reading.wants_more(text)


@pytest.mark.parametrize("text", ["thanks, but how do I undo it?", "still the same error", "does not work for s2"])
def test_thanks_with_a_but_want_more(text):
    assert not reading.is_thanks(text)
    assert reading.wants_more(text)


@given(st.text(max_size=3000))
def test_any_text_has_a_reading(text):
    found = reading.classify(text)
    assert 0 <= found.sureness <= 1
    assert found.reading in Reading


@pytest.mark.parametrize("unit", ["🎉", ":fire:", "!", "?! ", "ok ", "thanks ", "<", "`", "\n", "hi ", "[", "is "])
def test_forty_thousand_characters_of_one_thing_are_read_in_no_time(unit):
    """A pattern that backtracks would stand still here for hours."""
    text = unit * (40_000 // len(unit))
    assert reading.classify(text).reading in Reading
    assert joining.same_alarm(text) is not None
    assert joining.is_all_clear(text) in (True, False)


def test_two_posts_of_one_alarm_are_the_same_whatever_the_numbers():
    one = joining.same_alarm("FIRING: lag of s1 is 2.1 M (19:08:02), job 0x4f2a")
    assert one == joining.same_alarm("FIRING: lag of s1 is 3.7 M (19:18:55), job 0x99bc")
    assert one != joining.same_alarm("FIRING: lag of kafka is 2.1 M (19:08:02), job 0x4f2a")


@pytest.mark.parametrize(("text", "over"), [
    ("[RESOLVED] lag of s1", True), ("OK: disk db-7", True), ("Recovered: commit p99", True),
    ("s1 is back to normal", True),
    ("CRITICAL: lag of s1", False), ("oklahoma shard is slow", False),
])  # fmt: skip
def test_the_all_clear_is_told_from_an_alarm(text, over):
    assert joining.is_all_clear(text) is over


@pytest.mark.parametrize(("minutes", "thanks", "sure", "joins"), [
    (0.5, False, True, True), (5, False, True, False), (5, False, False, True), (11, False, False, False),
    (200, True, False, True), (300, True, False, False), (-1, False, False, False),
])  # fmt: skip
def test_what_the_same_asker_writes_shortly_after_belongs_to_the_same(minutes, thanks, sure, joins):
    last = at("2026-11-24 09:00")
    moment = last + timedelta(minutes=minutes)
    assert joining.joins(is_thanks=thanks, is_sure_question=sure, last_word_at=last, at=moment) is joins


@pytest.mark.parametrize(("state", "thanks", "more", "held", "after"), [
    (State.ANSWERED, True, False, True, State.CLOSED), (State.ANSWERED, False, True, True, State.CLAIMED),
    (State.ANSWERED, False, False, True, State.ANSWERED), (State.WAITING, False, False, False, State.OPEN),
    (State.CLOSED, False, True, False, State.OPEN), (State.CLOSED, True, False, False, State.CLOSED),
    (State.OPEN, True, False, False, State.OPEN), (State.CLAIMED, False, True, True, State.CLAIMED),
])  # fmt: skip
def test_the_askers_word_brings_it_back_or_ends_it(state, thanks, more, held, after):
    assert states.after_asker(state, is_thanks=thanks, wants_more=more, has_holder=held) is after


def test_a_question_back_waits_for_the_asker():
    assert states.after_team("Which day do you need?") is State.WAITING
    assert states.after_team("Which day? Never mind, all of them.") is State.ANSWERED
