"""Telling people that a duty of theirs changed hands without a plan: somebody cannot take it, or by an override."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.base import chance, log
from hausmeister.journal.rules import Actor
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.rota import queries
from hausmeister.rota.models import Schedule, Shift, ZoneIsGone
from hausmeister.rota.queries.schedule_book import ScheduleBook
from hausmeister.rota.rules.handed import Handed, HeldSpan, OnSpan, came_and_went, handed
from hausmeister.team import queries as team_queries
from hausmeister.team.letters import letter
from hausmeister.team.models import Person, Team

_log = log.get(__name__)

# a letter with more lines is read by nobody
MOST_LINES = 20
# a list goes on for ever; a letter tells of the turns of these weeks
AHEAD = timedelta(weeks=5)


@dataclass(frozen=True)
class Moved:
    """A shift that changed hands: from whom to whom, None for nobody."""

    shift: Shift
    before: int | None
    after: int | None


def letters(team: Team, moved: Sequence[Moved], *, reason: str, now: datetime) -> list[Draft]:
    """Return one letter for each active person who gained or lost a duty, in the lane that delays no page."""
    policy = team_queries.policy_of(team.pk)
    spans = [
        Handed(
            policy.duty_title(one.shift.duty, one.shift.post), one.shift.starts_at, one.shift.ends_at, one.before,
            one.after,
        )
        for one in moved
    ]  # fmt: skip
    return _letters(team, spans, reason=reason, now=now)


@contextmanager
def of_changes(
    team: Team, *, starts_at: datetime, ends_at: datetime, reason: str, by: Actor, now: datetime
) -> Iterator[None]:
    """Tell whoever gains or loses a stretch of a duty by what is written inside, in one letter each.

    In the caller's transaction. Who does it themselves knows. Raises TooFarAhead.
    """
    with of_schedules(team, (), starts_at=starts_at, ends_at=ends_at, reason=reason, by=by, now=now, duties=True):
        yield


@contextmanager
def of_schedules(
    team: Team, schedules: Sequence[Schedule], *, starts_at: datetime, ends_at: datetime, reason: str, by: Actor,
    now: datetime, duties: bool = False,
) -> Iterator[None]:  # fmt: skip
    """Tell whoever comes to be on by one of `schedules`, or no longer is, by what is written inside; also of `duties`.

    One letter each, in the caller's transaction. Who does it themselves knows. Of a schedule that nobody can read
    nothing is told. Raises TooFarAhead.
    """
    span = (max(starts_at, now), ends_at)
    held = _held(team, *span) if duties else []
    on = _on(schedules, *span)
    yield
    moved = came_and_went(on, _on(schedules, *span)) + handed(held, _held(team, *span) if duties else [])
    words = _("%(name)s changed who is on duty") % {"name": by.name} + (f" ({reason})" if reason else "")
    author = by.id if by.kind == "person" else None
    outbox.enqueue(_letters(team, moved, reason=words, now=now, but=author), now=now)


def _on(schedules: Sequence[Schedule], starts_at: datetime, ends_at: datetime) -> list[OnSpan]:
    found: list[OnSpan] = []
    # as they are stored now: one may have been removed
    for schedule in Schedule.objects.filter(pk__in=[one.pk for one in schedules if one.pk]).select_related("team"):
        try:
            book = ScheduleBook.load([schedule], starts_at=starts_at, ends_at=ends_at)
            final = book.resolved(schedule).final
        except (queries.TooFarAhead, ZoneIsGone) as error:
            _log.warning("schedule.not_told", schedule=schedule.slug, team=schedule.team.slug, reason=str(error))
            continue
        found += [OnSpan(schedule.name, one.starts_at, one.ends_at, one.people) for one in final if one.people]
    return found


def _held(team: Team, starts_at: datetime, ends_at: datetime) -> list[HeldSpan]:
    return [
        HeldSpan(post.title, one.starts_at, one.ends_at, post.person.pk if post.person is not None else None)
        for one in queries.timeline(team, starts_at=starts_at, ends_at=ends_at)
        for post in (one.duty.primary, one.duty.backstop)
    ]


def _letters(
    team: Team, moved: Iterable[Handed], *, reason: str, now: datetime, but: int | None = None
) -> list[Draft]:  # fmt: skip
    changed = [one for one in moved if one.before != one.after]
    ids = {person for one in changed for person in (one.before, one.after) if person and person != but}
    found = []
    for person in sorted(team_queries.people_by_id(ids).values(), key=lambda person: person.pk):
        lines = [
            _line(one, person.zone, gained=gained)
            for one in changed
            for gained in (True, False)
            if person.pk == (one.after if gained else one.before)
        ]
        if len(lines) > MOST_LINES:
            more = _("  and %(number)d more: see the schedule") % {"number": len(lines) - MOST_LINES}
            lines = [*lines[:MOST_LINES], more]
        if person.is_active:
            found.append(_letter(team, person, lines, reason=reason, now=now))
    return found


def _line(one: Handed, zone: ZoneInfo, *, gained: bool) -> str:
    first, last = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
    span = f"{first:%a} {first.day} {first:%b %H:%M} to {last:%a} {last.day} {last:%b %H:%M}"
    return f"+ {one.title}: {span}" if gained else f"- {one.title}: not any more {span}"


def _letter(team: Team, person: Person, lines: Sequence[str], *, reason: str, now: datetime) -> Draft:
    facts = {
        "name": person.first_name, "team": team.name, "reason": reason, "zone": person.zone_name,
        "lines": "\n".join(lines), "link": f"{settings.HAUSMEISTER_BASE_URL}/rota?view=mine&team={team.slug}",
    }  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(reason)s, so duties of %(team)s changed hands at once. For you (times in %(zone)s):\n\n"
        "%(lines)s\n\nAll your duties: %(link)s"
    )
    return letter(
        person,
        subject=_("Your duties in %(team)s changed") % facts,
        text=text % facts,
        about=f"team:{team.pk}",
        key=f"moved-{team.pk}-{person.pk}-{chance.text(16)}",
        team_id=team.pk,
        due_at=now,
    )
