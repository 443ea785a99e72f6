"""One look into a mail folder (RFC 3501), within a time that no slow server can stretch; nothing in it is changed."""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

from hausmeister.base import addresses, outgoing
from hausmeister.base.addresses import IPNetwork
from hausmeister.base.env import Mailbox
from hausmeister.base.guard import NoAnswer
from hausmeister.base.log import mask
from hausmeister.base.outgoing import Limits
from hausmeister.base.untrusted import one_line
from hausmeister.mailbox.shapes import Folder
from hausmeister.outbox.delivery import Refused, TryLater

LIMITS = Limits(connect_s=5.0, total_s=25.0)
# of each letter so much is read: a question with its headers is far shorter, an attachment is not wanted
READ_BYTES = 512 * 1024

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Route:
    """Where the folder is, and where a password may travel unencrypted."""

    box: Mailbox
    plain_networks: tuple[IPNetwork, ...] = ()
    limits: Limits = LIMITS
    context: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Raw:
    """One letter as it lies in the folder: its beginning, its whole size, and when the server got it."""

    uid: int
    body: bytes
    size_bytes: int
    arrived_at: datetime | None


class _Conversation(imaplib.IMAP4):
    """imaplib with a way to connect that is bounded in time."""

    def __init__(self, route: Route) -> None:
        self._route = route
        # imaplib's own constructor reads the greeting
        super().__init__(route.box.host, route.box.port, timeout=route.limits.total_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = outgoing.connect(self.host, self.port, limits=self._route.limits)
        sock.settimeout(timeout)
        if self._route.box.tls == "tls":
            return self._context().wrap_socket(sock, server_hostname=self.host)
        return sock

    def _context(self) -> ssl.SSLContext:
        return self._route.context or outgoing.trust()

    def secure(self) -> None:
        """Turn TLS on as the URL asks for it. Raises Refused where it insists and there is none."""
        if isinstance(self.sock, ssl.SSLSocket):
            return
        if "STARTTLS" not in self.capabilities:
            if self._route.box.tls == "starttls":
                raise Refused("The mail server offers no encryption, but HAUSMEISTER_MAILBOX_URL asks for it.")
            if not self._may_go_plain():
                raise Refused(
                    "The mail server offers no encryption, so the password was not sent. Use imaps:// in"
                    " HAUSMEISTER_MAILBOX_URL, or name the server's network in HAUSMEISTER_OUTGOING_ALLOW."
                )
            return
        if self._route.box.tls == "opportunistic" and self._is_local():
            # nobody can listen in between, and a local server's certificate is mostly one it made for itself
            return
        self.starttls(ssl_context=self._context())

    def _peer(self) -> str:
        return str(self.sock.getpeername()[0])

    def _is_local(self) -> bool:
        return ip_address(self._peer()).is_loopback

    def _may_go_plain(self) -> bool:
        return self._is_local() or addresses.is_in(addresses.read(self._peer()), self._route.plain_networks)


class Look:
    """An open folder."""

    def __init__(self, talk: imaplib.IMAP4, folder: Folder) -> None:
        self._talk = talk
        self.folder = folder

    def numbers(self, after: int, since: datetime | None) -> list[int]:
        """Return the numbers of the letters after `after`, in order; of those since a day, where one is given."""
        asked = ["UID", f"{after + 1}:*"]
        if since is not None:
            asked += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        found = _ok(self._talk.uid("SEARCH", *asked))
        numbers = (int(one) for part in found if part for one in part.split())
        # "9:*" names the last letter too when there is no ninth
        return sorted({one for one in numbers if one > after})

    def letter(self, uid: int) -> Raw | None:
        """Return the letter with this number, None when it is gone."""
        found = _ok(self._talk.uid("FETCH", str(uid), f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{READ_BYTES}>)"))
        for one in found:
            if not isinstance(one, tuple):
                continue
            head = bytes(one[0]).decode("ascii", "replace")
            number = re.search(r"\bUID (\d+)", head)
            if number and int(number[1]) != uid:
                continue
            size = re.search(r"RFC822\.SIZE (\d+)", head)
            return Raw(uid, bytes(one[1]), int(size[1]) if size else len(one[1]), _arrived(head))
        return None


def _arrived(head: str) -> datetime | None:
    found = re.search(r'INTERNALDATE "\s?(\d{1,2})-(\w{3})-(\d{4}) ([^"]+)"', head)
    if found is None:
        return None
    with suppress(ValueError, TypeError):
        told = parsedate_to_datetime(f"{found[1]} {found[2]} {found[3]} {found[4]}")
        return told if told.tzinfo is not None else None
    return None


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, found = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"answered {kind} {_said(found)}")
    return found


def _said(found: list[Any]) -> str:
    return " ".join(one.decode("utf-8", "replace") for one in found if isinstance(one, bytes))


@contextmanager
def opened(route: Route) -> Iterator[Look]:
    """Open the folder, only to look. Raises TryLater for what passes by itself, Refused for what somebody must mend."""
    talk: _Conversation | None = None
    late = threading.Event()
    timer: threading.Timer | None = None
    try:
        talk = _Conversation(route)
        timer = threading.Timer(route.limits.total_s, _hang_up, (talk, late))
        timer.daemon = True
        timer.start()
        talk.secure()
        _log_in(talk, route)
        yield Look(talk, _examine(talk, route))
    except NoAnswer as error:
        raise TryLater(f"The mail server: {error}") from error
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "The mail server's certificate is not trusted. Let HAUSMEISTER_MAILBOX_URL name the host as its certificate"
            " does, and have this machine trust its authority."
        ) from error
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise TryLater(_broke(error, route, is_late=late.is_set())) from error
    finally:
        if timer is not None:
            timer.cancel()
        if talk is not None:
            _good_bye(talk, is_late=late.is_set())


