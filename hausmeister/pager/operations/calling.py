"""Turning a decision to call somebody into summonses and messages, for one page or for hundreds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.pager import queries
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.pager.rules.ladder import Callee, DueRungs, PersonalRung, due_rungs
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import LadderRule


class PageFace(Protocol):
    """What a message needs to know of a page: a stored one, or one that is about to be."""

    @property
    def pk(self) -> int: ...
    @property
    def subject(self) -> str: ...
    @property
    def state(self) -> PageState: ...
    @property
    def team_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def is_hard(self) -> bool: ...
    @property
    def is_storm(self) -> bool: ...
    @property
    def is_test(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def source_key(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def round(self) -> int: ...
    @property
    def acked_by(self) -> Person | None: ...
    @property
    def close_reason(self) -> str: ...


@dataclass(frozen=True)
class Then:
    """What happens next if nobody answers: when, and who is called."""

    at: datetime
    who: str


def then_of(page: Page, context: TeamContext) -> Then | None:
    """Return the step that follows if nobody answers to `page`, None when none is planned."""
    if page.next_step_at is None or page.is_test:
        return None
    return step_after(page.place, page.next_step_at, context.ladder(page), context)


def step_after(place: int, at: datetime, ladder: LadderRule, context: TeamContext) -> Then:
    """Return whom the step at `place` of `ladder` calls; the name is left out when the duty changes before it."""
    call = ladder.steps[place % len(ladder.steps)].call
    roster = context.roster(ladder.uses)
    names = ", ".join(callee.name for callee in roster.meant_by(call)) if at < roster.until else ""
    return Then(at, f"{names} ({call})" if names and call != "on duty" else names or call)


def page_facts(page: PageFace, context: TeamContext, callee: Callee, then: Then | None) -> dict[str, Any]:
    """Return what a message about `page` says, as plain values; each connector words it for its medium."""
    return {
        "page": page.pk,
        "title": page.title,
        "text": page.text if context.policy.pager.links_show_details else "",
        "priority": page.priority,
        "hard": page.is_hard,
        "storm": page.is_storm,
        "source": page.source,
        "opened_at": page.opened_at.isoformat(),
        "team": context.team.name,
        "zone": context.team.zone_name,
        "person": callee.name,
        "person_id": callee.person_id,
        "role": callee.role,
        "round": page.round,
        "test": page.is_test,
        "then_at": then.at.isoformat() if then else "",
        "then_who": then.who if then else "",
    }


@dataclass(frozen=True)
class Calling:
    """One person being called: by which rungs now, as the how-manieth time, and what follows if they are silent."""

    callee: Callee
    rungs: tuple[PersonalRung, ...]
    cycle: int
    then: Then | None


def page_drafts(page: PageFace, context: TeamContext, calling: Calling, *, now: datetime) -> list[Draft]:
    """Return the messages by which `calling` calls for `page`."""
    facts = {**page_facts(page, context, calling.callee, calling.then), "cycle": calling.cycle}
    person_id = calling.callee.person_id
    prefix = _key_prefix(page.pk, person_id, calling.cycle)
    return [
        Draft(
            channel=rung.channel,
            kind="page",
            subject=page.subject,
            dedup_key=f"{prefix}{rung.method_id}-{int(rung.after.total_seconds())}",
            to=dict(rung.to),
            facts=facts,
            due_at=now,
            team_id=page.team_id,
            person_id=person_id,
            method_id=rung.method_id,
            fair_key=page.source_key,
            urgency=page.priority + (10 if page.is_hard else 0),
        )
        for rung in calling.rungs
    ]


def _key_prefix(page_id: int, person_id: int, cycle: int) -> str:
    return f"page-{page_id}-{person_id}-{cycle}-"


def key_prefix(summons: Summons) -> str:
    """Return how the dedup keys begin of every message by which the person is called in this round."""
    return _key_prefix(summons.page_id, summons.person_id, summons.cycle)


def post_draft(page: PageFace, context: TeamContext, *, waits_until: datetime | None, now: datetime) -> Draft | None:
    """Return the post of a soft page to the alarms channel, None where no chat is set up (L1)."""
    channel, room = queries.chat_channel(), context.policy.alarms_channel
    if not channel or not room:
        return None
    return Draft(
        channel=channel,
        kind="post",
        subject=page.subject,
        dedup_key=f"post-{page.pk}",
        to={"room": room},
        facts=chat_facts(page, zone_name=context.team.zone_name, waits_until=waits_until),
        due_at=now,
        lane=Lane.CHAT,
        team_id=page.team_id,
        fair_key=page.source_key,
        urgency=page.priority,
    )


def chat_facts(page: PageFace, *, zone_name: str, waits_until: datetime | None) -> dict[str, Any]:
    """Return what a chat post about `page` says."""
    return {
        "page": page.pk,
        "title": page.title,
        "text": page.text,
        "priority": page.priority,
        "hard": page.is_hard,
        "source": page.source,
        "opened_at": page.opened_at.isoformat(),
        "zone": zone_name,
        "state": page.state.value,
        "waits_until": waits_until.isoformat() if waits_until else "",
        "acked_by": page.acked_by.name if page.acked_by else "",
        "close_reason": page.close_reason,
    }


def summon(page: Page, context: TeamContext, callees: Sequence[Callee], *, now: datetime) -> list[Draft]:
    """Call `callees` anew for a stored page; return their first messages.

    The page's row is locked by the caller. Who was called before is called once more from the first rung.
    """
    known = {one.person_id: one for one in Summons.objects.filter(page=page)}
    then = then_of(page, context)
    drafts: list[Draft] = []
    for callee in callees:
        due = first_rungs(callee, now=now)
        before = known.get(callee.person_id)
        cycle = before.cycle + 1 if before else 1
        Summons.objects.update_or_create(
            page=page,
            person_id=callee.person_id,
            defaults={
                "role": callee.role,
                "cycle": cycle,
                "since_at": now,
                "upto_s": due.upto_s,
                "next_ring_at": due.next_at,
                "joined_at": None,
            },
        )
        drafts += page_drafts(page, context, Calling(callee, due.rungs, cycle, then), now=now)
    return drafts


def first_rungs(callee: Callee, *, now: datetime) -> DueRungs:
    """Return what is due at once of a ladder that begins now."""
    return due_rungs(callee.rungs, since_at=now, upto_s=-1, now=now)
