"""Tables of the rota: the team's own duties, and schedules in general."""

from hausmeister.rota.models.duties import Override, OverrideQuerySet, Shift, ShiftQuerySet
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
    "Layer",
    "Override",
    "OverrideQuerySet",
    "Participant",
    "PlanEntry",
    "Schedule",
    "ScheduleOverride",
    "ScheduleOverrideQuerySet",
    "Shift",
    "ShiftQuerySet",
    "ZoneIsGone",
]
