"""The life of a message. Every change is conditional: the database decides who was first (rule 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Value, When, Window
from django.db.models.functions import RowNumber

from hausmeister.base import bulk, chance, clock, wake
from hausmeister.outbox.delivery import Parcel
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import LEASE, Lane, State, pause


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be stored. `dedup_key` is unique for ever: the same intention is stored once."""

    channel: str
    kind: str
    subject: str
    dedup_key: str
    to: dict[str, Any]
    facts: dict[str, Any]
    due_at: datetime
    lane: Lane = Lane.PAGING
    team_id: int | None = None
    person_id: int | None = None
    method_id: int | None = None
    fair_key: str = ""
    urgency: int = 0


_COLUMNS = (
    "lane", "channel", "kind", "subject", "team_id", "person_id", "method_id", "fair_key", "urgency", "to",
    "facts", "dedup_key", "state", "created_at", "due_at", "claimed_by", "attempts", "is_possible_duplicate",
    "provider_ref", "last_error",
)  # fmt: skip


def enqueue(drafts: Sequence[Draft], *, now: datetime) -> None:
    """Store `drafts` in the caller's transaction and wake the engine once it is committed.

    Raises IntegrityError when a dedup key is already taken: two intentions must not share one.
    """
    rows = [
        (
            d.lane.value, d.channel, d.kind, d.subject, d.team_id, d.person_id, d.method_id, d.fair_key, d.urgency,
            d.to, d.facts, d.dedup_key, State.PENDING.value, now, d.due_at, "", 0, False, "", "",
        )
        for d in drafts
    ]  # fmt: skip
    if rows:
        bulk.insert(Message, _COLUMNS, rows)
        wake.soon()


def cancel(subjects: Sequence[str], *, now: datetime, lane: Lane | None = None) -> int:
    """Cancel every pending and claimed message about `subjects`; return how many.

    A claimed one may be on the wire already: its sender then finds the claim gone and journals the late
    delivery, and the state stays cancelled.
    """
    waiting = Message.objects.undecided().filter(subject__in=subjects)
    if lane is not None:
        waiting = waiting.filter(lane=lane)
    return waiting.update(state=State.CANCELLED, finished_at=now)


def cancel_pending_for(subject: str, *, person_id: int, now: datetime) -> int:
    """Cancel what still waits to go to `person_id` about `subject`; return how many. Claimed ones go out."""
    waiting = Message.objects.filter(subject=subject, person_id=person_id, state=State.PENDING)
    return waiting.update(state=State.CANCELLED, finished_at=now)


def claim(lane: Lane, channel: str, *, most: int, by: str, now: datetime) -> list[Message]:
    """Take up to `most` messages for the sender `by`, for the length of a lease.

    Sources take turns, the more urgent first. A message whose former claim ran out may have reached the far
    side; it is marked as a possible duplicate.
    """
    turn = Window(RowNumber(), partition_by=[F("fair_key")], order_by=[F("urgency").desc(), F("due_at"), F("id")])
    ready = Message.objects.ready(now).filter(lane=lane, channel=channel)
    if not ready.exists():
        return []
    with transaction.atomic():
        order = ready.annotate(turn=turn).order_by("turn", "-urgency", "due_at", "id")
        # more candidates than wanted: on PostgreSQL other engines may hold some of them
        candidates = [row["id"] for row in order.values("id")[: most * 4]]
        chosen = _unlocked(candidates, now)[:most]
        Message.objects.filter(id__in=chosen).update(
            is_possible_duplicate=Case(When(state=State.CLAIMED, then=Value(True)), default=F("is_possible_duplicate")),
            state=State.CLAIMED,
            claimed_by=by,
            claimed_until=now + LEASE,
            attempts=F("attempts") + 1,
        )
        place = {message_id: index for index, message_id in enumerate(chosen)}
        return sorted(Message.objects.filter(id__in=chosen), key=lambda message: place[message.id])


