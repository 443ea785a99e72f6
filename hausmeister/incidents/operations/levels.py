"""Changing how severe an incident is: procedure, timers and topic follow."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.untrusted import one_line
from hausmeister.incidents.models import TITLE_MOST, Incident, Step, Telling
from hausmeister.incidents.operations import changing, opening
from hausmeister.incidents.operations.opening import NoTitle, UnknownLevel
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor

_FIELDS = (
    "level", "level_word", "level_meaning", "update_every_s", "announce_within_s", "needs_review", "review_due_at",
)  # fmt: skip


@database.tried_again
@transaction.atomic
def change_level(incident_id: int, level: str, *, by: Person, now: datetime) -> Incident:
    """Make the incident of `level`, as the policy has it now. Raises UnknownLevel, IncidentIsClosed."""
    incident = changing.lock_open(incident_id)
    policy = team_queries.policy_of(incident.team_id)
    chosen = policy.severity(level)
    if chosen is None:
        raise UnknownLevel(level, policy)
    before = incident.label
    opening.take_level(incident, chosen, policy)
    if incident.label == before:
        return incident
    changing.store(incident, *_FIELDS)
    opening.set_steps(incident, chosen)
    if incident.over_at is None:
        told = Telling.objects.filter(incident=incident, is_client=True).exists()
        opening.set_timers(incident, now=now, is_announced=told)
    changing.tell(incident, "incident.level", as_actor(by), now, before=before, level=incident.label)
    changing.show_in_chat(incident, now=now)
    return incident


@database.tried_again
@transaction.atomic
def rename(incident_id: int, title: str, *, by: Person, now: datetime) -> Incident:
    """Change the short description. Raises NoTitle, IncidentIsClosed."""
    incident = changing.lock_open(incident_id)
    short = one_line(title, TITLE_MOST)
    if not short:
        raise NoTitle("Say in a few words what is wrong.")
    if short == incident.title:
        return incident
    before, incident.title = incident.title, short
    changing.store(incident, "title")
    changing.tell(incident, "incident.renamed", as_actor(by), now, before=before, title=short)
    changing.show_in_chat(incident, now=now)
    return incident


@database.tried_again
@transaction.atomic
def tick(incident_id: int, step_id: int, *, done: bool, by: Person, now: datetime) -> Incident:
    """Tick one line of the procedure, or take the tick back; a second time changes nothing. Raises IncidentIsClosed."""
    incident = changing.lock_open(incident_id)
    steps = Step.objects.filter(pk=step_id, incident=incident, done_at__isnull=done)
    if not steps.update(done_at=now if done else None, done_by=by if done else None):
        return incident
    changing.store(incident)
    verb = "incident.ticked" if done else "incident.unticked"
    changing.tell(incident, verb, as_actor(by), now, step=Step.objects.get(pk=step_id).text)
    return incident
