"""What the engine does with pages that are due: climb, ring, and call again what was forgotten."""

from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import database, log
from hausmeister.base.untrusted import cut
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.pager.context import TeamContext, personal_rungs, steps_of
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import calling
from hausmeister.pager.operations.opening import apply_climb, steps_told
from hausmeister.pager.rules.ladder import TEST_LASTS, Callee, Position, climb, due_rungs, next_rung_at
from hausmeister.team import queries as team_queries

_log = log.get(__name__)

MOST_AT_ONCE = 200
POISONED_WAITS = timedelta(minutes=1)
# every field by which a page moves; each is written together, under the row's lock
MOVING_FIELDS = [
    "priority", "is_hard", "ladder", "steps_done", "place", "round", "next_step_at", "waits_for_work",
    "snoozed_until", "silenced_until", "silence_over_at", "exhausted_at", "acked_at", "acked_by", "ack_expires_at",
    "closed_at", "closed_by", "close_reason", "version",
]  # fmt: skip


def due_page_ids(now: datetime) -> list[int]:
    """Return the pages whose next step is due, the most overdue first."""
    return list(Page.objects.due(now).values_list("id", flat=True)[:MOST_AT_ONCE])


@database.tried_again
@transaction.atomic
def climb_page(page_id: int, *, now: datetime) -> bool:
    """Take the page's next step, if it is still due; return whether it was."""
    page = Page.objects.select_for_update(of=("self",)).select_related("team").filter(pk=page_id).first()
    if page is None or not _is_due(page, now):
        return False
    climb_locked(page, TeamContext.load(page.team_id, at=now), now=now)
    return True


def _is_due(page: Page, now: datetime) -> bool:
    waits = page.acked_at is None and page.closed_at is None
    return waits and page.next_step_at is not None and page.next_step_at <= now


def climb_locked(page: Page, context: TeamContext, *, now: datetime, verb: str = "page.climbed") -> None:
    """Take the next step of a page whose row the caller has locked, and store it.

    A test climbs to nobody: it only waits for its end.
    """
    if page.is_test:
        page.next_step_at, page.snoozed_until = page.opened_at + TEST_LASTS, None
        page.save(update_fields=MOVING_FIELDS)
        return
    ladder = context.ladder(page)
    moment = context.step_moment(ladder, now)
    if page.silenced_until is not None:
        verb = "page.silence_over"
        _end_silence(page, context, waits_until=moment if moment > now else None, now=now)
    if moment > now:
        _wait_for_work(page, moment, now)
        return
    joined = frozenset(Summons.objects.filter(page=page, joined_at__isnull=False).values_list("person_id", flat=True))
    position = Position(page.steps_done, page.place, page.round)
    decided = climb(steps_of(ladder), position, context.roster(ladder.uses), already_on_it=joined)
    apply_climb(page, context, decided, now=now)
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    for callee in decided.callees:
        outbox.cancel_pending_for(page.subject, person_id=callee.person_id, now=now)
    outbox.enqueue(calling.summon(page, context, decided.callees, now=now), now=now)
    facts = {"steps": steps_told(decided), "exhausted": decided.exhausted, "round": page.round}
    journal.record(Fact(now, verb, page.subject, ENGINE, page.team_id, facts))
    if decided.nobody:
        _log.error("page.nobody_can_be_reached", page=page.pk, team=page.team_id)


def _end_silence(page: Page, context: TeamContext, *, waits_until: datetime | None, now: datetime) -> None:
    """Let a locked page begin as a new one would: its silence is over. The caller stores and calls."""
    page.silenced_until, page.silence_over_at = None, now
    post = None
    if context.ladder(page).working_hours_only:
        page.waits_for_work = waits_until is not None
        post = calling.post_draft(page, context, waits_until=waits_until, now=now)
    outbox.enqueue([post] if post else [], now=now)
    if waits_until is not None:
        journal.record(Fact(now, "page.silence_over", page.subject, ENGINE, page.team_id))


def _wait_for_work(page: Page, moment: datetime, now: datetime) -> None:
    page.next_step_at, page.waits_for_work, page.snoozed_until = moment, True, None
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    facts = {"waits_until": moment.isoformat()}
    journal.record(Fact(now, "page.waits", page.subject, ENGINE, page.team_id, facts))


@transaction.atomic
def put_off_step(page_id: int, *, now: datetime, reason: str) -> None:
    """Try a page again in a minute whose step could not be computed; tell it in the journal."""
    again_at = now + POISONED_WAITS
    due = Page.objects.filter(pk=page_id).due(now)
    # the end of a silence is tried again as a whole, with all that a new page does
    silenced = due.filter(silenced_until__isnull=False).update(next_step_at=again_at, silenced_until=again_at)
    if silenced or due.update(next_step_at=again_at):
        _tell_put_off(page_id, now, reason)


@transaction.atomic
def put_off_ring(which: tuple[int, int], *, now: datetime, reason: str) -> None:
    """Try a rung again in a minute that could not be sent; tell it in the journal."""
    summons_id, page_id = which
    if Summons.objects.filter(pk=summons_id).due(now).update(next_ring_at=now + POISONED_WAITS):
        _tell_put_off(page_id, now, reason)


