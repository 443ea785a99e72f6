"""A crew whose plan leaves room for swaps and cover."""

import pytest

from tests.rota.asks.stage import Stage
from tests.rota.asks.stage import stage as make


@pytest.fixture
def stage(world) -> Stage:
    found = make(world)
    world.forget()
    return found
