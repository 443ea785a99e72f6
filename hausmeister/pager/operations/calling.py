"""Turning a decision to call somebody into summonses and messages, for one page or for hundreds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.pager import queries
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.queries import TeamContext
from hausmeister.pager.rules.ladder import Callee, DueRungs, PersonalRung, due_rungs


@dataclass(frozen=True)
class Then:
    """What happens next if nobody answers: when, and who is called."""

    at: datetime
    who: str


def then_of(page: Page, context: TeamContext) -> Then | None:
    """Return the step that follows if nobody answers. The name is left out when the duty changes before it."""
    if page.next_step_at is None or page.is_test:
        return None
    ladder = context.ladder(page)
    call = ladder.steps[page.place % len(ladder.steps)].call
    roster = context.roster(ladder.uses)
    names = ", ".join(callee.name for callee in roster.meant_by(call)) if page.next_step_at < roster.until else ""
    return Then(page.next_step_at, f"{names} ({call})" if names and call != "on duty" else names or call)


def page_facts(page: Page, context: TeamContext, callee: Callee) -> dict[str, Any]:
    """Return what a message about `page` says, as plain values; each connector words it for its medium."""
    then = then_of(page, context)
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


def page_drafts(
    page: Page,
    context: TeamContext,
    callee: Callee,
    rungs: Iterable[PersonalRung],
    *,
    cycle: int,
    now: datetime,
) -> list[Draft]:
    """Return the messages that call `callee` by `rungs`. `cycle` counts how often they were called for it."""
    facts = {**page_facts(page, context, callee), "cycle": cycle}
    return [
        Draft(
            channel=rung.channel,
            kind="page",
            subject=page.subject,
            dedup_key=f"page-{page.pk}-{callee.person_id}-{cycle}-{rung.method_id}-{int(rung.after.total_seconds())}",
            to=dict(rung.to),
            facts=facts,
            due_at=now,
            team_id=page.team_id,
            person_id=callee.person_id,
            method_id=rung.method_id,
            fair_key=page.source_key,
            urgency=page.priority + (10 if page.is_hard else 0),
        )
        for rung in rungs
    ]


def post_draft(page: Page, context: TeamContext, *, waits_until: datetime | None, now: datetime) -> Draft | None:
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
        facts=chat_facts(page, waits_until=waits_until),
        due_at=now,
        lane=Lane.CHAT,
        team_id=page.team_id,
        fair_key=page.source_key,
        urgency=page.priority,
    )


def chat_facts(page: Page, *, waits_until: datetime | None) -> dict[str, Any]:
    """Return what a chat post about `page` says."""
    return {
        "page": page.pk,
        "title": page.title,
        "text": page.text,
        "priority": page.priority,
        "hard": page.is_hard,
        "source": page.source,
        "opened_at": page.opened_at.isoformat(),
        "zone": page.team.zone_name,
        "state": page.state.value,
        "waits_until": waits_until.isoformat() if waits_until else "",
        "acked_by": page.acked_by.name if page.acked_by else "",
        "close_reason": page.close_reason,
    }


@dataclass(frozen=True)
class Call:
    """One person to be called, and the first rungs of their own ladder."""

    callee: Callee
    due: DueRungs

    @staticmethod
    def begin(callee: Callee, *, now: datetime) -> "Call":
        """Return the call of `callee` that begins now."""
        return Call(callee, due_rungs(callee.rungs, since_at=now, upto_s=-1, now=now))


def summon(page: Page, context: TeamContext, callees: Sequence[Callee], *, now: datetime) -> list[Draft]:
    """Call `callees` anew for a stored page; return their first messages.

    The page's row is locked by the caller. Who was called before is called once more from the first rung.
    """
    known = {one.person_id: one for one in Summons.objects.filter(page=page)}
    drafts: list[Draft] = []
    for callee in callees:
        call = Call.begin(callee, now=now)
        before = known.get(callee.person_id)
        cycle = before.cycle + 1 if before else 1
        Summons.objects.update_or_create(
            page=page,
            person_id=callee.person_id,
            defaults={
                "role": callee.role,
                "cycle": cycle,
                "since_at": now,
                "upto_s": call.due.upto_s,
                "next_ring_at": call.due.next_at,
                "joined_at": None,
            },
        )
        drafts += page_drafts(page, context, callee, call.due.rungs, cycle=cycle, now=now)
    return drafts
