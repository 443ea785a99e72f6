"""What a schedule would be by a change that is not made: the very operation, undone before anybody could see it."""

from datetime import datetime

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.rota.models import Layer, Schedule
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedules import ScheduleTimeline
from hausmeister.rota.rules.definitions import LayerDraft


def of_layer(
    schedule: Schedule, layer: Layer | None, draft: LayerDraft, *, by: Actor, now: datetime, ends_at: datetime
) -> ScheduleTimeline:
    """Return the schedule from now to `ends_at` with `draft` in place of `layer`, or on top for None.

    Nothing is stored or told. Raises BadDefinition, TooFarAhead, TooManyTurns, ZoneIsGone.
    """
    with transaction.atomic():
        if layer is None:
            operations.add_layer(schedule, draft, by=by, now=now)
        else:
            operations.change_layer(layer, draft, by=by, now=now)
        told = queries.schedule_timeline(schedule, starts_at=now, ends_at=ends_at)
        transaction.set_rollback(True)
    return told
