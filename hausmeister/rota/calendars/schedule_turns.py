"""The turns of a general schedule in whole, as a feed shows them: cut by what changes, not by where somebody looks."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from hausmeister.base.wall_time import instant
from hausmeister.rota import queries
from hausmeister.rota.models import Schedule, ZoneIsGone
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.rota.queries.schedules import On, TooManyTurns
from hausmeister.rota.rules.calendars.subjects import Window
from hausmeister.rota.rules.calendars.turns import Together, joined_turns
from hausmeister.rota.rules.definitions import Content

# how far beyond the window a turn that reaches over its edge is followed, in weeks; one that is longer still is cut
MARGINS = (2, 8, 32, 64)


class Unreadable(Exception):
    """Nobody can say who is on by the schedule; the text says why."""


def turns_of(schedule: Schedule, window: Window) -> list[Together]:
    """Return who is on by `schedule` when, in whole turns: those that touch the window. Raises Unreadable."""
    try:
        begin, until = (instant(day, time(0), schedule.zone) for day in (window.first, window.until))
    except ZoneIsGone as problem:
        raise Unreadable(str(problem)) from problem
    found: list[Together] | None = None
    for weeks in MARGINS:
        starts_at, ends_at = begin - timedelta(weeks=weeks), until + timedelta(weeks=weeks)
        try:
            read = joined_turns(_parts(schedule, starts_at, ends_at))
        except (TooFarAhead, TooManyTurns) as problem:
            if found is None:
                raise Unreadable(str(problem)) from problem
            return found
        found = [one for one in read if one.starts_at < until and one.ends_at > begin]
        if all(starts_at < one.starts_at and one.ends_at < ends_at for one in found):
            break
    return found or []


def _parts(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> Iterator[Together]:
    duties = {layer.name for layer in schedule.layers.all() if layer.content == Content.DUTY}
    planned_until = queries.planned_until(schedule.team) if duties else None
    for one in schedule_queries.schedule_timeline(schedule, starts_at=starts_at, ends_at=ends_at).final:
        is_duty = one.layer in duties and not one.overrides
        yield Together(
            one.starts_at,
            one.ends_at,
            tuple(person.pk for person in one.people),
            tuple(person.name for person in one.people),
            one.turn,
            is_duty=is_duty,
            is_tentative=is_duty and _is_beyond(one, planned_until),
        )


def _is_beyond(one: On, planned_until: datetime | None) -> bool:
    """Say whether the duty that is repeated has not been planned; an override is somebody's word, however far ahead."""
    begins_at = one.turn[0] if one.turn else one.starts_at
    return (planned_until is None or begins_at >= planned_until) and "an override" not in one.why
