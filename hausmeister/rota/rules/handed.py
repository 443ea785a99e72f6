"""Which stretches of a duty changed hands, between two answers of the rota to the same question."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True)
class HeldSpan:
    """From `starts_at` to `ends_at` one person, or nobody, holds what is called `title`."""

    title: str
    starts_at: datetime
    ends_at: datetime
    person_id: int | None


@dataclass(frozen=True)
class OnSpan:
    """From `starts_at` to `ends_at` these people, or nobody, are on by what is called `title`."""

    title: str
    starts_at: datetime
    ends_at: datetime
    people: frozenset[int]


@dataclass(frozen=True)
class Handed:
    """A stretch that changed hands: from whom to whom, None for nobody."""

    title: str
    starts_at: datetime
    ends_at: datetime
    before: int | None
    after: int | None


def handed(before: Iterable[HeldSpan], after: Iterable[HeldSpan]) -> list[Handed]:
    """Return what changed hands, the soonest first. Both are about the same time; who holds a title does so once."""
    old, new = list(before), list(after)
    found: list[Handed] = []
    for title in dict.fromkeys(one.title for one in (*old, *new)):
        was = [one for one in old if one.title == title]
        becomes = [one for one in new if one.title == title]
        cuts = sorted({cut for one in (*was, *becomes) for cut in (one.starts_at, one.ends_at)})
        for begin, end in pairwise(cuts):
            moved = Handed(title, begin, end, _at(was, begin), _at(becomes, begin))
            last = found[-1] if found else None
            if moved.before == moved.after:
                continue
            if last is not None and replace(last, starts_at=begin, ends_at=end) == moved and last.ends_at == begin:
                found[-1] = replace(last, ends_at=end)
            else:
                found.append(moved)
    return sorted(found, key=lambda one: (one.starts_at, one.title))


def came_and_went(before: Iterable[OnSpan], after: Iterable[OnSpan]) -> list[Handed]:
    """Return when who came to be on, and who no longer is, where several may be on at once; the soonest first."""
    old, new = set(before), set(after)
    # what stays as it is need not be compared moment by moment
    was, becomes = old - new, new - old
    found: list[Handed] = []
    for person in sorted({person for one in (*was, *becomes) for person in one.people}):
        found += handed(_of(person, was), _of(person, becomes))
    return sorted(found, key=lambda one: (one.starts_at, one.title))


def _of(person: int, spans: Iterable[OnSpan]) -> list[HeldSpan]:
    mine = [one for one in spans if person in one.people]
    return [HeldSpan(one.title, one.starts_at, one.ends_at, person) for one in mine]


def _at(spans: list[HeldSpan], at: datetime) -> int | None:
    return next((one.person_id for one in spans if one.starts_at <= at < one.ends_at), None)
