"""Rota: who has each duty and until when, gaps first, in words; then the coming weeks."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.base.wall_time import monday_of
from hausmeister.rota import backlog
from hausmeister.rota import queries as rota
from hausmeister.rota.asks import queries as asks
from hausmeister.rota.models import Override
from hausmeister.rota.planning import replanning, snapshot
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.queries import Book, TooFarAhead
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import YEARS, Capability
from hausmeister.web import ahead, lanes
from hausmeister.web.access import Request, needs
from hausmeister.web.teams import chosen

WEEKS = 4
WEEKS_LISTED = 6
VIEWS = ("weeks", "month", "mine")


@needs(Capability.SEE_STATUS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the rota of one team in the view that the address asks for."""
    person, now = request.user, clock.now()
    teams = permissions.teams(person, Capability.SEE_STATUS)
    team = chosen(request, teams)
    view = request.GET.get("view", "weeks")
    view = view if view in VIEWS else "weeks"
    context: dict[str, Any] = {
        "team": team,
        "teams": teams,
        "view": view,
        "now": now,
        "may_change": permissions.can(person, Capability.CHANGE_ROTA, team_id=team.pk),
        "takes_part": permissions.can(person, Capability.ACT_ON_PAGES, team_id=team.pk),
        "planned_until": rota.planned_until(team),
        "horizon": snapshot.horizon_of(team, team_queries.policy_of(team.pk), now=now),
    }
    if context["may_change"]:
        context["offer"] = replanning.offer(team, now=now)
    try:
        context["ahead"] = ahead.of_team(team, reader=person, now=now)
        context |= _VIEWS[view](request, team, now)
    except TooFarAhead:
        context["too_far"] = True
    return render(request, "web/rota/rota.html", context)


def asked_day(request: Request, today: date) -> date:
    """Return the day that the address asks for, else today."""
    try:
        day = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return today
    return day if day.year in YEARS else today


def _weeks(request: Request, team: Team, now: datetime) -> dict[str, Any]:
    person = request.user
    today = now.astimezone(person.zone).date()
    monday = monday_of(asked_day(request, today))
    shown = lanes.span(monday, weeks=WEEKS_LISTED, zone=person.zone, now=now)
    book = Book.load(team, starts_at=shown.starts_at, ends_at=shown.ends_at)
    segments, policy = book.timeline(shown.starts_at, shown.ends_at), book.policy
    drawn = lanes.span(monday, weeks=WEEKS, zone=person.zone, now=now)
    overrides = [one for one in book.overrides if one.starts_at < drawn.ends_at and one.ends_at > drawn.starts_at]
    to_come = [one for one in overrides if one.ends_at > now]
    firm = snapshot.horizon_of(team, policy, now=now)
    this_week = monday_of(now.astimezone(team.zone).date())
    free = backlog.weeks(team, first=monday, weeks=WEEKS_LISTED) if policy.rota.backlog_week else {}
    return {
        "lanes": lanes.lanes(
            drawn,
            policy=policy,
            segments=[one for one in segments if one.starts_at < drawn.ends_at],
            overrides=overrides,
            away=book.away(drawn.starts_at, drawn.ends_at),
            viewer=person,
        ),
        "weeks": [
            replace(one, backlog=free.get(one.monday))
            for one in lanes.weeks(shown, policy=policy, segments=segments, horizon=firm)
        ],
        "overrides": [(one, shown.words(one.starts_at, one.ends_at), _post_title(one, policy)) for one in to_come],
        "before": monday - timedelta(weeks=WEEKS),
        "after": monday + timedelta(weeks=WEEKS),
        "is_today": monday == monday_of(today),
        "this_week": this_week,
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


def _month(request: Request, team: Team, now: datetime) -> dict[str, Any]:
    zone = request.user.zone
    first = asked_day(request, now.astimezone(zone).date()).replace(day=1)
    shown = lanes.span(monday_of(first), weeks=6, zone=zone, now=now)
    segments = rota.timeline(team, starts_at=shown.starts_at, ends_at=shown.ends_at)
    return {
        "first": first,
        "month": lanes.month(first, shown, segments),
        "weekdays": [monday_of(first) + timedelta(days=number) for number in range(7)],
        "before": (first - timedelta(days=1)).replace(day=1),
        "after": (first + timedelta(days=31)).replace(day=1),
        "is_today": first == now.astimezone(zone).date().replace(day=1),
    }


def _mine(request: Request, team: Team, now: datetime) -> dict[str, Any]:
    person = request.user
    today = now.astimezone(person.zone).date()
    shifts = rota.next_duty_of(person, now=now)
    return {
        "mine": [
            (one, policy.duty_title(one.duty, one.post), backlog.role_of(policy, one))
            for one in shifts
            for policy in [team_queries.policy_of(one.team_id)]
        ],
        "asked_of_me": len(asks.of_me(person, now=now)),
        "mine_overrides": list(
            Override.objects.touching(now, now + timedelta(days=366)).filter(person=person).select_related("team")
        ),
        "leaves": list(
            Leave.objects.filter(person=person, cancelled_at=None, ends_on__gte=today).order_by("starts_on")
        ),
        "today": today,
        "team_of_mine": team,
    }


_VIEWS = {"weeks": _weeks, "month": _month, "mine": _mine}
