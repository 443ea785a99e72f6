"""One letter handed to a mail server (RFC 5321), within a time that no slow server can stretch."""

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any

from hausmeister.base import addresses, outgoing
from hausmeister.base.addresses import IPNetwork
from hausmeister.base.env import MailServer
from hausmeister.base.guard import NoAnswer
from hausmeister.base.log import mask
from hausmeister.base.outgoing import Limits
from hausmeister.base.untrusted import one_line
from hausmeister.outbox.delivery import Refused, TryLater

# below the outbox's lease of 30 s: a letter still under way must not be sent by somebody else
LIMITS = Limits(connect_s=5.0, total_s=20.0)


@dataclass(frozen=True)
class Route:
    """How letters leave: the server, the name we greet it with, and where a password may travel unencrypted."""

    server: MailServer
    name: str = "localhost"
    plain_networks: tuple[IPNetwork, ...] = ()
    limits: Limits = LIMITS
    context: ssl.SSLContext | None = None


class _Watch:
    """Ends a conversation that takes too long, and knows how far it has come."""

    def __init__(self, length_s: float) -> None:
        self.line: _Line | None = None
        self.is_late = False
        # from DATA on the server may have the letter although no answer says so
        self.in_data = False
        self._timer = threading.Timer(length_s, self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def _hang_up(self) -> None:
        self.is_late = True
        sock = self.line.sock if self.line is not None else None
        if sock is not None:
            with suppress(OSError):
                # the plain socket's own shutdown: TLS has nothing to add when time is up
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def end(self) -> None:
        """Close the line without another word."""
        self._timer.cancel()
        if self.line is not None:
            self.line.close()


class _Line(smtplib.SMTP):
    """smtplib with a way to connect that is bounded in time, and rules for encryption and passwords."""

    def __init__(self, route: Route, watch: _Watch) -> None:
        self._route = route
        self._watch = watch
        self.sock: socket.socket | None = None
        watch.line = self
        server = route.server
        super().__init__(server.host, server.port, local_hostname=route.name, timeout=route.limits.total_s)

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:  # noqa: ARG002
        """Connect and read the greeting."""
        self.sock = outgoing.connect(host, port, limits=self._route.limits)
        self.sock.settimeout(self._route.limits.total_s)
        if self._route.server.tls == "tls":
            self.sock = self._context().wrap_socket(self.sock, server_hostname=host)
        self.file = None
        return self.getreply()

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer; half a line, cut off because time was up, is none."""
        answer = super().getreply()
        if self._watch.is_late:
            raise smtplib.SMTPServerDisconnected
        return answer

    def _context(self) -> ssl.SSLContext:
        return self._route.context or outgoing.trust()

    @property
    def is_local(self) -> bool:
        """Whether the server is on this very machine: nobody can listen in between."""
        return self.sock is not None and ip_address(self.sock.getpeername()[0]).is_loopback

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is on."""
        return isinstance(self.sock, ssl.SSLSocket)

    def secure(self) -> None:
        """Turn TLS on as the server's URL asks for it. Raises Refused where it insists and there is none."""
        self.ehlo_or_helo_if_needed()
        if self.is_encrypted:
            return
        if not self.has_extn("starttls"):
            if self._route.server.tls == "starttls":
                raise Refused("The mail server offers no encryption, but HAUSMEISTER_EMAIL_URL asks for it.")
            return
        self.starttls(context=self._starttls_context())
        self.ehlo_or_helo_if_needed()

    def _starttls_context(self) -> ssl.SSLContext:
        if self._route.server.tls == "starttls" or not self.is_local:
            return self._context()
        # a local server's certificate is mostly one it made for itself, and there is no way in between to guard
        return _unverified()

    def log_in(self) -> None:
        """Give user name and password, where there are any and the server wants them. Raises Refused."""
        server = self._route.server
        if not server.user or not self.has_extn("auth"):
            return
        if not (self.is_encrypted or self.is_local or self._may_go_plain()):
            raise Refused(
                "The mail server offers no encryption, so the password was not sent. Use smtps:// in"
                " HAUSMEISTER_EMAIL_URL, or name the server's network in HAUSMEISTER_OUTGOING_ALLOW."
            )
        try:
            self.login(server.user, server.password)
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise
        except (smtplib.SMTPException, UnicodeError) as error:
            raise Refused("The mail server offers no way to log in that works with HAUSMEISTER_EMAIL_URL.") from error

    def _may_go_plain(self) -> bool:
        peer = self.sock.getpeername()[0] if self.sock is not None else ""
        return addresses.is_in(addresses.read(peer), self._route.plain_networks)


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def deliver(message: EmailMessage, *, sender: str, to: str, route: Route) -> str:
    """Hand `message` over and return the server's last words. Raises TryLater or Refused."""
    watch = _Watch(route.limits.total_s)
    try:
        return _converse(watch, message, sender=sender, to=to, route=route)
    except NoAnswer as error:
        raise TryLater(f"The mail server: {error}") from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error, route) from error
    except ssl.SSLCertVerificationError as error:
        raise TryLater(
            "The mail server's certificate is not trusted. Let HAUSMEISTER_EMAIL_URL name the host as its certificate"
            " does, and have this machine trust its authority."
        ) from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # smtplib hides the socket's own time-out behind a "disconnected"
        is_late = watch.is_late or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        how = f"did not answer within {route.limits.total_s:g} s" if is_late else "broke off the conversation"
        raise TryLater(f"The mail server {how}.", maybe_delivered=watch.in_data) from error
    finally:
        watch.end()


def _converse(watch: _Watch, message: EmailMessage, *, sender: str, to: str, route: Route) -> str:
    line = _Line(route, watch)
    line.secure()
    line.log_in()
    _expect(line.mail(sender), {250}, route)
    _expect(line.rcpt(to), {250, 251, 252}, route)
    outgoing.last_look()
    watch.in_data = True
    words = _expect(line.data(message.as_bytes()), {250}, route)
    # it is taken; whether the good-bye works changes nothing
    with suppress(smtplib.SMTPException, OSError):
        line.quit()
    return words


def _expect(answer: tuple[int, bytes], good: set[int], route: Route) -> str:
    code, words = answer
    if code not in good:
        raise _answered(code, words, route)
    return one_line(_said(words, route), 200)


def _answered(code: int, words: bytes | str, route: Route) -> TryLater | Refused:
    """Return what a code other than success means: 4xx later, 5xx refused (RFC 5321, 4.2.1)."""
    said = f"The mail server answered {code} {one_line(_said(words, route), 150)}".strip()
    if code in {535, 534, 538}:
        return Refused(f"{said}. Check user name and password in HAUSMEISTER_EMAIL_URL.")
    if 500 <= code < 600:
        return Refused(said)
    return TryLater(said)


def _said(words: bytes | str, route: Route) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    password = route.server.password
    return mask(text.replace(password, "***") if password else text)
