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
    assert all(one.starts_at != duty.starts_at for one in upcoming(trio.ana))
    rota.cancel_override(made, by=builders.CONSOLE, now=world.now, tells=False)
    assert has(world, duty, trio.ana)


def upcoming(person):
    return browser(person).get("/").context["upcoming"]


def test_a_duty_that_an_override_gave_me_stands_under_what_is_next_for_me_and_under_mine(world, trio, duty):
    assert not [one for one in upcoming(trio.carla) if one.is_taken_over]
    give(world, duty, trio.carla)
    (one,) = [one for one in upcoming(trio.carla) if one.is_taken_over]
    assert (one.starts_at, one.ends_at, one.instead_of) == (duty.starts_at, duty.ends_at, trio.ana)
    assert "for Ana" in browser(trio.carla).get("/").content.decode()
    page = browser(trio.carla).get("/rota?view=mine").content.decode()
    assert "Taken over" in page
    assert "for Ana" in page


def test_a_part_that_was_given_away_is_told_with_what_is_next_for_me(world, trio, duty):
    give(world, duty, trio.carla, ends_at=duty.starts_at + HOUR)
    (mine,) = [one for one in upcoming(trio.ana) if one.starts_at == duty.starts_at]
    ((starts_at, ends_at, person),) = [(part.starts_at, part.ends_at, part.person) for part in mine.elsewhere]
    assert (starts_at, ends_at, person) == (duty.starts_at, duty.starts_at + HOUR, trio.carla)
    assert "Carla has it" in browser(trio.ana).get("/").content.decode()
    (gained,) = [one for one in upcoming(trio.carla) if one.is_taken_over]
    assert (gained.starts_at, gained.ends_at) == (duty.starts_at, duty.starts_at + HOUR)


def test_what_i_took_over_and_gave_back_is_not_next_for_me(world, trio, duty):
    give(world, duty, trio.carla)
    give(world, duty, trio.ana)
    assert not [one for one in upcoming(trio.carla) if one.is_taken_over]
    (mine,) = [one for one in upcoming(trio.ana) if one.starts_at == duty.starts_at]
    assert (mine.is_taken_over, mine.elsewhere) == (False, [])


def test_what_another_has_in_two_halves_is_not_next_for_me(world, trio, duty):
    half = duty.starts_at + (duty.ends_at - duty.starts_at) / 2
    give(world, duty, trio.carla, ends_at=half)
    give(world, duty, trio.carla, starts_at=half)
    assert all(one.starts_at != duty.starts_at for one in upcoming(trio.ana))


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
