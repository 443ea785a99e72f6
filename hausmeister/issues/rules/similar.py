"""How alike two faults are, by the words in which people describe them.

Small on purpose: what ranks when nobody hands in a better one (`queries.use`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_WORD = re.compile(r"[^\W_]{2,}")
# words that say nothing about what is broken
_COMMON = frozenset({
    "the", "and", "for", "with", "from", "that", "this", "was", "were", "are", "has", "have", "had",
    "not", "but", "our", "its", "out", "per", "into", "after", "again", "since", "when", "of", "to",
    "in", "on", "at", "is", "be", "as", "by", "or", "an", "it", "no", "we", "so", "if", "do", "der",
    "die", "das", "und", "ist", "ein", "eine", "nicht", "auf", "mit", "von",
})  # fmt: skip
# below this two descriptions have hardly more than a word in common
LEAST = 0.25
TEXT_WORDS = 200


@dataclass(frozen=True)
class Described:
    """Something to compare with: its number, title, text, and when it was made."""

    number: int
    title: str
    text: str
    at: datetime


def words(text: str, *, most: int = TEXT_WORDS) -> list[str]:
    """Return the telling words of `text` in small letters, endings taken off, at most `most`."""
    found: list[str] = []
    for match in _WORD.finditer(text.lower()):
        word = match[0]
        if word not in _COMMON:
            found.append(_stem(word))
            if len(found) == most:
                break
    return found


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def likeness(one: Described, other: Described) -> float:
    """Return from 0 to 1 how alike two descriptions are; titles count three times as much as texts."""
    title = _overlap(words(one.title), words(other.title))
    text = _overlap(words(f"{one.title} {one.text}"), words(f"{other.title} {other.text}"))
    return 0.75 * title + 0.25 * text


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Return Dice's coefficient of the two sets of words."""
    first, second = set(one), set(other)
    if not first or not second:
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))


def likely(asked: Described, others: Iterable[Described], *, most: int = 5) -> list[tuple[int, float]]:
    """Return number and likeness of those most like `asked`, the likest first; none below LEAST."""
    rated = [(other.number, likeness(asked, other)) for other in others]
    good = [one for one in rated if one[1] >= LEAST]
    return sorted(good, key=lambda one: (-one[1], -one[0]))[:most]
