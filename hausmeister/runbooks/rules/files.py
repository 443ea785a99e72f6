"""A file of a runbook: its bytes become text, its text sections; what is wrong with it is said in sentences."""

from dataclasses import dataclass

from hausmeister.base import headings
from hausmeister.base.untrusted import one_line, storable
from hausmeister.runbooks.rules.matching import WORDS_MOST, means_no_alert

ENDINGS = (".md", ".markdown")
MOST_BYTES = 8_000_000
MOST_SECTIONS = 20_000
PLACE_MOST = 900


@dataclass(frozen=True)
class SectionDraft:
    """A section up to the next heading of any level. `ends` is the place of the last one that belongs below it."""

    position: int
    ends: int
    level: int
    words: str
    raw: str
    above: str
    line: int
    text: str
    is_alert: bool


@dataclass(frozen=True)
class Reading:
    """What a file says, and what people should know about it."""

    sections: tuple[SectionDraft, ...]
    notes: tuple[str, ...]


def read(raw: bytes) -> Reading:
    """Return the sections of a file. Nothing fails: what cannot be read as meant is noted."""
    text, note = decoded(raw)
    cut = headings.cut(storable(text))
    notes = [*filter(None, (note,)), *cut.notes]
    parts = [part for part in cut.parts if part.level or part.body.strip()]
    if len(parts) > MOST_SECTIONS:
        notes.insert(0, f"It has {len(parts)} headings; the first {MOST_SECTIONS} are kept. Split it.")
        parts = parts[:MOST_SECTIONS]
    if not any(part.level for part in parts):
        notes.append("It has no heading, so no alert can find anything in it.")
    return Reading(_sections(parts), tuple(notes))


def _sections(parts: list[headings.Part]) -> tuple[SectionDraft, ...]:
    ends = _ends([part.level for part in parts])
    found: list[SectionDraft] = []
    above: list[headings.Part] = []
    for position, part in enumerate(parts):
        while above and above[-1].level >= part.level:
            above.pop()
        place = " > ".join(one.words for one in above if one.words)
        found.append(
            SectionDraft(
                position, ends[position], part.level, one_line(part.words, WORDS_MOST), one_line(part.raw, WORDS_MOST),
                one_line(place, PLACE_MOST), part.line, part.body.strip("\n"),
                is_alert=part.level > 0 and not means_no_alert(part.words, depth=len(above) + 1),
            )
        )  # fmt: skip
        above.append(part)
    return tuple(found)


def _ends(levels: list[int]) -> list[int]:
    """Return for each heading the place of the last one below it; one pass from the end."""
    ends = list(range(len(levels)))
    waiting: list[int] = []
    for place, level in enumerate(levels):
        while waiting and levels[waiting[-1]] >= level:
            ends[waiting.pop()] = place - 1
        if level:
            waiting.append(place)
    for place in waiting:
        ends[place] = len(levels) - 1
    return ends


def decoded(raw: bytes) -> tuple[str, str]:
    """Return the text of a file, and what was odd about its encoding."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), "It is UTF-16; UTF-8 is what others expect."
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        said = f"Line {line}: byte {raw[error.start]:#04x} is not UTF-8; the file is read as Windows-1252."
        return raw.decode("cp1252", errors="replace"), said
