"""What stands in a letter (RFC 5322, MIME). Pure; nothing in a letter is believed, and none is too broken to be read.

Only the old, forgiving parser of the standard library is used: the newer one raises on headers that occur in the wild.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import islice
from typing import Any

from hausmeister.base.signing import sha256_hex
from hausmeister.base.untrusted import cut, lines, one_line, storable
from hausmeister.mailbox import rules
from hausmeister.mailbox.shapes import Letter

MOST_HEADERS = 20
MOST_OF_A_HEADER = 8_000
MOST_ADDRESSES = 100
MOST_REFERENCES = 50
MOST_PARTS = 200
MOST_ATTACHMENTS = 20
TEXT_MOST = 40_000
# of a letter's HTML so much is read: the parser is not quick
HTML_MOST = 200_000

_ID = re.compile(r"<[^<>\s]{1,900}>")
_TO_US = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


def parse(raw: bytes, *, size_bytes: int, arrived_at: datetime, vouched_by: str = "") -> Letter:
    """Return what stands in the letter, of which `raw` is the beginning. `vouched_by` is the server that is believed
    when it says that a sender's domain is the true one."""
    try:
        return _read(raw, size_bytes=size_bytes, arrived_at=arrived_at, vouched_by=vouched_by)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError) as error:
        told = f"This mail cannot be read ({type(error).__name__}): look into the mailbox."
        digest = sha256_hex(raw.decode("latin-1"))
        return Letter(
            digest, "", (), "", "", "", (), "(a mail that cannot be read)", told, arrived_at, size_bytes,
            is_cut=size_bytes > len(raw),
        )  # fmt: skip


