"""Giving one's own turn of a schedule to somebody who is free then, by an override: no list moves for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.rota import queries as duties
from hausmeister.rota.models import Schedule, ScheduleOverride
from hausmeister.rota.operations import schedule_overrides
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries.schedule_book import ScheduleBook, follows_duties
from hausmeister.rota.queries.schedules import layers_in_force
from hausmeister.rota.rules import unstaffed
from hausmeister.rota.rules.definitions import BadDefinition
from hausmeister.rota.rules.layers import Change, Kind, Stretch
from hausmeister.rota.rules.unstaffed import OnWhileAway
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import Away, Role

# who is on least is seen against the weeks around the turn
_AROUND = timedelta(days=28)
LONGEST = timedelta(days=92)


class NotTheirTurn(BadDefinition):
    """The person is not on by the schedule at that time, or the turn is over; the text says which."""


class CannotTakeIt(BadDefinition):
    """Whoever is to take the turn is on already, away, or has a duty then."""


@dataclass(frozen=True)
class TurnCover:
    """A turn that somebody cannot have: from when to when, and who could, those of the schedule's own lists first."""

    schedule: Schedule
    giver: Person
    starts_at: datetime
    ends_at: datetime
    could: Sequence[Person]


def look(schedule: Schedule, giver: Person, *, starts_at: datetime, ends_at: datetime, now: datetime) -> TurnCover:
    """Return who could take what `giver` has of the schedule in the span.

    Raises NotTheirTurn, ZoneIsGone, TooFarAhead.
    """
    begin = max(starts_at, now)
    if follows_duties(layers_in_force(schedule, now=now)):
        raise NotTheirTurn("This schedule follows the rota: ask for cover there.", "schedule")
    if not begin < ends_at:
        raise NotTheirTurn("This turn is over.", "until")
    if ends_at - begin > LONGEST:
        raise NotTheirTurn(f"At most {LONGEST.days} days can be given away at once.", "until")
    book = ScheduleBook.load([schedule], starts_at=begin - _AROUND, ends_at=ends_at + _AROUND)
    final = book.resolved(schedule).final
    parts = tuple(
        (max(one.starts_at, begin), min(one.ends_at, ends_at))
        for one in final
        if giver.pk in one.people and one.starts_at < ends_at and begin < one.ends_at
    )
    if not parts:
        raise NotTheirTurn(f"{giver.name} is not on by {schedule.name} at that time.", "from")
    asked = OnWhileAway(giver.pk, parts[0][0], parts[-1][1], Away(begin, ends_at), parts)
    return TurnCover(schedule, giver, parts[0][0], parts[-1][1], _could(schedule, asked, final, book))


def _could(schedule: Schedule, asked: OnWhileAway, final: Sequence[Stretch], book: ScheduleBook) -> list[Person]:
    members = {
        one.person_id: one.person for one in team_queries.members(schedule.team_id) if one.role != Role.VIEWER
    }  # fmt: skip
    people = {pk: person for pk, person in book.people.items() if pk in members} | members
    spans = team_queries.absences(people, after=asked.starts_at)
    on_duty = set() if schedule.beside_duties else _on_duty(schedule, asked)
    free = unstaffed.who_could(asked, final, spans, people)
    return [people[pk] for pk in free if pk not in on_duty]


def _on_duty(schedule: Schedule, asked: OnWhileAway) -> set[int]:
    """Return who has a duty of the team at those moments: a turn beside it would be a conflict."""
    try:
        segments = duties.timeline(schedule.team, starts_at=asked.starts_at, ends_at=asked.ends_at)
    except TooFarAhead:
        return set()
    return {
        post.person.pk
        for one in segments
        for post in (one.duty.primary, one.duty.backstop)
        if post.person is not None and any(begin < one.ends_at and one.starts_at < end for begin, end in asked.parts)
    }


@transaction.atomic
def give(
    schedule: Schedule,
    giver: Person,
    taker: Person,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
) -> ScheduleOverride:
    """Let `taker` be on instead of `giver` in the span, and tell both but who does it.

    Raises NotTheirTurn, CannotTakeIt, and what `add_schedule_override` does.
    """
    found = look(schedule, giver, starts_at=starts_at, ends_at=ends_at, now=now)
    if taker not in found.could:
        raise CannotTakeIt(f"{taker.name} is on already, away, or has a duty at that time; choose another one.", "to")
    change = Change(0, Kind.REPLACE, found.starts_at, found.ends_at, taker.pk, giver.pk)
    return schedule_overrides.add_schedule_override(
        schedule.team, schedule, change, by=by, now=now, reason=reason, created_by=giver
    )  # fmt: skip
