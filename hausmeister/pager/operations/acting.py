"""What people do with a page. The first acknowledgement stands; the database decides who was first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hausmeister.base import database
from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane, State
from hausmeister.pager.context import TeamContext, personal_rungs, steps_of
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import calling, climbing
from hausmeister.pager.operations.climbing import MOVING_FIELDS
from hausmeister.pager.operations.opening import apply_climb, steps_told
from hausmeister.pager.rules.ladder import Callee, Position, climb, place_of
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Role

LONGEST_SNOOZE = timedelta(days=7)


class PageAlreadyTaken(Exception):
    """Somebody else acknowledged before; the first acknowledgement stands."""

    def __init__(self, page: Page) -> None:
        self.page = page
        name = page.acked_by.name if page.acked_by else "Somebody"
        super().__init__(f"{name} took this page a moment before you.")


class PageIsClosed(Exception):
    """The page is over; nothing more can be done with it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        super().__init__(f"This page is closed: {page.close_reason or 'over'}.")


class NotAcknowledged(Exception):
    """The page cannot be given back: nobody has taken it."""


class BadSnooze(Exception):
    """A snooze lies in the past or is longer than seven days."""


class NobodyToAsk(Exception):
    """The person asked for cannot be reached, or nobody further can."""


@dataclass(frozen=True)
class Acknowledged:
    """What an acknowledgement did. `in_flight` messages were on the wire already and may still arrive."""

    page: Page
    was_mine_before: bool
    in_flight: int


def lock(page_id: int) -> Page:
    """Return the page with its row locked. Raises PageIsClosed when it is over.

    Who acknowledged is not joined: PostgreSQL reads the joined row before it waits for the lock, and would
    pair the page as it is now with nobody.
    """
    page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
    if page.closed_at is not None:
        raise PageIsClosed(page)
    return page


def tell(page: Page, verb: str, by: Actor, now: datetime, **facts: Any) -> None:
    """Write what somebody did into the journal."""
    journal.record(
        Fact(now, verb, page.subject, by, page.team_id, {key: value for key, value in facts.items() if value})
    )


@database.tried_again
@transaction.atomic
def acknowledge(
    page_id: int, *, by: Person, now: datetime, via: str = "", method: ContactMethod | None = None
) -> Acknowledged:
    """Record that `by` has taken the page; stop its climb and every message still to go.

    `method` is the contact method whose message was answered: it is proved to work. A second time by the same
    person changes nothing. Raises PageAlreadyTaken if somebody else has it, PageIsClosed if it is over.
    """
    page = lock(page_id)
    if page.acked_by_id == by.pk:
        return Acknowledged(page, was_mine_before=True, in_flight=0)
    if page.acked_at is not None:
        raise PageAlreadyTaken(page)
    context = TeamContext.load(page.team_id, at=now)
    page.acked_at, page.acked_by = now, by
    page.ack_expires_at = _ack_expires_at(page, context, now)
    page.next_step_at, page.snoozed_until, page.silenced_until, page.waits_for_work = None, None, None, False
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    in_flight = stand_down(page, now=now)
    _join(page, by, now)
    if method is not None:
        ContactMethod.objects.filter(pk=method.pk).update_quietly(tested_at=now)
    tell(page, "page.acknowledged", team_operations.as_actor(by), now, via=via, in_flight=in_flight)
    tell_outside(page, now=now)
    return Acknowledged(page, was_mine_before=False, in_flight=in_flight)


def _ack_expires_at(page: Page, context: TeamContext, now: datetime) -> datetime:
    return context.after(context.ladder(page), context.policy.pager.ack_timeout, at=now)


def stand_down(page: Page, *, now: datetime) -> int:
    """Cancel every call of a locked page that is not yet made; return how many are on the wire."""
    calls = Message.objects.filter(subject=page.subject, lane=Lane.PAGING)
    in_flight = calls.filter(state=State.CLAIMED, claimed_until__gt=now).count()
    outbox.cancel([page.subject], now=now, lane=Lane.PAGING)
    Summons.objects.filter(page=page).update(next_ring_at=None)
    return in_flight


def _join(page: Page, person: Person, now: datetime) -> None:
    Summons.objects.update_or_create(
        page=page,
        person=person,
        defaults={"joined_at": now, "next_ring_at": None},
        create_defaults={"joined_at": now, "role": "took it", "since_at": now},
    )


@database.tried_again
@transaction.atomic
def unacknowledge(page_id: int, *, by: Person, now: datetime, via: str = "") -> Page:
    """Give the page back: it calls again from the top of its ladder. Raises NotAcknowledged, PageIsClosed."""
    page = lock(page_id)
    if page.acked_at is None:
        raise NotAcknowledged
    climbing.begin_anew(page, at=now)
    tell(page, "page.unacknowledged", team_operations.as_actor(by), now, via=via)
    climbing.climb_locked(page, TeamContext.load(page.team_id, at=now), now=now)
    tell_outside(page, now=now)
    return page


