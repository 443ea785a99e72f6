"""What the JSON API says of a page."""

from datetime import datetime
from typing import Any

from ninja import Schema

from hausmeister.base.priority import Priority
from hausmeister.journal import queries as journal
from hausmeister.journal.models import Entry
from hausmeister.pager import queries
from hausmeister.pager.models import Page, PageState, Summons


class OnItOut(Schema):
    """Somebody called for a page, and whether they said that they are on it."""

    person: int
    name: str
    role: str
    called_at: datetime
    joined_at: datetime | None


class PlanLineOut(Schema):
    """One thing that will happen unless somebody answers."""

    at: datetime
    who: str
    role: str
    how: str


class EntryOut(Schema):
    """One line of the timeline."""

    at: datetime
    who: str
    verb: str
    facts: dict[str, object]


class PageOut(Schema):
    """One call for help. `page` is its number; P4 is the most urgent priority."""

    page: int
    title: str
    text: str
    priority: str
    hard: bool
    state: PageState
    source: str
    is_storm: bool
    is_test: bool
    opened_at: datetime
    acked_at: datetime | None
    acked_by: str
    calls_again_at: datetime | None
    snoozed_until: datetime | None
    silenced_until: datetime | None
    next_step_at: datetime | None
    steps_done: int
    closed_at: datetime | None
    closed_by: str
    close_reason: str


class WholePageOut(PageOut):
    """A page with whom it called, what happens next, and what happened so far, newest first."""

    called: list[OnItOut]
    plan: list[PlanLineOut]
    plan_ends: str
    timeline: list[EntryOut]


class PagesOut(Schema):
    """Pages, the newest first. `next` goes into `before` for the next lot; null at the end."""

    items: list[PageOut]
    next: int | None


def whole(found: Page, *, now: datetime) -> WholePageOut:
    """Return a page with everything about it."""
    plan = queries.plan(found, now=now)
    return WholePageOut(
        **brief(found),
        called=[_on_it(one) for one in queries.people_on(found)],
        plan=[PlanLineOut(at=line.at, who=line.who, role=line.role, how=line.how) for line in plan.lines],
        plan_ends=plan.ends,
        timeline=[_entry(one) for one in journal.timeline(found.subject)],
    )


def brief(found: Page) -> dict[str, Any]:
    return {
        "page": found.pk,
        "title": found.title,
        "text": found.text,
        "priority": Priority(found.priority).name,
        "hard": found.is_hard,
        "state": found.state,
        "source": found.source,
        "is_storm": found.is_storm,
        "is_test": found.is_test,
        "opened_at": found.opened_at,
        "acked_at": found.acked_at,
        "acked_by": found.acked_by.name if found.acked_by else "",
        "calls_again_at": found.ack_expires_at,
        "snoozed_until": found.snoozed_until,
        "silenced_until": found.silenced_until,
        "next_step_at": found.next_step_at,
        "steps_done": found.steps_done,
        "closed_at": found.closed_at,
        "closed_by": found.closed_by.name if found.closed_by else "",
        "close_reason": found.close_reason,
    }


def _on_it(one: Summons) -> OnItOut:
    return OnItOut(
        person=one.person_id, name=one.person.name, role=one.role, called_at=one.since_at, joined_at=one.joined_at
    )


def _entry(one: Entry) -> EntryOut:
    return EntryOut(at=one.at, who=one.actor_name, verb=one.verb, facts=one.facts)
