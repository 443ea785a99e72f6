"""What a homeserver tells of a room, as plain values. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hausmeister.base.untrusted import cut
from hausmeister.connectors.matrix import wire
from hausmeister.connectors.matrix.api import SERVICE, part
from hausmeister.triage.shapes import Heard

TEXT_MOST = 40_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 4_102_444_800_000


def relation(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return how an event belongs to another, and to which: "" for one that stands alone."""
    related = (event.get("content") or {}).get("m.relates_to")
    if not isinstance(related, dict):
        return "", ""
    if related.get("rel_type"):
        return str(related["rel_type"]), str(related.get("event_id") or "")
    answered = related.get("m.in_reply_to")
    return ("reply", str(answered.get("event_id") or "")) if isinstance(answered, dict) else ("", "")


def answered(event: Mapping[str, Any]) -> str:
    """Return the event that a message answers, "" for none; in a thread only one that was chosen by hand."""
    related = (event.get("content") or {}).get("m.relates_to")
    if not isinstance(related, dict) or not isinstance(related.get("m.in_reply_to"), dict):
        return ""
    return str(related["m.in_reply_to"].get("event_id") or "")


def text_of(event: Mapping[str, Any]) -> str:
    """Return the words of a message; those that took the old ones' place where there are such."""
    content = event.get("content") or {}
    new = content.get("m.new_content")
    chosen = new if isinstance(new, dict) else content
    return wire.without_fallback(str(chosen.get("body") or ""))


def at(event: Mapping[str, Any]) -> datetime:
    """Return when an event happened, as its server says."""
    stamp = event.get("origin_server_ts")
    milliseconds = min(max(stamp, 0), _LAST_MS) if isinstance(stamp, int) else 0
    return _EPOCH + timedelta(milliseconds=milliseconds)


def heard(event: Mapping[str, Any], room_id: str, *, room_name: str, name_of: Callable[[str], str]) -> Heard:
    """Return a message as the triage takes it. A reply belongs to the thread of what it answers."""
    kind, other = relation(event)
    sender, event_id = str(event.get("sender") or ""), str(event.get("event_id") or "")
    return Heard(
        service=SERVICE,
        room_id=room_id,
        room_name=f"#{room_name}" if room_name else "",
        stamp=(other if kind == "m.replace" and other else event_id)[:200],
        thread=other[:200] if kind in {"m.thread", "reply"} else "",
        author_id=sender[:120],
        author_name=name_of(sender),
        is_bot=(event.get("content") or {}).get("msgtype") == "m.notice",
        text=cut(text_of(event), TEXT_MOST),
        at=at(event),
        link=f"https://matrix.to/#/{part(room_id)}/{part(event_id)}",
        edited_at=at(event) if kind == "m.replace" else None,
    )
