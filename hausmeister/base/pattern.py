"""Regular expressions that take a time in proportion to the text, whatever the expression (no catastrophe).

A backtracking engine can be made to run for years by twenty characters such as (a+)+b; an expression that somebody
typed and that every alert is held against must not. This one follows all ways at once (Thompson, 1968) and remembers
the steps it has computed. It knows letters, . [...] \\d \\w \\s and their opposites, ( ) | * + ? {m,n} ^ $; small and
capital letters are the same. It has no groups to refer to and no looking around.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

LENGTH_MOST = 200
REPEATS_MOST = 50
# what one expression may grow to when its repetitions are written out
STATES_MOST = 2_000
# so many steps are remembered of one expression, then all are forgotten
_STEPS_MOST = 5_000

Fits = Callable[[str], bool]


class BadPattern(ValueError):
    """The expression cannot be read; the message says why."""


@dataclass(eq=False)
class _State:
    """A place in the expression: `fits` takes one character to `then`; without it, all of `then` at once.

    `at` is "^" or "$": a way that is open only there.
    """

    fits: Fits | None = None
    at: str = ""
    then: list["_State"] = field(default_factory=list)
    is_end: bool = False


@dataclass(frozen=True)
class _Piece:
    """A part of the expression: where it begins, and the states whose `then` is still open."""

    first: _State
    open: tuple[_State, ...]


_CLASSES: dict[str, Fits] = {
    "d": str.isdigit,
    "w": lambda letter: letter.isalnum() or letter == "_",
    "s": str.isspace,
}
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


class Pattern:
    """One expression, ready to be searched for. Raises BadPattern."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH_MOST:
            raise BadPattern(f"it is longer than {LENGTH_MOST} characters")
        self._start = _Reader(text).read()
        self._steps: dict[tuple[frozenset[_State], str], frozenset[_State]] = {}

    def is_in(self, text: str) -> bool:
        """Say whether any part of `text` fits the expression."""
        given = text.lower()
        begin = _reached([self._start], at_start=True, at_end=not given)
        if any(state.is_end for state in begin):
            return True
        states = begin
        for index, letter in enumerate(given):
            states = self._step(states, letter, is_last=index == len(given) - 1)
            if any(state.is_end for state in states):
                return True
        return False

    def _step(self, states: frozenset[_State], letter: str, *, is_last: bool) -> frozenset[_State]:
        key = (states, letter)
        known = None if is_last else self._steps.get(key)
        if known is not None:
            return known
        moved = [state.then[0] for state in states if state.fits is not None and state.fits(letter)]
        # a search may begin anew behind every character
        found = _reached([*moved, self._start], at_start=False, at_end=is_last)
        if not is_last:
            if len(self._steps) >= _STEPS_MOST:
                self._steps.clear()
            self._steps[key] = found
        return found


def _reached(states: list[_State], *, at_start: bool, at_end: bool) -> frozenset[_State]:
    """Return `states` with all that can be reached from them without a character."""
    found: set[_State] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state in found or (state.at == "^" and not at_start) or (state.at == "$" and not at_end):
            continue
        found.add(state)
        if state.fits is None:
            waiting += state.then
    return frozenset(found)


