"""Fixtures for every test: no network but loopback, a frozen clock where one is asked for."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import builders, harness, postgres
from tests.builders import BuiltTeam
from tests.counterparts import registry
from tests.harness import World, at
from tests.processes import Deployment, deployment

TUESDAY_NIGHT = at("2026-11-24 02:00")

# how long an example takes says something about the machine, and nothing about the code
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


# set by `./test`: an absent counterpart is a failure; and the second database's run leaves out what uses none
COUNTERPARTS_REQUIRED = "TEST_COUNTERPARTS_REQUIRED"
ONLY_WITH_DATABASE = "TEST_ONLY_WITH_DATABASE"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose counterpart is absent, or fail it where `./test --install` has run."""
    for mark in item.iter_markers("counterpart"):
        (name,) = mark.args
        one = registry.BY_NAME[name]
        if one.is_here():
            continue
        if os.environ.get(COUNTERPARTS_REQUIRED):
            pytest.fail(f"{name} is not installed: {one.how_to_get}", pytrace=False)
        pytest.skip(f"{name} is not installed: {one.how_to_get}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what touches no database, when another run has done it."""
    if not os.environ.get(ONLY_WITH_DATABASE):
        return
    kept = [item for item in items if _touches_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _touches_a_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"db", "transactional_db", "deployed"}) or any(item.iter_markers("django_db"))


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


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    """A deployment of its own, for processes: on the kind of database that this run is about."""
    if not os.environ.get("TEST_DATABASE_URL"):
        with deployment() as told:
            yield told
        return
    # the suite's own server does not write through to the disk, and the product refuses to start on such a one
    with postgres.cluster(durable=True, with_tables=True) as url, deployment(url) as told:
        yield told
