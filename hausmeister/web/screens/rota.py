"""Rota: who has each duty and until when, gaps first, in words; then the coming weeks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.base.wall_time import monday_of
from hausmeister.rota import backlog
from hausmeister.rota import queries as rota
from hausmeister.rota.asks import queries as asks
from hausmeister.rota.models import Override
from hausmeister.rota.planning import replanning, snapshot
from hausmeister.rota.planning.rules.horizon import Horizon
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries.given_away import given_away
from hausmeister.rota.queries.taken_over import taken_over
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import YEARS, Capability
from hausmeister.web import ahead, lanes, rotas, turns, weeks, zones
from hausmeister.web.access import Request, needs
from hausmeister.web.ahead import Ahead, Tested
from hausmeister.web.slots import Slot
from hausmeister.web.teams import chosen

WEEKS = 4
WEEKS_LISTED = 6
VIEWS = ("weeks", "month", "quarter", "mine")


@needs(Capability.SEE_STATUS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the rota of one team in the view, and by the clocks, that the address asks for."""
    person, now = request.user, clock.now()
    teams = permissions.teams(person, Capability.SEE_STATUS)
    team = chosen(request, teams)
    view = request.GET.get("view", "weeks")
    view = view if view in VIEWS else "weeks"
    clocks = zones.asked(request)
    context: dict[str, Any] = {
        "team": team,
        "teams": teams,
        "view": view,
        "now": now,
        "clocks": clocks,
        "may_change": permissions.can(person, Capability.CHANGE_ROTA, team_id=team.pk),
        "takes_part": permissions.can(person, Capability.ACT_ON_PAGES, team_id=team.pk),
        "planned_until": rota.planned_until(team),
        "near": (),
    }
    context["only_mine"] = context["takes_part"] and request.GET.get("who") == "mine"
    if context["may_change"]:
        context["offer"] = replanning.offer(team, now=now)
    with timezone.override(clocks.zone):
        try:
            context["ahead"] = ahead.of_team(team, reader=person, now=now)
            context |= _VIEWS[view](Asked(request, team, clocks.zone, now, context["only_mine"]))
            context["tests"] = _tests(team, context.get("slots", ()), context["ahead"])
        except TooFarAhead:
            context["too_far"] = True
        context["zones"] = zones.offered(person.zone_name, team.zone_name, *context["near"])
        return render(request, "web/rota/rota.html", context)


def _tests(team: Team, shown: Iterable[Slot], found: Ahead) -> dict[str, Tested]:
    """Return by turn whether whoever has it next confirmed the test page before it."""
    by_turn = {
        slot.turn.key: found.tests.get((team.pk, slot.turn.person.pk, slot.turn.starts_at))
        for slot in shown
        if slot.turn.person is not None
    }
    return {key: test for key, test in by_turn.items() if test is not None}


@dataclass(frozen=True)
class Asked:
    """What a view of the rota is drawn for."""

    request: Request
    team: Team
    zone: ZoneInfo
    now: datetime
    only_mine: bool

    @property
    def today(self) -> date:
        """Return the day that it is by the clocks of the screen."""
        return self.now.astimezone(self.zone).date()

    @property
    def day(self) -> date:
        """Return the day that the address asks for."""
        return asked_day(self.request, self.today)


def asked_day(request: Request, today: date) -> date:
    """Return the day that the address asks for, else today."""
    try:
        day = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return today
    return day if day.year in YEARS else today


