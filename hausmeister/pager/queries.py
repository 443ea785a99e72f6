"""Reading the pager: whom a call means now, what a page's plan is, what somebody has to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from hausmeister.base.words import duration
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager.context import TeamContext, personal_rungs, steps_of
from hausmeister.pager.models import Beat, Page, PageQuerySet, PageState, Summons
from hausmeister.pager.rules.ladder import Position, climb
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability


def visible_to(person: Person) -> PageQuerySet:
    """Return the pages that `person` may see; another's page does not exist for them (S30)."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    return Page.objects.all() if teams is None else Page.objects.filter(team_id__in=teams)


def chat_channel() -> str:
    """Return the connector that posts to chat channels, "" when none is set up."""
    return str(settings.HAUSMEISTER_CHAT)


# ---- the plan ----


@dataclass(frozen=True)
class PlanLine:
    """One thing that will happen unless somebody answers: when, who, and how."""

    at: datetime
    who: str
    role: str
    how: str
    is_step: bool


@dataclass(frozen=True)
class Plan:
    """What happens next, with clock times. `ends` says what stops it, or why nothing is planned."""

    lines: tuple[PlanLine, ...]
    ends: str


_MOST_LINES = 12


def plan(page: Page, *, now: datetime, context: TeamContext | None = None) -> Plan:
    """Return the page's future, as the ladder, the rota and each person's own ladder have it at this moment.

    A caller that has the team's `context` already gives it.
    """
    if page.closed_at is not None:
        return Plan((), "Closed: nobody is called.")
    context = context or TeamContext.load(page.team_id, at=now)
    if page.is_test:
        rungs = () if page.acked_at else _current_rungs(page, context, people_on(page), now)
        lines = sorted(rungs, key=lambda line: line.at)
        return Plan(tuple(lines), "A test: it ends by itself after a quarter of an hour, and nobody else is called.")
    if page.acked_at is not None and page.ack_expires_at is not None:
        again = PlanLine(
            page.ack_expires_at,
            "the one on duty",
            "",
            "called again if nobody touches the page",
            is_step=True,
        )
        return Plan((again,), "Acknowledged: nobody is called until then.")
    called = people_on(page)
    lines = _current_rungs(page, context, called, now) + _later_steps(page, context, called, now)
    lines.sort(key=lambda line: line.at)
    if page.silenced_until is not None:
        return Plan(tuple(lines[:_MOST_LINES]), "Silenced: nobody is called before. Ends when somebody acknowledges.")
    return Plan(tuple(lines[:_MOST_LINES]), "Ends when somebody acknowledges. After the last step it starts again.")


def _current_rungs(page: Page, context: TeamContext, called: list[Summons], now: datetime) -> list[PlanLine]:
    """Return what still waits to be sent, and the rungs ahead of people who are being called."""
    ladder = context.ladder(page)
    waiting = Message.objects.filter(subject=page.subject, state=State.PENDING, kind="page").order_by("due_at", "id")
    lines = [
        PlanLine(
            at=max(message.due_at or now, now),
            who=str(message.facts.get("person", "")),
            role=str(message.facts.get("role", "")),
            how=team_queries.channel_label(message.channel) + (" again" if message.attempts else ""),
            is_step=False,
        )
        for message in waiting
    ]
    ringing = [one for one in called if one.next_ring_at is not None]
    reach = team_queries.reach(one.person_id for one in ringing) if ringing else {}
    for one in ringing:
        for rung in personal_rungs(reach.get(one.person_id), ladder.uses):
            if rung.after.total_seconds() > one.upto_s:
                how = team_queries.channel_label(rung.channel)
                at = context.step_moment(ladder, one.since_at + rung.after)
                lines.append(PlanLine(at, one.person.name, one.role, how, is_step=False))
    return lines


def _later_steps(page: Page, context: TeamContext, called: list[Summons], now: datetime) -> list[PlanLine]:
    """Return the steps to come, each with whoever will be on duty then, up to the end of the ladder."""
    ladder = context.ladder(page)
    position, moment = Position(page.steps_done, page.place, page.round), page.next_step_at or now
    joined = frozenset(one.person_id for one in called if one.joined_at is not None)
    lines: list[PlanLine] = []
    for _ in range(len(ladder.steps) + 1):
        moment = context.step_moment(ladder, max(moment, now))
        decided = climb(steps_of(ladder), position, context.roster(ladder.uses, at=moment), already_on_it=joined)
        for callee in decided.callees:
            first = min(rung.after for rung in callee.rungs)
            how = ", ".join(
                dict.fromkeys(team_queries.channel_label(r.channel) for r in callee.rungs if r.after == first)
            )
            lines.append(PlanLine(moment + first, callee.name, callee.role, how, is_step=True))
        position = decided.position
        if decided.exhausted or decided.nobody:
            break
        moment = context.after(ladder, decided.wait, at=moment)
    return lines


# ---- what is whose ----


def needs(person: Person) -> list[Page]:
    """Return the open pages that `person` was called for or holds, the worst first."""
    called = Summons.objects.filter(person=person, page__closed_at=None).values_list("page_id", flat=True)
    mine = visible_to(person).open().filter(id__in=list(called)) | visible_to(person).open().filter(acked_by=person)
    return list(mine.distinct().select_related("team", "acked_by").worst_first()[:50])


