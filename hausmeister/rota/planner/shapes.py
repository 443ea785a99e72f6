"""Reading parsed JSON strictly: each function returns the value in its shape or says what is wrong with it."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

_T = TypeVar("_T")


class BadFile(ValueError):
    """The file is not in the format; the text says where, what came and what is allowed."""


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"the file is not JSON: {error}.") from error


def shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def table_of(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadFile(f"{at} is {shown(value)}; it must be an object with named keys.")
    return value


def need(table: dict[str, Any], name: str, at: str) -> Any:
    if name not in table:
        raise BadFile(f"{at} lacks {name!r}.")
    return table[name]


def exactly(value: Any, at: str, names: tuple[str, ...], *, may: tuple[str, ...] = ()) -> dict[str, Any]:
    table = table_of(value, at)
    for name in names:
        need(table, name, at)
    unknown = sorted(set(table) - {*names, *may})
    if unknown:
        raise BadFile(f"{at} has the unknown key {unknown[0]!r}; allowed are {', '.join((*names, *may))}.")
    return table


def list_of(value: Any, at: str, read: Callable[[Any, str], _T]) -> list[_T]:
    if not isinstance(value, list):
        raise BadFile(f"{at} is {shown(value)}; it must be a list.")
    return [read(one, f"{at}[{place}]") for place, one in enumerate(value)]


def whole(value: Any, at: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadFile(f"{at} is {shown(value)}; it must be a whole number from {least} to {most}.")
    return value


def text_of(value: Any, at: str, *, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value) <= 200:
        raise BadFile(f"{at} is {shown(value)}; it must be a text of {least} to 200 characters.")
    return value


def one_of(value: Any, allowed: tuple[str, ...], at: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise BadFile(f"{at} is {shown(value)}; it must be {' or '.join(allowed)}.")
    return value


def date_of(value: Any, at: str) -> date:
    try:
        return date.fromisoformat(text_of(value, at))
    except ValueError as error:
        raise BadFile(f"{at} is {shown(value)}; it must be a date such as 2027-01-04.") from error


def date_or_none(value: Any, at: str) -> date | None:
    return None if value is None else date_of(value, at)
