"""From what is known of a team to the instance that the planner solves.

Being free is decided by exact instants: each turn against each absence, on the clocks of the person's own zone. The
planner is handed the dates for people to read, and beside them exactly the slots that each absence bars.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hausmeister.rota.planner.instance import (
    ROLES,
    Absence,
    Goal,
    History,
    Instance,
    Plan,
    Planned,
    Role,
    Slot,
    Spacing,
    Waiver,
)
from hausmeister.rota.planning.rules.history import Record
from hausmeister.rota.planning.rules.roles import Roles
from hausmeister.rota.planning.rules.terms import Terms
from hausmeister.rota.rules.slots import Slot as Turn
from hausmeister.rota.rules.slots import slot_of
from hausmeister.team.rules import Away, away

# what an absence of a person is called in an instance; only long leave takes its weeks out of the share
HOLIDAY, LONG_LEAVE, MUST_NOT = "holiday", "leave", "must_not"


@dataclass(frozen=True)
class Days:
    """Days on which somebody cannot take a duty, both included, on their own calendar. `kind` says why."""

    first: date
    last: date
    kind: str = HOLIDAY


@dataclass(frozen=True)
class Candidate:
    """Everything the planner needs of one person."""

    person_id: int
    name: str
    experience: int
    zone: ZoneInfo
    terms: Terms
    from_on: date
    until_on: date | None = None
    absences: tuple[Days, ...] = ()
    prefers_not: tuple[tuple[date, date], ...] = ()
    record: Record = field(default_factory=Record)


@dataclass(frozen=True)
class Frame:
    """What is planned: whose weeks, from when, how many, by which rules."""

    name: str
    zone: ZoneInfo
    roles: Roles
    first_week: date
    weeks: int
    min_gap: int
    ideal_gap: int
    frozen_weeks: int

    def monday(self, week: int) -> date:
        """Return the Monday of the week with this number."""
        return self.first_week + timedelta(weeks=week)

    def turn(self, slot: Slot) -> Turn:
        """Return when `slot` is, in UTC."""
        return slot_of(self.roles.duty(slot.role), self.monday(slot.week), self.zone)

    def slots(self) -> Iterable[Slot]:
        """Yield every slot of the plan, in order."""
        return (Slot(week, role) for week in range(self.weeks) for role in ROLES)


def key_of(person_id: int) -> str:
    """Return how an instance calls a person."""
    return f"p{person_id}"


def id_of(key: str) -> int:
    """Return whom an instance means."""
    return int(key.removeprefix("p"))


def instance(
    frame: Frame,
    people: Sequence[Candidate],
    *,
    holidays: Mapping[str, frozenset[date]],
    current: Mapping[Slot, int],
    waivers: Iterable[Waiver] = (),
) -> Instance:
    """Return the planner's task. `current` is the plan that stands, for the weeks in which a change has a price."""
    turns = {slot: frame.turn(slot) for slot in frame.slots()}
    return Instance(
        name=frame.name,
        start=frame.first_week,
        weeks=frame.weeks,
        people=tuple(_planned(frame, turns, one) for one in sorted(people, key=lambda one: one.person_id)),
        spacing=Spacing(frame.min_gap, frame.ideal_gap),
        timezone=frame.zone.key,
        holidays=dict(holidays),
        frozen_weeks=frame.frozen_weeks,
        current=Plan.of({slot: key_of(who) for slot, who in current.items()}) if current else None,
        waivers=frozenset(waivers),
    )


def _planned(frame: Frame, turns: Mapping[Slot, Turn], one: Candidate) -> Planned:
    record = one.record
    return Planned(
        id=key_of(one.person_id),
        experience=one.experience,
        name=one.name,
        country=one.terms.calendar,
        fte=one.terms.fte_percent,
        off_weekdays=one.terms.off_weekdays,
        employed_from=one.from_on,
        employed_to=one.until_on,
        away=tuple(_absence(turns, span, one.zone) for span in one.absences if span.last >= frame.first_week),
        prefer_not=_prefers_not(turns, one),
        history=History(
            record.weeks, record.D, record.W, record.B, record.H, record.last_primary_week, record.last_duty_week
        ),
        expert_in=frozenset(one.terms.knows),
        learning=tuple(Goal(goal.area, goal.times) for goal in one.terms.learns),
    )


def _absence(turns: Mapping[Slot, Turn], span: Days, zone: ZoneInfo) -> Absence:
    return Absence(span.first, span.last, span.kind, _touched(turns, away(span.first, span.last, zone)))


def _touched(turns: Mapping[Slot, Turn], span: Away) -> frozenset[Slot]:
    return frozenset(slot for slot, turn in turns.items() if span.touches(turn.starts_at, turn.ends_at))


def _prefers_not(turns: Mapping[Slot, Turn], one: Candidate) -> frozenset[Slot]:
    wished = [away(first, last, one.zone) for first, last in one.prefers_not]
    return frozenset(
        slot for span in wished for slot in _touched(turns, span) if slot.role in {Role.D, Role.W}
    )  # fmt: skip


def years(frame: Frame) -> range:
    """Return the years whose public holidays the instance needs."""
    return range(frame.first_week.year, frame.monday(frame.weeks + 1).year + 1)
