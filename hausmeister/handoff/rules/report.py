"""The weekly report in plain words (L7): for readers who know neither our tools nor our priorities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hausmeister.base.priority import Priority

_MOST_NAMED = 12
_WORDS = {
    Priority.P4: "most urgent",
    Priority.P3: "urgent",
    Priority.P2: "less urgent",
    Priority.P1: "small",
}


@dataclass(frozen=True)
class Ended:
    """An incident of the week; `over_at` is None while it goes on."""

    title: str
    opened_at: datetime
    over_at: datetime | None


@dataclass(frozen=True)
class Week:
    """What was done from `starts_at` to `ends_at`. Issues are (priority, title)."""

    team: str
    starts_at: datetime
    ends_at: datetime
    closed: Sequence[tuple[Priority, str]] = ()
    still_open: Sequence[tuple[Priority, str]] = ()
    incidents: Sequence[Ended] = ()
    asked: int = 0
    answered: int = 0
    documents: Sequence[str] = ()


def write(week: Week, *, zone: ZoneInfo) -> str:
    """Return the draft of the report. What did not happen is left out; a quiet week is said to be one."""
    first, last = week.starts_at.astimezone(zone), week.ends_at.astimezone(zone)
    parts = [
        f"What {week.team} did from {first:%a} {first.day} {first:%b} to {last:%a} {last.day} {last:%b %Y}",
        _incidents(week, zone),
        _closed(week),
        _open(week),
        _questions(week),
        _documents(week),
    ]
    told = [part for part in parts if part]
    return "\n\n".join(told if len(told) > 1 else [*told, "A quiet week: nothing broke, and nothing was asked."])


def _bullets(titles: Sequence[str]) -> list[str]:
    shown = [f"- {title}" for title in titles[:_MOST_NAMED]]
    rest = len(titles) - len(shown)
    return [*shown, f"- and {rest} more"] if rest else shown


def _incidents(week: Week, zone: ZoneInfo) -> str:
    if not week.incidents:
        return ""
    number = len(week.incidents)
    begin = "One incident:" if number == 1 else f"{number} incidents:"
    return "\n".join([begin, *_bullets([_when(one, zone) for one in week.incidents])])


def _when(one: Ended, zone: ZoneInfo) -> str:
    begins = one.opened_at.astimezone(zone)
    if one.over_at is None:
        return f"{one.title}: since {begins:%a %H:%M}, not over yet"
    ends = one.over_at.astimezone(zone)
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{ends:%a %H:%M}"
    return f"{one.title}: {begins:%a %H:%M} to {until}"


def _closed(week: Week) -> str:
    if not week.closed:
        return ""
    number = len(week.closed)
    told = ["Repaired: one problem." if number == 1 else f"Repaired: {number} problems."]
    for priority in reversed(Priority):
        titles = [title for rank, title in week.closed if rank is priority]
        if titles:
            told += [f"{_WORDS[priority].capitalize()}:", *_bullets(titles)]
    return "\n".join(told)


def _open(week: Week) -> str:
    urgent = [title for rank, title in week.still_open if rank >= Priority.P3]
    return "\n".join(["Still being worked on:", *_bullets(urgent)]) if urgent else ""


def _questions(week: Week) -> str:
    if not week.asked and not week.answered:
        return ""
    came = "One question came in" if week.asked == 1 else f"{week.asked} questions came in"
    done = "one was answered" if week.answered == 1 else f"{week.answered} were answered"
    return f"{came}; {done}."


def _documents(week: Week) -> str:
    if not week.documents:
        return ""
    return "\n".join(["Written down, so that nobody has to ask:", *_bullets(week.documents)])
