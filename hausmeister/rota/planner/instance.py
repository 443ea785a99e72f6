"""What a plan is made from, and what it is: plain values, frozen, compared by content.

Weeks are numbered from 0; week `w` begins on Monday `start + 7w`. A week has four slots, one for each `Role`.
A slot *touches* dates: Monday to Friday (D, BD), or Friday to the next Monday (W, BW).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class Role(StrEnum):
    """The four duties of a week."""

    D = "D"  # hausmeister, Monday 11:00 to Friday 17:00
    W = "W"  # weekend, Friday 17:00 to Monday 11:00
    BD = "BD"  # backstop of the hausmeister
    BW = "BW"  # backstop of the weekend


ROLES = (Role.D, Role.W, Role.BD, Role.BW)
PRIMARIES = (Role.D, Role.W)
BACKSTOP_OF = {Role.D: Role.BD, Role.W: Role.BW}
PRIMARY_OF = {Role.BD: Role.D, Role.BW: Role.W}


class Category(StrEnum):
    """What fairness counts apart: weekday duties, weekends, backstops of either kind."""

    D = "D"
    W = "W"
    B = "B"


CATEGORIES = (Category.D, Category.W, Category.B)
CATEGORY_OF = {Role.D: Category.D, Role.W: Category.W, Role.BD: Category.B, Role.BW: Category.B}


class Rule(StrEnum):
    """The hard rules. A plan that breaks one is no plan."""

    R1 = "R1"  # every slot has exactly one person
    R2 = "R2"  # who is employed on every date it touches
    R3 = "R3"  # and away on none of them
    R4 = "R4"  # nobody has two slots of a week, but for both backstops together
    R5 = "R5"  # the backstop has strictly more experience
    R6 = "R6"  # two primary duties of a person lie `min_gap` weeks apart
    R7 = "R7"  # frozen weeks, and pinned slots, stay as they are


class Slot(NamedTuple):
    """One duty of one week."""

    week: int
    role: Role


class Assignment(NamedTuple):
    """Who has a slot."""

    week: int
    role: Role
    person: str

    @property
    def slot(self) -> Slot:
        return Slot(self.week, self.role)


@dataclass(frozen=True)
class Absence:
    """Days on which somebody is not there, both ends included. Kind "leave" takes its full weeks off the share.

    `bars` names the slots it makes impossible, where the caller knows the exact times; None means every slot
    that touches one of the dates.
    """

    starts_on: date
    ends_on: date
    kind: str = "holiday"
    bars: frozenset[Slot] | None = None


@dataclass(frozen=True)
class History:
    """What somebody did before week 0: weeks that count for the share, duties, holiday dates on duty.

    The last weeks are negative (-1 is the week before week 0), or None.
    """

    weeks: int = 0
    d: int = 0
    w: int = 0
    b: int = 0
    h: int = 0
    last_primary_week: int | None = None
    last_duty_week: int | None = None

    def count(self, category: Category) -> int:
        """Return the duties of `category` served before."""
        return {Category.D: self.d, Category.W: self.w, Category.B: self.b}[category]


@dataclass(frozen=True)
class Goal:
    """An area to learn: `need` own weeks as D with a BD who is expert in it."""

    area: str
    need: int = 1


@dataclass(frozen=True)
class Planned:
    """A person as the planner sees them. `experience` is the snapshot the plan is made with; `fte` is percent."""

    id: str
    experience: int
    name: str = ""
    country: str = ""
    fte: int = 100
    off_weekdays: tuple[int, ...] = ()
    employed_from: date | None = None
    employed_to: date | None = None
    away: tuple[Absence, ...] = ()
    prefer_not: frozenset[Slot] = frozenset()
    history: History = History()
    expert_in: frozenset[str] = frozenset()
    learning: tuple[Goal, ...] = ()

    @property
    def called(self) -> str:
        """The name for sentences; the id where there is none."""
        return self.name or self.id

    def would_rather_not(self, slot: Slot) -> bool:
        """Say whether having `slot` costs a wish; of wishes, only those about own duties and weekends count."""
        return slot.role in PRIMARIES and slot in self.prefer_not


@dataclass(frozen=True)
class Spacing:
    """Weeks between two primary duties of a person: never under `min_gap`, better not under `ideal_gap`."""

    min_gap: int
    ideal_gap: int


@dataclass(frozen=True)
class Weights:
    """What each part of the costs counts; docs/planner.md says what the units are."""

    fair: int = 1
    holiday: int = 100
    spacing: int = 20
    adjacent: int = 30
    prefer_not: int = 50
    exposure: int = 80
    off_day: int = 15
    change: int = 40


@dataclass(frozen=True)
class Waiver:
    """A rule switched off for one week, for one person or (None) for everybody.

    R2 and R3: employment dates and absences bar no slot of that week. R4: several slots of that week may go to
    one person. R5: equal or less experience may back in that week. R6: primary duties of that week do not count
    for the gap. R7: frozen slots of that week may move. R1 cannot be waived.
    """

    rule: Rule
    week: int
    person: str | None = None


class Bar(NamedTuple):
    """Why somebody is not there for a slot: R2 (absence is None) or R3 with the absence."""

    rule: Rule
    absence: Absence | None


@dataclass(frozen=True)
class Plan:
    """Who has which slot, in any order. Nothing is promised of it before the checker has seen it."""

    assignments: tuple[Assignment, ...]

    @cached_property
    def holders(self) -> dict[Slot, str]:
        """The holder of each slot that has one; of two for one slot, the first."""
        found: dict[Slot, str] = {}
        for one in self.assignments:
            found.setdefault(one.slot, one.person)
        return found

    @staticmethod
    def of(holders: Mapping[Slot, str]) -> "Plan":
        """Return the plan with these holders, in the order of weeks and roles."""
        return Plan(tuple(Assignment(*slot, holders[slot]) for slot in sorted(holders, key=slot_order)))

    def with_holder(self, slot: Slot, person: str) -> "Plan":
        """Return the plan with `slot` given to `person`."""
        return Plan.of({**self.holders, slot: person})


def slot_order(slot: Slot) -> tuple[int, int]:
    """Return what sorts slots by week, then D, W, BD, BW."""
    return slot.week, ROLES.index(slot.role)


@dataclass(frozen=True)
class Instance:
    """One planning task. `holidays` maps a country to its public holidays.

    A replan has a `current` plan; slots before `frozen_weeks` stay as in it unless their holder is no longer
    there. `pins` keep slots with a person (accepted swaps). People keep the order they came in.
    """

    name: str
    start: date
    weeks: int
    people: tuple[Planned, ...]
    spacing: Spacing
    timezone: str = "UTC"
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)
    weights: Weights = Weights()
    frozen_weeks: int = 0
    current: Plan | None = None
    pins: Mapping[Slot, str] = field(default_factory=dict)
    waivers: frozenset[Waiver] = frozenset()

    @cached_property
    def person(self) -> dict[str, Planned]:
        """People by their id."""
        return {one.id: one for one in self.people}

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot of the plan, in order."""
        return tuple(Slot(week, role) for week in range(self.weeks) for role in ROLES)

    def monday(self, week: int) -> date:
        """Return the Monday on which `week` begins; past weeks are negative."""
        return self.start + timedelta(weeks=week)

    def dates(self, slot: Slot) -> tuple[date, ...]:
        """Return the dates that `slot` touches."""
        # asked once for each person: with a hundred of them it would be most of an answer's time
        if slot not in self._dates:
            first, last = (0, 4) if slot.role in (Role.D, Role.BD) else (4, 7)
            monday = self.monday(slot.week)
            self._dates[slot] = tuple(monday + timedelta(days=day) for day in range(first, last + 1))
        return self._dates[slot]

    @cached_property
    def _dates(self) -> dict[Slot, tuple[date, ...]]:
        """What `dates` has found so far."""
        return {}

    def bars(self, person: Planned, slot: Slot) -> Iterator[Bar]:
        """Yield every reason why `person` is not there for `slot`, waivers aside."""
        dates = self.dates(slot)
        first, last = dates[0], dates[-1]
        if (person.employed_from and first < person.employed_from) or (
            person.employed_to and last > person.employed_to
        ):
            yield Bar(Rule.R2, None)
        for absence in person.away:
            touched = absence.starts_on <= last and absence.ends_on >= first
            if touched if absence.bars is None else slot in absence.bars:
                yield Bar(Rule.R3, absence)

    def is_waived(self, rule: Rule, week: int, person: str) -> bool:
        """Say whether `rule` is switched off for `person` in `week`."""
        return bool(self.waivers) and not self.waivers.isdisjoint((Waiver(rule, week), Waiver(rule, week, person)))

    def is_there(self, person: Planned, slot: Slot) -> bool:
        """Say whether R2 and R3, with their waivers, allow `person` in `slot`."""
        return all(self.is_waived(bar.rule, slot.week, person.id) for bar in self.bars(person, slot))

    @cached_property
    def available(self) -> frozenset[tuple[str, Slot]]:
        """Every (person id, slot) of which `is_there` is true."""
        return frozenset((one.id, slot) for one in self.people for slot in self.slots if self.is_there(one, slot))

    @cached_property
    def kept(self) -> dict[Slot, str]:
        """Slots whose holder is settled: pins, and frozen slots whose holder is still there (R7)."""
        kept: dict[Slot, str] = {}
        if self.current is not None:
            for slot, person in self.current.holders.items():
                is_frozen = slot.week < self.frozen_weeks and not self.is_waived(Rule.R7, slot.week, person)
                if is_frozen and person in self.person and self.is_there(self.person[person], slot):
                    kept[slot] = person
        return kept | dict(self.pins)

    def waiving(self, waivers: Iterable[Waiver]) -> "Instance":
        """Return the instance with `waivers` added."""
        return replace(self, waivers=self.waivers | frozenset(waivers))
