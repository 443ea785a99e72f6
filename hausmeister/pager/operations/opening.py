"""Opening pages: many at once, in the transaction that stores the alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hausmeister.base import bulk
from hausmeister.base.priority import Priority
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.pager import queries
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import calling
from hausmeister.pager.queries import TeamContext
from hausmeister.pager.rules.ladder import Callee, Climb, Position, climb


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A page to be opened. `by` is who set it off; `facts` go to the journal as they are."""

    title: str
    text: str
    priority: Priority
    is_hard: bool
    ladder: str
    source: str
    source_key: str
    by: Actor
    is_storm: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


_PAGE_COLUMNS = (
    "id", "team_id", "title", "text", "priority", "is_hard", "ladder", "source", "source_key", "is_storm", "is_test",
    "opened_at", "steps_done", "place", "round", "next_step_at", "waits_for_work", "exhausted_at", "close_reason",
    "version",
)  # fmt: skip
_SUMMONS_COLUMNS = ("page_id", "person_id", "role", "cycle", "since_at", "upto_s", "next_ring_at")


@dataclass
class _Batch:
    """The rows of one call, gathered before they are written."""

    pages: list[tuple[Any, ...]] = field(default_factory=list)
    summonses: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[Draft] = field(default_factory=list)
    entries: list[Fact] = field(default_factory=list)


def open_pages(context: TeamContext, drafts: Sequence[PageDraft], *, now: datetime) -> list[Page]:
    """Open a page for each of `drafts` and call whoever is on duty, in the caller's transaction.

    Pages, summonses, messages and journal are written together, so a stored page is a page that calls (I3).
    Returns the pages in the order of `drafts`, unsaved changes none.
    """
    batch = _Batch()
    pages = []
    for page_id, draft in zip(bulk.reserve_ids(Page, len(drafts)), drafts, strict=True):
        page = _page(page_id, context, draft, now)
        ladder = context.ladder(page)
        first_at = context.step_moment(ladder, now)
        if first_at > now:
            _let_wait(page, context, draft, first_at, batch, now)
        else:
            _call_now(page, context, draft, batch, now)
        batch.pages.append(tuple(getattr(page, column) for column in _PAGE_COLUMNS))
        pages.append(page)
    bulk.insert(Page, _PAGE_COLUMNS, batch.pages)
    bulk.insert(Summons, _SUMMONS_COLUMNS, batch.summonses)
    outbox.enqueue(batch.messages, now=now)
    journal.record_many(batch.entries)
    return pages


def _page(page_id: int, context: TeamContext, draft: PageDraft, now: datetime) -> Page:
    return Page(
        id=page_id,
        team=context.team,
        title=draft.title,
        text=draft.text,
        priority=int(draft.priority),
        is_hard=draft.is_hard,
        ladder=draft.ladder,
        source=draft.source,
        source_key=draft.source_key,
        is_storm=draft.is_storm,
        opened_at=now,
    )


def _let_wait(
    page: Page, context: TeamContext, draft: PageDraft, first_at: datetime, batch: _Batch, now: datetime
) -> None:
    page.waits_for_work, page.next_step_at = True, first_at
    post = calling.post_draft(page, context, waits_until=first_at, now=now)
    batch.messages += [post] if post else []
    reason = {"waits_until": first_at.isoformat(), "posted_to": post.to["room"] if post else ""}
    batch.entries.append(_opened(page, draft, now, reason))


def _call_now(page: Page, context: TeamContext, draft: PageDraft, batch: _Batch, now: datetime) -> None:
    ladder = context.ladder(page)
    decided = climb(queries.steps_of(ladder), Position(), context.roster(ladder.uses))
    apply_climb(page, context, decided, now=now)
    for callee in decided.callees:
        call = calling.Call.begin(callee, now=now)
        batch.summonses.append((page.id, callee.person_id, callee.role, 1, now, call.due.upto_s, call.due.next_at))
        batch.messages += calling.page_drafts(page, context, callee, call.due.rungs, cycle=1, now=now)
    if ladder.working_hours_only:
        post = calling.post_draft(page, context, waits_until=None, now=now)
        batch.messages += [post] if post else []
    batch.entries.append(_opened(page, draft, now, {"steps": steps_told(decided)}))


def apply_climb(page: Page, context: TeamContext, decided: Climb, *, now: datetime) -> None:
    """Write what `decided` means into the page's fields; the caller stores them."""
    page.steps_done, page.place, page.round = (
        decided.position.steps_done,
        decided.position.place,
        decided.position.round,
    )
    ladder = context.ladder(page)
    page.next_step_at = now + decided.wait if decided.nobody else context.after(ladder, decided.wait, at=now)
    page.waits_for_work = False
    page.snoozed_until = None
    if decided.exhausted and page.exhausted_at is None:
        page.exhausted_at = now


def steps_told(decided: Climb) -> list[dict[str, Any]]:
    """Return the steps of a climb as the journal keeps them."""
    return [
        {
            "number": step.number,
            "call": step.call,
            "called": [
                {"person": callee.name, "role": callee.role, "first_after_s": _first_after_s(callee)}
                for callee in step.callees
            ],
            "skipped": step.skipped,
        }
        for step in decided.steps
    ]  # fmt: skip


def _first_after_s(callee: Callee) -> int:
    return int(min(rung.after for rung in callee.rungs).total_seconds())


def _opened(page: Page, draft: PageDraft, now: datetime, more: dict[str, Any]) -> Fact:
    facts = {
        "title": page.title, "priority": page.priority, "hard": page.is_hard, "ladder": page.ladder, **draft.facts,
        **more,
    }  # fmt: skip
    return Fact(now, "page.opened", page.subject, draft.by, page.team_id, facts)