def _broke(error: Exception, route: Route, *, is_late: bool) -> str:
    if is_late or isinstance(error, TimeoutError):
        return f"The mail server did not answer within {route.limits.total_s:g} s."
    told = one_line(_masked(str(error), route), 150)
    return f"The mail server broke off the conversation: {told}"


def _masked(text: str, route: Route) -> str:
    return mask(text.replace(route.box.password, "***") if route.box.password else text)


def _hang_up(talk: imaplib.IMAP4, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        # the plain socket's own shutdown: TLS has nothing to add when time is up
        socket.socket.shutdown(talk.sock, socket.SHUT_RDWR)


def _good_bye(talk: imaplib.IMAP4, *, is_late: bool) -> None:
    with suppress(imaplib.IMAP4.error, OSError, ValueError):
        if not is_late:
            talk.sock.settimeout(2.0)
            talk.logout()
    with suppress(imaplib.IMAP4.error, OSError, ValueError):
        talk.shutdown()


def _log_in(talk: imaplib.IMAP4, route: Route) -> None:
    try:
        talk.login(route.box.user, route.box.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = one_line(_masked(str(error), route), 150)
        if "UNAVAILABLE" in said or "INUSE" in said:
            # the server's own trouble (RFC 5530)
            raise TryLater(f"The mail server cannot let us in just now: {said}") from error
        raise Refused(
            f"The mail server does not let us in: {said}. Check user name and password in HAUSMEISTER_MAILBOX_URL."
        ) from error


def _examine(talk: imaplib.IMAP4, route: Route) -> Folder:
    folder = route.box.folder
    quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    kind, said = talk.select(quoted, readonly=True)
    if kind != "OK":
        raise Refused(f"The mail server has no folder {folder!r}: {one_line(_said(said), 150)}.")
    validity, following = _number(talk, "UIDVALIDITY"), _number(talk, "UIDNEXT")
    if validity is None:
        raise Refused(f"The mail server gives the folder {folder!r} no lasting numbers (UIDVALIDITY).")
    if following is not None:
        return Folder(validity, following)
    last = [int(one) for part in _ok(talk.uid("SEARCH", "UID", "*")) if part for one in part.split()]
    return Folder(validity, max(last, default=0) + 1)


def _number(talk: imaplib.IMAP4, name: str) -> int | None:
    found = talk.untagged_responses.get(name) or [b""]
    return int(found[-1]) if isinstance(found[-1], bytes) and found[-1] else None
