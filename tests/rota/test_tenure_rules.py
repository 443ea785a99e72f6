"""Whom the ledger credits with a turn that several people held."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.rota.rules.tenure import Stand, most_of
from tests.harness import at

STARTS, ENDS = at("2026-11-23 10:00"), at("2026-11-27 16:00")
ANA, BRUNO, CARLA, DORA = 1, 2, 3, 4


def stand(number, who, begins, ends):
    return Stand(number, at(begins), at(ends), who)


@pytest.mark.parametrize(
    ("stands", "who"),
    [
        pytest.param([], ANA, id="nobody stood in"),
        pytest.param([stand(1, BRUNO, "2026-11-24 00:00", "2026-11-25 00:00")], ANA, id="a day of it"),
        pytest.param([stand(1, BRUNO, "2026-11-20 00:00", "2026-12-01 00:00")], BRUNO, id="all of it"),
        pytest.param(
            [stand(1, BRUNO, "2026-11-20 00:00", "2026-12-01 00:00"),
             stand(2, CARLA, "2026-11-23 12:00", "2026-12-01 00:00")],
            CARLA,
            id="the newest wins, as in the answer of who is on call",
        ),
        pytest.param(
            [stand(2, CARLA, "2026-11-23 10:00", "2026-11-25 00:00"),
             stand(1, BRUNO, "2026-11-20 00:00", "2026-12-01 00:00")],
            BRUNO,
            id="and what is left of the older one counts",
        ),
        pytest.param(
            [stand(1, BRUNO, "2026-11-23 10:00", "2026-11-25 00:00"),
             stand(2, CARLA, "2026-11-25 00:00", "2026-11-26 12:00")],
            BRUNO,
            id="nobody had half of it: who had most",
        ),
        pytest.param([stand(1, BRUNO, "2026-11-24 00:00", "2026-11-24 00:00")], ANA, id="one who left before"),
        pytest.param([stand(1, BRUNO, "2026-11-23 10:00", "2026-11-25 13:00")], ANA, id="a tie is the planned one's"),
    ],
)  # fmt: skip
def test_a_turn_is_credited_to_whoever_held_most_of_it(stands, who):
    assert most_of(STARTS, ENDS, planned=ANA, stands=stands) == who


def test_a_turn_that_nobody_had_is_nobodys_until_somebody_stands_in():
    assert most_of(STARTS, ENDS, planned=None, stands=[]) is None
    most = [stand(1, DORA, "2026-11-23 10:00", "2026-11-27 00:00")]
    assert most_of(STARTS, ENDS, planned=None, stands=most) == DORA


spans = st.tuples(st.integers(-40, 140), st.integers(0, 120), st.sampled_from([BRUNO, CARLA, DORA]))


@given(st.lists(spans, max_size=6))
def test_it_agrees_with_counting_hour_by_hour(drawn):
    hour = timedelta(hours=1)
    stands = [
        Stand(number, STARTS + begin * hour, STARTS + (begin + length) * hour, who)
        for number, (begin, length, who) in enumerate(drawn)
    ]
    hours = int((ENDS - STARTS) / hour)
    held = {}
    for number in range(hours):
        moment = STARTS + number * hour
        standing = [one for one in stands if one.starts_at <= moment < one.ends_at]
        who = max(standing, key=lambda one: one.number).person_id if standing else ANA
        held[who] = held.get(who, 0) + 1
    found = most_of(STARTS, ENDS, planned=ANA, stands=stands)
    assert held.get(found, 0) == max(held.values())
    assert found == ANA or held.get(ANA, 0) < held[found]
