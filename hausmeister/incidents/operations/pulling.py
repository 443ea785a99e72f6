"""Pulling people in: other squads by the address that pages their on-call (L9), our own people by a page."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import chance, database
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, lines
from hausmeister.incidents import telling
from hausmeister.incidents.models import TEXT_MOST, Incident, Linked, Telling
from hausmeister.incidents.operations import changing
from hausmeister.incidents.rules.kinds import TellKind
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.pager.operations.opening import PageDraft, open_pages
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor


class UnknownSquad(Exception):
    """The policy has no such squad; the text names those that it has."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known) or "none: add them under [squads] in the policy"
        super().__init__(f"The policy has no squad {name[:40]!r}; it has: {there}.")


@database.tried_again
@transaction.atomic
def call_squad(incident_id: int, squad: str, what: str, *, by: Person, now: datetime, key: str = "") -> Incident:
    """Page another squad's on-call by their address: who asks, what is wrong, where to answer.

    The same `key` a second time changes nothing. Raises UnknownSquad, IncidentIsOver.
    """
    incident = changing.lock_running(incident_id)
    squads = team_queries.policy_of(incident.team_id).squads
    if squad not in squads:
        raise UnknownSquad(squad, list(squads))
    if key and Telling.objects.filter(incident=incident, act_key=key).exists():
        return incident
    text = lines(what, TEXT_MOST)
    dedup_key = f"incident-{incident.pk}-squad-{(key or chance.text(16))[:40]}"
    Telling.objects.create(
        incident=incident, kind=TellKind.SQUAD, room=squad, text=text, by_name=by.name, at=now, dedup_key=dedup_key,
        act_key=key[:40],
    )  # fmt: skip
    draft = telling.squad_letter(incident, address=squads[squad], by=by, what=text, key=dedup_key, now=now)
    outbox.enqueue([draft], now=now)
    changing.tell(incident, "incident.pulled", as_actor(by), now, squad=squad, text=text)
    changing.store(incident)
    return incident


def letter_again(incident: Incident, row: Telling, *, by: Person, key: str, now: datetime) -> list[Draft]:
    """Return the message to a squad once more; none when the policy has dropped it meanwhile."""
    address = team_queries.policy_of(incident.team_id).squads.get(row.room, "")
    if not address:
        return []
    return [telling.squad_letter(incident, address=address, by=by, what=row.text, key=key, now=now)]


@database.tried_again
@transaction.atomic
def page_person(incident_id: int, to: Person, *, by: Person, now: datetime) -> Incident:
    """Page somebody of the team for the incident; if they do not answer, the ladder goes on.

    Raises IncidentIsOver, NotOfTheTeam, and NobodyToAsk when they cannot be reached.
    """
    incident = changing.lock_running(incident_id)
    changing.check_member(incident, to)
    context = TeamContext.load(incident.team_id, at=now)
    draft = PageDraft(
        title=cut(f"Help with incident {incident.pk}: {incident.title}", 300),
        text=cut(f"{by.name} asks for you. {incident.label}. {telling.link(incident)}", 1000),
        priority=Priority.P4,
        is_hard=True,
        ladder="hard",
        source=f"incident {incident.pk}",
        source_key=f"incident:{incident.pk}",
        by=as_actor(by),
    )
    # opened and handed on in one transaction: whoever is on duty is not called, unless `to` does not answer
    (page_id,) = open_pages(context, [draft], now=now)
    acting.reassign(page_id, to=to, by=by, now=now)
    Linked.objects.create(incident=incident, page_id=page_id)
    changing.tell(incident, "incident.paged", as_actor(by), now, to=to.name, page=page_id)
    changing.store(incident)
    return incident


def end_pages(incident: Incident, *, by: Person, now: datetime) -> None:
    """Close the pages by which people were called for an incident that is over: nobody is called for it any more."""
    called = Page.objects.open().filter(source_key=f"incident:{incident.pk}").order_by("id")
    for page_id in list(called.values_list("id", flat=True)):
        try:
            acting.close(page_id, by=as_actor(by), person=by, reason="the incident is over", now=now)
        except acting.PageIsClosed:
            continue
