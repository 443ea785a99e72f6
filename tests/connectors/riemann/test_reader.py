"""Reading a Riemann that is there already, over TCP and by websocket: here it is our own server that plays it."""

from datetime import timedelta

import pytest

from hausmeister.base.env import ShardSource
from hausmeister.base.event import Event
from hausmeister.connectors.riemann.reader import Reader, _aged
from hausmeister.connectors.riemann.server import Server
from hausmeister.monitoring.station import Station
from tests.connectors.riemann.conftest import Here


@pytest.mark.parametrize("way", ["tcp", "websocket"])
def test_what_a_far_riemann_knows_is_known_here(here, way):
    now_s = 1_795_000_000.0
    here.station.take("s0", [Event(host="a", service="api", state="ok", ttl_s=300.0)], now_s=now_s)
    host, port = here.tcp()
    source = ShardSource("s7", host, port) if way == "tcp" else ShardSource("s7", "", 0, f"ws://{here.web()}")
    station = Station(["s7"], store=lambda changes, _now: None)
    server = Server(station, [], beside=[Reader(source, ask_every=timedelta(milliseconds=20)).run])
    server.start()
    near = Here(server, station)
    try:
        assert near.wait_for('service = "api"', shard="s7")[0].host == "a"
        here.station.take("s0", [Event(host="a", service="api", state="critical", ttl_s=300.0)], now_s=now_s)
        near.wait_for('state = "critical"', shard="s7")
    finally:
        server.stop()


def test_an_entry_read_again_and_again_is_not_kept_young():
    event = Event(service="api", time_s=1_000.0, ttl_s=60.0)
    assert _aged(event, 1_045.0).ttl_s == 15.0
    assert _aged(event, 2_000.0).ttl_s == 1.0
    assert _aged(event, 900.0).ttl_s == 60.0
    assert _aged(Event(service="api", ttl_s=60.0), 5_000.0).ttl_s == 60.0
