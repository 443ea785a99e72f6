"""What somebody did on duty stays theirs when their account ends; what was still to come is nobody's."""

from datetime import timedelta

import pytest

from hausmeister.rota import queries
from hausmeister.rota.models import Override
from hausmeister.rota.queries import Book
from hausmeister.rota.rules.slots import Post
from hausmeister.team.operations import members
from tests import builders

DAY = timedelta(days=1)


@pytest.fixture
def ended_at(world, trio):
    """Ana has the duty of the week; her account ends three hours from now, in the middle of it."""
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.bruno)
    at = world.now + timedelta(hours=3)
    members.deactivate(trio.ana, by=builders.CONSOLE, now=at)
    world.forget()
    return at


def holder(trio, moment, book=None):
    book = book or Book.load(trio.team, starts_at=moment - DAY, ends_at=moment + DAY)
    return book.at(moment).primary.person


def test_the_hours_until_the_account_ended_stay(world, trio, ended_at):
    assert holder(trio, ended_at - timedelta(seconds=1)) == trio.ana


def test_from_that_instant_on_somebody_else_has_the_duty(world, trio, ended_at):
    assert holder(trio, ended_at) not in {trio.ana, None}
    assert queries.on_duty(trio.team, at=ended_at).primary.person != trio.ana


def test_an_override_keeps_its_past_and_loses_its_rest(world, trio, ended_at):
    Override.objects.create(
        team=trio.team, post=Post.BACKSTOP, person=trio.ana, starts_at=ended_at - DAY, ends_at=ended_at + DAY,
        created_at=ended_at - DAY,
    )  # fmt: skip
    book = Book.load(trio.team, starts_at=ended_at - DAY, ends_at=ended_at + DAY)
    assert trio.ana.pk in {one.person_id for one in book.facts.substitutions}
    assert all(one.ends_at <= ended_at for one in book.facts.substitutions if one.person_id == trio.ana.pk)


def test_who_came_back_has_everything_again(world, trio, ended_at):
    members.reactivate(trio.ana, by=builders.CONSOLE, now=ended_at + timedelta(minutes=1))
    assert holder(trio, ended_at + timedelta(minutes=2)) == trio.ana
