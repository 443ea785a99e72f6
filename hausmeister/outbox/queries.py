"""Reading the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import Lane, State


def due_channels(now: datetime) -> list[tuple[Lane, str]]:
    """Return the (lane, channel) pairs with something to send, paging first."""
    found: list[tuple[Lane, str]] = []
    due = Message.objects.due(now)
    for lane in (Lane.PAGING, Lane.CHAT):
        # from channel to channel in the index: a long queue of one costs no more than a short one
        channel = due.filter(lane=lane).order_by("channel").values_list("channel", flat=True).first()
        while channel is not None:
            found.append((lane, channel))
            after = due.filter(lane=lane, channel__gt=channel)
            channel = after.order_by("channel").values_list("channel", flat=True).first()
    return found


def next_due_at() -> datetime | None:
    """Return when the next message becomes due, None when nothing waits."""
    due = Message.objects.filter(state=State.PENDING).aggregate(at=Min("due_at"))["at"]
    lease = Message.objects.filter(state=State.CLAIMED).aggregate(at=Min("claimed_until"))["at"]
    return min((moment for moment in (due, lease) if moment is not None), default=None)


def about(subject: str) -> list[Message]:
    """Return all messages about `subject`, oldest first."""
    return list(Message.objects.filter(subject=subject).order_by("id"))


def find(message_id: int) -> Message | None:
    """Return the message with this id, None when there is none."""
    return Message.objects.filter(pk=message_id).first()


def keyed(dedup_keys: Sequence[str]) -> dict[str, Message]:
    """Return the messages with these dedup keys, by key."""
    return {one.dedup_key: one for one in Message.objects.filter(dedup_key__in=dedup_keys)}


def newest(subject: str, *, channel: str, kind: str) -> Message | None:
    """Return the message about `subject` of this kind that was stored last, None when there is none."""
    return Message.objects.filter(subject=subject, channel=channel, kind=kind).order_by("-id").first()


def is_outdated(message_id: int) -> bool:
    """Say whether a later message like it, to the same place about the same subject, is sent or still will be.

    For edits: the older of two that were tried in turn must not have the last word.
    """
    message = Message.objects.get(pk=message_id)
    later = Message.objects.filter(
        subject=message.subject, kind=message.kind, channel=message.channel, pk__gt=message.pk
    ).exclude(state__in=[State.FAILED, State.CANCELLED])
    return any(one.to == message.to for one in later)


def tried(subjects: Sequence[str], *, channel: str, kind: str) -> list[Message]:
    """Return the messages about `subjects` that were handed to `channel` at least once, oldest first."""
    found: list[Message] = []
    for start in range(0, len(subjects), 500):
        some = subjects[start : start + 500]
        found += Message.objects.filter(subject__in=some, channel=channel, kind=kind, attempts__gt=0).order_by("id")
    return found


def unsettled(subject: str, *, person_id: int) -> list[Message]:
    """Return the messages to `person_id` about `subject` that are sent or may still be, oldest first."""
    return list(
        Message.objects.filter(
            subject=subject, person_id=person_id, state__in=[State.PENDING, State.CLAIMED, State.SENT]
        ).order_by("id")
    )


def was_told(person_id: int, *, at: datetime, keys: Sequence[str]) -> bool:
    """Say whether a message to the person was stored at just `at` whose dedup key begins with one of `keys`."""
    stored = Message.objects.filter(person_id=person_id, created_at=at).values_list("dedup_key", flat=True)
    return any(key.startswith(tuple(keys)) for key in stored)


@dataclass(frozen=True)
class LastFailure:
    """The last message to a contact method failed for good: when, and why."""

    at: datetime
    why: str


def last_failures(method_ids: Sequence[int], *, after: datetime) -> dict[int, LastFailure]:
    """Return for those of these contact methods whose last message failed later than `after` when and why."""
    failed = Message.objects.filter(method_id__in=method_ids, state=State.FAILED, finished_at__gt=after)
    last: dict[int, Message] = {}
    for message in failed.order_by("id"):
        if message.method_id is not None:
            last[message.method_id] = message
    return {
        method_id: LastFailure(message.finished_at, message.last_error)
        for method_id, message in last.items()
        if message.finished_at is not None and not _arrived_since(message)
    }


def _arrived_since(failed: Message) -> bool:
    return Message.objects.filter(pk__gt=failed.pk, method_id=failed.method_id, state=State.SENT).exists()


def backlog(now: datetime) -> dict[str, int]:
    """Return how many messages are due per lane. For metrics and the doctor."""
    counts: dict[str, int] = dict.fromkeys(Lane, 0)
    for lane in Message.objects.overdue(now).values_list("lane", flat=True):
        counts[lane] += 1
    return counts