@transaction.atomic
def put_off_call_again(page_id: int, *, now: datetime, reason: str) -> None:
    """Try a forgotten page again in a minute that could not call; tell it in the journal."""
    if Page.objects.filter(pk=page_id).forgotten(now).update(ack_expires_at=now + POISONED_WAITS):
        _tell_put_off(page_id, now, reason)


def _tell_put_off(page_id: int, now: datetime, reason: str) -> None:
    team_id = Page.objects.values_list("team_id", flat=True).get(pk=page_id)
    facts = {"reason": cut(reason, 500), "again_at": (now + POISONED_WAITS).isoformat()}
    journal.record(Fact(now, "page.step_failed", f"page:{page_id}", ENGINE, team_id, facts))


def due_summons_ids(now: datetime) -> list[tuple[int, int]]:
    """Return (summons, page) of the rungs that are due, the most overdue first."""
    return list(Summons.objects.due(now).values_list("id", "page_id")[:MOST_AT_ONCE])


@database.tried_again
@transaction.atomic
def ring(summons_id: int, page_id: int, *, now: datetime) -> bool:
    """Send what is due of one person's own ladder; return whether anything was."""
    page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
    summons = Summons.objects.select_related("person").get(pk=summons_id)
    if summons.next_ring_at is None or summons.next_ring_at > now:
        return False
    if page.closed_at or page.acked_at or page.snoozed_until or summons.joined_at:
        Summons.objects.filter(pk=summons_id).update(next_ring_at=None)
        return False
    context = TeamContext.load(page.team_id, at=now)
    moment = context.step_moment(context.ladder(page), now)
    if moment > now:
        # what may wait for the working day does so on every rung (L1)
        Summons.objects.filter(pk=summons_id).update(next_ring_at=moment)
        return False
    callee = callee_of(summons, context, page)
    due = due_rungs(callee.rungs, since_at=summons.since_at, upto_s=summons.upto_s, now=now)
    Summons.objects.filter(pk=summons_id).update(upto_s=due.upto_s, next_ring_at=due.next_at)
    call = calling.Calling(callee, due.rungs, summons.cycle, calling.then_of(page, context))
    drafts = calling.page_drafts(page, context, call, now=now)
    outbox.enqueue(drafts, now=now)
    if drafts:
        facts = {"person": callee.name, "role": callee.role, "by": [draft.channel for draft in drafts]}
        journal.record(Fact(now, "page.rang", page.subject, ENGINE, page.team_id, facts))
    return bool(drafts)


def callee_of(summons: Summons, context: TeamContext, page: Page) -> Callee:
    """Return the summoned person with their ladder as it is now."""
    reach = team_queries.reach([summons.person_id]).get(summons.person_id)
    rungs = personal_rungs(reach, context.ladder(page).uses)
    return Callee(summons.person_id, summons.person.name, summons.role, rungs)


@transaction.atomic
def reschedule_rings(person_id: int, *, now: datetime) -> None:
    """Look again when the person's next rung is, for every page that calls them: their ladder changed."""
    ringing = Summons.objects.filter(
        person_id=person_id,
        joined_at=None,
        page__closed_at=None,
        page__acked_at=None,
        page__snoozed_until=None,
    ).values_list("id", "page_id")
    for summons_id, page_id in sorted(ringing, key=lambda pair: pair[1]):
        page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
        summons = Summons.objects.select_related("person").get(pk=summons_id)
        callee = callee_of(summons, TeamContext.load(page.team_id, at=now), page)
        Summons.objects.filter(pk=summons_id).update(
            next_ring_at=next_rung_at(callee.rungs, since_at=summons.since_at, upto_s=summons.upto_s)
        )


def forgotten_page_ids(now: datetime) -> list[int]:
    """Return acknowledged pages that nobody touched for too long."""
    return list(Page.objects.forgotten(now).values_list("id", flat=True)[:MOST_AT_ONCE])


@database.tried_again
@transaction.atomic
def call_again(page_id: int, *, now: datetime) -> bool:
    """Take back the acknowledgement of a forgotten page and call from the top of the ladder."""
    page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
    if page.closed_at or page.ack_expires_at is None or page.ack_expires_at > now or page.acked_by is None:
        return False
    facts = {"acked_by": page.acked_by.name}
    begin_anew(page, at=now)
    journal.record(Fact(now, "page.forgotten", page.subject, ENGINE, page.team_id, facts))
    climb_locked(page, TeamContext.load(page.team_id, at=now), now=now)
    return True


def begin_anew(page: Page, *, at: datetime, snoozed_until: datetime | None = None) -> None:
    """Put a locked page back to the first step of its ladder, due `at`; everybody may be called again."""
    page.acked_at, page.acked_by, page.ack_expires_at = None, None, None
    page.snoozed_until, page.silenced_until = snoozed_until, None
    page.place, page.round, page.next_step_at = 0, page.round + 1, at
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    Summons.objects.filter(page=page).update(joined_at=None, next_ring_at=None)