def _unlocked(candidates: list[int], now: datetime) -> list[int]:
    """Return those of `candidates` that no other engine is taking, in the same order."""
    if connection.vendor != "postgresql":
        return candidates
    free = set(
        Message.objects.ready(now)
        .filter(id__in=candidates)
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)
    )
    return [message_id for message_id in candidates if message_id in free]


def look(message_id: int, *, by: str) -> Parcel | None:
    """Return the message as it stands, or None when it is no longer `by`'s to send.

    The sender's last look: it calls the wire next, with nothing in between. The clock is read after the row,
    because a process may stand still between the two (the one place beside the edges that reads it).
    """
    message = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by).first()
    if message is None or message.claimed_until is None or clock.now() >= message.claimed_until:
        return None
    return Parcel(
        message_id=message.pk,
        kind=message.kind,
        to=message.to,
        facts=message.facts,
        idempotency_key=message.dedup_key,
        is_possible_duplicate=message.is_possible_duplicate,
        attempt=message.attempts,
    )


class Result(Enum):
    """What became of a message after a try."""

    SENT = "sent"
    WAITS = "waits"
    FAILED = "failed"
    # the row was cancelled, or taken over after the lease, before this result could be stored
    TOO_LATE = "too late"


@dataclass(frozen=True)
class Recorded:
    """A stored result: the message as it now is, what became of it, and when the next try is due."""

    message: Message
    result: Result
    next_try_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def record_sent(message_id: int, *, by: str, provider_ref: str, now: datetime) -> Recorded:
    """Store a documented success. A row that was cancelled meanwhile stays cancelled."""
    stored = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by).update(
        state=State.SENT, finished_at=now, provider_ref=provider_ref[:200], last_error=""
    )
    return Recorded(Message.objects.get(pk=message_id), Result.SENT if stored else Result.TOO_LATE)


def record_failure(
    message_id: int,
    *,
    by: str,
    reason: str,
    for_good: bool,
    now: datetime,
    retry_after_s: float | None = None,
    maybe_delivered: bool = False,
) -> Recorded:
    """Store a failed try: it waits for the next one, or it has failed, for good or after the last try."""
    mine = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by)
    message = mine.first()
    if message is None:
        return Recorded(Message.objects.get(pk=message_id), Result.TOO_LATE)
    wait = None
    if not for_good:
        wait = pause(
            Lane(message.lane),
            attempts=message.attempts,
            retry_after_s=retry_after_s,
            chance=chance.fraction(),
        )
    if wait is None:
        stored = mine.update(state=State.FAILED, finished_at=now, last_error=reason[:500])
    else:
        stored = mine.update(
            state=State.PENDING,
            due_at=now + wait,
            claimed_by="",
            claimed_until=None,
            last_error=reason[:500],
            is_possible_duplicate=message.is_possible_duplicate or maybe_delivered,
        )
    message = Message.objects.get(pk=message_id)
    if not stored:
        return Recorded(message, Result.TOO_LATE)
    if wait is None:
        return Recorded(message, Result.FAILED)
    return Recorded(message, Result.WAITS, next_try_at=now + wait)


def give_back(message_ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Return claimed messages that were never tried, at a shutdown; their try does not count."""
    Message.objects.filter(pk__in=message_ids, state=State.CLAIMED, claimed_by=by).update(
        state=State.PENDING, due_at=now, claimed_by="", claimed_until=None, attempts=F("attempts") - 1
    )


def forget_content(message_id: int) -> None:
    """Empty the content of a finished message that held a secret, such as a verification code."""
    Message.objects.filter(pk=message_id).exclude(state__in=[State.PENDING, State.CLAIMED]).update(facts={})


def replace_pending(draft: Draft) -> bool:
    """Put `draft`'s content in place of a pending message with the same subject, kind and address.

    Returns False, and stores nothing, when none waits. Coalesces edits of a chat post.
    """
    waiting = Message.objects.filter(subject=draft.subject, kind=draft.kind, channel=draft.channel, state=State.PENDING)
    return bool(waiting.update(facts=draft.facts, to=draft.to))
