"""The end: all clear, perhaps not after all, and closed once the review is written."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.untrusted import lines, one_line
from hausmeister.incidents.models import TEXT_MOST, Incident, Offer, Timer
from hausmeister.incidents.operations import changing, opening, pulling, updating
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import Answer, TellKind
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor


class ReviewIsMissing(Exception):
    """The procedure asks for a review, and it is not written yet."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"{incident.label} asks for a review: write it first, with no gap left in it.")


class StillRunning(Exception):
    """An incident is closed after its all clear, not before."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"Incident {incident.pk} is still running: give the all clear first.")


@database.tried_again
@transaction.atomic
def all_clear(incident_id: int, said: Said, *, by: Person, now: datetime, helped: str = "") -> Incident:
    """Say that it is over: topic green, crash message, each room chosen; no timer runs any more.

    `helped` is what ended it, for the log book. A second time is refused: IncidentIsOver. Raises UnknownRoom.
    """
    incident = changing.lock_running(incident_id)
    incident.over_at, incident.over_by = now, by
    incident.helped = one_line(helped, 500)
    if incident.needs_review:
        incident.review_due_at = now + team_queries.policy_of(incident.team_id).incidents.review_within
    changing.store(incident, "over_at", "over_by", "helped", "review_due_at")
    Timer.objects.filter(incident=incident).delete()
    Offer.objects.filter(incident=incident, answer=Answer.NONE).update(answer=Answer.VOID, answered_at=now)
    pulling.end_pages(incident, by=by, now=now)
    text = lines(said.text, TEXT_MOST)
    changing.tell(incident, "incident.over", as_actor(by), now, helped=incident.helped)
    if text:
        updating.say_everywhere(incident, Said(text, said.rooms, said.key), TellKind.OVER, by=as_actor(by), now=now)
        changing.tick_named(incident, "when it is over", by=by, now=now)
    changing.show_in_chat(incident, now=now)
    return incident


@database.tried_again
@transaction.atomic
def reopen(incident_id: int, *, by: Person, now: datetime) -> Incident:
    """Take the all clear back: it is not over. Timers start anew. Running already: nothing changes.

    Raises IncidentIsClosed.
    """
    incident = changing.lock_open(incident_id)
    if incident.over_at is None:
        return incident
    incident.over_at = incident.over_by = incident.review_due_at = None
    changing.store(incident, "over_at", "over_by", "review_due_at")
    opening.set_timers(incident, now=now)
    changing.tell(incident, "incident.reopened", as_actor(by), now)
    changing.show_in_chat(incident, now=now)
    return incident


@database.tried_again
@transaction.atomic
def close(incident_id: int, *, by: Person, now: datetime) -> Incident:
    """Close an incident that is over. Raises StillRunning, ReviewIsMissing, IncidentIsClosed the second time."""
    incident = changing.lock_open(incident_id)
    if incident.over_at is None:
        raise StillRunning(incident)
    if incident.needs_review and incident.reviewed_at is None:
        raise ReviewIsMissing(incident)
    incident.closed_at, incident.closed_by = now, by
    changing.store(incident, "closed_at", "closed_by")
    changing.tell(incident, "incident.closed", as_actor(by), now)
    return incident
