"""Markdown cut into sections: each heading with what stands below it, up to the next one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^(=+|-+)\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BADGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# a section with less below its heading answers nothing
_LEAST = 20
MOST_TEXT = 8000


@dataclass(frozen=True)
class Section:
    """One section. `place`: the headings to it, with a number where two are alike; `anchor` as Git hosts make it."""

    title: str
    place: str
    anchor: str
    text: str


def sections(text: str, *, name: str) -> list[Section]:
    """Return the sections of a Markdown file that say something; `name` stands for the text before any heading."""
    found: list[Section] = []
    seen: dict[str, int] = {}
    plain = _COMMENT.sub("", _FRONT_MATTER.sub("", text.replace("\r\n", "\n")))
    above: list[tuple[int, str]] = []
    for level, heading, body in _parts(plain):
        while above and above[-1][0] >= level:
            above.pop()
        if heading:
            above.append((level, heading))
        kept = readable(body)
        if len(kept) < _LEAST:
            continue
        path = " / ".join(one for _, one in above) or name
        seen[path] = seen.get(path, 0) + 1
        place = path if seen[path] == 1 else f"{path} ({seen[path]})"
        title = " / ".join(one for _, one in above[-2:]) or name
        found.append(Section(title[:300], place[-900:], anchor(heading), kept[:MOST_TEXT]))
    return found


def _parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each heading's level and words, and the lines below it; level 0 for what stands before the first."""
    level, heading, is_code = 0, "", False
    body: list[str] = []
    lines = text.split("\n")
    for line in lines:
        if _FENCE.match(line):
            is_code = not is_code
        match = None if is_code else _HEADING.match(line)
        underlined = not is_code and body and body[-1].strip() and _UNDERLINE.match(line)
        if match:
            yield level, heading, "\n".join(body)
            level, heading, body = len(match[1]), readable(match[2]), []
        elif underlined and len(line.strip()) > 2:
            words = body.pop()
            yield level, heading, "\n".join(body)
            level, heading, body = 1 if line[0] == "=" else 2, readable(words), []
        else:
            body.append(line)
    yield level, heading, "\n".join(body)


def readable(text: str) -> str:
    """Return Markdown as plain text: links by their words, no pictures."""
    return _LINK.sub(r"\1", _BADGE.sub("", text)).strip()


def anchor(heading: str) -> str:
    """Return the anchor that Git hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
