"""The one door for outgoing HTTP: judged addresses, no redirects, no proxies, hard limits (S43 to S45).

A *guarded* client goes where a person's typing leads: the URL is read once, every address its name leads to is
judged, and the connection goes to a judged address, so a name that changes its answer in between changes
nothing. A *plain* client goes where the operator's settings point, with the same limits.

Each exchange has a connection of its own: a pager speaks seldom, and a kept connection that died meanwhile would
leave the question open whether the message went out. Nothing is tried twice here; that is the outbox's part.
"""

import socket
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import certifi
import httpcore
import httpx

from hausmeister.base import clock
from hausmeister.base.guard import Guard, NoAnswer, Resolve, Target, port_of, read_url, resolved, system_names


@dataclass(frozen=True)
class Limits:
    """How long one exchange may take, name look-up included, and how much of an answer is read."""

    connect_s: float = 5.0
    total_s: float = 10.0
    read_bytes: int = 64 * 1024


LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` by lower-case name. Not `is_whole`: the body was cut, or ended early.

    `certificate_ends_at` is when the far side's certificate ends; None where the line was not secured.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool = True
    certificate_ends_at: datetime | None = None


# ---- the last look ----

_look: ContextVar[Callable[[], None]] = ContextVar("last_look", default=lambda: None)


@contextmanager
def looking(look: Callable[[], None]) -> Iterator[None]:
    """Have `look` called right before the first byte of what is sent in the block; what it raises stops it.

    It is the door that looks, so that no connector can forget it, nor do anything between look and wire.
    """
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def last_look() -> None:
    """Look once more. For a conversation that is no HTTP: right before the bytes that hand a message over."""
    _look.get()()


# ---- the wire ----


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Return the one TLS context, with verification on: the machine's own authorities, else certifi's."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and (not paths.capath or not any(Path(paths.capath).iterdir())):
        context.load_verify_locations(certifi.where())
    return context


class _OutOfTime(httpcore.TimeoutException):
    """The exchange as a whole took too long."""


class _Deadline:
    def __init__(self, length_s: float) -> None:
        self._end_s = clock.monotonic_s() + length_s

    def left_s(self) -> float:
        left = self._end_s - clock.monotonic_s()
        if left <= 0:
            raise _OutOfTime
        return left


@dataclass
class _Dialler(httpcore.NetworkBackend):
    """Connects to the addresses it was given and to no other, whatever it is asked for."""

    addresses: Sequence[str]
    connecting: _Deadline
    total: _Deadline
    has_written: bool = False
    certificate_ends_at: datetime | None = None
    _backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; each gets its share of the time that is left."""
        for place, address in enumerate(self.addresses):
            share_s = self.connecting.left_s() / (len(self.addresses) - place)
            try:
                return _Timed(self._backend.connect_tcp(address, port, timeout=share_s), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place + 1 == len(self.addresses):
                    raise
        raise httpcore.ConnectError


@dataclass
class _Timed(httpcore.NetworkStream):
    """A stream on which every step only gets what is left of the whole exchange's time."""

    stream: httpcore.NetworkStream
    dialler: _Dialler

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.dialler.total.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self.dialler.has_written:
            last_look()
        self.dialler.has_written = True
        self.stream.write(buffer, self.dialler.total.left_s())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, self.dialler.connecting.left_s())
        self.dialler.certificate_ends_at = _end_of(secured.get_extra_info("ssl_object").getpeercert())
        return _Timed(secured, self.dialler)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _end_of(certificate: Mapping[str, Any] | None) -> datetime | None:
    """Return when a certificate ends; None where it does not say so in a form that can be read."""
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds((certificate or {})["notAfter"]), UTC)
    except (KeyError, ValueError, OverflowError):
        # an oddly written date must not stop a message to somebody; a check of it says that there is none to look at
        return None


def connect(host: str, port: int, *, limits: Limits = LIMITS, resolve: Resolve = system_names) -> socket.socket:
    """Return a connection to an operator's server that speaks no HTTP, such as a mail server. Raises NoAnswer."""
    connecting = _Deadline(limits.connect_s)
    dialler = _Dialler(resolved(resolve, host, port), connecting, connecting)
    try:
        opened: socket.socket = dialler.connect_tcp(host, port).get_extra_info("socket")
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise NoAnswer(_reason(error, limits, has_written=False)) from error
    return opened


# ---- the client ----

_HEADERS = {"User-Agent": "Hausmeister", "Accept-Encoding": "identity", "Connection": "close"}


class Client:
    """Sends one request and returns the answer, whatever its status. Without a guard it is a plain client.

    Beneath httpx's own client on purpose: here are no redirects, proxies, cookies or credentials to switch off.
    """

    def __init__(
        self,
        *,
        guard: Guard | None = None,
        limits: Limits = LIMITS,
        context: ssl.SSLContext | None = None,
        resolve: Resolve = system_names,
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._context = context
        self._resolve = resolve

    def request(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Return the answer. Raises Forbidden or NoAnswer."""
        connecting, total = _Deadline(self._limits.connect_s), _Deadline(self._limits.total_s)
        target = self._target(url)
        dialler = _Dialler(target.addresses, connecting, total)
        named = {"Host": target.url.netloc.decode("ascii"), **_HEADERS, **(headers or {})}
        try:
            with (
                self._opened(target, dialler) as connection,
                connection.stream(
                    method,
                    _wire_url(target.url),
                    headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in named.items()],
                    content=body,
                ) as answer,
            ):
                return replace(self._read_answer(answer), certificate_ends_at=dialler.certificate_ends_at)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            reason = _reason(error, self._limits, has_written=dialler.has_written)
            raise NoAnswer(reason, maybe_sent=dialler.has_written) from error

    def touch(self, host: str, port: int) -> None:
        """Connect, send nothing and go again. Raises Forbidden or NoAnswer."""
        connecting = _Deadline(self._limits.connect_s)
        guard = self._guard
        found = resolved(self._resolve, host, port) if guard is None else guard.judge_place(host, port)
        try:
            _Dialler(found, connecting, connecting).connect_tcp(host, port).close()
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise NoAnswer(_reason(error, self._limits, has_written=False)) from error

    def _target(self, url: str) -> Target:
        if self._guard is not None:
            return self._guard.judge(url)
        read = read_url(url)
        return Target(read, resolved(self._resolve, read.host, port_of(read)))

    def _opened(self, target: Target, dialler: _Dialler) -> httpcore.HTTPConnection:
        # reading a machine's authorities takes a while, so only who needs them waits for it
        context = (self._context or trust()) if target.url.scheme == "https" else None
        return httpcore.HTTPConnection(_wire_url(target.url).origin, ssl_context=context, network_backend=dialler)

    def _read_answer(self, answer: httpcore.Response) -> Answer:
        """Read as much of the body as is allowed. The status is known, so a body that breaks off is no failure."""
        most = self._limits.read_bytes
        read, is_whole = bytearray(), True
        try:
            for chunk in answer.iter_stream():
                read += chunk
                if len(read) > most:
                    is_whole = False
                    break
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            is_whole = False
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        body, is_plain = _inflated(headers.get("content-encoding", "identity"), bytes(read[:most]), most)
        return Answer(answer.status, headers, body, is_whole and is_plain)


def _wire_url(url: httpx.URL) -> httpcore.URL:
    """Return the very parts that were judged, as httpcore wants them."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _inflated(encoding: str, body: bytes, most: int) -> tuple[bytes, bool]:
    """Return the body without its compression, and whether it is all there; never more than `most` bytes.

    We ask for none, so anything but gzip is not read at all.
    """
    if encoding.strip().lower() in {"", "identity"}:
        return body, True
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        return b"", False
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(body, most)
    except zlib.error:
        return b"", False
    return plain, inflater.eof


def _reason(error: Exception, limits: Limits, *, has_written: bool) -> str:
    if isinstance(error, httpcore.TimeoutException):
        if has_written:
            return f"it did not answer within {limits.total_s:g} s"
        return f"no connection within {limits.connect_s:g} s"
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error.__cause__, ssl.SSLError):
        return "no secure connection could be made"
    return "the connection broke before an answer came" if has_written else "no connection could be made"
