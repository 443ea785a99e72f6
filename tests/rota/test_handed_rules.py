"""Which stretches changed hands between two answers of the rota."""

from datetime import UTC, datetime

from hausmeister.rota.rules.handed import Handed, HeldSpan, OnSpan, came_and_went, handed

ANA, BRUNO, CARLA = 1, 2, 3


def h(hour: int) -> datetime:
    return datetime(2026, 12, 1, hour, tzinfo=UTC)


def test_what_stays_is_left_out_and_pieces_of_one_change_are_one():
    before = [HeldSpan("Duty", h(0), h(20), ANA)]
    # cut anew by a leave of somebody else in its middle
    after = [
        HeldSpan("Duty", h(0), h(8), ANA),
        HeldSpan("Duty", h(8), h(12), BRUNO),
        HeldSpan("Duty", h(12), h(20), BRUNO),
    ]
    assert handed(before, after) == [Handed("Duty", h(8), h(20), ANA, BRUNO)]


def test_two_posts_are_told_apart_and_in_the_order_of_time():
    before = [HeldSpan("Duty", h(0), h(20), ANA), HeldSpan("Backstop", h(0), h(20), BRUNO)]
    after = [
        HeldSpan("Duty", h(0), h(10), ANA), HeldSpan("Duty", h(10), h(20), BRUNO),
        HeldSpan("Backstop", h(0), h(6), CARLA), HeldSpan("Backstop", h(6), h(20), None),
    ]  # fmt: skip
    assert handed(before, after) == [
        Handed("Backstop", h(0), h(6), BRUNO, CARLA),
        Handed("Backstop", h(6), h(20), BRUNO, None),
        Handed("Duty", h(10), h(20), ANA, BRUNO),
    ]


def test_the_same_change_with_a_hole_between_is_two():
    before = [HeldSpan("Duty", h(0), h(20), ANA)]
    after = [
        HeldSpan("Duty", h(0), h(4), CARLA),
        HeldSpan("Duty", h(4), h(8), ANA),
        HeldSpan("Duty", h(8), h(20), CARLA),
    ]
    assert [(one.starts_at, one.ends_at) for one in handed(before, after)] == [(h(0), h(4)), (h(8), h(20))]


def on(first: int, last: int, *people: int) -> OnSpan:
    return OnSpan("Support", h(first), h(last), frozenset(people))


def test_where_several_are_on_each_who_comes_and_each_who_goes_is_told_apart():
    before = [on(0, 8, ANA, BRUNO), on(8, 20, BRUNO)]
    after = [on(0, 8, ANA, BRUNO), on(8, 12, BRUNO, CARLA), on(12, 20, CARLA)]
    assert came_and_went(before, after) == [
        Handed("Support", h(8), h(20), None, CARLA),
        Handed("Support", h(12), h(20), BRUNO, None),
    ]
    assert came_and_went(before, before) == []
