"""Now: am I on call, until when, who is behind me; what needs me, worst first."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.alerts.silences import queries as silences
from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.handoff import queries as handoffs
from hausmeister.incidents import queries as incidents
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import DutyNow
from hausmeister.rota.rules.slots import Post
from hausmeister.team import permissions
from hausmeister.team.models import ContactMethod, Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability
from hausmeister.triage import queries as triage
from hausmeister.triage.models import Hint
from hausmeister.triage.operations import helping
from hausmeister.triage.queries import Shop
from hausmeister.web import ahead, items, rows
from hausmeister.web.access import Request, needs
from hausmeister.web.ahead import Ahead, Tested
from hausmeister.web.coming import coming
from hausmeister.web.items import ItemRow
from hausmeister.web.rows import Board, Row
from hausmeister.web.weekline import WeekLine, week_line

AHEAD = timedelta(days=8)
MOST_OPEN = 200
MOST_INCIDENTS = 5
MOST_NEXT = 3


@dataclass(frozen=True)
class DutyCard:
    """One team's duty as its card shows it: my post in it, if any, and what comes next."""

    duty: DutyNow
    policy: Policy
    mine: Post | None
    next_duty: DutyNow | None
    week: WeekLine
    is_first: bool = False
    # whether whoever is next confirmed the test page, where one was sent
    next_test: Tested | None = None

    @property
    def is_brief(self) -> bool:
        """Whether one line is enough: another team's duty, below the card that matters to me."""
        return self.mine is None and not self.is_first

    @property
    def team(self) -> Team:
        """The team."""
        return self.duty.team


@dataclass(frozen=True)
class Needs:
    """The open pages: mine first, then the team's others."""

    mine: list[Row]
    others: list[Row]
    waiting: int
    snoozed: int
    silenced: int
    last: Page | None
    items: tuple[ItemRow, ...] = ()
    hints: tuple[Hint, ...] = ()

    @property
    def number(self) -> int:
        """How many things need me."""
        return len(self.mine) + len(self.items)

    @property
    def firing(self) -> int:
        """How many of mine call now."""
        return sum(row.is_firing for row in self.mine)


