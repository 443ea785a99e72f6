"""What our rooms say, as Slack's blocks: messages, the home screen, forms, within Slack's limits.

Source: Slack's reference of Block Kit. Everything goes through `wire.escaped` (mrkdwn) or stands in plain text.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from hausmeister.base.untrusted import cut, one_line
from hausmeister.chat.shapes import Field, Form
from hausmeister.connectors.slack import wire
from hausmeister.outbox.chat import Button, Place, Words

MESSAGE_BLOCKS, HOME_BLOCKS = 50, 100
BUTTONS_IN_A_ROW = 5
# what one act's name may not hold; a second button of the same act in a message has its place behind it
SAME_ACT = "#"


def message(words: Words) -> dict[str, Any]:
    """Return a new message."""
    return wire.message(wire.escaped(words.headline, wire.SUMMARY_MOST) or "…", blocks_of(words)[:MESSAGE_BLOCKS])


def with_buttons(message: dict[str, Any], buttons: Sequence[Button]) -> dict[str, Any]:
    """Return `message` with `buttons` below it."""
    return {**message, "blocks": [*message["blocks"], *rows(buttons)]}


def blocks_of(words: Words) -> list[dict[str, Any]]:
    """Return the blocks of one message."""
    texts = [
        f"*{wire.escaped(words.headline, 1_000) or '…'}*",
        *(wire.escaped(one, 3_000) for one in words.paragraphs if one),
    ]
    blocks = [wire.section(text) for text in _packed(texts)]
    if words.quote:
        blocks.append(wire.section(_quoted(words.quote)))
    small = [wire.escaped(one, 1_000) for one in words.notes if one]
    small += [wire.link_to(one.url, one.label) for one in words.links]
    if small:
        blocks.append(wire.context(_cut_between(small, " · ", 2_000)))
    return [*blocks, *rows(words.buttons)]


def _packed(texts: Sequence[str]) -> list[str]:
    """Return `texts` in as few sections as hold them: a message has only so many."""
    packed: list[str] = []
    for text in texts:
        if packed and len(packed[-1]) + len(text) + 1 <= wire.SECTION_MOST:
            packed[-1] += f"\n{text}"
        else:
            packed.append(text)
    return packed[:20]


def _cut_between(pieces: Sequence[str], between: str, most: int) -> str:
    told = ""
    for piece in pieces:
        longer = f"{told}{between}{piece}" if told else piece
        if len(longer) > most:
            break
        told = longer
    return told


def _quoted(text: str) -> str:
    # cut before each line gets its mark, so that no mark is halved
    lines = wire.escaped(text, wire.SECTION_MOST - 400).splitlines()[:100]
    return "\n".join(f">{line}" for line in lines)


def rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """Return the buttons in rows of five."""
    drawn: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for one in buttons[: BUTTONS_IN_A_ROW * 5]:
        seen[one.act] = seen.get(one.act, 0) + 1
        drawn.append(_button(one, seen[one.act]))
    return [
        {"type": "actions", "elements": drawn[start : start + BUTTONS_IN_A_ROW]}
        for start in range(0, len(drawn), BUTTONS_IN_A_ROW)
    ]


def _button(one: Button, number: int) -> dict[str, Any]:
    # Slack wants each action id once
    action_id = one.act if number == 1 else f"{one.act}{SAME_ACT}{number}"
    drawn: dict[str, Any] = {
        "type": "button",
        "text": _plain(one.label, 75),
        "action_id": action_id[:255],
        "value": cut(one.value, 2_000),
    }
    if one.is_primary:
        drawn["style"] = "primary"
    if one.asks:
        drawn["confirm"] = {
            "title": _plain(one.label, 100),
            "text": _plain(one.asks, 300),
            "confirm": _plain(one.label.rstrip("…"), 30),
            "deny": _plain("Cancel", 30),
        }
    return drawn


def act_of(action_id: str) -> str:
    """Return the act that a button's action id stands for."""
    return action_id.partition(SAME_ACT)[0]


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": one_line(text, most) or "-", "emoji": False}


# ---- the home screen ----


def home(sections: Sequence[Words]) -> dict[str, Any]:
    """Return the home screen."""
    blocks: list[dict[str, Any]] = []
    for words in sections:
        drawn = blocks_of(words)
        if len(blocks) + len(drawn) + 1 > HOME_BLOCKS:
            break
        blocks += [*([{"type": "divider"}] if blocks else []), *drawn]
    return {"type": "home", "blocks": blocks}


# ---- forms ----


def form(asked: Form, place: Place) -> dict[str, Any]:
    """Return a form as a modal. Where it was asked for comes back with it."""
    kept = msgspec.json.encode({"value": asked.value[:2_000], "room": place.room, "thread": place.thread}).decode()
    return {
        "type": "modal",
        "callback_id": asked.act,
        "private_metadata": kept,
        "title": _plain(asked.title, 24),
        "submit": _plain(asked.send, 24),
        "close": _plain("Cancel", 24),
        "blocks": [_input(one) for one in asked.fields],
    }


def _input(one: Field) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "type": "input",
        "block_id": one.name,
        "optional": not one.is_needed,
        "label": _plain(one.label, 150),
        "element": _choice(one) if one.choices else _text(one),
    }
    if one.hint:
        drawn["hint"] = _plain(one.hint, 150)
    return drawn


def _choice(one: Field) -> dict[str, Any]:
    options = [{"text": _plain(label, 75), "value": value[:150]} for value, label in one.choices[:100]]
    drawn: dict[str, Any] = {"type": "static_select", "action_id": one.name, "options": options}
    chosen = [option for option in options if option["value"] == one.initial]
    if chosen:
        drawn["initial_option"] = chosen[0]
    return drawn


def _text(one: Field) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": one.name,
        "multiline": one.is_long,
        "max_length": min(one.most, 3_000),
    }
    if one.initial:
        drawn["initial_value"] = cut(one.initial, min(one.most, 3_000))
    return drawn


def given(view: dict[str, Any]) -> dict[str, str]:
    """Return what a form that was sent holds, by field."""
    found: dict[str, str] = {}
    values = (view.get("state") or {}).get("values") or {}
    for name, elements in values.items():
        for element in elements.values():
            chosen = element.get("selected_option") or {}
            found[str(name)] = str(element.get("value") or chosen.get("value") or "")
    return found
