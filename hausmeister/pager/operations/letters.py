"""Messages that call nobody: notices and findings. They never share a lane with pages."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from hausmeister.base import log
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.rota.rules.shifts import may_be_told, morning_after
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel, ListName

_log = log.get(__name__)

# what carries a message that is no page; Opsgenie would make an alert of it, and behind a webhook stands a program
_CARRIERS = frozenset({Channel.SLACK, Channel.NTFY})


def letter(
    to: Person, *, subject: str, text: str, about: str, key: str, team_id: int, due_at: datetime
) -> Draft | None:  # fmt: skip
    """Return a message to `to`: by mail, else by their own way for soft pages; None when there is no way to them.

    `about` is its name in the outbox, `key` its dedup key.
    """
    facts = {"subject": subject, "text": text, "person": to.name, "title": subject}
    if settings.HAUSMEISTER_EMAIL is not None or team_queries.is_demo():
        channel, address = Channel.EMAIL, {"channel": Channel.EMAIL.value, "address": to.email}
        kind, method_id = "mail", None
    else:
        method = _own_way(to)
        if method is None:
            _log.warning("letter.no_way", person=to.pk, about=about)
            return None
        channel, address = Channel(method.channel), team_queries.address_of(method)
        kind, method_id = "notice", method.pk
    return Draft(
        channel=channel.value,
        kind=kind,
        subject=about,
        dedup_key=key,
        to=address,
        facts=facts,
        due_at=due_at,
        lane=Lane.CHAT,
        team_id=team_id,
        person_id=to.pk,
        method_id=method_id,
    )


def _own_way(to: Person) -> ContactMethod | None:
    reach = team_queries.reach([to.pk]).get(to.pk)
    if reach is None:
        return None
    rungs = [rung.method for rung in reach.rungs[ListName.DEFAULT]]
    return next((one for one in (*rungs, *reach.methods) if Channel(one.channel) in _CARRIERS), None)


def readers(people: Iterable[Person]) -> list[Person]:
    """Return who of `people` can read a letter, each once."""
    return [one for one in {person.pk: person for person in people}.values() if one.is_active]


def leads_of(team_id: int) -> list[Person]:
    """Return who settles what is wrong with a team: its leads, else the installation's admins."""
    return team_queries.leads(team_id) or team_queries.admins()


def due_at(person: Person, event_at: datetime, now: datetime) -> datetime:
    """Return when `person` may be told of what happens at `event_at`: now, or in their morning if that is before it."""
    return now if may_be_told(now, event_at, person.zone) else morning_after(now, person.zone)
