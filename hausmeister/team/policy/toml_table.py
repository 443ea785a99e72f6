"""Reading TOML tables with errors that name file, line, key, what came and what is allowed.

A `Table` collects every problem it meets instead of stopping at the first, so one check tells all.
"""

import re
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from hausmeister.base.wall_time import WEEKDAYS
from hausmeister.base.words import read_duration

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
# PostgreSQL stores no NUL and nobody stores half a character; the rest has no place in what people are told
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WITHOUT_CONTROL = "written without control characters"
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.\-]+)\s*=""")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file."""

    file: str
    line: int
    key: str
    came: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.key} is {self.came}; it must be {self.allowed}."


@dataclass
class Document:
    """A parsed TOML text, the line each key stands on, and the problems found so far."""

    file: str
    values: dict[str, Any]
    lines: dict[str, int]
    problems: list[Problem] = field(default_factory=list)

    def root(self) -> "Table":
        """Return the table that holds everything."""
        return Table(self, "", self.values)

    def line_of(self, path: str) -> int:
        """Return the line of `path`, or of the nearest table above it."""
        while path and path not in self.lines:
            path = re.sub(r"(\.[^.\[]+|\[\d+\])$", "", path) if re.search(r"[.\[]", path) else ""
        return self.lines.get(path, 1)

    def complain(self, path: str, came: str, allowed: str) -> None:
        """Note a problem at `path`."""
        self.problems.append(Problem(self.file, self.line_of(path), path or "the file", came, allowed))


def parse(text: str, *, file: str) -> Document:
    """Return the parsed text; one that is no TOML has an empty document with one problem."""
    try:
        values = tomlkit.parse(text).unwrap()
    except ParseError as error:
        document = Document(file, {}, {"": error.line})
        document.problems.append(Problem(file, error.line, "the file", f"not TOML ({error})", "valid TOML"))
        return document
    except TOMLKitError as error:
        document = Document(file, {}, {})
        document.problems.append(Problem(file, 1, "the file", f"not TOML ({error})", "valid TOML"))
        return document
    document = Document(file, values, _lines(text))
    _refuse_unstorable(document, "", values)
    return document


