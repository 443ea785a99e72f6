"""The life of a message. Every change is conditional: the database decides who was first (rule 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from hausmeister.base import bulk, chance, clock, wake
from hausmeister.base.untrusted import cut
from hausmeister.outbox.delivery import Parcel
from hausmeister.outbox.models import Message, MessageQuerySet
from hausmeister.outbox.rules import LEASE, Lane, State, in_turns, pause


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


def cancel_for(subject: str, *, person_id: int, now: datetime) -> int:
    """Cancel what is still to go to `person_id` about `subject`, claimed or not; return how many."""
    waiting = Message.objects.undecided().filter(subject=subject, person_id=person_id)
    return waiting.update(state=State.CANCELLED, finished_at=now)


def cancel_pending_for(subject: str, *, person_id: int, now: datetime) -> int:
    """Cancel what still waits to go to `person_id` about `subject`; return how many. Claimed ones go out."""
    waiting = Message.objects.filter(subject=subject, person_id=person_id, state=State.PENDING)
    return waiting.update(state=State.CANCELLED, finished_at=now)


@transaction.atomic
def take_back(*, now: datetime) -> int:
    """Make messages due again whose sender's lease ran out; return how many.

    Such a message may have reached the far side: it is marked as a possible duplicate.
    """
    lost = Message.objects.filter(state=State.CLAIMED, claimed_until__lte=now)
    if connection.vendor == "postgresql":
        # what somebody else holds locked is being decided there; waiting for it could end in a deadlock
        ids = lost.order_by("id").select_for_update(skip_locked=True).values_list("id", flat=True)
        lost = lost.filter(id__in=list(ids))
    if not lost.exists():
        return 0
    return lost.update(state=State.PENDING, due_at=now, claimed_by="", claimed_until=None, is_possible_duplicate=True)


@transaction.atomic
def take_back_all(*, now: datetime) -> int:
    """Make every claimed message due again at once; return how many.

    For the start of an installation's only engine: whoever held the claims is dead.
    """
    return Message.objects.filter(state=State.CLAIMED).update(
        state=State.PENDING, due_at=now, claimed_by="", claimed_until=None, is_possible_duplicate=True
    )


def claim(lane: Lane, channel: str, *, most: int, by: str, now: datetime) -> list[Message]:
    """Take up to `most` messages for the sender `by`, for the length of a lease.

    Sources take turns, each with its most urgent message first.
    """
    with transaction.atomic():
        # more candidates than wanted: on PostgreSQL other engines may hold some of them
        chosen = _unlocked(_candidates(lane, channel, most=most * 4, now=now))[:most]
        if not chosen:
            return []
        Message.objects.filter(id__in=chosen, state=State.PENDING).update(
            state=State.CLAIMED, claimed_by=by, claimed_until=now + LEASE, attempts=F("attempts") + 1
        )
        place = {message_id: index for index, message_id in enumerate(chosen)}
        claimed = Message.objects.filter(id__in=chosen, claimed_by=by)
        return sorted(claimed, key=lambda message: place[message.id])


# with fewer due messages than this, one query finds them all; with more, each source is asked for its first ones
_FLOOD = 200


def _candidates(lane: Lane, channel: str, *, most: int, now: datetime) -> list[int]:
    due = Message.objects.due(now).filter(lane=lane, channel=channel)
    rows = list(due.order_by("due_at", "id").values_list("fair_key", "urgency", "due_at", "id")[:_FLOOD])
    if len(rows) == _FLOOD:
        rows = _first_of_each_source(due, each=most)
    by_source: dict[str, list[tuple[int, datetime | None, int]]] = {}
    for fair_key, urgency, due_at, message_id in rows:
        by_source.setdefault(fair_key, []).append((-urgency, due_at, message_id))
    return in_turns([sorted(source) for source in by_source.values()])[:most]


def _first_of_each_source(due: MessageQuerySet, *, each: int) -> list[tuple[str, int, datetime | None, int]]:
    """Return the most urgent messages of every source, found by jumping from source to source in the index."""
    rows: list[tuple[str, int, datetime | None, int]] = []
    source = due.order_by("fair_key").values_list("fair_key", flat=True).first()
    while source is not None:
        mine = due.filter(fair_key=source).order_by("-urgency", "due_at", "id")
        rows += mine.values_list("fair_key", "urgency", "due_at", "id")[:each]
        source = due.filter(fair_key__gt=source).order_by("fair_key").values_list("fair_key", flat=True).first()
    return rows


def _unlocked(candidates: list[int]) -> list[int]:
    """Return those of `candidates` that no other engine is taking, in the same order."""
    if connection.vendor != "postgresql" or not candidates:
        return candidates
    free = set(
        Message.objects.filter(id__in=candidates, state=State.PENDING)
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)
    )
    return [message_id for message_id in candidates if message_id in free]


def renew(message_id: int, *, by: str, now: datetime) -> bool:
    """Let the sender `by` hold its claim for another lease; return whether it still had it."""
    mine = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by, claimed_until__gt=now)
    return bool(mine.update(claimed_until=now + LEASE))


def is_mine(message_id: int, *, by: str) -> bool:
    """Say whether the message is still `by`'s to send: claimed by it, not cancelled, the lease not run out.

    The sender's last look: it calls the wire next, with nothing in between. The clock is read after the row,
    because a process may stand still between the two (the one place beside the edges that reads it).
    """
    mine = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by)
    until = mine.values_list("claimed_until", flat=True).first()
    return until is not None and clock.now() < until


def parcel(message: Message) -> Parcel:
    """Return a claimed message as a sender takes it; its content cannot change while it is claimed."""
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


def record_all_sent(delivered: Mapping[int, str], *, by: str, now: datetime) -> dict[int, Result]:
    """Store documented successes: message id to the far side's reference. Return what became of each.

    A row that was cancelled or taken over meanwhile stays as it is.
    """
    mine = set(
        Message.objects.filter(pk__in=delivered, state=State.CLAIMED, claimed_by=by)
        .order_by("id")
        .select_for_update()
        .values_list("id", flat=True)
    )
    rows = [(number, State.SENT.value, now, cut(ref, 200), "") for number, ref in delivered.items() if number in mine]
    bulk.update(Message, add=(), replace=("state", "finished_at", "provider_ref", "last_error"), rows=rows)
    return {number: Result.SENT if number in mine else Result.TOO_LATE for number in delivered}


def record_sent(message_id: int, *, by: str, provider_ref: str, now: datetime) -> Recorded:
    """Store a documented success. A row that was cancelled meanwhile stays cancelled."""
    stored = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by).update(
        state=State.SENT, finished_at=now, provider_ref=cut(provider_ref, 200), last_error=""
    )
    return Recorded(Message.objects.get(pk=message_id), Result.SENT if stored else Result.TOO_LATE)


@dataclass(frozen=True)
class Failure:
    """How a try failed: for good, or worth another one, perhaps only after `retry_after_s`."""

    reason: str
    for_good: bool
    retry_after_s: float | None = None
    maybe_delivered: bool = False


def record_failure(message_id: int, how: Failure, *, by: str, now: datetime) -> Recorded:
    """Store a failed try: it waits for the next one, or it has failed, for good or after the last try."""
    mine = Message.objects.filter(pk=message_id, state=State.CLAIMED, claimed_by=by)
    message = mine.first()
    if message is None:
        return Recorded(Message.objects.get(pk=message_id), Result.TOO_LATE)
    wait = None
    if not how.for_good:
        wait = pause(
            Lane(message.lane),
            attempts=message.attempts,
            retry_after_s=how.retry_after_s,
            chance=chance.fraction(),
        )
    if wait is None:
        stored = mine.update(state=State.FAILED, finished_at=now, last_error=cut(how.reason, 500))
    else:
        stored = mine.update(
            state=State.PENDING,
            due_at=now + wait,
            claimed_by="",
            claimed_until=None,
            last_error=cut(how.reason, 500),
            is_possible_duplicate=message.is_possible_duplicate or how.maybe_delivered,
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


def reword(message_id: int, facts: dict[str, Any]) -> bool:
    """Give a message that still waits other content; return False, and change nothing, when it is under way."""
    return bool(Message.objects.filter(pk=message_id, state=State.PENDING).update(facts=facts))
