"""Pure decisions about familiarity: which area a piece of work belongs to, and how well somebody knows an area."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from hashlib import sha256

Areas = Mapping[str, tuple[str, ...]]


class Kind(StrEnum):
    """What somebody did in an area."""

    PAGE = "page"
    ISSUE = "issue"
    WORK = "work"
    ANSWER = "answer"
    CONFIRMED = "confirmed"
    REVIEW = "review"
    PAIR = "pair"


# how much one piece of work teaches: closing an issue more than a page, writing a review most, a note least
WEIGHTS: Mapping[str, float] = {
    Kind.PAGE: 1.0,
    Kind.ISSUE: 1.5,
    Kind.WORK: 0.5,
    Kind.ANSWER: 1.0,
    Kind.CONFIRMED: 0.5,
    Kind.REVIEW: 2.0,
    Kind.PAIR: 1.0,
}


class Step(IntEnum):
    """How well somebody knows an area, in the four steps of the map."""

    NEVER = 0
    SEEN = 1
    HANDLES = 2
    KNOWS = 3

    @property
    def words(self) -> str:
        """What the step is called."""
        return ("never", "has seen it", "handles it", "knows it")[self]


HANDLES_FROM, KNOWS_FROM = 2.0, 5.0


@dataclass(frozen=True)
class Worked:
    """Pieces of work of one kind: how many, and when the last of them was."""

    kind: str
    last_at: datetime
    times: int = 1


@dataclass(frozen=True)
class Known:
    """How well one person knows one area. `strength` is the faded sum; `last_at` None: they never worked there."""

    step: Step = Step.NEVER
    strength: float = 0.0
    last_at: datetime | None = None

    @property
    def is_fading(self) -> bool:
        """Whether so much time passed that only the memory of it is left."""
        return self.step is Step.SEEN and self.strength < min(WEIGHTS.values())


UNKNOWN = Known()


def known(work: Iterable[Worked], *, half_life: timedelta, now: datetime) -> Known:
    """Return how well this work makes somebody know the area at `now`.

    strength = Σ times · weight(kind) · 0.5^(age / half_life), an age in the future counting as 0. Step 3 from a
    strength of 5, step 2 from 2, step 1 for any work ever: what was seen once is not "never" again.
    """
    found = list(work)
    if not found:
        return UNKNOWN
    strength = sum(one.times * WEIGHTS[one.kind] * _faded(now - one.last_at, half_life) for one in found)
    step = Step.KNOWS if strength >= KNOWS_FROM else Step.HANDLES if strength >= HANDLES_FROM else Step.SEEN
    return Known(step, strength, max(one.last_at for one in found))


def _faded(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def area_of(clues: Sequence[str], areas: Areas) -> str:
    """Return the first area of `areas` one of whose patterns stands in a clue, "" for none.

    Clues are titles, labels, services, paths and headings. A pattern is a word or a path, found between other
    letters and digits only; `*` stands for any letters and digits. Small and capital letters are the same.
    """
    text = "\n".join(clues).casefold()
    return next((name for name, patterns in areas.items() if _either(patterns).search(text)), "")


@lru_cache(maxsize=2048)
def _either(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one expression for all patterns; an area without any is found nowhere."""
    parts = [r"[^\W_]*".join(re.escape(part) for part in one.casefold().split("*")) for one in patterns]
    return re.compile("|".join(rf"(?<![^\W_]){part}(?![^\W_])" for part in parts) or r"(?!)")


def mark_of(areas: Areas) -> str:
    """Return a short name of what the policy says of areas: work placed under another one is placed anew."""
    told = "\n".join(f"{name}\t{patterns!r}" for name, patterns in areas.items())
    return sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class AreaRow:
    """One area of the map: how well each person knows it, by the person's id."""

    name: str
    people: Mapping[int, Known] = field(default_factory=dict)

    def of(self, person_id: int) -> Known:
        """Return how well this person knows it."""
        return self.people.get(person_id, UNKNOWN)

    @property
    def knowing(self) -> list[int]:
        """Who knows it: their number is the bus factor."""
        return [one for one, how in self.people.items() if how.step is Step.KNOWS]

    @property
    def learning(self) -> list[int]:
        """Who is on the way: has seen it lately, or handles it."""
        return [
            one
            for one, how in self.people.items()
            if how.step is Step.HANDLES or (how.step is Step.SEEN and not how.is_fading)
        ]

    @property
    def is_thin(self) -> bool:
        """Whether one person or nobody knows it."""
        return len(self.knowing) <= 1

    @property
    def last_at(self) -> datetime | None:
        """When anybody worked there last."""
        return max((how.last_at for how in self.people.values() if how.last_at), default=None)


def by_thinness(rows: Iterable[AreaRow]) -> list[AreaRow]:
    """Return the thin areas, those that nobody knows first, then by name."""
    return sorted((one for one in rows if one.is_thin), key=lambda one: (len(one.knowing), one.name))


def most_familiar(area: AreaRow, person_ids: Iterable[int]) -> list[int]:
    """Return `person_ids` in the order in which they are asked about the area: by step, else in the order given."""
    return sorted(person_ids, key=lambda one: -area.of(one).step)


def to_learn(rows: Iterable[AreaRow], *, learner: int, behind: int, wished: frozenset[str] = frozenset()) -> str:
    """Return the area that `learner` could learn while `behind` backs them, "" for none.

    `behind` knows it and `learner` does not handle it yet. What they wish to learn comes first, then what fewest
    know, then what they know least, then by name.
    """
    able = [one for one in rows if one.of(behind).step is Step.KNOWS and one.of(learner).step < Step.HANDLES]
    able.sort(
        key=lambda one: (one.name.casefold() not in wished, len(one.knowing), one.of(learner).step, one.name)
    )  # fmt: skip
    return able[0].name if able else ""
