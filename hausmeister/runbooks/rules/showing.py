"""A section put together for whoever reads it: as long as the place allows, cut between blocks, never within one."""

from hausmeister.base.headings import anchor
from hausmeister.base.markdown import Block, blocks


def within(text: str, most: int) -> tuple[list[Block], bool]:
    """Return the blocks of `text` that fit into `most` characters, and whether that is all of them."""
    kept: list[Block] = []
    left = most
    all_of_it = blocks(text)
    for block in all_of_it:
        left -= block.size + 2 * len(block.lines)
        if left < 0:
            if not kept:
                kept.append(_begun(block, most))
            return kept, False
        kept.append(block)
    return kept, True


def _begun(block: Block, most: int) -> Block:
    """Return as many lines of a block that is too long as fit, the first in part if it must be."""
    lines: list[str] = []
    for line in block.lines:
        most -= len(line) + 2
        if most < 0:
            break
        lines.append(line)
    return Block(block.kind, tuple(lines) or (block.lines[0][: max(1, most + len(block.lines[0]))],), block.level)


def cut_text(text: str, most: int) -> tuple[str, bool]:
    """Return the beginning of a Markdown text, cut between lines, and whether that is all of it."""
    if len(text) <= most:
        return text, True
    begun = text[:most]
    return (begun.rpartition("\n")[0] or begun), False


def web_link(web_address: str, path: str, words: str) -> str:
    """Return where people read the section, "" where that is not known."""
    if not web_address:
        return ""
    ending = anchor(words)
    return f"{web_address.rstrip('/')}/{path}" + (f"#{ending}" if ending else "")


SKELETON_PARTS = ("Alert", "Reason", "Verification", "Action", "Escalation")


def skeleton(title: str, *, source: str = "", severity: str = "", text: str = "", level: int = 2) -> str:
    """Return the beginnings of a section for an alert, to be filled in: its text is the heading, verbatim."""
    head, sub = "#" * level, "#" * (level + 1)
    said = ", ".join(filter(None, (f"from {source}" if source else "", f"severity {severity}" if severity else "")))
    quoted = "\n".join(f"> {line}" for line in text.splitlines()[:20])
    alert = "\n\n".join(filter(None, (said[:1].upper() + said[1:] + "." if said else "", quoted)))
    hints = {
        "Alert": alert or "What it says, and how bad it is.",
        "Reason": "Why it fires, and what is behind it.",
        "Verification": "How to see whether it is real.",
        "Action": "1. What to do first.\n2. How to see that it helped.",
        "Escalation": "Whom to call, and after how long without progress.",
    }
    parts = [f"{sub} {name}\n\n{hints[name]}" for name in SKELETON_PARTS]
    return f"{head} {_heading(title)}\n\n" + "\n\n".join(parts) + "\n"


def _heading(title: str) -> str:
    """Return `title` as a heading that is read as it is written: what Markdown would take for marks is escaped."""
    marked = "".join(f"\\{one}" if one in "\\`*_{}[]<>#|~" else one for one in title)
    return " ".join(marked.split())
