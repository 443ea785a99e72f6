"""Opening an incident from a message: how bad it is and what clients see are asked for; the message is line one."""

from contextlib import suppress

from django.db import transaction

from hausmeister.base import database
from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.shapes import Answer, Asked, Call, Field, Form
from hausmeister.incidents import operations as incidents
from hausmeister.incidents import telling
from hausmeister.incidents.models import TITLE_MOST, Incident
from hausmeister.incidents.operations.opening import NobodyToAct, NoTitle, UnknownLevel, of_origin
from hausmeister.journal.rules import Actor
from hausmeister.outbox.chat import Link, Words
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item, Said

OPEN = "incident.open"


def problem(error: Exception) -> str:
    """Return in words what people can expect to go wrong, "" for anything else."""
    return str(error) if isinstance(error, (UnknownLevel, NoTitle, NobodyToAct)) else ""


def may_open(person: Person, item: Item) -> bool:
    """Say whether the person may open an incident for the item's team."""
    return permissions.can(person, Capability.ACT_ON_INCIDENTS, team_id=item.team_id)


def value_of(item: Item, stamp: str) -> str:
    """Return what the form carries: the item, and the message that was pointed at."""
    return f"{item.pk}:{stamp}"


def form(call: Call) -> Answer | Form:
    """Ask how bad it is and what clients see; where it was opened before, say so instead."""
    item, _said = _read(call.asked, call.person)
    before = of_origin(item.team, item.subject)
    if before is not None:
        return _told(before, f"Incident {before.pk} was opened from this before: {before.label}.")
    levels = team_queries.policy_of(item.team_id).severity_levels
    choices = tuple((one.name, f"{one.name}: {one.meaning}"[:75]) for one in levels)
    fields = (
        Field("level", "How bad", choices=choices, initial=levels[-1].name),
        Field("title", "What clients see, in plain words", initial=item.title[:TITLE_MOST], most=TITLE_MOST),
    )
    return Form("Open an incident", OPEN, call.asked.value, fields, "Open it", "incident LEVEL WHAT CLIENTS SEE")


@database.tried_again
@transaction.atomic
def open_it(call: Call) -> Answer:
    """Open the incident with the message as its first line; the item ends with the incident's number."""
    asked, by, now = call.asked, team_operations.as_actor(call.person), call.asked.now
    item, said = _read(asked, call.person)
    level, title = asked.given.get("level", ""), asked.given.get("title", "")
    opened = incidents.open_incident(item.team, title, level, opened_from=item.subject, actor=by, now=now)
    _first_line(opened, item, said, by, asked)
    with suppress(triage.TriageRefused):
        # somebody may have ended it meanwhile; the incident runs all the same
        triage.close(item.pk, call.person, now, reason=f"it is incident {opened.pk}")
    return _told(opened, f"Incident {opened.pk} is open: {opened.label}. {opened.point.name} is point.")


def _first_line(opened: Incident, item: Item, said: Said | None, by: Actor, asked: Asked) -> None:
    incidents.add_from_chat(
        opened,
        said.text if said else item.text,
        author=said.author_name if said else item.asker_name,
        at=said.at if said else item.opened_at,
        link=(said.link if said else "") or item.link,
        by=by,
        now=asked.now,
    )


def _read(asked: Asked, person: Person) -> tuple[Item, Said | None]:
    number, _, stamp = asked.value.partition(":")
    is_number = number.isascii() and number.isdecimal() and len(number) < 19
    item = Item.objects.select_related("team").filter(pk=int(number)).first() if is_number else None
    if item is None:
        raise CannotDo("This is not there any more.")
    permissions.check(person, Capability.ACT_ON_INCIDENTS, team_id=item.team_id)
    return item, Said.objects.filter(item=item, stamp=stamp, removed_at=None).first()


def _told(opened: Incident, headline: str) -> Answer:
    return Answer(Words(headline, links=(Link(f"Incident {opened.pk}", telling.link(opened)),)))


ACTS = (Act(OPEN, open_it, form),)
