"""Markdown as blocks of plain text: headings, lists, quotes, code, paragraphs, and what stands within a line.

Pure, and no HTML comes of it: whoever shows a block escapes all of it. Tables are shown as they are written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hausmeister.base.headings import readable

_HEADING = re.compile(r"(#{1,6})\s+(.*?)(?:\s+#+)?\s*")
_ITEM = re.compile(r"[-*+]\s+(.*)|(\d{1,3})[.)]\s+(.*)")
_FENCE = re.compile(r"(`{3,}|~{3,})([^`]*)")
_RULE = re.compile(r"(?:[-*_]\s*){3,}")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_QUOTED = re.compile(r">\s?")
_DEEP = ("    ", "\t")

_SPAN = re.compile(
    r"(?P<marks>`+)(?P<code>[^`]{1,600})(?P=marks)"
    r"|!?\[(?P<words>[^\[\]]{0,300})\]\((?P<target>[^()\s]{1,600})(?:\s[^()]{0,200})?\)"
    r"|\*\*(?P<strong>[^*\s](?:[^*]{0,600}[^*\s])?)\*\*"
    r"|<?(?P<address>https?://[^\s<>\"'`]{1,600})>?"
)
_WEB = ("http://", "https://")
_MOST_OF_LINE = 4_000


@dataclass(frozen=True)
class Span:
    """A piece of a line. `kind` is text, code, strong or link; a link's `address` is one of the web, no other."""

    kind: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class Block:
    """One block. `kind` is heading, list, numbered, quote, code or text.

    A heading has a `level` from 1 to 3, a list its items in `lines`, a numbered one begins with `start`.
    """

    kind: str
    lines: tuple[str, ...]
    level: int = 0
    start: int = 1

    @property
    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """What stands within each line."""
        return tuple(spans(line) for line in self.lines)

    @property
    def size(self) -> int:
        """Its length in characters."""
        return sum(map(len, self.lines))


def blocks(text: str) -> list[Block]:
    """Return the blocks of `text`, in their order. Whatever is nothing else is a paragraph, as it stands."""
    gathering = _Gathering()
    lines = iter(_COMMENT.sub("", text).splitlines())
    for line in lines:
        if fence := _FENCE.fullmatch(line.strip()):
            gathering.whole(Block("code", tuple(_code(lines, fence[1], _indent(line)))))
        else:
            gathering.take(line)
    gathering.end()
    return gathering.found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _code(lines: Iterator[str], marks: str, indent: int) -> Iterator[str]:
    """Yield the lines of a code block, without the indentation of its fence."""
    for line in lines:
        plain = line.strip()
        if len(plain) >= len(marks) and not plain.strip(marks[0]):
            return
        yield line[min(indent, _indent(line)) :]


class _Gathering:
    """The block that lines are being gathered for, and those that are done."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._kind = ""
        self._lines: list[str] = []
        self._start = 1

    def whole(self, block: Block) -> None:
        self.end()
        if block.lines:
            self.found.append(block)

    def end(self) -> None:
        if self._lines:
            self.found.append(Block(self._kind, tuple(self._lines), start=self._start))
        self._lines, self._kind, self._start = [], "", 1

    def take(self, line: str) -> None:
        plain = line.strip()
        if not plain or _RULE.fullmatch(plain):
            self.end()
        elif self._is_code(line):
            self._add("code", line.removeprefix("\t").removeprefix("    "))
        elif heading := _HEADING.fullmatch(plain):
            self.whole(Block("heading", (heading[2],), min(len(heading[1]), 3)))
        elif item := _ITEM.fullmatch(plain):
            number = item[2]
            self._add("numbered" if number else "list", (item[1] or item[3] or ""), start=int(number or 1))
        elif plain.startswith("|"):
            self._add("code", plain)
        elif plain.startswith(">"):
            self._add("quote", _QUOTED.sub("", plain, count=1))
        elif self._kind in {"list", "numbered"} and line[:1].isspace():
            # an item goes on below itself
            self._lines[-1] += f" {plain}"
        else:
            self._add("text", plain)

    def _is_code(self, line: str) -> bool:
        is_item = _ITEM.fullmatch(line.strip()) is not None
        return line.startswith(_DEEP) and (self._kind == "code" or (not self._lines and not is_item))

    def _add(self, kind: str, line: str, *, start: int = 1) -> None:
        if kind != self._kind:
            self.end()
            self._kind, self._start = kind, start
        self._lines.append(line)


def spans(line: str) -> tuple[Span, ...]:
    """Return the pieces of one line of Markdown."""
    found: list[Span] = []
    last = 0
    shown = line[:_MOST_OF_LINE]
    for match in _SPAN.finditer(shown):
        found += _text(shown[last : match.start()])
        found.append(_span(match))
        # what ends a sentence does not belong to an address
        last = (
            match.end()
            if match["address"] is None or line[match.end() - 1] == ">"
            else match.start() + (len(match[0]) - len(match["address"]) + len(match["address"].rstrip(".,;:)")))
        )
    found += _text(shown[last:])
    if len(line) > _MOST_OF_LINE:
        found.append(Span("text", line[_MOST_OF_LINE:]))
    return tuple(found)


def _span(match: "re.Match[str]") -> Span:
    if match["code"] is not None:
        return Span("code", match["code"].strip() or match["code"])
    if match["strong"] is not None:
        return Span("strong", readable(match["strong"]))
    if match["address"] is not None:
        address = match["address"].rstrip(".,;:)")
        return Span("link", address, address)
    target, words = match["target"], readable(match["words"])
    if target.lower().startswith(_WEB):
        return Span("link", words or target, target)
    # one within the files leads nowhere from here
    return Span("text", words or target)


def _text(text: str) -> list[Span]:
    if not text:
        return []
    # the marks are read away, the blanks at both ends are not
    plain = readable(text) if len(text) <= 500 else text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return [Span("text", f"{before}{plain}{after}" if text.strip() else text)]


def plain(text: str) -> str:
    """Return Markdown as a message in plain text says it: headings and code stand for themselves, links by both."""
    told: list[str] = []
    for block in blocks(text):
        lines = ["".join(map(_said, pieces)) for pieces in block.spans]
        if block.kind == "code":
            lines = [f"    {line}" for line in block.lines]
        elif block.kind == "list":
            lines = [f"- {line}" for line in lines]
        elif block.kind == "numbered":
            lines = [f"{number}. {line}" for number, line in enumerate(lines, block.start)]
        elif block.kind == "quote":
            lines = [f"> {line}" for line in lines]
        elif block.kind == "heading":
            lines = [f"{line}:" for line in lines]
        told.append("\n".join(lines))
    return "\n\n".join(told)


def _said(span: Span) -> str:
    return f"{span.text} ({span.address})" if span.kind == "link" and span.text != span.address else span.text
