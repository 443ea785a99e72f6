"""A page by which people are pulled in one after the other, besides those whom the ladder calls.

It calls those it is given; only when nobody of them answers does it climb the team's ladder.
"""

from datetime import datetime, timedelta
from typing import Any

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Fact
from hausmeister.outbox import operations as outbox
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import acting, calling
from hausmeister.pager.operations.climbing import MOVING_FIELDS
from hausmeister.pager.operations.opening import PageDraft
from hausmeister.pager.rules.ladder import Callee
from hausmeister.team.models import Person


def open_for(context: TeamContext, draft: PageDraft, callee: Callee, *, wait: timedelta, now: datetime) -> int:
    """Open a hard page that calls `callee` first, in the caller's transaction; return its number.

    `wait` later the ladder is climbed, unless somebody answers or `call_too` asks one more.
    """
    page = Page.objects.create(
        team=context.team,
        title=draft.title,
        text=draft.text,
        priority=int(draft.priority),
        is_hard=draft.is_hard,
        ladder=draft.ladder,
        source=draft.source,
        source_key=draft.source_key,
        opened_at=now,
        next_step_at=now + wait * 2,
    )
    outbox.enqueue(calling.summon(page, context, [callee], now=now), now=now)
    facts = {"title": page.title, "priority": page.priority, "hard": True, "steps": [_told(callee)], **draft.facts}
    journal.record(Fact(now, "page.opened", page.subject, draft.by, page.team_id, facts))
    return page.pk


def call_too(page_id: int, callee: Callee, *, wait: timedelta, now: datetime) -> bool:
    """Call `callee` for the page as well; return False, and call nobody, when it is answered or closed."""
    try:
        page = acting.lock(page_id)
    except acting.PageIsClosed:
        return False
    if page.acked_at is not None:
        return False
    context = TeamContext.load(page.team_id, at=now)
    page.next_step_at = now + wait * 2
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    outbox.enqueue(calling.summon(page, context, [callee], now=now), now=now)
    return True


def let_go(page_id: int, person: Person, *, now: datetime) -> None:
    """Stop calling `person` for the page: they said that they cannot come."""
    # the page's lock first, as everybody takes it: a ring that is just being made would call them on
    Page.objects.select_for_update().get(pk=page_id)
    Summons.objects.filter(page_id=page_id, person=person).update(next_ring_at=None)
    outbox.cancel_for(f"page:{page_id}", person_id=person.pk, now=now)


def _told(callee: Callee) -> dict[str, Any]:
    called = {"person": callee.name, "role": callee.role, "first_after_s": 0}
    return {"number": 0, "call": "asked to help", "called": [called], "skipped": ""}
