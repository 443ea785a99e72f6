"""A far side to try connectors against: a real HTTP server on loopback that minds every request.

A connector's `fake.py` says what its product answers and what it would never accept. A story tells it to
misbehave (`play`) and takes what was delivered off the list; whatever nobody expected fails the story.
"""

import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Any, Self

import msgspec


class Unexpected(AssertionError):
    """The far side saw something nobody announced, or did not see what was announced."""


class Ending(Enum):
    """How the far side ends an exchange."""

    CLOSE = "answers and closes"
    HANG = "says nothing until the test is over"
    RESET = "cuts the line"
    DRIP = "answers, then sends its body a byte at a time for ever"


@dataclass(frozen=True)
class Received:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Reply:
    """What the far side does. `takes` says whether it has processed the request all the same."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.CLOSE
    takes: bool = False


def json_reply(status: int, body: Any, *headers: tuple[str, str]) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, msgspec.json.encode(body), (("Content-Type", "application/json"), *headers))


class FarSide:
    """A far side that takes everything and answers 200, until a connector's fake says more."""

    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        self.delivered: list[Received] = []
        self.seen: list[Received] = []
        self.complaints: list[str] = []
        self._plays: list[Reply] = []
        self._lock = threading.Lock()
        self._came = threading.Condition()
        self._released = threading.Event()
        self._server = _Server(self)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def answer(self, received: Received) -> Reply:
        """Return what the product answers to a proper request. Raises Unexpected for an improper one."""
        self.deliver(received)
        return Reply()

    def is_played_with(self, received: Received) -> bool:  # noqa: ARG002 - a product's fake may tell them apart
        """Say whether a story's misbehaviour is meant for requests like this one."""
        return True

    def deliver(self, received: Received) -> None:
        """Count `received` as delivered: a story must expect it."""
        self.delivered.append(received)

    # ---- the story's side ----

    def play(self, *replies: Reply) -> None:
        """Do this, in this order, with the next requests instead of answering them properly."""
        with self._lock:
            self._plays += replies

    def refuse(self, status: int = 403) -> None:
        """Refuse the next request."""
        self.play(Reply(status, b"refused by the far side, says <b>it</b>"))

    def fail(self, status: int = 503, *, retry_after: str = "") -> None:
        """Fail the next request as a server in trouble does."""
        self.play(Reply(status, b"in trouble", (("Retry-After", retry_after),) if retry_after else ()))

    def hang(self, *, takes: bool = False) -> None:
        """Never answer the next request."""
        self.play(Reply(ending=Ending.HANG, takes=takes))

    def reset(self, *, takes: bool = False) -> None:
        """Cut the line once the next request has come."""
        self.play(Reply(ending=Ending.RESET, takes=takes))

    def expect(self, matches: Callable[[Received], bool] = lambda _one: True) -> Received:
        """Return the oldest delivery that fits and take it off the list. Raises Unexpected."""
        with self._lock:
            for place, one in enumerate(self.delivered):
                if matches(one):
                    return self.delivered.pop(place)
        raise Unexpected(f"nothing like it was delivered; there are: {[one.body[:300] for one in self.delivered]}")

    def wait_until_seen(self, count: int, *, at_most_s: float = 5.0) -> None:
        """Return once `count` requests have come in all. Raises Unexpected when they do not."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.seen) >= count, at_most_s):
                raise Unexpected(f"{len(self.seen)} requests came, not {count}")

    def check(self) -> None:
        """Raise Unexpected for improper requests, deliveries nobody expected, and plays that never came."""
        with self._lock:
            if self.complaints:
                raise Unexpected("; ".join(self.complaints))
            if self.delivered:
                raise Unexpected(f"unexpected deliveries: {[one.body[:300] for one in self.delivered]}")
            if self._plays:
                raise Unexpected(f"never asked for: {self._plays}")

    def close(self) -> None:
        """Let every hanging exchange end, and stop serving."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.check()

    # ---- the server's side ----

    def decide(self, received: Received) -> Reply:
        """Return what happens to `received`; called by the server for each request."""
        with self._came:
            self.seen.append(received)
            self._came.notify_all()
        with self._lock:
            play = self._plays.pop(0) if self._plays and self.is_played_with(received) else None
            try:
                proper = self.answer(received) if play is None or play.takes else Reply()
            except Unexpected as error:
                self.complaints.append(str(error))
                return Reply(400)
            return play or proper

    def drip(self, send: Callable[[bytes], Any]) -> None:
        """Send a byte now and then until the other end has gone or the test is over."""
        while not self._released.wait(0.005):
            try:
                send(b"x")
            except OSError:
                return

    def wait(self) -> None:
        """Return when the test is over."""
        self._released.wait()


class _Server(ThreadingHTTPServer):
    # closing waits for every exchange to end, so that none reaches into the next test
    daemon_threads = False

    def __init__(self, far_side: FarSide) -> None:
        self.far_side = far_side
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is what half of the stories are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, self.rfile.read(length))
        self.close_connection = True
        reply = self.server.far_side.decide(received)
        if reply.ending is Ending.HANG:
            self.server.far_side.wait()
        elif reply.ending is Ending.RESET:
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        if reply.ending is Ending.CLOSE:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.ending is Ending.DRIP:
            self.server.far_side.drip(self.wfile.write)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - the library's own names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""
