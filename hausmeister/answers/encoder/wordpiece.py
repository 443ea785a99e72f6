"""WordPiece: a text cut into the pieces of a vocabulary, as BERT's uncased models expect it.

Source: the published description of BERT's tokeniser (lower case, accents stripped, punctuation apart, then the
longest piece first); the vocabulary is one piece a line, its line number is its id.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_UNKNOWN, _BEGIN, _END = "[UNK]", "[CLS]", "[SEP]"
_LONGEST_WORD = 100
# CJK ideographs stand for words of their own
_IDEOGRAPHS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


class WordPiece:
    """A vocabulary and how a text is cut by it."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._unknown = self._ids[_UNKNOWN]
        self._cut = lru_cache(maxsize=20_000)(self._pieces_of)

    def ids(self, text: str, *, most: int) -> list[int]:
        """Return the ids of `text`, its begin and end marks included: at most `most` of them."""
        found = [self._ids[_BEGIN]]
        for word in _words(text):
            found.extend(self._cut(word))
            if len(found) >= most:
                break
        return [*found[: most - 1], self._ids[_END]]

    def _pieces_of(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST_WORD:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            end, number = self._longest(word, start)
            if number is None:
                return (self._unknown,)
            pieces.append(number)
            start = end
        return tuple(pieces)

    def _longest(self, word: str, start: int) -> tuple[int, int | None]:
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            number = self._ids.get(mark + word[start:end])
            if number is not None:
                return end, number
        return start, None


def _words(text: str) -> Iterator[str]:
    """Yield the words of `text`, lower case and without accents; each punctuation mark is one."""
    plain = unicodedata.normalize("NFD", text.lower())
    word: list[str] = []
    for letter in plain:
        category = unicodedata.category(letter)
        if category == "Mn":
            continue
        is_space = letter.isspace() or category in {"Cc", "Cf", "Zs"}
        stands_alone = _is_punctuation(letter, category) or _is_ideograph(letter)
        if not is_space and not stands_alone:
            word.append(letter)
            continue
        if word:
            yield "".join(word)
            word = []
        if stands_alone and not is_space:
            yield letter
    if word:
        yield "".join(word)


def _is_punctuation(letter: str, category: str) -> bool:
    """Say whether BERT takes the letter for punctuation: every ASCII symbol is, `$` and `~` too."""
    code = ord(letter)
    return category.startswith("P") or 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126


def _is_ideograph(letter: str) -> bool:
    code = ord(letter)
    return code >= 0x3400 and any(first <= code <= last for first, last in _IDEOGRAPHS)
