"""Rounds beside the engine: never two of one kind, and one that breaks stops none that comes after it."""

import pytest
from django.db import DatabaseError

from hausmeister.base import database
from hausmeister.base.one_at_a_time import OneAtATime


def test_while_a_round_goes_on_no_other_is_begun_and_after_it_one_is():
    begun = []
    rounds = OneAtATime(begun.append, event="test.failed")
    done = []
    assert rounds.begin(lambda: done.append("first")) == 1
    assert rounds.is_going
    assert rounds.begin(lambda: done.append("second")) == 0
    begun.pop()()
    assert not rounds.is_going
    assert rounds.begin(lambda: done.append("third")) == 1
    begun.pop()()
    assert done == ["first", "third"]


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError("odd"), DatabaseError("gone"), RuntimeError("of the work itself")])
def test_a_round_that_breaks_is_logged_once_and_the_next_one_comes(caplog, error):
    rounds = OneAtATime(database.at_once, event="test.failed", job="look")

    def breaks():
        raise error

    assert rounds.begin(breaks) == 1
    (line,) = [one.getMessage() for one in caplog.records]
    assert "test.failed" in line
    assert str(error) in line
    done = []
    assert rounds.begin(lambda: done.append("next")) == 1
    assert done == ["next"]


def test_a_machine_without_threads_left_is_told_and_the_round_is_tried_again():
    def no_thread(_work):
        raise RuntimeError("can't start new thread")

    rounds = OneAtATime(no_thread, event="test.failed")
    for _again in range(2):
        with pytest.raises(RuntimeError, match="new thread"):
            rounds.begin(lambda: None)
        assert not rounds.is_going
