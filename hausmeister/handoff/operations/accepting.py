"""Accepting what is open, one by one or all at once. The database decides who was first."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hausmeister.base import database, log
from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.operations import drafting, moving
from hausmeister.handoff.rules.states import HandoffState, ThingKind
from hausmeister.incidents.models import Offer
from hausmeister.incidents.operations import changing, roles
from hausmeister.incidents.rules.kinds import Answer
from hausmeister.pager import queries as pager
from hausmeister.pager.models import PageState
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability

_log = log.get(__name__)


class HandoffRefused(Exception):
    """It cannot be done; the text says why, in a sentence. `code` is stable."""

    code = "handoff_refused"


class AlreadyAccepted(HandoffRefused):
    """Somebody else accepted it; the first acceptance stands."""

    code = "already_accepted"

    def __init__(self, by: Person | None) -> None:
        super().__init__(f"{by.name if by else 'Somebody'} accepted this a moment before you.")


class NothingToAccept(HandoffRefused):
    """The hand-off is over, taken back, or the same person goes on."""

    code = "nothing_to_accept"


class NotYours(HandoffRefused):
    """Only the incoming person accepts; the backstop in their place once the time is over, and a lead."""

    code = "not_yours"


def may_accept(handoff: Handoff, person: Person, *, leads: bool) -> bool:
    """Say whether `person` may accept: the incoming one, a lead, and the backstop once it was raised."""
    is_backstop = handoff.state is HandoffState.RAISED and person.pk == handoff.backstop_id
    return person.pk == handoff.incoming_id or is_backstop or leads


def is_lead(handoff: Handoff, person: Person) -> bool:
    """Say whether `person` leads the team; that is asked only of those who have no part in the hand-off."""
    return permissions.can(person, Capability.CHANGE_ROTA, team_id=handoff.team_id)


@database.tried_again
@transaction.atomic
def accept(
    handoff_id: int, *, by: Person, now: datetime, item_ids: Sequence[int] | None = None
) -> Handoff:  # fmt: skip
    """Accept the items named, or all that stand in it; the last one accepts the whole.

    Accepting a page acknowledges it, and accepting an incident takes point where it is offered. Whoever accepts in
    the incoming person's place gets what went along. A second time by the same person changes nothing.
    Raises AlreadyAccepted, NothingToAccept, NotYours, and HandoffItem.DoesNotExist for an item of another hand-off.
    """
    handoff = drafting.lock(handoff_id)
    _check(handoff, by)
    waiting = HandoffItem.objects.filter(handoff=handoff, gone_at=None)
    wanted = waiting if item_ids is None else waiting.filter(pk__in=item_ids)
    if item_ids is not None and wanted.count() != len(set(item_ids)):
        raise HandoffItem.DoesNotExist
    rows = list(wanted.filter(accepted_at=None).select_related("owner", "goes_to").order_by("place", "id"))
    waiting.filter(pk__in=[row.pk for row in rows]).update(accepted_at=now, accepted_by=by)
    if handoff.accepted_at is None and rows and item_ids is not None:
        titles = [row.title for row in rows[:10]]
        drafting.tell(handoff, "handoff.item_accepted", as_actor(by), now, items=titles)
    if handoff.accepted_at is None and (item_ids is None or not waiting.filter(accepted_at=None).exists()):
        handoff.accepted_at, handoff.accepted_by = now, by
        handoff.save(update_fields=["accepted_at", "accepted_by"])
        for_whom = handoff.incoming.name if handoff.incoming and handoff.incoming_id != by.pk else ""
        drafting.tell(handoff, "handoff.accepted", as_actor(by), now, instead_of=for_whom)
    if handoff.moved_at is not None:
        for row in rows:
            _take(handoff, row, by, now=now)
    return handoff


def _check(handoff: Handoff, by: Person) -> None:
    if handoff.accepted_by_id is not None and handoff.accepted_by_id != by.pk:
        raise AlreadyAccepted(handoff.accepted_by)
    if handoff.is_kept:
        raise NothingToAccept("The same person goes on: there is nothing to accept.")
    if not (handoff.state.is_open or handoff.state is HandoffState.ACCEPTED):
        raise NothingToAccept("This hand-off is over: what was open stands in the newest one.")
    if not may_accept(handoff, by, leads=by.pk != handoff.incoming_id and is_lead(handoff, by)):
        name = handoff.incoming.name if handoff.incoming else "nobody"
        raise NotYours(f"This goes to {name}; the backstop may accept in their place once the time is over.")


def _take(handoff: Handoff, row: HandoffItem, by: Person, *, now: datetime) -> None:
    """Do what accepting a thing means where it is kept: whoever says "I have it" has it there too."""
    if by.pk != handoff.incoming_id and row.goes_to_id == handoff.incoming_id and row.moves and row.handed_at:
        row.owner, row.handoff = row.goes_to, handoff
        problem = moving.give(row, by, now=now)
        given = {"problem": problem[:500]} if problem else {"goes_to": by, "problem": ""}
        HandoffItem.objects.filter(pk=row.pk).update(**given)
    elif row.sort is ThingKind.INCIDENT:
        _take_point(row, by, now=now)
    if row.sort is ThingKind.PAGE:
        page = pager.find(row.number)
        if page is not None and page.state is PageState.FIRING:
            moving.take_page(row, by, now=now)


def _take_point(row: HandoffItem, by: Person, *, now: datetime) -> None:
    offer = Offer.objects.filter(incident_id=row.number, to=by, answer=Answer.NONE).order_by("id").first()
    if offer is None:
        return
    try:
        roles.accept(offer.pk, by=by, now=now)
    except (roles.OfferIsVoid, changing.IncidentIsOver):
        _log.info("handoff.point_not_taken", incident=row.number)
