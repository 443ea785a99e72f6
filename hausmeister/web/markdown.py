"""The little of Markdown that a review needs: headings, lists, quotes, paragraphs. Pure; templates escape all of it."""

import re
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"[-*+]\s+(.*)|\d{1,3}[.)]\s+(.*)")


@dataclass(frozen=True)
class Block:
    """One block. `kind` is heading, list or text; a heading has a level from 1 to 3, a list its items in `lines`."""

    kind: str
    lines: tuple[str, ...]
    level: int = 0


def blocks(text: str) -> list[Block]:
    """Return the blocks of `text`, in their order. Whatever is no heading or list is a paragraph, as it stands."""
    found: list[Block] = []
    gathered: list[str] = []
    kind = ""

    def end() -> None:
        nonlocal kind
        if gathered:
            found.append(Block(kind, tuple(gathered)))
        gathered.clear()
        kind = ""

    for line in (one.strip() for one in text.splitlines()):
        heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
        now = "list" if item else "text"
        if not line or heading or (kind and kind != now):
            end()
        if heading:
            found.append(Block("heading", (heading[2],), min(len(heading[1]), 3)))
        elif line:
            kind = now
            gathered.append((item[1] or item[2] or "") if item else line)
    end()
    return found
