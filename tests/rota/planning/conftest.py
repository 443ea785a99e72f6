"""A crew of eight for the tests of planning."""

import pytest

from tests.rota.planning.crew import Crew
from tests.rota.planning.crew import crew as make


@pytest.fixture
def crew(world) -> Crew:
    return make()
