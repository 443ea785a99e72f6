"""What became of what was told: a failure is part of the timeline, and the screen is told of both."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from hausmeister.incidents.models import Incident, Telling
from hausmeister.incidents.operations import changing
from hausmeister.journal.rules import ENGINE
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State

_KEY = re.compile(r"incident-(\d{1,18})-(\w+)-?")


def incident_id_of(message: Message) -> int | None:
    """Return the incident that a message tells of, None when it is about something else.

    The key says it, not the subject: topics belong to their room.
    """
    found = _KEY.match(message.dedup_key)
    return int(found[1]) if found else None


def hold(messages: Iterable[Message]) -> None:
    """Lock the incidents that `messages` tell of, before their own rows are touched: every operation goes that way.

    In the order of ids, so that two engines never wait for each other crosswise.
    """
    wanted = sorted({number for one in messages if (number := incident_id_of(one)) is not None})
    if wanted:
        list(Incident.objects.select_for_update().filter(pk__in=wanted).order_by("id").values_list("id", flat=True))


def settled(message: Message, *, reason: str = "", now: datetime) -> None:
    """Note in the incident that a message of it was delivered, or, with a `reason`, that it never will be."""
    number = incident_id_of(message)
    incident = None if number is None else Incident.objects.filter(pk=number).first()
    if incident is None or message.state not in {State.SENT, State.FAILED}:
        return
    where = Telling.objects.filter(dedup_key=message.dedup_key).values_list("room", flat=True).first()
    verb = "incident.not_told" if message.state == State.FAILED else "incident.arrived"
    changing.tell(incident, verb, ENGINE, now, room=where or incident.crash_room, reason=reason[:300],
                  what=message.kind, late=message.state == State.FAILED)  # fmt: skip
    Incident.objects.filter(pk=incident.pk).update(version=F("version") + 1)
