"""Reading what was imported."""

from datetime import datetime

from hausmeister.rota.calendars.models import CalendarImport, ImportedDuty
from hausmeister.rota.rules.calendars.importing import ImportKind
from hausmeister.team.models import Person, Team


def leave_imports(person: Person) -> list[CalendarImport]:
    """Return the calendars that `person`'s leave is read from, the oldest first."""
    return list(CalendarImport.objects.filter(person=person, kind=ImportKind.LEAVE.value).order_by("id"))


def schedule_imports(team: Team) -> list[CalendarImport]:
    """Return the calendars that `team` reads schedules from, the oldest first."""
    return list(
        CalendarImport.objects.filter(team=team, kind=ImportKind.SCHEDULE.value)
        .select_related("layer__schedule")
        .order_by("id")
    )


def imported_duties(source: CalendarImport, *, starts_at: datetime, ends_at: datetime) -> list[ImportedDuty]:
    """Return the turns of an imported schedule that touch the span, in the order of time.

    What a plan layer takes: each is one explicit duty, or a hole where `person` is None and `problem` says why.
    """
    turns = ImportedDuty.objects.filter(source=source, starts_at__lt=ends_at, ends_at__gt=starts_at)
    return list(turns.select_related("person").order_by("starts_at", "id"))


def unmatched(source: CalendarImport, *, now: datetime) -> list[ImportedDuty]:
    """Return the turns ahead in which nobody was recognised, the soonest first, at most a hundred."""
    turns = ImportedDuty.objects.filter(source=source, person=None, ends_at__gt=now)
    return list(turns.order_by("starts_at", "id")[:100])