class _Reader:
    """Reads an expression once, from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._states = 0

    def read(self) -> _State:
        piece = self._either(depth=0)
        if self._place < len(self._text):
            raise BadPattern(f"the ) at character {self._place + 1} closes nothing")
        _close(piece, self._state(is_end=True))
        return piece.first

    def _state(self, *, fits: Fits | None = None, at: str = "", is_end: bool = False) -> _State:
        self._states += 1
        if self._states > STATES_MOST:
            raise BadPattern("its repetitions are too many; write a shorter one")
        return _State(fits, at, is_end=is_end)

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self) -> str:
        letter = self._peek()
        if not letter:
            raise BadPattern("it ends too early")
        self._place += 1
        return letter

    def _either(self, depth: int) -> _Piece:
        if depth > 20:
            raise BadPattern("its brackets are nested too deeply")
        ways = [self._row(depth)]
        while self._peek() == "|":
            self._take()
            ways.append(self._row(depth))
        if len(ways) == 1:
            return ways[0]
        fork = self._state()
        fork.then = [way.first for way in ways]
        return _Piece(fork, tuple(state for way in ways for state in way.open))

    def _row(self, depth: int) -> _Piece:
        empty = self._state()
        piece = _Piece(empty, (empty,))
        while self._peek() not in {"", "|", ")"}:
            piece = _joined(piece, self._repeated(depth))
        return piece

    def _repeated(self, depth: int) -> _Piece:
        start = self._place
        piece = self._atom(depth)
        least, most = self._times()
        if (least, most) == (1, 1):
            return piece
        if self._peek() in {"*", "+", "?", "{"}:
            raise BadPattern(f"the {self._peek()} at character {self._place + 1} repeats a repetition")
        after = self._place

        def copy() -> _Piece:
            # read once more: each repetition needs states of its own
            self._place = start
            made = self._atom(depth)
            self._place = after
            return made

        empty = self._state()
        row = _Piece(empty, (empty,))
        for _ in range(least):
            row = _joined(row, copy())
        if most is None:
            return _joined(row, self._looped(copy()))
        leaving: list[_State] = []
        for _ in range(most - least):
            fork = self._state()
            one = copy()
            fork.then = [one.first]
            _close(row, fork)
            leaving.append(fork)
            row = _Piece(row.first, one.open)
        return _Piece(row.first, (*row.open, *leaving))

    def _looped(self, piece: _Piece) -> _Piece:
        fork = self._state()
        fork.then = [piece.first]
        _close(piece, fork)
        return _Piece(fork, (fork,))

    def _times(self) -> tuple[int, int | None]:
        """Return how often what was just read is repeated: at least, and at most (None: no limit)."""
        sign = self._peek()
        if sign and sign in "*+?":
            self._take()
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        if sign != "{":
            return 1, 1
        end = self._text.find("}", self._place)
        least, comma, most = self._text[self._place + 1 : end].partition(",")
        if end < 0 or not _is_number(least) or (most and not _is_number(most)):
            raise BadPattern("after { it wants {3}, {2,} or {2,5}; write \\{ for the sign itself")
        self._place = end + 1
        fewest = int(least)
        greatest = (int(most) if most else None) if comma else fewest
        if max(fewest, greatest or 0) > REPEATS_MOST or (greatest is not None and greatest < fewest):
            raise BadPattern(f"a repetition in {{ }} goes from 0 to {REPEATS_MOST}, the smaller number first")
        return fewest, greatest

    def _atom(self, depth: int) -> _Piece:
        letter = self._take()
        if letter == "(":
            return self._group(depth)
        if letter in "*+?{":
            raise BadPattern(f"the {letter} at character {self._place} repeats nothing")
        if letter in "^$":
            state = self._state(at=letter)
            return _Piece(state, (state,))
        fits = self._set() if letter == "[" else self._one(letter)
        state = self._state(fits=fits)
        return _Piece(state, (state,))

    def _group(self, depth: int) -> _Piece:
        if self._peek() == "?":
            if self._text[self._place : self._place + 2] != "?:":
                raise BadPattern("of what begins with (? it knows only (?:")
            self._place += 2
        piece = self._either(depth + 1)
        if self._peek() != ")":
            raise BadPattern("a ( is not closed")
        self._take()
        return piece

    def _one(self, letter: str) -> Fits:
        if letter == ".":
            return lambda given: given != "\n"
        if letter == "\\":
            return self._escaped()
        return lower_is(letter)

    def _escaped(self) -> Fits:
        letter = self._take()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES:
            inside = _CLASSES[letter.lower()]
            return lambda given: not inside(given)
        if letter in _LETTERS:
            return lower_is(_LETTERS[letter])
        if letter.isalnum():
            raise BadPattern(f"it does not know \\{letter}")
        return lower_is(letter)

    def _set(self) -> Fits:
        is_not = self._peek() == "^"
        if is_not:
            self._take()
        parts: list[Fits] = []
        while self._peek() != "]" or not parts:
            letter = self._take()
            if letter == "\\":
                parts.append(self._escaped())
            elif self._peek() == "-" and self._text[self._place + 1 : self._place + 2] not in {"", "]"}:
                self._take()
                parts.append(_between(letter, self._take()))
            else:
                parts.append(lower_is(letter))
        self._take()
        return lambda given: any(part(given) for part in parts) is not is_not


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def lower_is(letter: str) -> Fits:
    """Return what fits this letter, small or capital."""
    small = letter.lower()
    return lambda given: given == small


def _between(first: str, last: str) -> Fits:
    if last == "\\" or first > last:
        raise BadPattern(f"{first}-{last} is no range of characters")
    return lambda given: first <= given <= last or first <= given.upper() <= last


def _close(piece: _Piece, then: _State) -> None:
    for state in piece.open:
        state.then.append(then)


def _joined(first: _Piece, then: _Piece) -> _Piece:
    _close(first, then.first)
    return _Piece(first.first, then.open)


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """Return the expression, read once. Raises BadPattern."""
    return Pattern(text)
