"""Who is away in a year: holidays that are known long before, and sickness that nobody knows the day before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hausmeister.base.chance import Stream
from hausmeister.console.demo.year.cast import stay_of


@dataclass(frozen=True)
class Absence:
    """Days away, both included. It is told on `told_on`; `is_sick` is told on the morning itself."""

    name: str
    starts_on: date
    ends_on: date
    told_on: date
    is_sick: bool = False


_WEEK = timedelta(days=7)


def year(names: Sequence[str], *, began_on: date, until: date, dice: Stream) -> list[Absence]:
    """Return everybody's absences: about five weeks of holidays each, and sickness once or twice."""
    found: list[Absence] = []
    for name in names:
        found += _of(name, began_on, until, dice)
    return sorted(found, key=lambda one: one.told_on)


def _of(name: str, began_on: date, until: date, dice: Stream) -> list[Absence]:
    stay, found = stay_of(name), list[Absence]()
    for length, middle in ((13, 250), (8, 30), (6, 120)):
        starts = began_on + timedelta(days=max(21, int(dice.gauss(middle, 45))))
        # holidays are whole weeks, from Saturday on
        starts += timedelta(days=(5 - starts.weekday()) % 7)
        told = max(began_on, starts - timedelta(days=dice.randrange(30, 100)))
        found.append(Absence(name, starts, starts + timedelta(days=length), told))
    for _ in range(dice.choice((0, 1, 1, 2))):
        on = began_on + timedelta(days=dice.randrange(10, 350))
        on -= timedelta(days=max(0, on.weekday() - 4))
        found.append(Absence(name, on, on + timedelta(days=dice.choice((0, 1, 2, 4))), on, is_sick=True))
    there = [
        one for one in found
        if all(stay.is_there(day, began_on=began_on) for day in (one.told_on, one.starts_on, one.ends_on))
        and one.told_on < until
    ]  # fmt: skip
    return _apart(there)


def _apart(absences: Sequence[Absence]) -> list[Absence]:
    """Leave out what overlaps something else of the same person."""
    kept: list[Absence] = []
    for one in absences:
        if all(one.ends_on < other.starts_on - _WEEK or one.starts_on > other.ends_on + _WEEK for other in kept):
            kept.append(one)
    return kept
