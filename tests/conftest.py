"""Fixtures for every test: no network but loopback, a frozen clock where one is asked for."""

from collections.abc import Iterator

import pytest

from tests import builders, harness
from tests.builders import BuiltTeam
from tests.harness import World, at

TUESDAY_NIGHT = at("2026-11-24 02:00")


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world in the night to Tuesday, 03:00 in Berlin."""
    with harness.world(TUESDAY_NIGHT) as told:
        yield told


@pytest.fixture
def trio(world: World) -> BuiltTeam:
    """Ana on duty, Bruno behind her, Carla the last resort; the world's key speaks for their Prometheus."""
    built = builders.trio()
    world.key = built.key
    return built
