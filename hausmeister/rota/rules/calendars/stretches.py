"""From the resolver's stretches to the events of a feed: one event as long as the same person holds a post.

Each event keeps its identity while its turn and its beginning stay; its sequence number counts how often what it
says has changed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

# an event that is gone is remembered so long: should it come back, its number goes on
REMEMBERED = timedelta(days=120)


@dataclass(frozen=True)
class Held:
    """A stretch in which one person, or nobody (None), holds one post of one turn. Times in UTC.

    `beside` is who has the other post; `is_tentative`: nobody has planned the turn yet.
    """

    starts_at: datetime
    ends_at: datetime
    turn: str
    turn_starts_at: datetime
    post: str
    title: str
    person_id: int | None
    name: str
    beside: tuple[str, ...] = ()
    is_tentative: bool = False

    @property
    def holder(self) -> tuple[object, ...]:
        """Who holds what, in a form that can be compared."""
        return (self.turn, self.turn_starts_at, self.post, self.person_id, self.is_tentative)

    def continues(self, before: "Held") -> bool:
        """Say whether this is `before` going on: the same holder of the same post, without a pause."""
        return self.holder == before.holder and self.starts_at == before.ends_at


def joined(parts: Iterable[Held]) -> list[Held]:
    """Join the parts of each post that go on with the same holder, in the order of time.

    A calendar knows no fractions of a second: they are cut off, and a stretch without a whole second vanishes.
    """
    latest: dict[str, Held] = {}
    found: list[Held] = []
    for part in sorted(parts, key=lambda one: (one.post, one.starts_at)):
        last = latest.get(part.post)
        if last is not None and part.continues(last):
            found.pop()
            beside = tuple(dict.fromkeys((*last.beside, *part.beside)))
            found.append(replace(part, starts_at=last.starts_at, beside=beside))
        else:
            found.append(part)
        latest[part.post] = found[-1]
    whole = [replace(one, starts_at=whole_second(one.starts_at), ends_at=whole_second(one.ends_at)) for one in found]
    return sorted((one for one in whole if one.starts_at < one.ends_at), key=lambda one: (one.starts_at, one.post))


def whole_second(moment: datetime) -> datetime:
    """Return the moment without its fraction of a second."""
    return moment.replace(microsecond=0)


@dataclass(frozen=True)
class Event:
    """One event as a calendar shows it. `zone_name` is the zone its clock times are written in."""

    uid: str
    summary: str
    text: str
    starts_at: datetime
    ends_at: datetime
    zone_name: str
    is_tentative: bool = False

    @property
    def print(self) -> str:
        """A fingerprint of all that the event says."""
        told = "\n".join(
            (self.summary, self.text, self.starts_at.isoformat(), self.ends_at.isoformat(), self.zone_name,
             str(self.is_tentative))
        )  # fmt: skip
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Sheet:
    """What a calendar says, before it is written: its name, its zone, its events in the order of time."""

    name: str
    zone_name: str
    events: tuple[Event, ...]


def uid_of(one: Held, *, of: str, host: str) -> str:
    """Return the identity of an event: its turn, its post, and how far into the turn it begins.

    `of` tells calendars apart that hold the same duty, such as a person's and a team's.
    """
    after_s = int((one.starts_at - whole_second(one.turn_starts_at)).total_seconds())
    return f"{one.turn}-{one.post}-{one.turn_starts_at:%Y%m%dT%H%M%SZ}-{after_s}.{of}@{host}"


@dataclass(frozen=True)
class State:
    """What a feed last told of an event. `print` is "" for one that is gone."""

    print: str
    sequence: int
    changed_at: datetime
    ends_at: datetime

    def as_json(self) -> list[Any]:
        """Return the state as it is stored."""
        return [self.print, self.sequence, self.changed_at.isoformat(), self.ends_at.isoformat()]

    @staticmethod
    def of_json(stored: Sequence[Any]) -> "State":
        """Return a stored state."""
        told, sequence, changed_at, ends_at = stored
        return State(told, sequence, datetime.fromisoformat(changed_at), datetime.fromisoformat(ends_at))


def follow(events: Iterable[Event], before: Mapping[str, State], *, now: datetime) -> dict[str, State]:
    """Return the state of each event now, the vanished ones too: a number never goes back (RFC 5545, 3.8.7.4)."""
    states: dict[str, State] = {}
    for one in events:
        last = before.get(one.uid)
        if last is None:
            states[one.uid] = State(one.print, 0, now, one.ends_at)
        elif last.print == one.print:
            states[one.uid] = last
        else:
            states[one.uid] = State(one.print, last.sequence + 1, now, one.ends_at)
    for uid, last in before.items():
        if uid not in states and last.ends_at > now - REMEMBERED:
            states[uid] = last if not last.print else State("", last.sequence, now, last.ends_at)
    return states
