"""The clock comes to a change of duty: what is open goes to the next person, by the operations of the rooms it is in.

The duty itself moves by the rota, whatever happens here. Each thing moves by itself: one that cannot says why, and
stops no other; after a crash the next look goes on where this one ended.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from hausmeister.base import database, log
from hausmeister.handoff.coming import Coming, Duty
from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.operations import drafting, telling
from hausmeister.handoff.rules import words
from hausmeister.handoff.rules.states import ThingKind
from hausmeister.incidents.operations import changing, roles
from hausmeister.incidents.rules.kinds import Post
from hausmeister.issues.operations import working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.journal.rules import ENGINE
from hausmeister.pager import queries as pager
from hausmeister.pager.operations import acting
from hausmeister.pager.operations.acting import NobodyToAsk, PageAlreadyTaken, PageIsClosed
from hausmeister.team.models import Person
from hausmeister.triage.operations import handing_on

_log = log.get(__name__)


@database.tried_again
@transaction.atomic
def move(handoff_id: int, duty: Duty, coming: Coming | None, *, now: datetime) -> Handoff:
    """Say that the duty has moved, with what was open at that moment, and tell the incoming person.

    `coming` is the change as the rota has it now; None once it is too old to be read there.
    """
    handoff = drafting.lock(handoff_id)
    if handoff.moved_at is not None or handoff.cancelled_at is not None:
        return handoff
    if coming is not None:
        drafting.bring_up_to_date(handoff, duty, coming, now=now)
    handoff.moved_at = now
    # with nobody to accept it, the backstop has it at once
    handoff.raise_at = now if handoff.incoming_id is None else now + duty.policy.handoff.accept_within
    handoff.save()
    drafting.tell(handoff, "handoff.moved", ENGINE, now, to=handoff.incoming.name if handoff.incoming else "nobody")
    _overtake(handoff, now=now)
    telling.of_move(handoff, now=now)
    return handoff


def _overtake(handoff: Handoff, *, now: datetime) -> None:
    """End the wait for earlier ones: what was open in them stands in this one."""
    earlier = Handoff.objects.unaccepted().filter(team_id=handoff.team_id, at__lt=handoff.at)
    for one in earlier.select_related("incoming"):
        Handoff.objects.filter(pk=one.pk).update(overtaken_at=now)
        drafting.tell(one, "handoff.overtaken", ENGINE, now, next=handoff.pk)


def hand_on(handoff: Handoff, *, now: datetime) -> int:
    """Give everything that goes along to the person it goes to; return how much was given."""
    waiting = HandoffItem.objects.filter(
        handoff=handoff, goes_to__isnull=False, stays=False, gone_at=None, handed_at=None, problem=""
    )
    rows = waiting.select_related("goes_to", "owner", "accepted_by", "handoff__team", "handoff__outgoing")
    return sum(_give(row, now=now) for row in rows.order_by("place", "id"))


def _give(row: HandoffItem, *, now: datetime) -> int:
    try:
        with transaction.atomic():
            if not _is_still_waiting(row):
                return 0
            problem = give(row, _receiver(row), now=now)
            HandoffItem.objects.filter(pk=row.pk).update(
                handed_at=None if problem else now, problem=problem[:500]
            )  # fmt: skip
    except (OperationalError, InterfaceError):
        # the database is away, or somebody was in the way: the next look tries again
        raise
    except Exception as error:  # noqa: BLE001 - one thing that cannot be handed on must not keep the others
        said = f"{type(error).__name__}: {error}"[:400]
        _log.error("handoff.not_given", item=row.pk, subject=row.subject, error=said)
        HandoffItem.objects.filter(pk=row.pk).update(problem=f"It could not be handed on: {said}")
        return 0
    return 0 if problem else 1


def _is_still_waiting(row: HandoffItem) -> bool:
    """Lock the row, and say whether no other engine has given it meanwhile."""
    waiting = HandoffItem.objects.filter(pk=row.pk, handed_at=None, problem="")
    return waiting.select_for_update(of=("self",)).first() is not None


def _receiver(row: HandoffItem) -> Person:
    assert row.goes_to is not None  # noqa: S101 - only such are read # nosec B101
    return row.goes_to


def give(row: HandoffItem, to: Person, *, now: datetime) -> str:
    """Give one thing to `to`; return why that cannot be, "" when it is theirs or over."""
    work = _GIVES.get(row.sort)
    return work(row, to, now) if work is not None else ""


def _issue(row: HandoffItem, to: Person, now: datetime) -> str:
    handoff = row.handoff
    outgoing = handoff.outgoing.name if handoff.outgoing else ""
    note = words.note_of_issue(handoff.at, outgoing, row.next_step, row.note, zone=handoff.team.zone)
    try:
        working.hand_over(row.number, to, note=note, by=ENGINE, now=now, is_told=False)
    except IssueRefused as refused:
        return "" if refused.code == "issue_is_closed" else str(refused)
    return ""


def _page(row: HandoffItem, to: Person, now: datetime) -> str:
    by, page = row.owner or to, pager.find(row.number)
    if page is None or page.acked_by_id != row.owner_id:
        # somebody has taken or closed it since: it is not the outgoing person's any more
        return ""
    try:
        acting.reassign(row.number, to=to, by=by, now=now, via="hand-off")
    except NobodyToAsk as problem:
        return str(problem)
    except PageIsClosed:
        return ""
    if row.accepted_by_id == to.pk:
        take_page(row, to, now=now)
    return ""


def take_page(row: HandoffItem, by: Person, *, now: datetime) -> None:
    """Acknowledge the page for whoever said that they have it; one that somebody else took stays theirs."""
    try:
        acting.acknowledge(row.number, by=by, now=now, via="hand-off")
    except (PageAlreadyTaken, PageIsClosed):
        _log.info("handoff.page_not_taken", page=row.number)


def _incident(row: HandoffItem, to: Person, now: datetime) -> str:
    try:
        offer = roles.offer(row.number, Post.POINT, to=to, by=row.owner or to, now=now)
        if row.accepted_by_id == to.pk:
            roles.accept(offer.pk, by=to, now=now)
    except changing.NotOfTheTeam as problem:
        return str(problem)
    except (changing.IncidentIsOver, roles.PostMoved):
        return ""
    return ""


def _question(row: HandoffItem, to: Person, now: datetime) -> str:
    handing_on.hand_on(row.number, held_by=row.owner_id, to=to, now=now)
    return ""


_GIVES: dict[ThingKind, Callable[[HandoffItem, Person, datetime], str]] = {
    ThingKind.ISSUE: _issue,
    ThingKind.PAGE: _page,
    ThingKind.INCIDENT: _incident,
    ThingKind.QUESTION: _question,
}
