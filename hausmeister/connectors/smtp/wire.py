"""What our letters look like: plain text and HTML side by side (RFC 5322, RFC 2046), marked as sent by a machine.

Everything is deterministic: a retried message is the same letter with the same Message-ID, so that mail programs
can fold duplicates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from hausmeister.base.signing import sha256_hex
from hausmeister.base.untrusted import lines, one_line
from hausmeister.pager.rules.words import MAYBE_TWICE, Words
from hausmeister.runbooks.rules.words import RunbookWords
from hausmeister.team.rules import code_told

SUBJECT_MOST = 200
TEXT_MOST = 20_000
# of a runbook; its HTML is at most five times as long, so the letter stays whole
RUNBOOK_MOST = 3_000

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")

# an id that is longer than a line stays in one piece: folded or encoded, it would be another one
_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):
    _HEADERS.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type]  # the stubs know only the base class
POLICY = SMTP.clone(header_factory=_HEADERS)

_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")])


class BadAddress(ValueError):
    """What stands where an e-mail address should is none."""


@dataclass(frozen=True)
class Letter:
    """What a letter says, before it has an envelope."""

    subject: str
    text: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    # what stands before the @ of its id, where the room that wrote it wants to know it again
    local_id: str = ""


_HOW_THE_LINK_WORKS = "The link opens the page; only its button acknowledges. It is yours alone: pass it on to nobody."


def page_letter(words: Words, link: str, runbook: RunbookWords | None = None) -> Letter:
    """Return the letter that calls somebody; `link` opens the page, and only its button acts (S10)."""
    parts = [
        words.called_as,
        f"{words.headline}: {words.title}\n{words.origin}",
        words.text,
        f"Answer here:\n{link}\n{_HOW_THE_LINK_WORKS}",
        "\n".join(filter(None, (words.then, words.clocks))),
        words.again,
        _runbook(runbook),
    ]
    facts = {"words": words, "link": link, "how": _HOW_THE_LINK_WORKS}
    html = _html("page", facts | _runbook_facts(runbook))
    if len(html) > TEXT_MOST:
        # all of it had to be escaped: HTML that is cut is none
        html = _html("page", facts)
    urgent = {"Importance": "high"} if words.urgency == "hard" else {}
    return Letter(words.subject, "\n\n".join(filter(None, parts)), html, urgent)


def _runbook(runbook: RunbookWords | None) -> str:
    if runbook is None:
        return ""
    told = (f"---- {runbook.headline}", runbook.plain(RUNBOOK_MOST), runbook.rest(RUNBOOK_MOST))
    return "\n\n".join(filter(None, told))


def _runbook_facts(runbook: RunbookWords | None) -> dict[str, Any]:
    if runbook is None:
        return {}
    return {
        "runbook": runbook,
        "runbook_blocks": runbook.blocks(RUNBOOK_MOST),
        "runbook_rest": runbook.rest(RUNBOOK_MOST),
    }


def code_letter(facts: Mapping[str, Any], *, maybe_twice: bool) -> Letter:
    """Return the letter with a verification code."""
    told = code_told(facts)
    return Letter(f"{facts['code']} is your Hausmeister code", _paragraphs(told, MAYBE_TWICE if maybe_twice else ""))


def plain_letter(facts: Mapping[str, Any], *, maybe_twice: bool) -> Letter:
    """Return a letter whose subject, text and perhaps html the product wrote itself, such as a password reset."""
    text = _paragraphs(str(facts["text"]), MAYBE_TWICE if maybe_twice else "")
    thread = facts.get("thread") or {}
    return Letter(
        str(facts["subject"]), text, str(facts.get("html", "")), _thread_headers(thread), thread.get("local_id", "")
    )


def _thread_headers(thread: Mapping[str, str]) -> dict[str, str]:
    """Return what makes a letter an answer to another one, and where the answer to it goes (RFC 5322, 3.6.4)."""
    answers, reply_to = thread.get("answers", ""), thread.get("reply_to", "")
    found = {"In-Reply-To": answers, "References": answers} if _MESSAGE_ID.fullmatch(answers) else {}
    return {**found, "Reply-To": reply_to} if reply_to else found


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _html(name: str, context: Mapping[str, Any]) -> str:
    return _ENGINE.get_template(f"smtp/{name}.html").render(Context(context))


def enveloped(letter: Letter, *, to: str, sender: str, key: str, now: datetime) -> EmailMessage:
    """Return `letter` ready to be sent. `key` is the message's idempotency key. Raises BadAddress."""
    message = EmailMessage(policy=POLICY)
    display, address = parseaddr(sender)
    message["From"] = Address(one_line(display, 100), addr_spec=address)
    message["To"] = _address(to)
    message["Subject"] = one_line(letter.subject, SUBJECT_MOST)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, sender, local=letter.local_id)
    # nobody's out-of-office note should come back, nor a mailing list take it on (RFC 3834)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in letter.headers.items():
        message[name] = value
    # quoted-printable keeps every line short and plain ASCII, so any server may carry it
    message.set_content(lines(letter.text, TEXT_MOST) + "\n", cte="quoted-printable")
    if letter.html:
        message.add_alternative(lines(letter.html, TEXT_MOST) + "\n", subtype="html", cte="quoted-printable")
        message.set_boundary(f"hausmeister-{sha256_hex(key)[:32]}")
    return message


def message_id(key: str, sender: str, *, local: str = "") -> str:
    """Return the Message-ID: the same over all tries of one message."""
    return f"<{local or sha256_hex(key)[:40]}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def _address(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise BadAddress from error
    if not text.isascii() or not address.domain:
        raise BadAddress
    return address