@database.tried_again
@transaction.atomic
def snooze(page_id: int, *, by: Person, until: datetime, now: datetime, via: str = "") -> Page:
    """Keep the page silent until then; it calls from the top of its ladder afterwards.

    Raises BadSnooze unless `until` lies within seven days, PageIsClosed.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise BadSnooze
    page = lock(page_id)
    climbing.begin_anew(page, at=until, snoozed_until=until)
    stand_down(page, now=now)
    tell(page, "page.snoozed", team_operations.as_actor(by), now, until=until.isoformat(), via=via)
    tell_outside(page, now=now)
    return page


@database.tried_again
@transaction.atomic
def close(page_id: int, *, by: Actor, person: Person | None, reason: str, now: datetime, via: str = "") -> Page:
    """End the page. The alerts' own operation also closes what set it off; call that one.

    Raises PageIsClosed when it is over already.
    """
    page = lock(page_id)
    page.closed_at, page.closed_by, page.close_reason = now, person, reason[:200]
    page.next_step_at, page.ack_expires_at, page.snoozed_until, page.waits_for_work = None, None, None, False
    page.silenced_until = None
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    in_flight = stand_down(page, now=now)
    _learn(page, now=now)
    tell(page, "page.closed", by, now, reason=reason, via=via, in_flight=in_flight)
    tell_outside(page, now=now)
    return page


def _learn(page: Page, *, now: datetime) -> None:
    """Record who worked on a page that is closed; two or more who were on it worked as a pair (H17)."""
    if not page.is_test:
        familiarity.record(page.team_id, work_on(page, at=now))


def work_on(page: Page, *, at: datetime) -> list[Work]:
    """Return the work that was done on a closed page: by whoever closed it, else by whoever had acknowledged it."""
    clues = (page.title, page.text)
    joined = Summons.objects.filter(page=page, joined_at__isnull=False).order_by("person_id")
    together = tuple(joined.values_list("person_id", flat=True))
    worker = page.closed_by_id or page.acked_by_id
    if worker is None:
        return []
    found = [Work(Kind.PAGE, page.subject, (worker,), clues, at)]
    if len(together) > 1:
        found.append(Work(Kind.PAIR, page.subject, together, clues, at))
    return found


@database.tried_again
@transaction.atomic
def note(page_id: int, *, by: Person, text: str, now: datetime) -> Page:
    """Add a note to the timeline. Touching an acknowledged page starts its time-out anew."""
    page = Page.objects.select_for_update(of=("self",)).select_related("team").get(pk=page_id)
    tell(page, "page.noted", team_operations.as_actor(by), now, text=text[:4000])
    if page.acked_at is not None and page.closed_at is None:
        page.ack_expires_at = _ack_expires_at(page, TeamContext.load(page.team_id, at=now), now)
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    return page


@database.tried_again
@transaction.atomic
def escalate(page_id: int, *, by: Person, now: datetime, via: str = "", seen_steps: int | None = None) -> Page:
    """Bring the backstop in and keep everybody who is on it (H7); with the backstop called, the next step.

    Whoever asks is on it from now on, and so is whoever acknowledged: neither is called again while the others
    come. `seen_steps` is how far the page had climbed when the button was drawn; a second tap on the same
    button changes nothing. Raises NobodyToAsk when nobody further can be reached, PageIsClosed.
    """
    page = lock(page_id)
    if seen_steps is not None and seen_steps != page.steps_done:
        return page
    _check_no_test(page)
    context = TeamContext.load(page.team_id, at=now)
    ladder = context.ladder(page)
    _keep_on_it(page, by, now)
    joined = frozenset(Summons.objects.filter(page=page, joined_at__isnull=False).values_list("person_id", flat=True))
    steps = steps_of(ladder)
    place = place_of(steps, "backstop", place=page.place)
    begin = Position(page.steps_done, page.place if place is None else place, page.round)
    decided = climb(steps, begin, context.roster(ladder.uses), already_on_it=joined)
    if not [callee for callee in decided.callees if callee.person_id not in joined]:
        raise NobodyToAsk("Nobody further can be reached.")
    page.acked_at, page.acked_by, page.ack_expires_at = None, None, None
    apply_climb(page, context, decided, now=now)
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    for person_id in joined:
        outbox.cancel_for(page.subject, person_id=person_id, now=now)
    for callee in decided.callees:
        outbox.cancel_pending_for(page.subject, person_id=callee.person_id, now=now)
    outbox.enqueue(calling.summon(page, context, decided.callees, now=now), now=now)
    tell(page, "page.escalated", team_operations.as_actor(by), now, via=via, steps=steps_told(decided))
    tell_outside(page, now=now)
    return page


def _keep_on_it(page: Page, by: Person, now: datetime) -> None:
    """Mark who asks, and who holds the page, as being on it; the calls to the others go on."""
    _join(page, by, now)
    if page.acked_by is not None:
        _join(page, page.acked_by, now)


def _check_no_test(page: Page) -> None:
    if page.is_test:
        raise NobodyToAsk("This is a test: it calls nobody else.")


@database.tried_again
@transaction.atomic
def reassign(page_id: int, *, to: Person, by: Person, now: datetime, via: str = "") -> Page:
    """Call `to` for this page instead of those called so far; the ladder goes on if they do not answer.

    Raises NobodyToAsk when `to` is no responder of the team or cannot be reached, PageIsClosed.
    """
    page = lock(page_id)
    _check_no_test(page)
    context = TeamContext.load(page.team_id, at=now)
    ladder = context.ladder(page)
    if to.pk not in {one.person_id for one in team_queries.members(page.team_id) if one.role != Role.VIEWER}:
        raise NobodyToAsk(f"{to.name} is no responder of {page.team.name}.")
    rungs = personal_rungs(team_queries.reach([to.pk]).get(to.pk), ladder.uses)
    if not rungs:
        raise NobodyToAsk(f"{to.name} cannot be reached: no contact method that is verified and switched on.")
    callee = Callee(to.pk, to.name, f"asked by {by.first_name}", rungs)
    page.acked_at, page.acked_by, page.ack_expires_at, page.snoozed_until = None, None, None, None
    page.silenced_until = None
    page.waits_for_work = False
    page.next_step_at = context.after(ladder, ladder.steps[0].wait, at=now)
    page.steps_done += 1
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    stand_down(page, now=now)
    Summons.objects.filter(page=page).update(joined_at=None)
    outbox.enqueue(calling.summon(page, context, [callee], now=now), now=now)
    tell(
        page,
        "page.reassigned",
        team_operations.as_actor(by),
        now,
        to=to.name,
        via=via,
        number=page.steps_done - 1,
    )
    tell_outside(page, now=now)
    return page


def make_harder(
    page: Page, *, priority: int, is_hard: bool, now: datetime, by: Actor, stays_silenced: bool = False
) -> None:
    """Raise a locked page: an alert on it became more urgent. A soft page that turns hard rings at once.

    So does a silenced one, unless its silence covers it as it is now too.
    """
    wakes = page.silenced_until is not None and not stays_silenced
    turns_hard = is_hard and not page.is_hard
    page.priority = max(page.priority, priority)
    page.is_hard = page.is_hard or is_hard
    page.version += 1
    if turns_hard:
        page.ladder = "hard"
        if page.acked_at is None and not stays_silenced:
            page.next_step_at, page.waits_for_work, page.snoozed_until, page.place = now, False, None, 0
    if wakes:
        page.silenced_until = page.next_step_at = now
    page.save(update_fields=MOVING_FIELDS)
    tell(page, "page.raised", by, now, priority=page.priority, hard=page.is_hard)


def tell_outside(page: Page, *, now: datetime) -> None:
    """Bring what others show of the page up to date: its chat post, and Opsgenie where it was used (H6)."""
    told = Message.objects.filter(subject=page.subject).exclude(state__in=[State.CANCELLED, State.FAILED])
    drafts = []
    for message in told.filter(kind="post"):
        update = _post_update(page, message, now)
        if message.state == State.PENDING:
            Message.objects.filter(pk=message.pk, state=State.PENDING).update(facts=update.facts)
        elif not outbox.replace_pending(update):
            drafts.append(update)
    used = Message.objects.filter(subject=page.subject, channel="opsgenie", kind="page", attempts__gt=0)
    kind = "close" if page.closed_at else "ack" if page.acked_at else ""
    if kind:
        people = sorted({message.person_id for message in used if message.person_id})
        drafts += [_opsgenie_update(page, kind, person_id, now) for person_id in people]
    outbox.enqueue(drafts, now=now)


def _post_update(page: Page, post: Message, now: datetime) -> Draft:
    return Draft(
        channel=post.channel,
        kind="update",
        subject=page.subject,
        dedup_key=f"update-{page.pk}-{page.version}",
        to={**post.to, "post": post.pk},
        facts=calling.chat_facts(
            page, zone_name=page.team.zone_name, waits_until=page.next_step_at if page.waits_for_work else None
        ),
        due_at=now,
        lane=Lane.CHAT,
        team_id=page.team_id,
        fair_key=page.source_key,
        urgency=page.priority,
    )


def _opsgenie_update(page: Page, kind: str, person_id: int, now: datetime) -> Draft:
    return Draft(
        channel="opsgenie",
        kind=kind,
        subject=page.subject,
        dedup_key=f"opsgenie-{kind}-{page.pk}-{person_id}-{page.version}",
        to={"channel": "opsgenie"},
        facts={"page": page.pk, "person_id": person_id, "by": page.acked_by.name if page.acked_by else ""},
        due_at=now,
        lane=Lane.CHAT,
        team_id=page.team_id,
        urgency=page.priority,
    )
