"""Writing what is open into a hand-off, and keeping it true until the duty moves. Notes stay with their things."""

from datetime import datetime
from typing import Any

from django.db import transaction

from hausmeister.base import database
from hausmeister.handoff import gathering
from hausmeister.handoff.coming import Coming, Duty
from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.operations import telling
from hausmeister.handoff.rules.owners import Ruling
from hausmeister.handoff.rules.states import Found, ThingKind
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.team.models import Team


def tell(handoff: Handoff, verb: str, by: Actor, now: datetime, **facts: Any) -> None:
    """Write what happened into the journal."""
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    journal.record(Fact(now, verb, handoff.subject, by, handoff.team_id, told))


def lock(handoff_id: int) -> Handoff:
    """Return the hand-off with its row locked."""
    return Handoff.objects.select_for_update(of=("self",)).select_related("team").get(pk=handoff_id)


@database.tried_again
@transaction.atomic
def draft(duty: Duty, coming: Coming, *, by: Actor = ENGINE, now: datetime, is_over: bool = False) -> Handoff:
    """Return the hand-off of this change: written now and sent to both, or the one that is there already.

    `is_over`: a later change has happened since. It is kept for the record, and nobody is told.
    """
    Team.objects.select_for_update(no_key=True).get(pk=duty.team.pk)
    known = Handoff.objects.standing().filter(team=duty.team, at=coming.change.at).first()
    if known is not None:
        return known
    change = coming.change
    made = Handoff.objects.create(
        team=duty.team, at=change.at, outgoing_id=change.outgoing, incoming_id=change.incoming,
        backstop_id=coming.backstop, title_from=change.title_from, title_to=change.title_to,
        triage_from=change.triage_from, triage_to=change.triage_to, since_at=coming.since_at, drafted_at=now,
        looked_at=now, **({"moved_at": now, "raise_at": now, "overtaken_at": now} if is_over else {}),
    )  # fmt: skip
    facts = {"outgoing": _name(made.outgoing), "incoming": _name(made.incoming), "at": made.at.isoformat()}
    tell(made, "handoff.missed" if is_over else "handoff.drafted", by, now, **facts)
    if not is_over:
        write(made, duty, coming, now=now)
        telling.of_draft(made, now=now)
    return made


def _name(person: Any) -> str:
    return person.name if person is not None else "nobody"


@database.tried_again
@transaction.atomic
def refresh(handoff_id: int, duty: Duty, coming: Coming, *, now: datetime) -> None:
    """Bring a draft up to date: what is open, and who hands over to whom; a new person is told."""
    handoff = lock(handoff_id)
    if handoff.moved_at is None and handoff.cancelled_at is None:
        bring_up_to_date(handoff, duty, coming, now=now)


def bring_up_to_date(handoff: Handoff, duty: Duty, coming: Coming, *, now: datetime) -> None:
    """The same for a locked draft."""
    change = coming.change
    people = (handoff.outgoing_id, handoff.incoming_id)
    handoff.outgoing_id, handoff.incoming_id, handoff.backstop_id = change.outgoing, change.incoming, coming.backstop
    handoff.title_from, handoff.title_to = change.title_from, change.title_to
    handoff.triage_from, handoff.triage_to, handoff.since_at = change.triage_from, change.triage_to, coming.since_at
    handoff.looked_at = now
    is_new = people != (change.outgoing, change.incoming)
    if is_new:
        handoff.accepted_at = handoff.accepted_by = None
    handoff.save()
    if is_new:
        HandoffItem.objects.filter(handoff=handoff).update(accepted_at=None, accepted_by=None)
        facts = {"outgoing": _name(handoff.outgoing), "incoming": _name(handoff.incoming)}
        tell(handoff, "handoff.changed", ENGINE, now, **facts)
    write(handoff, duty, coming, now=now)
    if is_new:
        telling.of_draft(handoff, now=now, was=people)


def write(handoff: Handoff, duty: Duty, coming: Coming, *, now: datetime) -> None:
    """Store what is open now into a locked hand-off. What grew after it was accepted has to be accepted anew."""
    found = gathering.everything(duty.team, coming, ruling_of(duty, coming), duty.policy.handoff, now=now)
    known = {one.subject: one for one in HandoffItem.objects.filter(handoff=handoff)}
    steps = _steps_before(handoff, [one.subject for one in found if one.subject not in known])
    for place, one in enumerate(found):
        row = known.pop(one.subject, None)
        if row is None:
            _new(handoff, one, place, steps.get(one.subject, ""))
        elif _differs(row, one, place):
            _change(row, one, place)
    HandoffItem.objects.filter(pk__in=[row.pk for row in known.values() if row.gone_at is None]).update(gone_at=now)
    grown = HandoffItem.objects.filter(handoff=handoff, gone_at=None, accepted_at=None).exists()
    if handoff.accepted_at is not None and grown:
        handoff.accepted_at = handoff.accepted_by = None
        Handoff.objects.filter(pk=handoff.pk).update(accepted_at=None, accepted_by=None)
        tell(handoff, "handoff.grew", ENGINE, now)


def ruling_of(duty: Duty, coming: Coming) -> Ruling:
    """Return what decides to whom things go."""
    change = coming.change
    before = HandoffItem.objects.filter(
        handoff__team=duty.team, handoff__at__lt=change.at, kind=ThingKind.ISSUE, handed_at__isnull=False,
        goes_to_id=change.outgoing, owner__isnull=False,
    )  # fmt: skip
    rows = before.order_by("handoff__at", "id").values_list("subject", "owner_id")[:500] if change.outgoing else ()
    had = {int(subject.rpartition(":")[2]): owner for subject, owner in rows}
    return Ruling(change, duty.policy.handoff.issues, duty.able, coming.backstop, had)


def _steps_before(handoff: Handoff, subjects: list[str]) -> dict[str, str]:
    """Return what the newest earlier hand-off said of these as their next step: it goes on until changed."""
    earlier = HandoffItem.objects.filter(handoff__team_id=handoff.team_id, handoff__at__lt=handoff.at)
    rows = earlier.filter(subject__in=subjects).exclude(next_step="").order_by("handoff__at", "id")
    return dict(rows.values_list("subject", "next_step"))


def _new(handoff: Handoff, one: Found, place: int, next_step: str) -> None:
    HandoffItem.objects.create(
        handoff=handoff, kind=one.kind, subject=one.subject, next_step=next_step, **_columns(one, place)
    )  # fmt: skip


def _columns(one: Found, place: int) -> dict[str, Any]:
    return {
        "title": one.title[:300], "detail": one.detail[:500], "path": one.path, "rank": one.rank, "owner_id": one.owner,
        "goes_to_id": one.goes_to, "ends_at": one.ends_at, "place": place,
    }  # fmt: skip


def _differs(row: HandoffItem, one: Found, place: int) -> bool:
    is_same = all(getattr(row, name) == value for name, value in _columns(one, place).items())
    return not is_same or row.gone_at is not None or row.kind != one.kind


def _change(row: HandoffItem, one: Found, place: int) -> None:
    HandoffItem.objects.filter(pk=row.pk).update(kind=one.kind, gone_at=None, **_columns(one, place))
