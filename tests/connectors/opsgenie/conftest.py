"""A world whose Opsgenie is a real server, with Ana called through it and everybody else by fake e-mail."""

import pytest

from hausmeister import wiring
from hausmeister.base import clock
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.team.rules import Channel
from tests import builders, harness

KEY = "canary-geniekey"
SECRET = "canary-hook-secret-0123456789"
ANA, BRUNO = "ana@corp.example", "bruno@corp.example"


@pytest.fixture
def opsgenie(world, trio, settings):
    settings.HAUSMEISTER_OPSGENIE_KEY = KEY
    settings.HAUSMEISTER_OPSGENIE_HOOK_SECRET = SECRET
    with FakeOpsgenie(key=KEY, now=clock.now) as fake:
        settings.HAUSMEISTER_OPSGENIE_URL = fake.url
        senders = {**world.channels, "opsgenie": wiring.senders()["opsgenie"]}
        world.engine = harness.engine(senders)
        yield fake


@pytest.fixture
def ana(trio, opsgenie):
    """Ana, who is called through Opsgenie alone."""
    method = builders.method(trio.ana, Channel.OPSGENIE, ANA)
    builders.ladder(trio.ana, (0, method))
    return trio.ana
