"""The server that Riemann's senders and dashboards talk to: TCP with an answer to each message, TLS, and UDP.

One thread with one event loop serves all shards: it takes, counts and answers, and never waits for a database.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn
import uvloop

from hausmeister.base import clock, log
from hausmeister.base.event_query import BadQuery, compiled
from hausmeister.connectors.riemann import wire
from hausmeister.connectors.riemann.web import Web
from hausmeister.monitoring.station import Shard, Station

_log = log.get(__name__)

CONNECTIONS_MOST = 256
OF_ONE_ADDRESS_MOST = 128
# what one turn of a connection may be answered with, and how long it may take: queries are many in few bytes
ANSWERED_AT_ONCE_MOST = 32 * 1024 * 1024
LONGEST_TURN_S = 0.5
# a message that began must end within this time: nobody may hold memory by doing nothing
HALF_A_MESSAGE = timedelta(seconds=60)
TICK = timedelta(seconds=1)
ANSWER_EVENTS_MOST = 50_000
# answers that nobody reads: above this the connection is read no further
UNREAD_MOST = 4 * 1024 * 1024
# what a dashboard may say on its websocket: nothing that we read
WEB_MESSAGE_MOST = 64 * 1024


@dataclass(frozen=True)
class Address:
    """Where one shard listens. Websockets and HTTP are on the next port; `tls` for both."""

    shard: str
    host: str
    port: int
    tls: bool = False


class Tcp(asyncio.Protocol):
    """One sender: frames in, an answer to each, in order."""

    def __init__(self, server: "Server", shard: Shard) -> None:
        self._server = server
        self._shard = shard
        self._buffer = bytearray()
        # uvloop's transports are no asyncio.Transport by class
        self._transport: Any = None
        self._deadline: asyncio.TimerHandle | None = None
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        self._transport = transport
        self._transport.set_write_buffer_limits(high=UNREAD_MOST)
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._server.enter(self):
            self._transport.write(wire.answer(error="Too many connections are open; no more are taken."))
            self._transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forget the connection; half a message goes with it, unacknowledged."""
        self._server.leave(self)
        if self._deadline is not None:
            self._deadline.cancel()

    def pause_writing(self) -> None:
        """Read no further while answers pile up."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take every whole message that has arrived."""
        self._buffer += data
        buffer, at = self._buffer, 0
        answers: list[bytes] = []
        told, began_s = 0, clock.monotonic_s()
        now_s = clock.now().timestamp()
        while len(buffer) - at >= 4:
            size = int.from_bytes(buffer[at : at + 4], "big")
            if size > wire.FRAME_MOST:
                self._refuse(answers, f"A message of {size} bytes; at most {wire.FRAME_MOST} are read.")
                return
            if len(buffer) - at - 4 < size:
                break
            body = bytes(buffer[at + 4 : at + 4 + size])
            at += 4 + size
            answers.append(self._server.answer(self._shard, body, now_s=now_s))
            told += len(answers[-1])
            if told > ANSWERED_AT_ONCE_MOST or clock.monotonic_s() - began_s > LONGEST_TURN_S:
                self._refuse(answers, "Too much was asked at once; what got no answer was not taken.")
                return
        del buffer[:at]
        self._wait_for_the_rest(has_begun=bool(buffer), is_new=at > 0)
        if answers and self._transport is not None:
            self._transport.write(b"".join(answers))

    def _wait_for_the_rest(self, *, has_begun: bool, is_new: bool) -> None:
        """Close the connection when a message that began does not end in time."""
        if self._deadline is not None and (is_new or not has_begun):
            self._deadline.cancel()
            self._deadline = None
        if has_begun and self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(HALF_A_MESSAGE.total_seconds(), self.close)

    def _refuse(self, answers: list[bytes], why: str) -> None:
        """Say why and close: where the next message begins is unknown."""
        self._shard.malformed += 1
        _log.warning("riemann.refused", shard=self._shard.name, reason=why)
        self._buffer.clear()
        if self._transport is not None:
            self._transport.write(b"".join(answers) + wire.answer(error=why))
            self._transport.close()


class Udp(asyncio.DatagramProtocol):
    """Senders that want no answer: each datagram is a message."""

    def __init__(self, server: "Server", shard: Shard) -> None:
        self._server = server
        self._shard = shard

    def datagram_received(self, data: bytes, _addr: Any) -> None:
        """Take the message; a broken one is counted."""
        self._server.answer(self._shard, data, now_s=clock.now().timestamp(), may_ask=False)


