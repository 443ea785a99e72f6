"""Saying durations and counts in words, the same way in mail, chat, pages and the console."""

import re
from datetime import timedelta

_DURATION = re.compile(r"^\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?\s*$")


def duration(length: timedelta) -> str:
    """Return `length` in the house's form: 40 s, 4 min, 2 h 05, 1 day 21 h. Rounded down, never up."""
    seconds = int(max(length, timedelta(0)).total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return f"{seconds} s"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60:02d}" if minutes % 60 else f"{hours} h"
    rest = f" {hours % 24} h" if hours % 24 else ""
    return f"{days} day{'s' if days > 1 else ''}{rest}"


def read_duration(text: str) -> timedelta:
    """Return the length that `text` names: "90s", "5m", "1h 30m", "2d". Raises ValueError otherwise."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a length of time; write for example 90s, 5m, 1h 30m or 2d")
    try:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise ValueError("that is longer than any calendar") from error


def listed(items: list[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