def _read(raw: bytes, *, size_bytes: int, arrived_at: datetime, vouched_by: str) -> Letter:
    message: Message = message_from_bytes(raw, policy=compat32)
    name, sender = _first_address(message, "From")
    subject = one_line(_words(_header(message, "Subject")), 500)
    ids = _ID.findall(_header(message, "Message-ID"))
    text, attachments = _content(message)
    return Letter(
        digest=_digest(message, raw, sender),
        message_id=storable(ids[0]) if ids else "",
        references=_references(message),
        sender=sender,
        sender_name=one_line(name, 100),
        answer_to=_first_address(message, "Reply-To")[1] if not _header(message, "List-Id") else "",
        recipients=_recipients(message),
        subject=subject,
        text=text,
        arrived_at=arrived_at,
        size_bytes=size_bytes,
        automatic=rules.automatic(
            submitted=_header(message, "Auto-Submitted"),
            precedence=_header(message, "Precedence"),
            return_path=_header(message, "Return-Path") if "Return-Path" in message else None,
            kind=message.get_content_type(),
            subject=subject,
            answers="".join(_header(message, one) for one in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")),
        ),
        attachments=attachments,
        is_proven=_is_proven(message, sender, vouched_by),
        is_cut=size_bytes > len(raw),
    )


def _digest(message: Message, raw: bytes, sender: str) -> str:
    """Return what is the same for one letter that came twice, over a list say; a letter without an id is its bytes."""
    message_id = _header(message, "Message-ID").strip()
    if not message_id:
        return sha256_hex(raw.decode("latin-1"))
    return sha256_hex("\n".join((message_id, _header(message, "Date").strip(), sender)))


def _header(message: Message, name: str) -> str:
    """Return the first header of this name as plain text; bytes that are no ASCII are read as UTF-8."""
    return next(iter(_headers(message, name)), "")


def _headers(message: Message, name: str) -> list[str]:
    # as they stand: the parser's own reading gives up foreign bytes
    found = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return [_plain(one) for one in islice(found, MOST_HEADERS)]


def _plain(value: Any) -> str:
    text = str(value)[:MOST_OF_A_HEADER]
    # the parser keeps foreign bytes as lone surrogates
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _words(text: str) -> str:
    """Return a header's text with its encoded words read (RFC 2047)."""
    try:
        parts = decode_header(" ".join(text.split()))
    except (ValueError, LookupError):
        return text
    return "".join(one if isinstance(one, str) else _decoded(one, charset or "") for one, charset in parts)


def _decoded(raw: bytes, charset: str) -> str:
    name = charset.strip().lower()
    for one in (name if name != "unknown-8bit" else "", "utf-8", "cp1252"):
        if one:
            try:
                return raw.decode(one)
            except (LookupError, ValueError):
                continue
    return raw.decode("latin-1")


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    found = getaddresses([one[:MOST_OF_A_HEADER] for one in values])[:MOST_ADDRESSES]
    return [(_words(name), address.strip().lower()) for name, address in found if _is_address(address.strip())]


def _is_address(text: str) -> bool:
    return re.fullmatch(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}", text) is not None


def _first_address(message: Message, name: str) -> tuple[str, str]:
    """Return name and address; a letter with several of them (which is not allowed) is nobody's in particular."""
    found = _addresses(_headers(message, name))
    return found[0] if len(found) == 1 else ("", "")


def _recipients(message: Message) -> tuple[str, ...]:
    values = [one for name in _TO_US for one in _headers(message, name)]
    return tuple(dict.fromkeys(address for _, address in _addresses(values)))


def _references(message: Message) -> tuple[str, ...]:
    found = _ID.findall(_header(message, "References")) + _ID.findall(_header(message, "In-Reply-To"))
    return tuple(dict.fromkeys(storable(one) for one in found))[-MOST_REFERENCES:]


def _is_proven(message: Message, sender: str, vouched_by: str) -> bool:
    """Say whether the server that is believed found the sender's domain to be the true one (RFC 8601, DMARC).

    Only the topmost such header counts, and only under that server's name: those below came with the letter.
    """
    told = _header(message, "Authentication-Results")
    if not vouched_by or not sender or not told:
        return False
    server, _, results = " ".join(told.split()).partition(";")
    if server.split()[:1] != [vouched_by] and server.strip().lower() != vouched_by:
        return False
    told = re.sub(r"\([^()]*\)", " ", results)
    domain = re.search(r"\bdmarc=pass\b[^;]*\bheader\.from=([^\s;]+)", told, re.IGNORECASE)
    return domain is not None and domain[1].lower() == sender.rpartition("@")[2]


# ---- content ----


def _content(message: Message) -> tuple[str, tuple[str, ...]]:
    """Return the letter's text, plain before HTML, and the names of what is attached."""
    plain: list[str] = []
    html: list[str] = []
    attached: list[str] = []
    for part in _parts(message):
        name = part.get_filename()
        is_attached = str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        kind = part.get_content_type()
        if name or is_attached:
            attached.append(one_line(_words(_plain(name or kind)), 100) or kind)
        elif kind == "text/plain":
            plain.append(_text_of(part))
        elif kind == "text/html":
            html.append(_text_of(part))
    text = "\n\n".join(filter(str.strip, plain)) or "\n\n".join(_of_html(one[:HTML_MOST]) for one in html)
    names = attached[:MOST_ATTACHMENTS]
    if len(attached) > MOST_ATTACHMENTS:
        names.append(f"and {len(attached) - MOST_ATTACHMENTS} more")
    return lines(cut(text, TEXT_MOST), TEXT_MOST), tuple(names)


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts that are no containers, without a call for each level: a letter may be nested a thousandfold."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_type() == "message/rfc822":
            # somebody else's letter inside this one is an attachment
            if not part.get_filename():
                part.add_header("Content-Disposition", "attachment", filename="a forwarded mail")
            yield part
        elif part.is_multipart():
            inner = part.get_payload()
            waiting[:0] = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
        else:
            yield part


def _text_of(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return _decoded(raw, part.get_content_charset() or "") if isinstance(raw, bytes) else ""


class _Reader(HTMLParser):
    """The words of an HTML letter, in lines; a quoted letter is marked as one."""

    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "pre", "hr"})
    _SILENT = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._silent += tag in self._SILENT
        if tag == "blockquote":
            self._quoted += 1
        if tag in self._BREAKS or tag == "blockquote":
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT and self._silent:
            self._silent -= 1
        if tag == "blockquote" and self._quoted:
            self._quoted -= 1
        if tag in self._BREAKS or tag == "blockquote":
            self._new_line()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(re.sub(r"\s+", " ", data))

    def _new_line(self) -> None:
        self.found.append("\n" + "> " * min(self._quoted, 3))


def _of_html(text: str) -> str:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    told = "".join(reader.found)
    told = re.sub(r"[ \t]+\n", "\n", told)
    # lines of a quote that hold nothing else
    told = "\n".join(line.strip() for line in told.split("\n") if line.strip(" >") or not line.strip())
    return re.sub(r"\n{3,}", "\n\n", told).strip()
