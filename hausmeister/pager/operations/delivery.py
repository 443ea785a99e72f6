"""What became of the messages of a page: told in its timeline, and acted on when one failed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from hausmeister.base.untrusted import cut
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox import queries as outbox_queries
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Failure, Recorded, Result
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import calling, climbing
from hausmeister.pager.rules.ladder import RETRY_WHEN_NOBODY, next_rung_at_once
from hausmeister.team.queries import channel_label


def page_id_of(subject: str) -> int | None:
    """Return the page that an outbox subject names, None when it is about something else."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "page" and number.isdecimal() else None


@transaction.atomic
def record_sent(messages: Sequence[Message], refs: Mapping[int, str], *, by: str, now: datetime) -> dict[int, Result]:
    """Store documented successes of messages about pages, also ones that came too late, and tell them there.

    `refs` is the far side's reference for each message, by id. One transaction for all of them.
    """
    page_ids = {message.pk: page_id_of(message.subject) for message in messages}
    wanted = sorted({page_id for page_id in page_ids.values() if page_id is not None})
    pages = {page.pk: page for page in Page.objects.filter(pk__in=wanted).order_by("id").select_for_update()}
    results = outbox.record_all_sent({message.pk: refs[message.pk] for message in messages}, by=by, now=now)
    verbs = {Result.SENT: "message.sent", Result.TOO_LATE: "message.late"}
    journal.record_many(
        [
            _fact(pages[page_id], verbs[results[message.pk]], message, now)
            for message in messages
            if (page_id := page_ids[message.pk]) in pages and page_id is not None
        ]
    )
    Page.objects.filter(pk__in=wanted).update(version=F("version") + 1)
    return results


@transaction.atomic
def record_failure(page_id: int, message_id: int, how: Failure, *, by: str, now: datetime) -> Recorded:
    """Store a failed try. When it was the last, the next method is used in the same transaction (I14)."""
    page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
    recorded = outbox.record_failure(message_id, how, by=by, now=now)
    if recorded.result is Result.TOO_LATE:
        return recorded
    verb = "message.failed" if recorded.result is Result.FAILED else "message.retry"
    again = {"again_at": recorded.next_try_at.isoformat()} if recorded.next_try_at else {}
    journal.record(_fact(page, verb, recorded.message, now, reason=cut(how.reason, 300), **again))
    if recorded.result is Result.FAILED and recorded.message.kind == "page":
        _move_on(page, recorded.message, now)
    _touch(page)
    return recorded


def _move_on(page: Page, message: Message, now: datetime) -> None:
    """Use the person's next method now; when none is left and none reached them, climb now."""
    if page.closed_at or page.acked_at or page.snoozed_until or message.person_id is None:
        return
    summons = Summons.objects.select_related("person").filter(page=page, person_id=message.person_id).first()
    if summons is None or not message.dedup_key.startswith(calling.key_prefix(summons)):
        return
    context = TeamContext.load(page.team_id, at=now)
    callee = climbing.callee_of(summons, context, page)
    rungs = next_rung_at_once(callee.rungs, upto_s=summons.upto_s)
    if rungs:
        upto_s = int(rungs[0].after.total_seconds())
        later = [rung for rung in callee.rungs if rung.after.total_seconds() > upto_s]
        Summons.objects.filter(pk=summons.pk).update(
            upto_s=upto_s,
            next_ring_at=summons.since_at + min(rung.after for rung in later) if later else None,
        )
        call = calling.Calling(callee, rungs, summons.cycle, calling.then_of(page, context))
        outbox.enqueue(calling.page_drafts(page, context, call, now=now), now=now)
        how = [channel_label(rung.channel) for rung in rungs]
        facts: dict[str, Any] = {"person": callee.name, "by": how, "because": "the method before failed"}
        journal.record(Fact(now, "page.rang", page.subject, ENGINE, page.team_id, facts))
    elif not page.is_test and not _anything_left(page, summons) and not _others_called(page, summons):
        Page.objects.filter(pk=page.pk).update(next_step_at=_climb_at(page, context, now))


def _climb_at(page: Page, context: TeamContext, now: datetime) -> datetime:
    """Return when to climb because a step reached nobody: now.

    At the end of the ladder a minute later: when every method of everybody fails, the ladder must not spin.
    """
    if page.place < len(context.ladder(page).steps):
        return now
    soon = now + RETRY_WHEN_NOBODY
    return soon if page.next_step_at is None else min(page.next_step_at, soon)


def _anything_left(page: Page, summons: Summons) -> bool:
    """Say whether a message of this round reached the person, or still may."""
    unsettled = outbox_queries.unsettled(page.subject, person_id=summons.person_id)
    return any(message.dedup_key.startswith(calling.key_prefix(summons)) for message in unsettled)


def _others_called(page: Page, summons: Summons) -> bool:
    """Say whether somebody else was called by the same step and may still be reached."""
    others = Summons.objects.filter(page=page, since_at=summons.since_at).exclude(pk=summons.pk)
    return any(other.next_ring_at is not None or _anything_left(page, other) for other in others)


def _touch(page: Page) -> None:
    Page.objects.filter(pk=page.pk).update(version=page.version + 1)


def _fact(page: Page, verb: str, message: Message, now: datetime, **more: Any) -> Fact:
    facts = {
        "message": message.pk,
        "channel": message.channel,
        "kind": message.kind,
        "person": str(message.facts.get("person", "")),
        "role": str(message.facts.get("role", "")),
        "attempt": message.attempts,
        "maybe_twice": message.is_possible_duplicate,
        **more,
    }
    return Fact(now, verb, page.subject, ENGINE, page.team_id, facts)
