"""Opening pages: many at once, in the transaction that stores the alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from hausmeister.base import bulk
from hausmeister.base.priority import Priority
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.pager.context import TeamContext, steps_of
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.pager.operations import calling
from hausmeister.pager.rules.ladder import Callee, Climb, DueRungs, Position, climb
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import LadderRule


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A page to be opened. `by` is who set it off; `facts` go to the journal as they are.

    With `silenced_until` it calls nobody before.
    """

    title: str
    text: str
    priority: Priority
    is_hard: bool
    ladder: str
    source: str
    source_key: str
    by: Actor
    is_storm: bool = False
    silenced_until: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class NewPage:
    """A page about to be stored. A plain value: a model instance costs four times as much in a flood."""

    id: int
    team_id: int
    title: str
    text: str
    priority: int
    is_hard: bool
    ladder: str
    source: str
    source_key: str
    is_storm: bool
    opened_at: datetime
    steps_done: int = 0
    place: int = 0
    next_step_at: datetime | None = None
    waits_for_work: bool = False
    silenced_until: datetime | None = None
    exhausted_at: datetime | None = None
    is_test: bool = False
    round: int = 0
    acked_by: Person | None = None
    close_reason: str = ""
    version: int = 1

    @property
    def pk(self) -> int:
        """The page's number."""
        return self.id

    @property
    def subject(self) -> str:
        """The page's name in journal and outbox."""
        return f"page:{self.id}"

    @property
    def state(self) -> PageState:
        """What the page is to the eye."""
        if self.silenced_until is not None:
            return PageState.SILENCED
        return PageState.WAITING if self.waits_for_work else PageState.FIRING


_PAGE_COLUMNS = (
    "id", "team_id", "title", "text", "priority", "is_hard", "ladder", "source", "source_key", "is_storm",
    "opened_at", "steps_done", "place", "next_step_at", "waits_for_work", "silenced_until", "exhausted_at", "is_test",
    "round", "close_reason", "version",
)  # fmt: skip
_page_row = attrgetter(*_PAGE_COLUMNS)
_SUMMONS_COLUMNS = ("page_id", "person_id", "role", "cycle", "since_at", "upto_s", "next_ring_at")


@dataclass(frozen=True)
class _FirstStep:
    """What the first step of a ladder is at this instant: the same for every page that takes it."""

    ladder: LadderRule
    # when a soft page may begin; None: now
    waits_until: datetime | None
    decided: Climb
    next_step_at: datetime
    calls: tuple[tuple[Callee, DueRungs], ...]
    then: calling.Then
    told: list[dict[str, Any]]

    @staticmethod
    def of(ladder: LadderRule, context: TeamContext, now: datetime) -> "_FirstStep":
        decided = climb(steps_of(ladder), Position(), context.roster(ladder.uses))
        next_step_at = climbs_on_at(decided, ladder, context, now=now)
        first_at = context.step_moment(ladder, now)
        return _FirstStep(
            ladder=ladder,
            waits_until=first_at if first_at > now else None,
            decided=decided,
            next_step_at=next_step_at,
            calls=tuple((callee, calling.first_rungs(callee, now=now)) for callee in decided.callees),
            then=calling.step_after(decided.position.place, next_step_at, ladder, context),
            told=steps_told(decided),
        )


@dataclass
class _Batch:
    """The rows of one call, gathered before they are written."""

    context: TeamContext
    now: datetime
    first_steps: dict[tuple[bool, str], _FirstStep] = field(default_factory=dict)
    pages: list[NewPage] = field(default_factory=list)
    summonses: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[Draft] = field(default_factory=list)
    entries: list[Fact] = field(default_factory=list)

    def first_step(self, page: NewPage) -> _FirstStep:
        key = (page.is_hard, page.ladder)
        if key not in self.first_steps:
            ladder = self.context.policy.ladder_for(is_hard=page.is_hard, named=page.ladder)
            self.first_steps[key] = _FirstStep.of(ladder, self.context, self.now)
        return self.first_steps[key]

    def write(self) -> None:
        bulk.insert(Page, _PAGE_COLUMNS, [_page_row(page) for page in self.pages])
        bulk.insert(Summons, _SUMMONS_COLUMNS, self.summonses)
        outbox.enqueue(self.messages, now=self.now)
        journal.record_many(self.entries)


