"""The index: what lives, what expires, and how much it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.event import Event
from hausmeister.base.event_query import compiled
from hausmeister.monitoring.rules.board import Health, board_of
from hausmeister.monitoring.rules.index import POINTS, Index, IndexIsFull


def ok(service="api", *, host="a", state="ok", **more):
    return Event(host=host, service=service, state=state, **more)


def test_the_newest_event_of_a_host_and_service_stands():
    index = Index()
    assert index.update(ok(metric=1), now_s=0) is None
    assert index.update(ok(metric=2), now_s=1).metric == 1
    assert index.get("a", "api").event.metric == 2
    assert len(index) == 1


def test_an_entry_that_nobody_keeps_alive_expires_after_its_time_to_live():
    index = Index()
    index.update(ok(ttl_s=10.0), now_s=0)
    index.update(ok("disk"), now_s=0)
    assert index.expire(now_s=9.9) == []
    assert [one.event.service for one in index.expire(now_s=10)] == ["api"]
    assert [one.event.service for one in index.expire(now_s=60)] == ["disk"]
    assert [one.event.service for one in index.gone()] == ["disk", "api"]


def test_an_event_that_keeps_coming_keeps_it_alive_and_a_shorter_life_counts_from_then():
    index = Index()
    index.update(ok(ttl_s=100.0), now_s=0)
    index.update(ok(ttl_s=5.0), now_s=50)
    assert index.expire(now_s=54.9) == []
    assert len(index.expire(now_s=55)) == 1
    assert index.expire(now_s=1_000) == []


def test_a_sender_whose_clock_is_wrong_lives_as_long_as_others_and_is_shown_as_wrong():
    index = Index()
    index.update(ok(time_s=0.0, ttl_s=10.0), now_s=1_000)
    index.update(ok("disk", time_s=9_000.0, ttl_s=10.0), now_s=1_000)
    assert index.expire(now_s=1_009) == []
    assert (index.get("a", "api").skew_s, index.get("a", "disk").skew_s) == (-1_000.0, 8_000.0)
    assert len(index.expire(now_s=1_010)) == 2


def test_an_event_that_says_expired_takes_its_entry_out():
    index = Index()
    index.update(ok(), now_s=0)
    index.update(ok(state="expired"), now_s=1)
    assert len(index) == 0
    index.update(ok("never seen", state="expired"), now_s=1)
    assert len(index) == 0


def test_a_full_index_takes_no_new_key_and_goes_on_with_those_it_has():
    index = Index(entries_most=2)
    index.update(ok("a"), now_s=0)
    index.update(ok("b"), now_s=0)
    with pytest.raises(IndexIsFull):
        index.update(ok("c"), now_s=0)
    index.update(ok("a", metric=5), now_s=1)
    assert index.get("a", "a").event.metric == 5
    assert index.refused == 1


def test_what_expired_long_ago_is_forgotten():
    index = Index(keep_expired_s=100)
    index.update(ok(ttl_s=1.0), now_s=0)
    index.expire(now_s=1)
    index.expire(now_s=102)
    assert index.gone() == []


def test_a_sparkline_keeps_the_last_numbers_and_not_each_of_a_flood():
    index = Index()
    for second in range(1_000):
        index.update(ok(metric=second), now_s=float(second))
    points = index.get("a", "api").points
    assert len(points) == POINTS
    assert list(points)[-2:] == [980.0, 990.0]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50), st.floats(0.1, 30)), max_size=60))
def test_whatever_comes_exactly_what_is_overdue_is_gone(steps):
    index, now_s, ends = Index(), 0.0, {}
    for which, pause_s, ttl_s in steps:
        now_s += pause_s
        for one in index.expire(now_s=now_s):
            assert ends.pop(one.event.service) <= now_s
        assert all(end > now_s for end in ends.values())
        index.update(ok(str(which), ttl_s=ttl_s), now_s=now_s)
        ends[str(which)] = now_s + ttl_s
    assert {entry.event.service for entry in index.entries()} == set(ends)


def test_the_board_shows_the_worst_first_and_the_longest_first_among_them():
    index = Index()
    for at_s, service, state in [(0, "a", "warning"), (1, "b", "critical"), (2, "c", "ok"), (3, "d", "critical")]:
        index.update(ok(service, state=state), now_s=float(at_s))
    board = board_of("s0", list(index.entries()), [], as_of_s=5.0, last_event_at_s=3.0)
    assert [row.service for row in board.not_good] == ["b", "d", "a"]
    assert (board.counts[Health.GOOD], board.not_good_count, board.entries) == (1, 3, 4)


def test_a_words_for_well_are_known_and_any_other_word_is_not_well():
    index = Index()
    for place, state in enumerate(["ok", "OK", "notice", "", "err", "unknown"]):
        index.update(ok(str(place), state=state), now_s=0.0)
    board = board_of("s0", list(index.entries()), [], as_of_s=0.0, last_event_at_s=0.0)
    assert sorted(row.state for row in board.not_good) == ["err", "unknown"]


def test_the_index_answers_a_query_with_what_lives():
    index = Index()
    index.update(ok("kafka lag", metric=5), now_s=0)
    index.update(ok("kafka offset", metric=1), now_s=0)
    assert [one.service for one in index.matching(compiled("metric > 2"))] == ["kafka lag"]
    assert len(index.matching(compiled(""), most=1)) == 1
