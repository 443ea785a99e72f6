"""Calendars that are read into the rota: adding, taking what was read, refusing it. One transaction each.

What is refused changes nothing but the sentence that says why: what was taken before stays (nothing half-applied).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hausmeister.base import guard
from hausmeister.base.untrusted import one_line
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota import operations as rota
from hausmeister.rota.calendars import into_schedules
from hausmeister.rota.calendars.models import CalendarImport, ImportedDuty, ImportedLeave
from hausmeister.rota.rules.calendars import importing
from hausmeister.rota.rules.calendars.importing import (
    BadCalendar,
    ImportKind,
    LeaveFound,
    Member,
    Reading,
    Taken,
    find_duties,
    find_leave,
)
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Person, Team
from hausmeister.team.rules import Role

MOST_IMPORTS = 10
READER = Actor("calendar", None, "an imported calendar")


class ImportRefused(Exception):
    """The calendar cannot be imported; the text says why."""


class Emptied(BadCalendar):
    """The calendar has nothing in it all of a sudden; somebody must say that this is meant."""


@dataclass(frozen=True)
class Seen:
    """Which version of a calendar was read: what its server called it, and the hash of what came."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""


def interval() -> timedelta:
    """Return how often a calendar is looked at."""
    return timedelta(minutes=settings.HAUSMEISTER_CALENDAR_MINUTES)


def fitting_address(typed: str) -> str:
    """Return the address as it is dialled: webcal:// is https://. Raises ImportRefused.

    Looks its name up, so call it outside any transaction.
    """
    scheme, _, rest = typed.strip().partition("://")
    url = f"https://{rest}" if scheme.lower() in {"webcal", "webcals"} else typed.strip()
    if len(url) > 1000:
        raise ImportRefused("The address is longer than 1000 characters.")
    try:
        guard.judge_typed(url)
    except guard.Forbidden as problem:
        raise ImportRefused(str(problem)) from problem
    except guard.NoAnswer as problem:
        raise ImportRefused(f"The address leads nowhere: {problem}.") from problem
    return url


@transaction.atomic
def add_import(
    kind: ImportKind,
    *,
    name: str,
    by: Actor,
    now: datetime,
    person: Person | None = None,
    team: Team | None = None,
    url: str = "",
    words: list[str] | None = None,
    created_by: Person | None = None,
) -> CalendarImport:
    """Store a calendar to be read: leave of `person`, or a schedule of `team`. It is read as soon as the engine can.

    `url` has passed `fitting_address`; "" is for a file, which is taken with `take`. Raises ImportRefused.
    """
    person, team = (person, None) if kind is ImportKind.LEAVE else (None, team)
    # one after the other, so that two at once are not both the last that is allowed
    if person is not None:
        Person.objects.select_for_update().get(pk=person.pk)
    elif team is not None:
        Team.objects.select_for_update().get(pk=team.pk)
    else:
        raise ImportRefused("Leave needs its person, and a schedule its team.")
    if CalendarImport.objects.filter(person=person, team=team).count() >= MOST_IMPORTS:
        raise ImportRefused(f"{person or team} has {MOST_IMPORTS} imported calendars; remove one first.")
    one = CalendarImport.objects.create(
        kind=kind.value,
        person=person,
        team=team,
        name=one_line(name, 100) or "calendar",
        url=url,
        words=words or [],
        created_by=created_by,
        created_at=now,
        next_read_at=now if url else None,
    )
    _tell(one, "calendar.added", by, now)
    return one


@transaction.atomic
def remove_import(one: CalendarImport, *, by: Actor, now: datetime) -> None:
    """Read a calendar no more. What came from it stays, as if made by hand: leave, and the schedule."""
    facts = {"stays": one.schedule.slug} if one.schedule else {}
    _tell(one, "calendar.removed", by, now, **facts)
    one.delete()


def _tell(one: CalendarImport, verb: str, by: Actor, now: datetime, **facts: object) -> None:
    subject = f"person:{one.person_id}" if one.person_id else f"team:{one.team_id}"
    told = {"calendar": one.name, "kind": one.kind, "import": one.pk, **facts}
    journal.record(Fact(now, verb, subject, by, one.team_id, told))


@transaction.atomic
def ask_again(one: CalendarImport, *, by: Actor, now: datetime, may_be_empty: bool = False) -> None:
    """Have the engine look at the calendar now. `may_be_empty`: it is meant that nothing is in it any more."""
    mine = CalendarImport.objects.filter(pk=one.pk).exclude(url="")
    if mine.update(next_read_at=now, may_be_empty=may_be_empty) and may_be_empty:
        _tell(one, "calendar.may_be_empty", by, now)


# ---- what came of a look ----


@transaction.atomic
def refuse(one: CalendarImport, problem: str, *, now: datetime, awaits_word: bool = False) -> None:
    """Say why a look gave nothing. What was taken before stays. The journal hears it once, not at each look."""
    mine = CalendarImport.objects.select_for_update().filter(pk=one.pk).first()
    if mine is None:
        return
    if mine.problem != problem[:300]:
        _tell(mine, "calendar.refused", READER, now, reason=problem[:300])
    CalendarImport.objects.filter(pk=one.pk).update(looked_at=now, problem=problem[:300], awaits_word=awaits_word)


