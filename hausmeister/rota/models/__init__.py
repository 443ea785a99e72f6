"""Tables of the rota: the team's own duties, and schedules in general."""

from hausmeister.rota.calendars.models import (
    CalendarFeed,
    CalendarImport,
    ImportedDuty,
    ImportedLeave,
    PublishedCalendar,
)
from hausmeister.rota.models.asks import Ask, AskAnswer, AskOffer
from hausmeister.rota.models.duties import Override, OverrideQuerySet, Shift, ShiftQuerySet
from hausmeister.rota.models.notices import OnCallNotice
from hausmeister.rota.models.planning import Draft, DutyTerms, Wish
from hausmeister.rota.models.schedules import (
    Layer,
    Participant,
    PlanEntry,
    Schedule,
    ScheduleOverride,
    ScheduleOverrideQuerySet,
    ZoneIsGone,
)

__all__ = [
    "Ask",
    "AskAnswer",
    "AskOffer",
    "CalendarFeed",
    "CalendarImport",
    "Draft",
    "DutyTerms",
    "ImportedDuty",
    "ImportedLeave",
    "Layer",
    "OnCallNotice",
    "Override",
    "OverrideQuerySet",
    "Participant",
    "PlanEntry",
    "PublishedCalendar",
    "Schedule",
    "ScheduleOverride",
    "ScheduleOverrideQuerySet",
    "Shift",
    "ShiftQuerySet",
    "Wish",
    "ZoneIsGone",
]
