"""The query language of Riemann's dashboards: text in, a test of one event out.

Source: Riemann's own grammar and its documentation. `=`, `!=`, `<`, `<=`, `>`, `>=` compare a field with a text, a
number, `true`, `false` or `nil`; `=~` matches with `%` for any characters, `~=` by a regular expression anywhere;
`tagged "x"`; `and`, `or`, `not` and brackets. A name that is no field of an event is one of its attributes.

Expressions are matched by RE2, whose time grows with the text alone: the port takes queries from anybody.
"""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

from hausmeister.base.event import Event

Test = Callable[[Event], bool]

QUERY_MOST = 4_000
DEPTH_MOST = 50

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.])
      | (?P<sign>=~|~=|!=|<=|>=|=|<|>|\(|\))
      | (?P<word>[A-Za-z_][\w.:\-]*)
    )""",
    re.VERBOSE | re.ASCII,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "nil": None, "null": None}
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

Value = str | int | float | bool | None


class BadQuery(ValueError):
    """The text is no query; the message says what came, where, and what is allowed."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def compiled(query: str) -> Test:
    """Return the test that `query` describes; an empty query lets every event through. Raises BadQuery."""
    if len(query) > QUERY_MOST:
        raise BadQuery(f"The query has {len(query)} characters; at most {QUERY_MOST} are read.")
    tokens = list(_tokens(query))
    if not tokens:
        return lambda _event: True
    parser = _Parser(tokens, end=len(query))
    test = parser.any_of(0)
    if parser.next is not None:
        raise BadQuery(f"{parser.next.text!r} at character {parser.next.at + 1} comes after the end of the query.")
    return test


def _tokens(query: str) -> Iterator[_Token]:
    at = 0
    while query[at:].strip():
        found = _TOKEN.match(query, at)
        if found is None:
            start = at + len(query[at:]) - len(query[at:].lstrip())
            raise BadQuery(
                f"{query[start : start + 20]!r} at character {start + 1} is not understood. Texts stand in double"
                ' quotes, as in: service = "kafka lag" and state = "critical"'
            )
        kind = str(found.lastgroup)
        yield _Token(kind, found.group(kind), found.start(kind))
        at = found.end()


class _Parser:
    """Reads tokens by descent: or, and, not, then a comparison or brackets."""

    def __init__(self, tokens: list[_Token], *, end: int) -> None:
        self._tokens = tokens
        self._place = 0
        self._end = end

    @property
    def next(self) -> _Token | None:
        """The token that comes next, None at the end."""
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, wanted: str) -> _Token:
        token = self.next
        if token is None:
            raise BadQuery(f"The query ends where {wanted} is expected.")
        self._place += 1
        return token

    def _skip(self, *words: str) -> bool:
        token = self.next
        if token is not None and token.kind in {"word", "sign"} and token.text in words:
            self._place += 1
            return True
        return False

    def any_of(self, depth: int) -> Test:
        """Return the test of a run of tests joined by "or"."""
        tests = [self._all_of(depth)]
        while self._skip("or"):
            tests.append(self._all_of(depth))
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def _all_of(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._skip("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > DEPTH_MOST:
            raise BadQuery(f"The query is nested more than {DEPTH_MOST} deep.")
        if self._skip("not"):
            inner = self._one(depth + 1)
            return lambda event: not inner(event)
        if self._skip("("):
            inner = self.any_of(depth + 1)
            if not self._skip(")"):
                raise BadQuery("A bracket is opened and never closed.")
            return inner
        if self._skip("tagged"):
            tag = self._text('a tag, such as tagged "kafka"')
            return lambda event: tag in event.tags
        return self._comparison()

    def _text(self, wanted: str) -> str:
        token = self._take(wanted)
        if token.kind != "text":
            raise BadQuery(f"{token.text!r} at character {token.at + 1} is not {wanted}.")
        return _unquoted(token.text)

    def _comparison(self) -> Test:
        token = self._take("a field, such as state")
        if token.kind != "word":
            raise BadQuery(f"{token.text!r} at character {token.at + 1} is no field, such as service or state.")
        follows = self.next
        if token.text in {"true", "false"} and (follows is None or follows.kind != "sign" or follows.text == ")"):
            is_all = token.text == "true"
            return lambda _event: is_all
        sign = self._take("a comparison, such as = or >")
        if sign.kind != "sign" or sign.text in "()":
            raise BadQuery(f"{sign.text!r} at character {sign.at + 1} is no comparison: = != < <= > >= =~ ~=")
        return _compared(reader(token.text), sign.text, self._value())

    def _value(self) -> Value:
        token = self._take("a text, a number, true, false or nil")
        if token.kind == "text":
            return _unquoted(token.text)
        if token.kind == "number":
            return float(token.text) if any(mark in token.text for mark in ".eE") else int(token.text)
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        raise BadQuery(
            f"{token.text!r} at character {token.at + 1} is no value: a text in double quotes, a number, true, false"
            " or nil."
        )


def reader(name: str) -> Callable[[Event], Value]:
    """Return what reads the field or attribute `name` of an event; what an event does not say is nil."""
    if name in {"metric", "metric_f", "metric_d", "metric_sint64"}:
        return lambda event: event.metric
    if name == "time":
        return lambda event: event.time_s
    if name == "ttl":
        return lambda event: event.ttl_s
    if name in {"host", "service", "state", "description"}:
        read = operator.attrgetter(name)
        return lambda event: read(event) or None
    return lambda event: event.attributes.get(name)


def _compared(read: Callable[[Event], Value], sign: str, wanted: Value) -> Test:
    if sign in {"=", "!="}:
        is_equal = sign == "="
        return lambda event: _same(read(event), wanted) is is_equal
    if sign in _ORDERS:
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            raise BadQuery(f"{sign} compares numbers; {wanted!r} is none.")
        order, number = _ORDERS[sign], wanted
        return lambda event: isinstance(found := read(event), int | float) and order(found, number)
    if not isinstance(wanted, str):
        raise BadQuery(f"{sign} compares with a text; {wanted!r} is none.")
    found = _expression(wanted) if sign == "~=" else _like(wanted)
    return lambda event: isinstance(text := read(event), str) and found(text)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _like(pattern: str) -> Callable[[str], bool]:
    expression = ".*".join(re2.escape(piece) for piece in pattern.split("%"))
    return _search(f"(?s)^{expression}$")


def _expression(pattern: str) -> Callable[[str], bool]:
    return _search(pattern)


def _search(pattern: str) -> Callable[[str], bool]:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        expression = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise BadQuery(f"{pattern!r} is no regular expression that can be used: {said}.") from error
    return lambda text: expression.search(text) is not None


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), literal[1:-1], flags=re.DOTALL)
