"""What every change of an incident shares: its row is locked, the journal hears of it, the chat is kept true."""

from datetime import datetime
from typing import Any

from hausmeister.incidents import queries, telling
from hausmeister.incidents.models import Incident, Step, Telling
from hausmeister.incidents.rules import words
from hausmeister.incidents.rules.kinds import TellKind
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.rules import State
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import Role


class IncidentIsOver(Exception):
    """The all clear was given; nothing more is told."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"Incident {incident.pk} is over. If it is not, say so first: open it again.")


class IncidentIsClosed(Exception):
    """The incident is closed; nothing more can be done with it but read it."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"Incident {incident.pk} is closed.")


class NotOfTheTeam(Exception):
    """Somebody is named who is no responder of the incident's team."""

    def __init__(self, person: Person, incident: Incident) -> None:
        super().__init__(f"{person.name} is no responder of {incident.team.name}.")


def lock(incident_id: int) -> Incident:
    """Return the incident with its row locked. Nothing nullable is joined: PostgreSQL would read it before the lock."""
    return Incident.objects.select_for_update(of=("self",)).select_related("team").get(pk=incident_id)


def lock_open(incident_id: int) -> Incident:
    """Return the incident with its row locked. Raises IncidentIsClosed."""
    incident = lock(incident_id)
    if incident.closed_at is not None:
        raise IncidentIsClosed(incident)
    return incident


def lock_running(incident_id: int) -> Incident:
    """Return the incident with its row locked. Raises IncidentIsOver, IncidentIsClosed."""
    incident = lock_open(incident_id)
    if incident.over_at is not None:
        raise IncidentIsOver(incident)
    return incident


def store(incident: Incident, *fields: str) -> None:
    """Write `fields` of a locked incident, and count the change."""
    incident.version += 1
    incident.save(update_fields=[*fields, "version"])


def tell(incident: Incident, verb: str, by: Actor, now: datetime, **facts: Any) -> None:
    """Write what happened into the journal; facts without a value are left out."""
    kept = {key: value for key, value in facts.items() if value not in (None, "", [])}
    journal.record(Fact(now, verb, incident.subject, by, incident.team_id, kept))


def check_member(incident: Incident, person: Person) -> None:
    """Raise NotOfTheTeam unless `person` may act in the incident's team."""
    if person.pk not in {one.person_id for one in team_queries.members(incident.team_id) if one.role != Role.VIEWER}:
        raise NotOfTheTeam(person, incident)


def tick_named(incident: Incident, word: str, *, by: Person, now: datetime) -> None:
    """Tick the lines of the procedure that hold `word`, because the product itself saw them done."""
    steps = Step.objects.filter(incident=incident, is_current=True, done_at=None, text__icontains=word)
    steps.update(done_at=now, done_by=by)


# ---- the chat ----


def say_in_crash_channel(incident: Incident, *, now: datetime) -> None:
    """Post the incident's message to the crash channel, and set its topic."""
    if not incident.crash_room:
        return
    key = f"incident-{incident.pk}-crash-{incident.version}"
    Telling.objects.create(
        incident=incident, kind=TellKind.CRASH, room=incident.crash_room, text="", by_name="Hausmeister", at=now,
        dedup_key=key,
    )  # fmt: skip
    words = telling.crash_words(incident, now=now)
    place = chat.Place(incident.crash_room)
    outbox.enqueue([chat.say(place, words, telling.about(incident, key), due_at=now)], now=now)
    set_topic(incident, now=now)


def show_in_chat(incident: Incident, *, now: datetime) -> None:
    """Bring the message in the crash channel and its topic up to date with a locked, stored incident."""
    if not incident.crash_room:
        return
    said = queries.crash_message(incident)
    facts = telling.crash_words(incident, now=now)
    if said is not None and not outbox.reword(said.pk, facts.facts()) and said.state != State.FAILED:
        key = f"incident-{incident.pk}-revise-{incident.version}"
        draft = chat.revise(said.pk, facts, telling.about(incident, key), due_at=now)
        if not outbox.replace_pending(draft):
            outbox.enqueue([draft], now=now)
    set_topic(incident, now=now)


def set_topic(incident: Incident, *, now: datetime) -> None:
    """Let the crash channel's topic say what runs there: this incident may not be the only one."""
    room = incident.crash_room
    running = Incident.objects.running().filter(crash_room=room).select_related("team", "point", "comms")
    text = words.topic([telling.face(one) for one in running], telling.face(incident), now=now)
    about = chat.About(
        telling.topic_subject(room), incident.team_id, f"incident-{incident.pk}-topic-{incident.version}"
    )
    draft = chat.topic(room, text, about, due_at=now)
    if not outbox.replace_pending(draft):
        outbox.enqueue([draft], now=now)
