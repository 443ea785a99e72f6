"""A mail server in every kind of trouble, and one that minds each letter. The real counterpart is aiosmtpd.

It speaks plain SMTP on loopback, takes proper letters, and at a chosen step answers, hangs, drips or cuts the
line instead. What nobody expected fails the story.
"""

import email
import re
import socketserver
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from socket import SHUT_RDWR
from types import TracebackType
from typing import Self

from hausmeister.base.far_side import Unexpected

HANG, DRIP, CUT = "hang", "drip", "cut"
_STEPS = ("greeting", "EHLO", "NOOP", "MAIL", "RCPT", "DATA", "end of data")


@dataclass(frozen=True)
class Delivered:
    """A letter that was taken, with its envelope; `raw` is what stood between DATA and the final dot."""

    sender: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The letter, read."""
        return email.message_from_bytes(self.raw, policy=default)

    @property
    def text(self) -> str:
        """Its plain text."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part is not None else ""

    @property
    def html(self) -> str:
        """Its HTML, "" when it has none."""
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part is not None else ""


class FakeMailServer:
    """The server and the story's view of it."""

    def __init__(self) -> None:
        self.delivered: list[Delivered] = []
        self.complaints: list[str] = []
        self.conversations = 0
        self._plays: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self.over = threading.Event()
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def at(self, step: str, do: str) -> None:
        """In the next conversation that comes to `step`, do `do`: hang, drip, cut, or an answer such as "550 no"."""
        if step not in _STEPS:
            raise ValueError(f"{step!r} is no step; the steps are {', '.join(_STEPS)}.")
        with self._lock:
            self._plays.append((step, do))

    def plays_at(self, step: str) -> bool:
        """Say whether the story wants something at `step`."""
        with self._lock:
            return bool(self._plays) and self._plays[0][0] == step

    def play_at(self, step: str) -> str:
        """Return and use up what the story wants at `step`, "" for nothing."""
        with self._lock:
            if self._plays and self._plays[0][0] == step:
                return self._plays.pop(0)[1]
        return ""

    def take(self, letter: Delivered) -> None:
        """Mind a letter, and keep it for the story."""
        with self._lock:
            self.complaints += complaints_about(letter)
            self.delivered.append(letter)

    def expect(self, to: str = "", subject: str = "") -> Delivered:
        """Return the oldest letter that fits and take it off the list. Raises Unexpected."""
        with self._lock:
            for place, one in enumerate(self.delivered):
                if one.to.startswith(to) and subject in str(one.message["Subject"]):
                    return self.delivered.pop(place)
        raise Unexpected(f"no letter to {to!r} about {subject!r}; there are {self._told()}")

    def _told(self) -> list[tuple[str, str]]:
        return [(one.to, str(one.message["Subject"])) for one in self.delivered]

    def check(self) -> None:
        """Raise Unexpected for improper letters, letters nobody expected, and plays that never came."""
        if self.complaints or self.delivered or self._plays:
            raise Unexpected(f"{self.complaints}, unexpected {self._told()}, never asked for {self._plays}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if kind is None:
            self.check()


def complaints_about(letter: Delivered) -> list[str]:
    """Return what a careful mail server has against `letter`; nothing for a proper one."""
    found = []
    head = letter.raw.partition(b"\r\n\r\n")[0]
    if re.search(rb"(?<!\r)\n|\r(?!\n)", letter.raw):
        found.append("a bare line end")
    if max(map(len, letter.raw.split(b"\r\n"))) > 998:
        found.append("a line of more than 998 octets")
    if any(octet > 126 or (octet < 32 and octet not in b"\r\n\t") for octet in letter.raw):
        found.append("an octet that is not printable ASCII")
    found += [
        f"not exactly one header {name}"
        for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version")
        if len(re.findall(f"(?m)^{name}: ".encode(), head)) != 1
    ]
    if letter.message.defects or letter.to not in str(letter.message["To"]):
        found.append(f"defects {letter.message.defects}, to {letter.message['To']}")
    return [f"{what} in the letter to {letter.to}" for what in found]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, fake: FakeMailServer) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 10
    server: _Server

    def handle(self) -> None:
        fake = self.server.fake
        fake.conversations += 1
        sender = to = ""
        if not self._step("greeting", "220 fake.example ESMTP"):
            return
        while line := self._line():
            verb = line[:4].upper()
            if verb == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            if verb == "DATA" and not fake.plays_at("DATA"):
                if not self._step("DATA", "354 go ahead"):
                    return
                letter = Delivered(sender, to, self._letter())
                if not self._step("end of data", "250 2.0.0 Ok: queued as 4F2A", letter):
                    return
            elif not self._step(verb, "250 fake.example" if verb != "QUIT" else "221 bye"):
                return

    def _line(self) -> str:
        try:
            return self.rfile.readline().decode("ascii", "replace").strip()
        except OSError:
            return ""

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _step(self, step: str, answer: str, letter: Delivered | None = None) -> bool:
        """Answer, or do what the story wants instead; return whether the conversation goes on."""
        fake = self.server.fake
        play = fake.play_at(step)
        if letter is not None and not play:
            fake.take(letter)
        try:
            return self._act(play, answer)
        except OSError:
            return False

    def _act(self, play: str, answer: str) -> bool:
        fake = self.server.fake
        if play == HANG:
            fake.over.wait()
        elif play == DRIP:
            while not fake.over.wait(0.005):
                self.wfile.write(b"2")
        elif play == CUT:
            self.connection.shutdown(SHUT_RDWR)
        else:
            self.wfile.write(f"{play or answer}\r\n".encode())
            return True
        return False