class Server:
    """Listens on every address in a thread of its own, moves the shards' clocks, and has changes stored."""

    def __init__(
        self,
        station: Station,
        addresses: Sequence[Address],
        *,
        tls: ssl.SSLContext | None = None,
        beside: Sequence[Callable[[Station], Coroutine[Any, Any, None]]] = (),
    ) -> None:
        self.station = station
        self._addresses = tuple(addresses)
        self._tls = tls
        # what else lives in the loop until it ends: websockets, readers of other Riemanns
        self._beside = tuple(beside)
        self._open: set[Tcp] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._is_up = threading.Event()
        self._failure: BaseException | None = None
        # (host, port) of each address once it listens; port 0 becomes a real one
        self.bound: list[tuple[str, int]] = []
        self.bound_web: list[tuple[str, int]] = []
        self._webs: list[tuple[Address, socket.socket]] = []

    def start(self) -> None:
        """Listen; return once every address does. Raises OSError when one cannot be had."""
        self._thread = threading.Thread(target=self._run, name="riemann", daemon=True)
        self._thread.start()
        self._is_up.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10.0)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._is_up.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        transports = []
        try:
            for address in self._addresses:
                transports += await self._listen(address)
            tasks = [asyncio.create_task(self._tick())]
            tasks += [asyncio.create_task(begin(self.station)) for begin in self._beside]
            webs = [(self._web(address), listener) for address, listener in self._webs]
            serving = [asyncio.create_task(web.serve(sockets=[listener])) for web, listener in webs]
            self._is_up.set()
            await self._stop.wait()
            for task in tasks:
                task.cancel()
            for web, _ in webs:
                web.should_exit = True
            await asyncio.gather(*tasks, *serving, return_exceptions=True)
        finally:
            for one in transports:
                one.close()
            for connection in tuple(self._open):
                connection.close()

    async def _listen(self, address: Address) -> list[Any]:
        loop = asyncio.get_running_loop()
        shard = self.station.shard(address.shard)
        server = await loop.create_server(
            lambda: Tcp(self, shard), address.host, address.port, ssl=self._tls if address.tls else None
        )
        port = server.sockets[0].getsockname()[1]
        self.bound.append((address.host, port))
        web = _listener(address.host, port + 1 if address.port else 0)
        self.bound_web.append((address.host, web.getsockname()[1]))
        self._webs.append((address, web))
        if address.tls:
            return [server]
        udp, _ = await loop.create_datagram_endpoint(lambda: Udp(self, shard), local_addr=(address.host, port))
        return [server, udp]

    def _web(self, address: Address) -> uvicorn.Server:
        """Return what answers websockets and HTTP for the shard of `address`."""
        config = uvicorn.Config(
            Web(self.station, self.station.shard(address.shard)),
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=WEB_MESSAGE_MOST,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        config.load()
        # the certificate is loaded once, for all addresses
        config.ssl = self._tls if address.tls else None
        return uvicorn.Server(config)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK.total_seconds())
            self.station.tick(now_s=clock.now().timestamp())

    def enter(self, connection: Tcp) -> bool:
        """Count a connection; say whether there is room for it."""
        same = sum(one.peer == connection.peer for one in self._open)
        if len(self._open) >= CONNECTIONS_MOST or same >= OF_ONE_ADDRESS_MOST:
            return False
        self._open.add(connection)
        return True

    def leave(self, connection: Tcp) -> None:
        """Count a connection less."""
        self._open.discard(connection)

    def answer(self, shard: Shard, body: bytes, *, now_s: float, may_ask: bool = True) -> bytes:
        """Take one message for `shard` and return the frame that answers it; without `may_ask` no query is answered."""
        try:
            message = wire.read(body)
        except wire.Malformed as error:
            shard.malformed += 1
            return wire.answer(error=f"The message cannot be read: {error}.")
        if message.events:
            self.station.take(shard.name, message.events, now_s=now_s)
        if message.query is None or not may_ask:
            return wire.answer()
        try:
            return wire.answer(events=shard.ask(compiled(message.query), most=ANSWER_EVENTS_MOST))
        except BadQuery as error:
            return wire.answer(error=str(error))


def tls_context(files: Sequence[str]) -> ssl.SSLContext | None:
    """Return the TLS of certificate, key and, with a third file, the authority whose clients alone are taken."""
    if not files:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files[0], files[1])
    if len(files) > 2:
        context.load_verify_locations(files[2])
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # at once: whoever is told the port may come before uvicorn has begun
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
