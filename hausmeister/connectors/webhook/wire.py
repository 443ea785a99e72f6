"""The JSON of our webhook, version 1, as `docs/connectors.md` promises it. Fields are added, never changed."""

from datetime import datetime
from typing import Any

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import storable
from hausmeister.outbox.delivery import Parcel
from hausmeister.pager.rules.words import words_of
from hausmeister.runbooks.rules import words as runbook_words
from hausmeister.runbooks.rules.words import RunbookWords
from hausmeister.team.rules import code_told

VERSION = 1
SIGNATURE_HEADER = "Hausmeister-Signature"
ID_HEADER = "Hausmeister-Id"


def envelope(parcel: Parcel, *, now: datetime) -> dict[str, Any]:
    """Return what every kind of message carries."""
    return {
        "version": VERSION,
        "type": parcel.kind,
        "id": parcel.idempotency_key,
        "attempt": parcel.attempt,
        "possible_duplicate": parcel.is_possible_duplicate,
        "sent_at": now.isoformat(),
    }


def page_body(parcel: Parcel, *, answer_url: str, page_url: str, now: datetime) -> dict[str, Any]:
    """Return the message that calls somebody. Texts are the alert's own, not escaped for anything."""
    facts = parcel.facts
    priority = Priority(facts["priority"])
    words = words_of(facts, now=now, maybe_twice=parcel.is_possible_duplicate)
    return {
        **envelope(parcel, now=now),
        "summary": words.subject,
        "page": {
            "number": facts["page"],
            "url": page_url,
            "title": storable(facts["title"]),
            "text": storable(facts["text"]),
            "priority": priority.name,
            "priority_word": priority.word,
            "hard": facts["hard"],
            "storm": facts["storm"],
            "test": facts.get("test", False),
            "source": storable(facts["source"]),
            "opened_at": facts["opened_at"],
            "team": facts["team"],
        },
        "called": {"name": facts["person"], "role": facts["role"], "round": facts["round"]},
        "next": {"at": facts["then_at"], "who": facts["then_who"]} if facts["then_at"] else None,
        "runbook": _runbook(runbook_words.words_of(facts)),
        "answer_url": answer_url,
    }


def _runbook(runbook: RunbookWords | None) -> dict[str, Any] | None:
    if runbook is None:
        return None
    return {
        "heading": runbook.heading,
        "how": runbook.how,
        "text": runbook.text,
        "is_whole": runbook.is_whole,
        "url": runbook.url,
        "place": runbook.place,
        "stale": runbook.stale,
        "others": list(runbook.others),
    }


def code_body(parcel: Parcel, *, now: datetime) -> dict[str, Any]:
    """Return the message with a verification code."""
    facts = parcel.facts
    return {
        **envelope(parcel, now=now),
        "summary": code_told(facts),
        "code": facts["code"],
        "minutes": facts["minutes"],
    }


def oncall_body(parcel: Parcel, *, now: datetime) -> dict[str, Any]:
    """Return the message that says who is on since a change, all of them."""
    facts = parcel.facts
    names = ("team", "schedule", "title", "people", "backstop", "at", "until", "why")
    return {
        **envelope(parcel, now=now),
        "summary": facts["summary"],
        "oncall": {name: facts[name] for name in names},
    }
