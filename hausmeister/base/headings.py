"""Markdown cut at its headings, as CommonMark 0.31 finds them; nothing of the text is lost.

A heading inside a code block, a comment or front matter is none; one that is underlined is. What is broken is
named, with its line, and read as its writer most likely meant it: a fence that is never closed swallows no heading.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|--+)[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:(`{3,})[^`]*|(~{3,}).*)")
_BLOCK = re.compile(r" {0,3}(?:<!--|<(pre|script|style|textarea)\b)", re.IGNORECASE)
_GLUED = re.compile(r" {0,3}#{2,6}[^#\s].*")
# what begins with one of these is no paragraph, so a line below it underlines nothing
_NOT_WORDS = re.compile(r" {0,3}(?:(?:[*_-][ \t]*){3,}$|>|\||[-*+][ \t]|\d{1,9}[.)][ \t])| {4}|\t")
_MOST_NOTES = 20
# of one heading; what is longer is hostile or no heading, and the marks in it are searched more than once
_MOST_LINES, _MOST_OF_LINE = 20, 600

_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NAME = re.compile(r"[ \t]*\{#[^}\s]*\}[ \t]*$")
# other words in angle brackets are left: in a runbook <host> stands for a host
_TAG = re.compile(r"</?(?:a|b|i|u|em|strong|code|kbd|br|span|sup|sub|img|font|p|div)\b[^>]*>", re.IGNORECASE)
_STRESS = re.compile(r"(\*{1,3}|(?<![^\W_])_{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?![^\W_])")
_CODE = re.compile(r"(`+)[ ]?(.+?)[ ]?\1")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ASIDE = 0xF0000
_PUT_ASIDE = re.compile(f"[{chr(_ASIDE)}-{chr(_ASIDE + 127)}]")


@dataclass(frozen=True)
class Part:
    """A heading and the lines below it, up to the next heading of any level.

    `level` is 0 for what stands before the first heading. `raw` is the heading as it is written, `words` as it is
    read; `line` counts from 1.
    """

    level: int
    words: str
    raw: str
    line: int
    body: str


@dataclass(frozen=True)
class Cut:
    """A file in its parts, and what is broken in it, in sentences for people."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def cut(text: str) -> Cut:
    """Return `text` cut at its headings."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    notes: list[str] = []
    start = _after_front_matter(lines)
    parts: list[Part] = []
    level, raw, begins, body = 0, "", 1, list[str]()
    for heading, number, line in _walk(lines, start, notes):
        if heading is None:
            body.append(line)
            continue
        if heading.taken:
            # the words that are underlined were taken for text
            del body[len(body) - heading.taken :]
        parts.append(Part(level, readable(raw), raw, begins, "\n".join(body)))
        level, raw, begins, body = heading.level, heading.raw, number - heading.taken, []
    parts.append(Part(level, readable(raw), raw, begins, "\n".join(body)))
    return Cut(tuple(parts), tuple(notes[:_MOST_NOTES]))


@dataclass(frozen=True)
class _Heading:
    level: int
    raw: str
    taken: int = 0


def _after_front_matter(lines: list[str]) -> int:
    if lines[0].rstrip() != "---":
        return 0
    ends = next((at for at, line in enumerate(lines[1:200], 1) if line.rstrip() in {"---", "..."}), None)
    return 0 if ends is None else ends + 1


def _walk(lines: list[str], start: int, notes: list[str]) -> Iterator[tuple[_Heading | None, int, str]]:
    """Yield each line with its number, and the heading that it makes, if it makes one."""
    words: list[str] = []
    until = start
    closed_by = _Closings(lines)
    for at in range(start, len(lines)):
        line = lines[at]
        if at < until:
            yield None, at + 1, line
            continue
        ends = closed_by.end(at, line)
        if ends is not None:
            until, words = max(ends, at + 1), []
            if ends < 0:
                notes.append(f"Line {at + 1}: what begins with {line.strip()[:20]!r} is never closed.")
            yield None, at + 1, line
            continue
        heading = _heading(line, words)
        if heading is None and _GLUED.fullmatch(line):
            notes.append(f"Line {at + 1}: {line.strip()[:60]!r} is no heading; a space is missing after the #.")
        yield heading, at + 1, line
        if heading is not None or not _goes_on(words, line):
            words = []
        else:
            words.append(line)


def _heading(line: str, words: list[str]) -> _Heading | None:
    match = _HEADING.fullmatch(line)
    if match:
        raw = (match[2] or "").strip()[:_MOST_OF_LINE]
        return _Heading(len(match[1]), "" if not raw.strip("#") else raw)
    if words and (under := _UNDERLINE.fullmatch(line)):
        return _Heading(
            1 if under[1][0] == "=" else 2, " ".join(one.strip() for one in words)[:_MOST_OF_LINE], len(words)
        )
    return None


def _goes_on(words: list[str], line: str) -> bool:
    """Say whether `line` belongs to the paragraph of `words`, or begins one."""
    # more lines than these are no heading, underlined or not
    return bool(line.strip()) and len(words) < _MOST_LINES and (bool(words) or not _NOT_WORDS.match(line))


class _Closings:
    """Where code blocks and comments end, found in one pass for each kind: a file of fences is read once."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        # the kinds of which no end is left, from a line on
        self._open_from: dict[str, int] = {}

    def end(self, at: int, line: str) -> int | None:
        """Return the line after the block that begins `at`, -1 where it is never closed, None where none begins."""
        if fence := _FENCE.fullmatch(line):
            marks = fence[1] or fence[2]
            closing = re.compile(rf"[ \t]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*")
            return self._after(at + 1, marks, lambda one: closing.fullmatch(one) is not None)
        if block := _BLOCK.match(line):
            ends = f"</{block[1]}>".lower() if block[1] else "-->"
            return self._after(at, ends, lambda one: ends in one.lower())
        return None

    def _after(self, start: int, kind: str, closes) -> int:  # type: ignore[no-untyped-def]
        if self._open_from.get(kind, len(self._lines) + 1) <= start:
            return -1
        for at in range(start, len(self._lines)):
            if closes(self._lines[at]):
                return at + 1
        self._open_from[kind] = start
        return -1


def readable(text: str) -> str:
    """Return one line of Markdown as it is read: no marks of stress or code, links by their words."""
    plain = _NAME.sub("", text[:_MOST_OF_LINE])
    plain = _LINK.sub(r"\1", _PICTURE.sub(r"\1", plain))
    pieces: list[str] = []
    last = 0
    for code in _CODE.finditer(plain):
        pieces += [_spoken(plain[last : code.start()]), code[2]]
        last = code.end()
    pieces.append(_spoken(plain[last:]))
    return " ".join("".join(pieces).split())


def _spoken(text: str) -> str:
    # what is escaped is no mark; it is put aside where no text has a character
    text = _ESCAPED.sub(lambda one: chr(_ASIDE + ord(one[1])), _TAG.sub("", text))
    for _ in range(2):
        text = _STRESS.sub(r"\2", text)
    return html.unescape(_PUT_ASIDE.sub(lambda one: chr(ord(one[0]) - _ASIDE), text))


def anchor(heading: str) -> str:
    """Return the anchor that Git hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
