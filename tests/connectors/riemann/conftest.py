"""A server of two shards on free ports, without a database: what changes is kept in a list."""

import socket
import time
from dataclasses import dataclass, field

import pytest

from hausmeister.base.event_query import compiled
from hausmeister.connectors.riemann import wire
from hausmeister.connectors.riemann.server import Address, Server
from hausmeister.monitoring.station import Station


@dataclass
class Here:
    """The server, its station, and what it would have stored."""

    server: Server
    station: Station
    stored: list = field(default_factory=list)

    def tcp(self, place=0):
        return self.server.bound[place]

    def web(self, place=0):
        return "{}:{}".format(*self.server.bound_web[place])

    def events(self, query="", *, shard="s0"):
        return self.station.shard(shard).ask(compiled(query))

    def wait_for(self, query, *, shard="s0", number=1):
        """Return the events that pass, once there are so many; another process sends them when it likes."""
        ends_at = time.monotonic() + 30
        while len(found := self.events(query, shard=shard)) < number:
            assert time.monotonic() < ends_at, f"{query} gave {found} of {self.events(shard=shard)}"
            time.sleep(0.02)
        return found


@pytest.fixture
def here():
    station = Station(["s0", "s1"], store=lambda changes, _now: None)
    server = Server(station, [Address("s0", "127.0.0.1", 0), Address("s1", "127.0.0.1", 0)])
    server.start()
    yield Here(server, station)
    server.stop()


@dataclass
class Sender:
    """A sender by hand: bytes out, frames in."""

    socket: socket.socket

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Return whether it is well, the error, and the events of the next frame."""
        size = int.from_bytes(self._exactly(4), "big")
        return wire.answered(self._exactly(size))

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the server closed the connection"
            data += piece
        return data

    def is_closed(self):
        return self.socket.recv(1) == b""


@pytest.fixture
def sender(here):
    with socket.create_connection(here.tcp(), timeout=10) as connection:
        yield Sender(connection)