def _weeks(asked: Asked) -> dict[str, Any]:
    team, now = asked.team, asked.now
    monday = monday_of(asked.day)
    shown = lanes.span(monday, weeks=WEEKS_LISTED, zone=asked.zone, now=now)
    drawn = lanes.span(monday, weeks=WEEKS, zone=asked.zone, now=now)
    read = rotas.read(team, shown, viewer=asked.request.user, only_mine=asked.only_mine)
    policy = read.book.policy
    to_come = [one for one in read.overrides_in(drawn) if one.ends_at > now]
    free = backlog.weeks(team, first=monday, weeks=WEEKS_LISTED) if policy.rota.backlog_week else {}
    return {
        "lanes": read.lanes(drawn),
        "slots": read.slots(),
        "near": read.zones,
        "weeks": read.weeks(free),
        "overrides": [(one, shown.words(one.starts_at, one.ends_at), _post_title(one, policy)) for one in to_come],
        "before": monday - timedelta(weeks=WEEKS),
        "after": monday + timedelta(weeks=WEEKS),
        "is_today": monday == monday_of(asked.today),
        "this_week": monday_of(now.astimezone(team.zone).date()),
        "explained": _explained(policy),
    }


def _explained(policy: Policy) -> list[tuple[str, str]]:
    """Return role and title of each duty that can be explained; none where the planner does not know the weeks."""
    try:
        return list(snapshot.titles(policy).items())
    except CannotPlan:
        return []


def _post_title(one: Override, policy: Any) -> str:
    return str(policy.rota.backstop_title) if one.post == "backstop" else _("on duty")


def _month(asked: Asked) -> dict[str, Any]:
    first = asked.day.replace(day=1)
    shown = lanes.span(monday_of(first), weeks=6, zone=asked.zone, now=asked.now)
    read = rotas.read(asked.team, shown, viewer=asked.request.user, only_mine=asked.only_mine)
    return {
        "first": first,
        "month": weeks.month(first, shown, read.turns, horizon=read.horizon),
        "slots": read.slots(),
        "near": read.zones,
        "weekdays": [monday_of(first) + timedelta(days=number) for number in range(7)],
        "before": (first - timedelta(days=1)).replace(day=1),
        "after": (first + timedelta(days=31)).replace(day=1),
        "is_today": first == asked.today.replace(day=1),
    }


def _quarter(asked: Asked) -> dict[str, Any]:
    first = weeks.quarter_of(asked.day)
    after = weeks.quarter_after(first)
    monday = monday_of(first)
    number = -(-(after - monday).days // 7)
    shown = lanes.span(monday, weeks=number, zone=asked.zone, now=asked.now)
    read = rotas.read(asked.team, shown, viewer=asked.request.user, only_mine=asked.only_mine)
    policy = read.book.policy
    free = backlog.weeks(asked.team, first=monday, weeks=number) if policy.rota.backlog_week else {}
    return {
        "first": first,
        "last": after - timedelta(days=1),
        "lanes": read.lanes(shown),
        "slots": read.slots(),
        "near": read.zones,
        "weeks": read.weeks(free),
        "titles": [title for title, _turns in turns.by_post((), policy)],
        "has_backlog": bool(free),
        "before": weeks.quarter_of(first - timedelta(days=1)),
        "after": after,
        "is_today": first == weeks.quarter_of(asked.today),
    }


def _mine(asked: Asked) -> dict[str, Any]:
    person, now = asked.request.user, asked.now
    horizons: dict[int, Horizon] = {}
    for one in (shifts := rota.next_duty_of(person, now=now)):
        if one.team_id not in horizons:
            horizons[one.team_id] = snapshot.horizon_of(one.team, team_queries.policy_of(one.team_id), now=now)
    elsewhere = given_away(shifts)
    return {
        "mine": [
            (
                one,
                policy.duty_title(one.duty, one.post),
                backlog.role_of(policy, one),
                horizons[one.team_id].of(one.week),
                [part for part in elsewhere[one.pk] if part.ends_at > now],
            )
            for one in shifts
            for policy in [team_queries.policy_of(one.team_id)]
        ],
        "asked_of_me": len(asks.of_me(person, now=now)),
        "taken_over": taken_over(person, now=now),
        "leaves": list(
            Leave.objects.filter(person=person, cancelled_at=None, ends_on__gte=asked.today).order_by("starts_on", "id")
        ),
        "today": asked.today,
        "team_of_mine": asked.team,
    }


_VIEWS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "weeks": _weeks,
    "month": _month,
    "quarter": _quarter,
    "mine": _mine,
}
