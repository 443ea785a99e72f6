"""What Slack tells us, as plain values: messages, edits, removals, signs, what became of channels. Pure.

Source: Slack's reference of the Events API and of message subtypes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hausmeister.base.untrusted import cut, one_line
from hausmeister.triage.shapes import Heard

SERVICE = "slack"
TEXT_MOST = 40_000
# a message that somebody said; every other subtype is Slack's own ("has joined the channel")
_SPOKEN = frozenset({"", "bot_message", "file_share", "thread_broadcast", "me_message"})
_STAMP = re.compile(r"\d{1,12}\.\d{6}")
_ENTITY = re.compile(r"<([^<>]*)>")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Self:
    """Who we are in the workspace, and where its messages have their links."""

    user_id: str
    bot_id: str
    app_id: str = ""
    url: str = ""


@dataclass(frozen=True)
class Names:
    """How ids are read: a member's name and a channel's, "" for one that is not known."""

    member: Callable[[str], str]
    channel: Callable[[str], str]


def is_stamp(text: str) -> bool:
    """Say whether `text` is one of Slack's message stamps."""
    return _STAMP.fullmatch(text) is not None


def moment(stamp: str) -> datetime:
    """Return when a message was said. Raises ValueError for what is no stamp."""
    if not is_stamp(stamp):
        raise ValueError(f"{stamp[:40]!r} is no stamp of a message")
    seconds, _, micros = stamp.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros))


def stamp_of(at: datetime) -> str:
    """Return the stamp that a message said at `at` would have at the least."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def is_ours(message: Mapping[str, Any], us: Self) -> bool:
    """Say whether we said it ourselves."""
    profile = message.get("bot_profile") or {}
    return bool(
        (us.user_id and message.get("user") == us.user_id)
        or (us.bot_id and message.get("bot_id") == us.bot_id)
        or (us.app_id and us.app_id in {message.get("app_id"), profile.get("app_id")})
    )


def heard(message: Mapping[str, Any], channel: str, us: Self, names: Names) -> Heard | None:
    """Return what was said, None for what is nobody's words, or our own."""
    stamp = str(message.get("ts") or "")
    if str(message.get("subtype") or "") not in _SPOKEN or not is_stamp(stamp) or is_ours(message, us):
        return None
    thread = str(message.get("thread_ts") or "")
    author_id = str(message.get("user") or message.get("bot_id") or "")
    is_bot = bool(message.get("bot_id")) or message.get("subtype") == "bot_message"
    return Heard(
        service=SERVICE,
        room_id=channel,
        room_name=f"#{names.channel(channel)}" if names.channel(channel) else "",
        stamp=stamp,
        thread=thread if thread != stamp else "",
        author_id=one_line(author_id, 120),
        author_name=one_line(_author(message, author_id, names), 120),
        is_bot=is_bot,
        text=cut("\n".join(_texts(message, names)), TEXT_MOST),
        at=moment(stamp),
        link=f"{us.url.rstrip('/')}/archives/{channel}/p{stamp.replace('.', '')}" if us.url else "",
        edited_at=_edited_at(message),
    )


def _edited_at(message: Mapping[str, Any]) -> datetime | None:
    told = message.get("edited")
    stamp = str(told.get("ts") or "") if isinstance(told, dict) else ""
    return moment(stamp) if is_stamp(stamp) else None


def _author(message: Mapping[str, Any], author_id: str, names: Names) -> str:
    profile = message.get("bot_profile") or {}
    return str(message.get("username") or profile.get("name") or names.member(author_id) or author_id or "somebody")


def _texts(message: Mapping[str, Any], names: Names) -> Iterator[str]:
    """Yield the words of a message: its text, and what bots put into attachments instead."""
    text = plain(str(message.get("text") or ""), names)
    if text.strip():
        yield text
    for one in message.get("attachments") or ():
        if isinstance(one, dict) and (message.get("bot_id") or not text.strip()):
            told = [str(one.get(part) or "") for part in ("pretext", "title", "text")]
            yield plain("\n".join(filter(None, told)) or str(one.get("fallback") or ""), names)


def plain(text: str, names: Names) -> str:
    """Return Slack's markup as people read it: members and channels by name, links with their address."""
    shown = _ENTITY.sub(lambda match: _entity(match[1], names), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _entity(inner: str, names: Names) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return f"@{label or names.member(target[1:]) or target[1:]}"
    if target.startswith("#"):
        return f"#{label or names.channel(target[1:]) or target[1:]}"
    if target.startswith("!"):
        word = target[1:].partition("^")[0]
        return label or f"@{word}"
    return f"{label} ({target})" if label and label != target else target
