"""Our words as Matrix events: plain text and escaped HTML side by side, buttons as numbers. Pure.

Source: the specification, v1.11: m.room.message, its HTML subset, event relationships. An event has at most 64 KiB.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from hausmeister.base.untrusted import cut_bytes, storable
from hausmeister.outbox.chat import Button, Words

# ours alone: which act each number stands for, so that a reply or a sign can be understood
BUTTONS = "org.hausmeister.buttons"
BODY_MOST_BYTES = 12_000
MOST_BUTTONS = 9
HOW = "Answer with the number, or sign with it."

_SIGNS = {
    "eyes": "👀", "white_check_mark": "✅", "heavy_check_mark": "✔️", "raising_hand": "🙋", "question": "❓",
    "no_entry_sign": "🚫", "red_circle": "🔴", "large_green_circle": "🟢", "memo": "📝",
}  # fmt: skip
_NAMES = {sign.rstrip("\ufe0f"): name for name, sign in _SIGNS.items()}
_NUMBER = re.compile(r"([1-9])(?:\ufe0f?\u20e3)?")


def content(words: Words) -> dict[str, Any]:
    """Return the content of a message."""
    buttons = words.buttons[:MOST_BUTTONS]
    plain, rich = _plain(words, buttons), _rich(words, buttons)
    made: dict[str, Any] = {
        "msgtype": "m.text",
        "body": cut_bytes(plain, BODY_MOST_BYTES),
        # nobody is called by a name that stands in a text
        "m.mentions": {},
    }
    if len(rich.encode()) <= 2 * BODY_MOST_BYTES:
        # HTML that was cut would no longer be HTML
        made |= {"format": "org.matrix.custom.html", "formatted_body": rich}
    if buttons:
        made[BUTTONS] = [{"act": one.act, "value": one.value[:500]} for one in buttons]
    return made


def _plain(words: Words, buttons: Sequence[Button]) -> str:
    quoted = "\n".join(f"> {line}" for line in words.quote.splitlines())
    links = [f"{one.label}: {one.url}" for one in words.links]
    numbered = "\n".join(f"{number}. {one.label}" for number, one in enumerate(buttons, 1))
    parts = [words.headline, *words.paragraphs, quoted, *words.notes, *links, numbered, HOW if buttons else ""]
    return storable("\n".join(filter(None, parts))) or "…"


def _rich(words: Words, buttons: Sequence[Button]) -> str:
    parts = [f"<strong>{_text(words.headline)}</strong>", *(f"<p>{_text(one)}</p>" for one in words.paragraphs if one)]
    if words.quote:
        parts.append(f"<blockquote>{_text(words.quote)}</blockquote>")
    parts += [f"<p><em>{_text(one)}</em></p>" for one in words.notes if one]
    parts += [f'<p><a href="{escape(storable(one.url))}">{_text(one.label)}</a></p>' for one in words.links]
    if buttons:
        parts.append(f"<ol>{''.join(f'<li>{_text(one.label)}</li>' for one in buttons)}</ol><p>{HOW}</p>")
    return "".join(parts)


def _text(text: str) -> str:
    return escape(storable(text)).replace("\n", "<br>")


def in_thread(made: dict[str, Any], thread: str) -> dict[str, Any]:
    """Return the content as a message in the thread that begins with the event `thread`."""
    if not thread:
        return made
    relation = {
        "rel_type": "m.thread", "event_id": thread, "is_falling_back": True, "m.in_reply_to": {"event_id": thread},
    }  # fmt: skip
    return {**made, "m.relates_to": relation}


def revision(made: dict[str, Any], of: str) -> dict[str, Any]:
    """Return the content as a new wording of the event `of`."""
    return {
        "msgtype": "m.text",
        # for clients that know no revisions; the whole of it twice would be too long for an event
        "body": cut_bytes(f"* {made['body']}", 500),
        "m.mentions": {},
        "m.new_content": made,
        "m.relates_to": {"rel_type": "m.replace", "event_id": of},
    }


def sign(name: str) -> str:
    """Return the sign that is called `name`, the name itself where it is none of ours."""
    return _SIGNS.get(name.strip(":"), name)


def sign_name(key: str) -> str:
    """Return what a sign is called, the sign itself where it is none of ours."""
    return _NAMES.get(key.rstrip("\ufe0f"), key)


def number_of(text: str) -> int | None:
    """Return the number that a reply or a sign consists of, None for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


def without_fallback(body: str) -> str:
    """Return a reply's own words: older clients put what it answers in front, each line marked."""
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).strip()


def button(content_of: Mapping[str, Any], number: int) -> tuple[str, str] | None:
    """Return act and value of the button with this number below a message of ours, None when it has none."""
    found = content_of.get(BUTTONS)
    if not isinstance(found, list) or not 1 <= number <= len(found) or not isinstance(found[number - 1], dict):
        return None
    return str(found[number - 1].get("act") or ""), str(found[number - 1].get("value") or "")
