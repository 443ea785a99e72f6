"""The calls we make to Opsgenie, and what we read of its answers and events.

Source: Opsgenie's OpenAPI description of the Alert API, and its sample of alert action data for webhooks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, one_line
from hausmeister.connectors.opsgenie.priorities import FROM_OURS
from hausmeister.pager.rules.words import Words
from hausmeister.team.rules import code_told

MESSAGE_MOST, TEXT_MOST, NOTE_MOST, USER_MOST = 130, 15_000, 25_000, 100

# by this name we know our own actions again when Opsgenie tells us of them
SOURCE = "Hausmeister"

_ALIAS = re.compile("hausmeister-page-([0-9]{1,18})-([0-9]{1,18})")


def alias(page_id: int, person_id: int) -> str:
    """Return the alias of a person's alert for a page: one for ever, so that Opsgenie never pages twice for it."""
    return f"hausmeister-page-{page_id}-{person_id}"


def read_alias(text: Any) -> tuple[int, int] | None:
    """Return (page, person) of an alias of ours, None for any other."""
    match = _ALIAS.fullmatch(text) if isinstance(text, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _responder(username: str) -> list[dict[str, str]]:
    return [{"type": "user", "username": username}]


def page_alert(words: Words, facts: Mapping[str, Any], *, username: str, page_url: str) -> dict[str, Any]:
    """Return the body that makes an alert. Everybody with the account may read it, so it holds no signed link."""
    told = [words.called_as, words.origin, words.text, f"Page {words.number}: {page_url}", words.then, words.clocks]
    return {
        "message": cut(words.title, MESSAGE_MOST),
        "alias": alias(facts["page"], facts["person_id"]),
        "description": cut("\n".join(filter(None, told)), TEXT_MOST),
        "responders": _responder(username),
        "tags": ["hausmeister", words.urgency],
        "details": {
            "page": page_url,
            "priority": f"{words.priority} (Hausmeister)",
            "role": one_line(facts["role"], 60),
        },
        "source": SOURCE,
        "user": SOURCE,
        "priority": FROM_OURS[Priority(facts["priority"])],
    }


def code_alert(facts: Mapping[str, Any], *, username: str, key: str) -> dict[str, Any]:
    """Return the body of an alert that carries a verification code."""
    return {
        "message": cut(f"{facts['code']} is your Hausmeister code", MESSAGE_MOST),
        "alias": cut(f"hausmeister-{key}", 512),
        "description": code_told(facts),
        "responders": _responder(username),
        "tags": ["hausmeister"],
        "source": SOURCE,
        "user": SOURCE,
        "priority": "P3",
    }


def action(note: str) -> dict[str, str]:
    """Return the body of an acknowledgement, a close, or an un-acknowledgement."""
    return {"source": SOURCE, "user": SOURCE, "note": cut(note, NOTE_MOST)}


def request_id(answer: Mapping[str, Any] | None) -> str:
    """Return the id of a request that Opsgenie has taken on, "" when the answer is no such thing."""
    found = (answer or {}).get("requestId")
    return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Standing:
    """How an alert of ours stands in Opsgenie: acknowledged or closed, by whom and when, as far as it says."""

    is_acknowledged: bool
    is_closed: bool
    by: str
    at: datetime | None


def standing(answer: Mapping[str, Any] | None) -> Standing | None:
    """Return how the alert in `answer` stands, None when there is no alert in it."""
    alert = (answer or {}).get("data")
    if not isinstance(alert, Mapping) or not isinstance(alert.get("status"), str):
        return None
    report = alert.get("report")
    if not isinstance(report, Mapping):
        report = {}
    is_closed = alert["status"] == "closed"
    by, length_ms = ("closedBy", "closeTime") if is_closed else ("acknowledgedBy", "ackTime")
    who = report.get(by) or alert.get("owner")
    return Standing(
        is_acknowledged=alert.get("acknowledged") is True,
        is_closed=is_closed,
        by=_name(who),
        at=_happened_at(alert, report.get(length_ms)),
    )


def _name(who: Any) -> str:
    # no database could be asked for a name with NUL in it
    return one_line(who, 200) if isinstance(who, str) else ""


def _happened_at(alert: Mapping[str, Any], length_ms: Any) -> datetime | None:
    """Return creation plus `length_ms`, or the last change where the report holds no length."""
    created, updated = _iso(alert.get("createdAt")), _iso(alert.get("updatedAt"))
    if created is not None and isinstance(length_ms, int) and 0 <= length_ms < 10**12:
        return created + timedelta(milliseconds=length_ms)
    return updated


def _iso(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """One event of Opsgenie's outgoing webhook, as far as it concerns us. `is_ours`: our own action, come back."""

    action: str
    page_id: int
    person_id: int
    by: str
    at: datetime | None
    is_ours: bool


def event(body: Mapping[str, Any]) -> Event | None:
    """Return what `body` tells of an alert of ours, None for any other."""
    alert, source = body.get("alert"), body.get("source")
    named = read_alias(alert.get("alias")) if isinstance(alert, Mapping) else None
    if named is None or not isinstance(alert, Mapping):
        return None
    who = alert.get("username")
    return Event(
        action=str(body.get("action", "")),
        page_id=named[0],
        person_id=named[1],
        by=_name(who),
        at=_epoch(alert.get("updatedAt")),
        is_ours=isinstance(source, Mapping) and source.get("name") == SOURCE,
    )


def _epoch(value: Any) -> datetime | None:
    """Return the instant of a number of nanoseconds, or of milliseconds, since 1970; Opsgenie sends both."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**19:
        return None
    seconds = value / 1e9 if value > 10**15 else value / 1e3
    return datetime.fromtimestamp(seconds, UTC)
