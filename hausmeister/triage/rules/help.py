"""When it is time to get help (L3), noticed from the record: it is suggested to whoever holds something, never done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why help is suggested."""

    NO_PROGRESS = "no progress"
    SEVERAL = "several at once"
    GIVEN_BACK = "given back"


@dataclass(frozen=True)
class Limits:
    """When which reason holds; a number of 0 switches it off."""

    without_progress: timedelta
    several_at_once: int
    given_back: int


@dataclass(frozen=True)
class Held:
    """Something that a person holds: since when, its last progress, how many gave it back, whether help is there."""

    subject: str
    title: str
    person_id: int
    since_at: datetime
    progress_at: datetime
    given_back: int = 0
    has_help: bool = False


@dataclass(frozen=True)
class Due:
    """Help that is to be suggested to the holder of `held`; `since_at` tells one stretch of trouble from the next."""

    held: Held
    reason: Reason
    since_at: datetime
    number: int = 0


def due(held: Sequence[Held], limits: Limits, *, now: datetime) -> list[Due]:
    """Return what is to be suggested now, for everything that one team's people hold.

    Whoever has help already on something needs none suggested for it. Several at once is said of the oldest.
    """
    found = []
    for one in held:
        if one.has_help:
            continue
        began = max(one.since_at, one.progress_at)
        if now - began >= limits.without_progress:
            found.append(Due(one, Reason.NO_PROGRESS, began))
        if 0 < limits.given_back <= one.given_back:
            found.append(Due(one, Reason.GIVEN_BACK, one.since_at, one.given_back))
    return found + _several(held, limits)


def _several(held: Sequence[Held], limits: Limits) -> list[Due]:
    if not limits.several_at_once:
        return []
    alone = [one for one in held if not one.has_help]
    counts = Counter(one.person_id for one in alone)
    found = []
    for person_id, number in sorted(counts.items()):
        if number >= limits.several_at_once:
            mine = sorted(
                (one for one in alone if one.person_id == person_id), key=lambda one: (one.since_at, one.subject)
            )
            found.append(Due(mine[0], Reason.SEVERAL, mine[0].since_at, number))
    return found