@needs(Capability.SEE_STATUS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show Now, or only what needs me, when the live stream asks for it."""
    person, now = request.user, clock.now()
    teams = permissions.teams(person, Capability.SEE_STATUS)
    cards = [duty_card(team, person=person, now=now) for team in teams]
    sees_pages = permissions.can(person, Capability.SEE_PAGES)
    cards.sort(key=lambda card: (card.mine is None, card.mine != Post.PRIMARY))
    cards = [replace(card, is_first=place == 0) for place, card in enumerate(cards)]
    context = {
        "cards": cards,
        "several": len(teams) > 1,
        "sees_pages": sees_pages,
        "now": now,
    }
    context |= _incidents(person, teams)
    if request.htmx and request.htmx.target == "running":
        return render(request, "web/now/incidents.html", context)
    if sees_pages:
        needed, items = what_needs(person, cards), my_items(person, cards, now=now)
        # help is suggested only to whoever holds something
        holds = bool(items) or not all(row.is_firing for row in needed.mine)
        context["needs"] = replace(needed, items=items, hints=tuple(helping.standing(person)) if holds else ())
        context["handoffs"] = handoffs.for_now(person, [team.pk for team in teams])
        context["live"] = " ".join(f"triage:{team.pk}" for team in teams)
        if request.htmx and request.htmx.target == "needs":
            return render(request, "web/now/needs.html", context)
        context["silences"] = silences.brief(person, now=now)
        found = ahead.concerning(teams, reader=person, now=now)
        context.update(_about_me(person, found, now))
        context["ahead"] = found
        context["cards"] = [replace(card, next_test=_next_test(card, found)) for card in cards]
    else:
        context["counts"] = status_counts(teams)
        context["announced"] = incidents.announced([team.pk for team in teams])
    return render(request, "web/now/now.html", context)


def _next_test(card: DutyCard, found: Ahead) -> Tested | None:
    """Return whether whoever takes over next confirmed the test page; None where none was sent."""
    following = card.next_duty.primary.person if card.next_duty is not None else None
    return found.tests.get((card.team.pk, following.pk, card.duty.ends_at)) if following is not None else None


def _incidents(person: Person, teams: list[Team]) -> dict[str, object]:
    """Return what runs, and what the person is asked to take in it: it stands above everything else."""
    allowed = permissions.team_ids(person, Capability.SEE_INCIDENTS)
    mine = [team for team in teams if allowed is None or team.pk in allowed]
    if not mine:
        return {}
    running = list(incidents.visible_to(person).with_due().running()[:MOST_INCIDENTS])
    return {
        "incident_teams": mine,
        "incidents": running,
        "incident_offers": incidents.offers_to(person) if running else [],
    }


def duty_card(team: Team, *, person: Person, now: datetime) -> DutyCard:
    """Return what the card of `team` shows."""
    context = TeamContext.load(team.pk, at=now)
    segments = context.timeline(AHEAD)
    duty = segments[0].duty
    following = next((one.duty for one in segments if one.starts_at >= duty.ends_at), None)
    week = week_line(rota.weekly_duties(context.policy), of=team.zone, zone=person.zone, now=now)
    return DutyCard(duty, context.policy, duty.post_of(person), following, week)


def what_needs(person: Person, cards: list[DutyCard]) -> Needs:
    """Return the open pages of the person's teams; soft ones that wait, snoozed and silenced ones are only counted."""
    pages = list(pager.visible_to(person).open().select_related("team", "acked_by").worst_first()[:MOST_OPEN])
    called = pager.people_on_many(pages)
    boards = {card.team.pk: Board(card.team, card.policy, card.duty) for card in cards}
    quiet = {PageState.WAITING, PageState.SNOOZED, PageState.SILENCED}
    shown = [page for page in pages if page.state not in quiet or _is_asked(page, called, person)]
    built = rows.build([page for page in shown if page.team_id in boards], boards, person=person, called=called)
    mine = [row for row in built if row.is_mine]
    last = None
    if not built:
        last = (
            pager.visible_to(person)
            .filter(is_test=False, closed_at__isnull=False)
            .select_related("closed_by")
            .order_by("-id")
            .first()
        )
    return Needs(
        mine=mine,
        others=[row for row in built if not row.is_mine],
        waiting=sum(page.state is PageState.WAITING for page in pages),
        snoozed=sum(page.state is PageState.SNOOZED for page in pages),
        silenced=sum(page.state is PageState.SILENCED for page in pages),
        last=last,
    )


def my_items(person: Person, cards: list[DutyCard], *, now: datetime) -> tuple[ItemRow, ...]:
    """Return what waits for a word of mine: in working hours, and on a duty that takes questions (H1, H3)."""
    shops = [Shop.on(card.duty, card.policy, now=now) for card in cards]
    return tuple(items.build(triage.mine(person, shops)[:MOST_OPEN], person=person, now=now))


def _is_asked(page: Page, called: dict[int, list[Summons]], person: Person) -> bool:
    """Say whether a quiet page still belongs on my list: I was called for it, and it is only snoozed."""
    return page.state is PageState.SNOOZED and rows.is_mine(page, called.get(page.pk, ()), person)


def status_counts(teams: list[Team]) -> list[tuple[Priority, int]]:
    """Return how many pages of each priority are open, and nothing about them: for the clients."""
    found = dict.fromkeys((Priority.P4, Priority.P3), 0)
    for rank in Page.objects.open().filter(team__in=teams, is_test=False).values_list("priority", flat=True):
        if rank in found:
            found[Priority(rank)] += 1
    return list(found.items())


def _about_me(person: Person, found: Ahead, now: datetime) -> dict[str, object]:
    """Return what stands beside the list: my next duties, and whether I can be reached."""
    methods = list(ContactMethod.objects.usable().filter(person=person).order_by("-tested_at", "id"))
    upcoming = coming(person, found.outlooks, now=now, most=MOST_NEXT)
    return {"upcoming": upcoming, "methods": methods, "tested": _last_test(methods)}


def _last_test(methods: list[ContactMethod]) -> ContactMethod | None:
    tested = [method for method in methods if method.tested_at]
    return max(tested, key=lambda method: method.tested_at or method.created_at, default=None)
