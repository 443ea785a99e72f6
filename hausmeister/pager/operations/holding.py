"""Keeping everything silent that would call by itself: after a backup was restored, until somebody says it is real.

A held page is snoozed, visibly, and calls again when the time is over: nothing is ever silent for good (S55). What is
sent to this installation meanwhile calls as always.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import wake
from hausmeister.journal import operations as journal
from hausmeister.journal import queries as journal_queries
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.pager.operations.climbing import MOVING_FIELDS, begin_anew

HELD_FOR = timedelta(days=7)
_HELD, _RELEASED = "page.held", "page.released"


@dataclass(frozen=True)
class Held:
    """What was silenced, and until when."""

    pages: tuple[Page, ...]
    messages: int
    until: datetime


@transaction.atomic
def hold(*, by: Actor, now: datetime) -> Held:
    """Snooze every open page for seven days, and drop every message not yet sent."""
    until = (now + HELD_FOR).replace(microsecond=0)
    dropped = Message.objects.undecided().update(state=State.CANCELLED, finished_at=now)
    pages = []
    for page in _open_pages():
        if page.acked_at is None:
            begin_anew(page, at=until, snoozed_until=until)
        else:
            _expire_at(page, until)
        journal.record(Fact(now, _HELD, page.subject, by, page.team_id, {"until": until.isoformat()}))
        pages.append(page)
    return Held(tuple(pages), dropped, until)


@transaction.atomic
def release(*, by: Actor, now: datetime) -> list[Page]:
    """Let the pages that are held call from now on; return them. One that somebody touched since is left alone."""
    held = {
        entry.subject: entry.facts["until"]
        for entry in journal_queries.verbs_about([page.subject for page in _open_pages()], _HELD)
    }
    released = []
    for page in _open_pages():
        quiet_until = page.snoozed_until or page.ack_expires_at
        if quiet_until is None or held.get(page.subject) != quiet_until.isoformat():
            continue
        if page.acked_at is None:
            page.snoozed_until, page.next_step_at = None, now
            page.version += 1
            page.save(update_fields=MOVING_FIELDS)
        else:
            context = TeamContext.load(page.team_id, at=now)
            _expire_at(page, context.after(context.ladder(page), context.policy.pager.ack_timeout, at=now))
        journal.record(Fact(now, _RELEASED, page.subject, by, page.team_id))
        released.append(page)
    wake.soon()
    return released


def _open_pages() -> list[Page]:
    return list(Page.objects.open().select_for_update(of=("self",)).select_related("team", "acked_by").order_by("id"))


def _expire_at(page: Page, at: datetime) -> None:
    page.ack_expires_at = at
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