def _refuse_unstorable(document: Document, path: str, value: Any) -> None:
    """Complain about texts and names that a database or a message could not hold, such as "\\u0000"."""
    if isinstance(value, dict):
        for key, inner in value.items():
            below = f"{path}.{key}" if path else str(key)
            if _UNSTORABLE.search(key):
                document.complain(path, f"with a key {key!r}", _WITHOUT_CONTROL)
            else:
                _refuse_unstorable(document, below, inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _refuse_unstorable(document, f"{path}[{place}]", inner)
    elif isinstance(value, str) and _UNSTORABLE.search(value):
        document.complain(path, repr(value[:60]), _WITHOUT_CONTROL)


def _lines(text: str) -> dict[str, int]:
    """Return the line of each table, key and row, by dotted path; rows are numbered from 0."""
    found: dict[str, int] = {}
    rows: dict[str, int] = {}
    prefix = path = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            path = prefix = _dotted(header[2])
            if header[1] == "[[":
                rows[prefix] = rows.get(prefix, -1) + 1
                path = prefix = f"{prefix}[{rows[prefix]}]"
        elif key:
            path = f"{prefix}.{_dotted(key[1])}" if prefix else _dotted(key[1])
        elif line.lstrip().startswith("{"):
            rows[path] = rows.get(path, -1) + 1
            found.setdefault(f"{path}[{rows[path]}]", number)
        for above in (path, path.rpartition(".")[0]):
            found.setdefault(above, number)
    return found


def _dotted(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


class Table:
    """One table being read. Each method takes a key out; `done` complains about what is left."""

    def __init__(self, document: Document, path: str, values: dict[str, Any] | None) -> None:
        self._document = document
        self._path = path
        self._left = dict(values or {})
        # of a table that is missing as a whole, one complaint is enough
        self.is_missing = values is None

    def at(self, key: str) -> str:
        """Return the dotted path of `key`."""
        return f"{self._path}.{key}" if self._path else key

    def complain(self, key: str, came: str, allowed: str) -> None:
        """Note a problem with `key`; `came` is worded, a value is quoted by the caller."""
        if not self.is_missing:
            self._document.complain(self.at(key), came, allowed)

    def _take(self, key: str, allowed: str) -> Any:
        if key not in self._left:
            self.complain(key, "missing", allowed)
            return None
        return self._left.pop(key)

    def _typed(self, key: str, kind: type, allowed: str) -> Any:
        value = self._take(key, allowed)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.complain(key, repr(value), allowed)
            return None
        return value

    def has(self, key: str) -> bool:
        """Say whether `key` is there and not yet taken."""
        return key in self._left

    def names(self) -> list[str]:
        """Return the keys not yet taken."""
        return list(self._left)

    def text(self, key: str, *, most: int = 500, may_be_empty: bool = False) -> str:
        """Take a text of at most `most` characters."""
        allowed = f"a text of at most {most} characters" + ("" if may_be_empty else ", not empty")
        value = self._typed(key, str, allowed)
        if value is not None and (len(value) > most or not (value.strip() or may_be_empty)):
            self.complain(key, repr(value[:60]), allowed)
        return value or ""

    def yes_or_no(self, key: str) -> bool:
        """Take true or false."""
        return bool(self._typed(key, bool, "true or false"))

    def whole_number(self, key: str, *, least: int, most: int) -> int:
        """Take a whole number from `least` to `most`."""
        allowed = f"a whole number from {least} to {most}"
        value = self._typed(key, int, allowed)
        if value is not None and not least <= value <= most:
            self.complain(key, repr(value), allowed)
            return least
        return value if value is not None else least

    def one_of(
        self, key: str, allowed: tuple[str, ...], *, or_like: re.Pattern[str] | None = None, such_as: str = ""
    ) -> str:
        """Take one of the words in `allowed`, or a text of the form `or_like`, shown as `such_as`."""
        words = (*allowed, such_as) if such_as else allowed
        wording = "one of " + ", ".join(f'"{word}"' for word in words)
        value = self._typed(key, str, wording)
        if value is not None and value not in allowed and not (or_like and or_like.fullmatch(value)):
            self.complain(key, repr(value), wording)
            return allowed[0]
        return value or allowed[0]

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts."""
        allowed = 'a list of texts, such as ["one", "two"]'
        value = self._typed(key, list, allowed)
        if value is None:
            return ()
        if not all(isinstance(item, str) and item.strip() for item in value):
            self.complain(key, repr(value), allowed)
            return ()
        return tuple(value)

    def length(self, key: str, *, least: timedelta, most: timedelta) -> timedelta:
        """Take a length of time such as "5m"."""
        allowed = f"a length of time from {_short(least)} to {_short(most)}, such as 90s, 5m, 1h 30m or 2d"
        value = self._typed(key, str, allowed)
        if value is None:
            return least
        try:
            length = read_duration(value)
        except ValueError:
            length = timedelta(days=-1)
        if not least <= length <= most:
            self.complain(key, repr(value), allowed)
            return least
        return length

    def clock_time(self, key: str) -> time:
        """Take a time of the day such as "09:00"."""
        allowed = "a time of the day from 00:00 to 23:59"
        value = self._typed(key, str, allowed)
        return self._clock_time(key, value, allowed) if value is not None else time(0)

    def clock_times(self, key: str) -> tuple[time, ...]:
        """Take a list of times of the day, earliest first; it may be empty."""
        allowed = 'a list of times of the day, such as ["09:00", "13:00"]'
        return tuple(sorted({self._clock_time(key, value, allowed) for value in self.texts(key)}))

    def _clock_time(self, key: str, value: str, allowed: str) -> time:
        match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())
        if match is None:
            self.complain(key, repr(value), allowed)
            return time(0)
        return time(int(match[1]), int(match[2]))

    def week_time(self, key: str) -> tuple[int, time]:
        """Take a moment of the week such as "Mon 11:00"; Monday is 0."""
        allowed = 'a day and a time, such as "Mon 11:00"'
        value = self._typed(key, str, allowed)
        if value is None:
            return 0, time(0)
        day, _, clock = value.strip().partition(" ")
        if day.lower()[:3] not in WEEKDAYS:
            self.complain(key, repr(value), allowed)
            return 0, time(0)
        return WEEKDAYS.index(day.lower()[:3]), self._clock_time(key, clock, allowed)

    def weekdays(self, key: str) -> frozenset[int]:
        """Take a list of days such as ["Mon", "Tue"]; Monday is 0."""
        days = self.texts(key)
        unknown = [day for day in days if day.lower()[:3] not in WEEKDAYS]
        if unknown or not days:
            self.complain(key, repr(list(days)), 'a list of days, such as ["Mon", "Tue"], with at least one')
            return frozenset({0})
        return frozenset(WEEKDAYS.index(day.lower()[:3]) for day in days)

    def dates(self, key: str) -> frozenset[date]:
        """Take a list of dates, as TOML dates or as texts."""
        allowed = 'a list of dates, such as ["2027-01-01"]'
        value = self._typed(key, list, allowed)
        found: set[date] = set()
        for item in value or ():
            try:
                found.add(item if isinstance(item, date) else date.fromisoformat(item))
            except (TypeError, ValueError):
                self.complain(key, repr(item), allowed)
        return frozenset(found)

    def table(self, key: str) -> "Table":
        """Take a table; a missing one is complained about once."""
        return Table(self._document, self.at(key), self._typed(key, dict, "a table"))

    def tables(self, key: str) -> list["Table"]:
        """Take a list of tables, written as [[key]] or in line; a missing one is an empty list."""
        if key not in self._left:
            return []
        value = self._typed(key, list, "a list of tables")
        if value is None or not all(isinstance(item, dict) for item in value):
            self.complain(key, repr(value), "a list of tables")
            return []
        return [Table(self._document, f"{self.at(key)}[{index}]", item) for index, item in enumerate(value)]

    def named_tables(self) -> list[tuple[str, "Table"]]:
        """Take every remaining key as a table of that name."""
        return [(name, self.table(name)) for name in self.names()]

    def words_of(self, key: str) -> tuple[str, ...]:
        """Take one text or a list of texts."""
        if isinstance(self._left.get(key), str):
            return (self.text(key),)
        return self.texts(key)

    def done(self, known: tuple[str, ...]) -> None:
        """Complain about every key that nobody asked for; `known` are the ones that exist."""
        for key in self._left:
            self._document.complain(self.at(key), "unknown", "one of " + ", ".join(known))


def _short(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
