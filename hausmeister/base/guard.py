"""Judging where an outgoing connection may go, and turning names into addresses, once (S43, S44).

Whatever a person can type is judged here: when it is stored, and again whenever it is dialled.
"""

import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
from django.conf import settings

from hausmeister.base import addresses
from hausmeister.base.addresses import IPNetwork

# what a host name, or an address, is written with once it is read; no blanks, no percent signs
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
PORTS = (80, 443, 8080, 8443)
LOOK_UP_S = 5.0


class OutgoingFailed(Exception):
    """Root of what can go wrong. Its text is a fixed sentence: never an address, a key or a far side's words."""


class Forbidden(OutgoingFailed):
    """The address may not be dialled."""


class NoAnswer(OutgoingFailed):
    """There was no answer. `maybe_sent`: the far side may have got the request all the same."""

    def __init__(self, reason: str, *, maybe_sent: bool = False) -> None:
        super().__init__(reason)
        self.maybe_sent = maybe_sent


# ---- names to addresses ----

Resolve = Callable[[str, int], Sequence[str]]


def system_names(host: str, port: int) -> list[str]:
    """Return the addresses of `host` as the system knows them. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolved(resolve: Resolve, host: str, port: int, *, within_s: float = LOOK_UP_S) -> tuple[str, ...]:
    """Ask `resolve` once; an address needs no asking. Raises NoAnswer.

    In a thread of its own, because the system's look-up knows no time limit.
    """
    if addresses.is_address(host):
        return (host,)
    came: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            came.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - handed over to the thread that asked
            came.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = came.get(timeout=within_s)
    except queue.Empty:
        raise NoAnswer("its name could not be looked up in time") from None
    if isinstance(found, Exception):
        if isinstance(found, OSError | UnicodeError):
            raise NoAnswer("its name is not known") from None
        raise found
    if not found:
        raise NoAnswer("its name is not known")
    return tuple(found)


# ---- judging ----


@dataclass(frozen=True)
class Target:
    """A URL, read once, and the addresses that its name led to at that moment."""

    url: httpx.URL
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """The rules for addresses that a person can type. `allow` are networks the operator wants reached."""

    allow: tuple[IPNetwork, ...] = ()
    more_ports: tuple[int, ...] = ()
    resolve: Resolve = system_names

    def judge(self, url: str) -> Target:
        """Return where `url` leads. Raises Forbidden, or NoAnswer when its name leads nowhere."""
        read = read_url(url)
        if read.userinfo:
            raise Forbidden("This address is not allowed: it must not hold a user name or password.")
        return Target(read, self._judged(read.host, port_of(read), is_safe=read.scheme == "https"))

    def judge_place(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host that is only connected to. Raises Forbidden or NoAnswer.

        Nothing is sent there, so that nothing needs TLS; the ports are those of `judge`, lest we scan others' machines.
        """
        try:
            is_host = bool(_HOST.fullmatch(host.encode("ascii")))
        except UnicodeError:
            is_host = False
        if not is_host:
            raise Forbidden("This address is not allowed: it names no host.")
        return self._judged(host, port, is_safe=True)

    def _judged(self, host: str, port: int, *, is_safe: bool) -> tuple[str, ...]:
        if port not in (*PORTS, *self.more_ports):
            allowed = ", ".join(map(str, (*PORTS, *self.more_ports)))
            raise Forbidden(f"This address is not allowed: its port must be one of {allowed}.")
        found = resolved(self.resolve, host, port)
        for text in found:
            self._judge_address(text, is_safe=is_safe)
        return found

    def _judge_address(self, text: str, *, is_safe: bool) -> None:
        try:
            address = addresses.read(text)
        except ValueError:
            raise Forbidden("This address is not allowed: its name leads to no network address.") from None
        if addresses.is_in(address, self.allow):
            return
        if not addresses.is_public(address):
            raise Forbidden(
                "This address is not allowed: it does not lead to a public server."
                " An operator can name private networks in HAUSMEISTER_OUTGOING_ALLOW."
            )
        if not is_safe:
            raise Forbidden("This address is not allowed: it must begin with https://.")


def read_url(url: str) -> httpx.URL:
    """Return `url`, read. Raises Forbidden unless it is http or https and names a server."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Forbidden("This address is not allowed: it cannot be read as a URL.") from None
    if read.host and not _HOST.fullmatch(read.raw_host):
        raise Forbidden("This address is not allowed: it cannot be read as a URL.")
    if read.scheme not in {"https", "http"} or not read.host:
        raise Forbidden("This address is not allowed: it must begin with https:// and name a server.")
    return read


def port_of(url: httpx.URL) -> int:
    """Return the port, that of the scheme where none is written."""
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def of_settings() -> Guard:
    """Return the guard that this installation's settings describe."""
    return Guard(allow=settings.HAUSMEISTER_OUTGOING_ALLOW, more_ports=settings.HAUSMEISTER_OUTGOING_PORTS)


def judge_typed(url: str) -> None:
    """Judge a URL that a person wants to store, by the very rules that hold when it is dialled.

    Looks names up, so call it outside any transaction. Raises Forbidden or NoAnswer; both texts can be shown.
    """
    of_settings().judge(url)