def open_pages(context: TeamContext, drafts: Sequence[PageDraft], *, now: datetime) -> list[int]:
    """Open a page for each of `drafts` and call whoever is on duty, in the caller's transaction.

    Pages, summonses, messages and journal are written together, so a stored page is a page that calls (I3).
    Returns the pages' numbers in the order of `drafts`.
    """
    batch = _Batch(context, now)
    numbers = bulk.reserve_ids(Page, len(drafts)) if drafts else []
    for number, draft in zip(numbers, drafts, strict=True):
        page = _new_page(number, context, draft, now)
        if draft.silenced_until is not None:
            _keep_silent(page, draft, draft.silenced_until, batch)
            continue
        first = batch.first_step(page)
        if first.waits_until is not None:
            _let_wait(page, draft, first.waits_until, batch)
        else:
            _call_now(page, draft, first, batch)
        batch.pages.append(page)
    batch.write()
    return numbers


def _new_page(number: int, context: TeamContext, draft: PageDraft, now: datetime) -> NewPage:
    return NewPage(
        id=number,
        team_id=context.team.pk,
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


def _keep_silent(page: NewPage, draft: PageDraft, until: datetime, batch: _Batch) -> None:
    """Open a page that calls nobody until then: not one message leaves, not even the post of a soft one."""
    page.silenced_until = page.next_step_at = until
    batch.entries.append(_opened(page, draft, batch.now, {"silenced_until": until.isoformat()}))
    batch.pages.append(page)


def _let_wait(page: NewPage, draft: PageDraft, until: datetime, batch: _Batch) -> None:
    page.waits_for_work, page.next_step_at = True, until
    post = calling.post_draft(page, batch.context, waits_until=until, now=batch.now)
    batch.messages += [post] if post else []
    reason = {"waits_until": until.isoformat(), "posted_to": post.to["room"] if post else ""}
    batch.entries.append(_opened(page, draft, batch.now, reason))


def _call_now(page: NewPage, draft: PageDraft, first: _FirstStep, batch: _Batch) -> None:
    now = batch.now
    position = first.decided.position
    page.steps_done, page.place, page.round = position.steps_done, position.place, position.round
    page.next_step_at = first.next_step_at
    page.exhausted_at = now if first.decided.exhausted else None
    for callee, due in first.calls:
        batch.summonses.append((page.id, callee.person_id, callee.role, 1, now, due.upto_s, due.next_at))
        call = calling.Calling(callee, due.rungs, 1, first.then)
        batch.messages += calling.page_drafts(page, batch.context, call, now=now)
    if first.ladder.working_hours_only:
        post = calling.post_draft(page, batch.context, waits_until=None, now=now)
        batch.messages += [post] if post else []
    batch.entries.append(_opened(page, draft, now, {"steps": first.told}))


def climbs_on_at(decided: Climb, ladder: LadderRule, context: TeamContext, *, now: datetime) -> datetime:
    """Return when the climb goes on after `decided`."""
    return now + decided.wait if decided.nobody else context.after(ladder, decided.wait, at=now)


def apply_climb(page: Page, context: TeamContext, decided: Climb, *, now: datetime) -> None:
    """Write what `decided` means into the page's fields; the caller stores them."""
    page.steps_done, page.place, page.round = (
        decided.position.steps_done,
        decided.position.place,
        decided.position.round,
    )
    page.next_step_at = climbs_on_at(decided, context.ladder(page), context, now=now)
    page.waits_for_work = False
    page.snoozed_until, page.silenced_until = None, None
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


def _opened(page: NewPage, draft: PageDraft, now: datetime, more: dict[str, Any]) -> Fact:
    facts = {
        "title": page.title, "priority": page.priority, "hard": page.is_hard, "ladder": page.ladder, **draft.facts,
        **more,
    }  # fmt: skip
    return Fact(now, "page.opened", page.subject, draft.by, page.team_id, facts)
