"""Rotations: turns of equal length on the wall clock, and whose turn each is.

Hand-offs are wall-clock times, so a daily rotation flips at the same local hour across every clock change. A
participant may be in the list for a part of the time; past turns depend on who was in it then, so nobody's past
moves when somebody joins or leaves.
"""

import calendar
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from hausmeister.rota.rules.wall import WallMoment, shown


class Unit(StrEnum):
    """What a turn is counted in."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Who:
    """Whose turn it is: a person, whoever is on duty in a team, or nobody."""

    person_id: int | None = None
    team_id: int | None = None


NOBODY = Who()


@dataclass(frozen=True)
class Participant:
    """Somebody's place in the list, from one instant up to another; None: from the beginning, for good."""

    who: Who
    joins_at: datetime | None = None
    leaves_at: datetime | None = None

    def is_in(self, at: datetime) -> bool:
        """Say whether they are in the list at `at`."""
        return (self.joins_at is None or self.joins_at <= at) and (self.leaves_at is None or at < self.leaves_at)


@dataclass(frozen=True)
class RotationTurn:
    """A turn, or the part of one in which the same participant has it. `number` counts from 0."""

    number: int
    starts_at: datetime
    ends_at: datetime
    who: Who


@dataclass(frozen=True)
class Rotation:
    """A list of participants who take turns from `starts` on.

    A turn lasts `length` hours, days, weeks or months and is handed off at `hand_off`, weekly on the weekday `day`
    (0 is Monday), monthly on the day of the month `day`, or its last one where the month is shorter. Hourly turns
    are counted so that `hand_off` is one of them on the day of the start. Turn 0 is the one that holds `starts`.
    """

    unit: Unit
    length: int
    hand_off: time
    starts: WallMoment
    participants: tuple[Participant, ...]
    zone: ZoneInfo
    day: int = 0
    _turns_kept: dict[int, datetime] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _anchor(self) -> WallMoment:
        """The hand-off with which turn 0 begins: the last one at or before the start."""
        day = self.starts.day
        if self.unit is Unit.MONTHLY:
            anchor = WallMoment(_in_month(day.year, day.month, self.day), self.hand_off)
            if anchor > self.starts:
                return WallMoment(_month_later(day.year, day.month, -1, self.day), self.hand_off)
            return anchor
        if self.unit is Unit.HOURLY:
            turns = (_minutes(self.starts.at) - _minutes(self.hand_off)) // (60 * self.length)
            return WallMoment(day, self.hand_off).hours_later(turns * self.length)
        back = (day.weekday() - self.day) % 7 if self.unit is Unit.WEEKLY else 0
        anchor = WallMoment(day, self.hand_off).days_later(-back)
        if anchor <= self.starts:
            return anchor
        return anchor.days_later(-7 if self.unit is Unit.WEEKLY else -1)

    def _begins(self, number: int) -> WallMoment:
        anchor, steps = self._anchor, number * self.length
        if self.unit is Unit.MONTHLY:
            return WallMoment(_month_later(anchor.day.year, anchor.day.month, steps, self.day), self.hand_off)
        if self.unit is Unit.HOURLY:
            return anchor.hours_later(steps)
        return anchor.days_later(steps * (7 if self.unit is Unit.WEEKLY else 1))

    def begins_at(self, number: int) -> datetime:
        """Return the instant at which turn `number` begins. A turn that a clock change swallows has no length."""
        if number not in self._turns_kept:
            self._turns_kept[number] = self._begins(number).instant(self.zone)
        return self._turns_kept[number]

    def number_at(self, at: datetime) -> int:
        """Return the number of the turn that holds `at`; before the start it is 0."""
        number = max(0, self._about(shown(at, self.zone)))
        while number > 0 and self.begins_at(number) > at:
            number -= 1
        while self.begins_at(number + 1) <= at:
            number += 1
        return number

    def _about(self, moment: WallMoment) -> int:
        anchor = self._anchor
        if self.unit is Unit.MONTHLY:
            months = (moment.day.year - anchor.day.year) * 12 + moment.day.month - anchor.day.month
            return months // self.length
        days = (moment.day - anchor.day).days
        if self.unit is Unit.HOURLY:
            return (days * 24 + moment.at.hour - anchor.at.hour) // self.length
        return days // (self.length * (7 if self.unit is Unit.WEEKLY else 1))

    # ---- whose turn ----

    @cached_property
    def _epochs(self) -> tuple["_Epoch", ...]:
        """The stretches of turns in which the list stays the same, each with who comes first."""
        moments = {one.joins_at for one in self.participants} | {one.leaves_at for one in self.participants}
        firsts = {0} | {self._first_from(moment) for moment in moments if moment is not None}
        epochs: list[_Epoch] = []
        before = -1
        ordered = sorted(firsts)
        for place, number in enumerate(ordered):
            listed = self._listed(self._decided_at(number))
            epoch = _Epoch(number, _from_after(listed, before))
            epochs.append(epoch)
            if place + 1 < len(ordered) and epoch.order:
                before = epoch.at(ordered[place + 1] - 1)
        return tuple(epochs)

    def _decided_at(self, number: int) -> datetime:
        """Return the instant whose list decides about turn `number`: its beginning, or the rotation's own."""
        return max(self.begins_at(number), self.starts.instant(self.zone)) if number == 0 else self.begins_at(number)

    def _first_from(self, moment: datetime) -> int:
        """Return the first turn that is decided at or after `moment`."""
        number = self.number_at(moment)
        # turns without a length begin at the same instant: all of them see the change
        while number > 0 and self._decided_at(number - 1) >= moment:
            number -= 1
        while self._decided_at(number) < moment:
            number += 1
        return number

    def _listed(self, at: datetime) -> list[int]:
        return [place for place, one in enumerate(self.participants) if one.is_in(at)]

    def _nominal(self, number: int) -> int:
        """Return the place of the participant whose turn it is by the list, -1 while the list is empty."""
        epochs = self._epochs
        epoch = epochs[bisect_right(epochs, number, key=lambda one: one.begins) - 1]
        return epoch.at(number) if epoch.order else -1

    def _last_before(self, number: int) -> int:
        """Return whose turn was the last one at or before turn `number` that anybody had, -1 for none."""
        for epoch in reversed(self._epochs):
            if epoch.begins <= number and epoch.order:
                later = [one.begins for one in self._epochs if epoch.begins < one.begins <= number]
                return epoch.at(min([number, *(begins - 1 for begins in later)]))
        return -1

    def _holder(self, number: int, at: datetime) -> Who:
        """Return who has turn `number` at `at`: by the list, or the next in it when they have left meanwhile."""
        nominal = self._nominal(number)
        if nominal >= 0 and self.participants[nominal].is_in(at):
            return self.participants[nominal].who
        order = _from_after(self._listed(at), self._last_before(number))
        return self.participants[order[0]].who if order else NOBODY

    def turns(self, starts_at: datetime, ends_at: datetime) -> Iterator[RotationTurn]:
        """Yield the turns that touch the span, in order and whole; one whose holder left in between in parts."""
        changes = sorted(
            {moment for one in self.participants for moment in (one.joins_at, one.leaves_at) if moment is not None}
        )
        own_start = self.starts.instant(self.zone)
        number = self.number_at(max(starts_at, own_start))
        while (begins := max(self.begins_at(number), own_start)) < ends_at:
            ends = self.begins_at(number + 1)
            inside = [moment for moment in changes if begins < moment < ends]
            yield from self._parts(number, [begins, *inside, ends])
            number += 1

    def _parts(self, number: int, moments: Sequence[datetime]) -> Iterator[RotationTurn]:
        part: RotationTurn | None = None
        for begin, end in pairwise(moments):
            if begin >= end:
                continue
            who = self._holder(number, begin)
            if part is not None and part.who == who:
                part = RotationTurn(number, part.starts_at, end, who)
                continue
            if part is not None:
                yield part
            part = RotationTurn(number, begin, end, who)
        if part is not None:
            yield part


@dataclass(frozen=True)
class _Epoch:
    """Turns from `begins` on, given out in `order` (places in the list of participants) again and again."""

    begins: int
    order: tuple[int, ...]

    def at(self, number: int) -> int:
        return self.order[(number - self.begins) % len(self.order)]


def _from_after(listed: Sequence[int], place: int) -> tuple[int, ...]:
    """Return `listed` turned so that it begins with the first place after `place`."""
    later = [one for one in listed if one > place]
    return (*later, *(one for one in listed if one <= place))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _month_later(year: int, month: int, months: int, day: int) -> date:
    count = year * 12 + month - 1 + months
    return _in_month(count // 12, count % 12 + 1, day)