def firing_for(person: Person) -> int:
    """Return how many unanswered hard or soft pages are calling `person` now."""
    return calling(person).count()


def calling(person: Person) -> PageQuerySet:
    """Return the unanswered pages that call `person` now."""
    return visible_to(person).unanswered().filter(snoozed_until=None, summonses__person=person)


def versions(page_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Return (id, version, team) of these pages. For the live stream."""
    return list(Page.objects.filter(id__in=list(page_ids)).order_by("id").values_list("id", "version", "team_id"))


def people_on(page: Page) -> list[Summons]:
    """Return whom the page called, the first called first."""
    return list(Summons.objects.filter(page=page).select_related("person").order_by("id"))


def people_on_many(pages: Iterable[Page]) -> dict[int, list[Summons]]:
    """Return whom each page called."""
    found: dict[int, list[Summons]] = {}
    rows = Summons.objects.filter(page__in=list(pages)).select_related("person").order_by("id")
    for one in rows:
        found.setdefault(one.page_id, []).append(one)
    return found


def state_counts(pages: PageQuerySet) -> dict[PageState, int]:
    """Return how many open pages are in each state."""
    counts = dict.fromkeys(PageState, 0)
    rows = pages.open().only("acked_at", "closed_at", "snoozed_until", "silenced_until", "waits_for_work")
    for page in rows:
        counts[page.state] += 1
    return counts


# ---- health ----


@dataclass(frozen=True)
class Audit:
    """What the auditor found: pages that ought to have moved and did not. Empty is healthy."""

    stuck: tuple[Page, ...]
    overdue_messages: int


OVERDUE = timedelta(minutes=5)


def audit(*, now: datetime) -> Audit:
    """Return the open pages that ought to have called, and messages that lie about.

    A step, a rung of somebody's own ladder, or the call for a page that was taken and then forgotten.
    """
    late = now - OVERDUE
    steps = Page.objects.unanswered().filter(next_step_at__lt=late).order_by("next_step_at", "id")[:20]
    rungs = Summons.objects.due(late).select_related("page")[:20]
    forgotten = Page.objects.forgotten(late)[:20]
    stuck = {page.pk: page for page in [*steps, *(one.page for one in rungs), *forgotten]}.values()
    overdue = Message.objects.overdue(late).filter(lane="paging").count()
    return Audit(tuple(stuck), overdue)


def last_beat() -> datetime | None:
    """Return when an engine last finished a whole tick."""
    return Beat.objects.order_by("-ticked_at").values_list("ticked_at", flat=True).first()


# ---- for others who show pages ----


def find(page_id: int) -> Page | None:
    """Return the page with this number, None when there is none."""
    return Page.objects.select_related("team", "acked_by").filter(pk=page_id).first()


def unanswered_ids() -> list[int]:
    """Return the open pages that nobody has acknowledged, the oldest first."""
    return list(Page.objects.unanswered().order_by("id").values_list("id", flat=True))


def summons_of(page_id: int, person_id: int) -> Summons | None:
    """Return how the person was called for the page, None when they were not."""
    return Summons.objects.select_related("person").filter(page_id=page_id, person_id=person_id).first()


# ---- storms and age ----


def opened_since(source_key: str, *, is_hard: bool, since: datetime, most: int) -> int:
    """Return how many pages the source opened since then, counted up to `most`."""
    recent = Page.objects.filter(
        source_key=source_key, is_hard=is_hard, opened_at__gt=since, silenced_until=None
    ).order_by("-opened_at")
    return len(recent.values_list("id", flat=True)[:most])


def silenced_alike(source_key: str, *, is_hard: bool, until: datetime, most: int) -> int:
    """Return how many pages of the source begin to call at `until`, counted up to `most`."""
    alike = Page.objects.unanswered().filter(source_key=source_key, is_hard=is_hard, silenced_until=until)
    return len(alike.values_list("id", flat=True)[:most])


def open_storm(source_key: str, *, is_hard: bool, silenced_until: datetime | None = None) -> Page | None:
    """Return the source's storm page that nobody has taken, its row locked; None when there is none.

    One that calls, or the one that is silenced until that moment: the two never mix.
    """
    storms = Page.objects.unanswered().filter(
        source_key=source_key, is_storm=True, is_hard=is_hard, silenced_until=silenced_until
    )
    return (
        storms.filter(snoozed_until=None).select_for_update(of=("self",)).select_related("team").order_by("-id").first()
    )


def too_old(*, now: datetime) -> list[tuple[int, str]]:
    """Return the open pages older than their team's greatest age, with that age in words.

    While a page is silenced it does not age: it must call before anybody may say that nobody came.
    """
    found: list[tuple[int, str]] = []
    ages = {
        team_id: policy.pager.greatest_age
        for team_id, policy in team_queries.policies(list(Team.objects.values_list("id", flat=True))).items()
    }
    for team_id, age in ages.items():
        old = (
            Page.objects.open()
            .filter(Q(silence_over_at=None) | Q(silence_over_at__lt=now - age))
            .filter(team_id=team_id, opened_at__lt=now - age, silenced_until=None)
            .order_by("id")
        )
        found += [(page_id, duration(age)) for page_id in old.values_list("id", flat=True)[:100]]
    return found
