"""Which planned duties somebody still has: what an override gave to somebody else as a whole is not theirs."""

from datetime import timedelta

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.rules.slots import Post
from tests import builders
from tests.web.visitors import browser

HOUR = timedelta(hours=1)


@pytest.fixture
def duty(world, trio):
    """The next duty of Ana that has not begun."""
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.bruno)
    return next(one for one in queries.next_duty_of(trio.ana, now=world.now) if one.starts_at > world.now)


def give(world, duty, person, *, starts_at=None, ends_at=None):
    made = rota.add_override(
        duty.team, post=Post(duty.post), person=person, starts_at=starts_at or duty.starts_at,
        ends_at=ends_at or duty.ends_at, reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
        tells=False,
    )  # fmt: skip
    world.forget()
    return made


def has(world, duty, person):
    return duty in queries.next_duty_of(person, now=world.now)


def test_a_duty_that_somebody_else_has_as_a_whole_is_no_longer_mine(world, trio, duty):
    assert has(world, duty, trio.ana)
    made = give(world, duty, trio.carla)
    assert not has(world, duty, trio.ana)
    # and Now does not promise it either
    assert all(shift != duty for shift, _title in browser(trio.ana).get("/").context["upcoming"])
    rota.cancel_override(made, by=builders.CONSOLE, now=world.now, tells=False)
    assert has(world, duty, trio.ana)


def test_a_duty_given_away_in_part_stays_mine(world, trio, duty):
    give(world, duty, trio.carla, ends_at=duty.ends_at - HOUR)
    assert has(world, duty, trio.ana)


def test_what_came_back_to_me_is_mine(world, trio, duty):
    give(world, duty, trio.carla)
    give(world, duty, trio.ana, starts_at=duty.ends_at - HOUR)
    assert has(world, duty, trio.ana)


def test_an_override_of_the_other_post_takes_nothing_from_me(world, trio, duty):
    other = Post.BACKSTOP if duty.post == Post.PRIMARY else Post.PRIMARY
    rota.add_override(
        duty.team, post=other, person=trio.carla, starts_at=duty.starts_at, ends_at=duty.ends_at, reason="",
        by=builders.CONSOLE, now=world.now, even_if_outranked=True, tells=False,
    )  # fmt: skip
    world.forget()
    assert has(world, duty, trio.ana)