def unchanged(one: CalendarImport, *, now: datetime) -> None:
    """Note that the calendar is as it was when it was taken last."""
    CalendarImport.objects.filter(pk=one.pk).update(looked_at=now, problem="", awaits_word=False)


@transaction.atomic
def take(one: CalendarImport, reading: Reading, *, seen: Seen, now: datetime, by: Actor = READER) -> None:
    """Make of the rota what the calendar says, whole. Raises BadCalendar, Emptied; then nothing is changed.

    An import that was removed meanwhile changes nothing.
    """
    if one.team_id is not None:
        # before the import itself, as everybody who changes a schedule does
        Team.objects.select_for_update().get(pk=one.team_id)
    locked = CalendarImport.objects.select_for_update(of=("self",)).select_related("person", "team")
    mine = locked.filter(pk=one.pk).first()
    if mine is None:
        return
    found = _take_leave if mine.kind == ImportKind.LEAVE else _take_schedule
    told, has_changed = found(mine, reading, by=by, now=now)
    CalendarImport.objects.filter(pk=mine.pk).update(
        looked_at=now, taken_at=now, problem="", awaits_word=False, may_be_empty=False,
        found={"events": reading.events, **told},
        etag=seen.etag[:200], last_modified=seen.last_modified[:60], digest=seen.digest,
    )  # fmt: skip
    if has_changed or mine.problem:
        _tell(mine, "calendar.taken", by, now, **told)


Told = tuple[dict[str, object], bool]


def _take_leave(one: CalendarImport, reading: Reading, *, by: Actor, now: datetime) -> Told:
    person = one.person
    if person is None:  # pragma: no cover - a constraint says otherwise
        raise BadCalendar("Nobody's leave.")
    today = now.astimezone(person.zone).date()
    rows = list(one.leaves.select_related("leave"))
    taken = {
        row.event: Taken(row.leave_id, (row.leave.starts_on, row.leave.ends_on), row.leave.cancelled_at is not None)
        for row in rows
    }
    ahead = [have for have in taken.values() if have.days[1] >= today and not have.is_cancelled]
    if ahead and not reading.events and not one.may_be_empty:
        raise Emptied(f"The calendar is empty now; before, {_count(len(ahead), 'leave')} came from it. They stay.")
    found = find_leave(reading, words=one.words, zone=person.zone, today=today)
    changes = importing.change_leave(found.days, taken, today=today)
    made = rota.exchange_leave(
        person,
        withdrawn=list(Leave.objects.filter(pk__in=changes.withdraw).order_by("id")),
        recorded=list(changes.record.values()),
        by=by,
        now=now,
    )
    gone = [event for event, have in taken.items() if event not in found.days and have.days[1] >= today]
    one.leaves.filter(event__in=[*gone, *changes.record]).delete()
    ImportedLeave.objects.bulk_create(
        ImportedLeave(source=one, leave=leave, event=event) for event, leave in zip(changes.record, made, strict=True)
    )
    return _leave_told(found, recorded=len(made), withdrawn=len(changes.withdraw)), bool(made or changes.withdraw)


def _leave_told(found: LeaveFound, *, recorded: int, withdrawn: int) -> dict[str, object]:
    return {"ahead": len(found.days), "left_out": found.left_out, "recorded": recorded, "withdrawn": withdrawn}


def _take_schedule(one: CalendarImport, reading: Reading, *, by: Actor, now: datetime) -> Told:
    team = one.team
    if team is None:  # pragma: no cover - a constraint says otherwise
        raise BadCalendar("Nobody's schedule.")
    ahead = one.duties.filter(ends_at__gt=now).count()
    if ahead and not reading.events and not one.may_be_empty:
        raise Emptied(f"The calendar is empty now; before, {_count(ahead, 'turn')} came from it. They stay.")
    members = [
        Member(m.person_id, m.person.name, m.person.email, may_be_called=m.role != Role.VIEWER)
        for m in team_queries.members(team.pk)
    ]
    found = find_duties(reading, members, zone=team.zone)
    if reading.events and not found:
        raise BadCalendar("Nothing in the calendar happens within the next year.")
    before = list(one.duties.order_by("event").values_list("event", "title", "starts_at", "ends_at", "person_id"))
    since, _until = importing.span_of_reading(now)
    # turns that are long over are not in the reading any more, and stay as history
    looked_at = Q(ends_at__date__gte=since) | Q(event__in=[duty.event for duty in found])
    one.duties.filter(looked_at).delete()
    ImportedDuty.objects.bulk_create(
        ImportedDuty(
            source=one, event=duty.event, title=duty.title, starts_at=duty.starts_at, ends_at=duty.ends_at,
            person_id=duty.person_id, problem=duty.problem,
        )
        for duty in found
    )  # fmt: skip
    after = list(one.duties.order_by("event").values_list("event", "title", "starts_at", "ends_at", "person_id"))
    told: dict[str, object] = {"turns": len(found), "unmatched": sum(1 for duty in found if duty.person_id is None)}
    has_changed = into_schedules.write_down(one, team, found, since=since, by=by, now=now)
    return told, before != after or has_changed


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
