"""What the tests of issues stand on."""

import pytest

from tests.issues import stage as stages


@pytest.fixture
def stage(world, trio, settings):
    with stages.stage(world, trio, settings) as found:
        yield found
