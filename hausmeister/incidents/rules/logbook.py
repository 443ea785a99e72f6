"""The log book: what failed, gathered by what it is, so that the commonest show (L4)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BLANKS = re.compile(r"\s+")
KEY_MOST = 300


@dataclass(frozen=True)
class Happened:
    """One failure: a page or an incident that is closed. `helped` is what a person said when they closed it."""

    title: str
    where: str
    at: datetime
    address: str
    helped: str = ""
    is_incident: bool = False


@dataclass(frozen=True)
class Failure:
    """The same failure, as often as it happened."""

    key: str
    title: str
    times: int
    incidents: int
    last_at: datetime
    last_address: str
    places: tuple[str, ...]
    helped: str


def key_of(title: str) -> str:
    """Return what makes two titles the same failure: small letters, and no number counts ("Disk 80 %", "Disk 85 %")."""
    return _BLANKS.sub(" ", _NUMBER.sub("#", title.lower())).strip()[:KEY_MOST]


# what says nothing about what helped
_EMPTY_REASONS = frozenset({"done", "over", "closed", "false alarm", "mended", "over, says the source"})


def gathered(found: Iterable[Happened], *, remedies: Mapping[str, str]) -> list[Failure]:
    """Return the failures, the commonest first, then the newest. A remedy that was written down goes before reasons.

    What is found comes newest first: of two that happened in one moment, the earlier in the list counts as the newer.
    """
    groups: dict[str, list[Happened]] = {}
    for one in found:
        groups.setdefault(key_of(one.title), []).append(one)
    failures = [
        _failure(key, sorted(group, key=attrgetter("at"), reverse=True), remedies) for key, group in groups.items()
    ]
    return sorted(failures, key=lambda one: (-one.times, -one.last_at.timestamp(), one.key))


def _failure(key: str, group: list[Happened], remedies: Mapping[str, str]) -> Failure:
    last = group[0]
    said = [one.helped for one in group if one.helped and one.helped.lower() not in _EMPTY_REASONS]
    places = dict.fromkeys(one.where for one in group if one.where and not one.is_incident)
    return Failure(
        key=key,
        title=last.title,
        times=len(group),
        incidents=sum(one.is_incident for one in group),
        last_at=last.at,
        last_address=last.address,
        places=tuple(places)[:3],
        helped=remedies.get(key, "") or (said[0] if said else ""),
    )
