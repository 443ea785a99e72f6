"""A working Tuesday, 10:00 in Berlin: Ana is the hausmeister, Bruno behind her; clients write in #data-help."""

from collections.abc import Iterator

import pytest

from tests import builders, harness
from tests.builders import BuiltTeam
from tests.harness import World, at
from tests.triage.talk import Chat, chat

TUESDAY_MORNING = at("2026-11-24 09:00")


@pytest.fixture
def day(db: None) -> Iterator[World]:
    with harness.world(TUESDAY_MORNING) as told:
        yield told


@pytest.fixture
def team(day: World) -> BuiltTeam:
    return builders.trio()


@pytest.fixture
def talk(day: World, team: BuiltTeam) -> Chat:
    return chat(day, team)
