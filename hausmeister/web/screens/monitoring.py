"""Monitoring: all shards at a glance, and one shard with what is not well first."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.alerts.silences import queries as silences
from hausmeister.base import clock
from hausmeister.base.event_query import BadQuery, Test, compiled
from hausmeister.base.words import duration
from hausmeister.monitoring import boards, queries
from hausmeister.monitoring.models import Hit
from hausmeister.monitoring.rules.board import Board, Health, Row
from hausmeister.monitoring.station import Station
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.sparks import Spark, in_digits, spark
from hausmeister.web.teams import chosen

# a shard that said nothing for so long is shown as silent, not as well
SILENT_AFTER = timedelta(minutes=5)
SERVICES_SHOWN = 8


@dataclass(frozen=True)
class Line:
    """One entry as a row of the screen."""

    row: Row
    tone: str
    icon: str
    value: str
    spark: Spark | None
    since_at: datetime
    seen_at: datetime
    quiet: str
    skew: str


@dataclass(frozen=True)
class Tab:
    """One shard in the row of tabs: its name, and in a word how it stands."""

    name: str
    words: str
    tone: str
    board: Board | None


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show all shards of one team at a glance."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    context = {**_frame(team, teams, now), "hits": _hits(team)}
    return render(request, _template(request, "shards"), context)


@needs(Capability.SEE_PAGES)
@require_safe
def shard(request: Request, name: str) -> HttpResponse:
    """Show one shard; `q` in the address is a query as dashboards write it."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    context = _frame(team, teams, now)
    if name not in _names(team):
        raise Http404(_("There is no shard of this name. Shards are named in the policy, under dashboards."))
    asked = request.GET.get("q", "")
    test, problem = _test(asked)
    station = boards.station()
    board = _board(station, name, test, now)
    context |= {
        "name": name,
        "asked": asked,
        "problem": problem,
        "board": board,
        "good": board.counts[Health.GOOD] if board else 0,
        "not_good": [_line(row, now) for row in board.not_good] if board else [],
        "expired": [_line(row, now) for row in board.expired[:50]] if board else [],
        "services": board.services[:SERVICES_SHOWN] if board else [],
        "all_services": board.services if board else [],
        "last_event_at": _moment(board.last_event_at_s) if board and board.last_event_at_s else None,
        "hits": queries.hits(team, name),
        "silences": silences.on_label(team, "shard", name, now=now),
        "may_silence": permissions.can(request.user, Capability.SILENCE_ALERTS, team_id=team.pk),
        "dashboards": [one for one in team_queries.policy_of(team.pk).dashboard_links if name in one.shards],
        "dashboard": team_queries.policy_of(team.pk).dashboard_url.replace("{shard}", name),
    }
    return render(request, _template(request, "shard"), context)


def _template(request: Request, name: str) -> str:
    part = bool(request.htmx and request.htmx.target == "board")
    return f"web/monitoring/{name}_board.html" if part else f"web/monitoring/{name}.html"


def _frame(team: Team, teams: list[Team], now: datetime) -> dict[str, object]:
    station = boards.station()
    tabs = [_tab(name, _board(station, name, lambda _event: True, now), now) for name in _names(team)]
    return {
        "team": team,
        "teams": teams,
        "tabs": tabs,
        "is_set_up": station is not None,
        "addresses": settings.HAUSMEISTER_RIEMANN,
        "now": now,
    }


def _names(team: Team) -> tuple[str, ...]:
    """Return the team's shards, in the policy's order."""
    return team_queries.policy_of(team.pk).dashboard_shards


def _test(asked: str) -> tuple[Test, str]:
    try:
        return compiled(asked), ""
    except BadQuery as error:
        return compiled(""), str(error)


def _board(station: Station | None, name: str, test: Test, now: datetime) -> Board | None:
    """Return the shard's board, None where its events come to no process that we can see into."""
    if station is None or name not in station.names:
        return None
    return station.shard(name).board(test, now_s=now.timestamp())


def _tab(name: str, board: Board | None, now: datetime) -> Tab:
    if board is None:
        return Tab(name, _("not connected"), "quiet", None)
    if board.last_event_at_s is None:
        return Tab(name, _("nothing yet"), "quiet", board)
    quiet = now - _moment(board.last_event_at_s)
    if quiet > SILENT_AFTER:
        return Tab(name, _("silent for %(time)s") % {"time": duration(quiet)}, "p3", board)
    if board.not_good_count:
        return Tab(
            name, _("%(n)d not ok") % {"n": board.not_good_count}, "p4" if board.counts[Health.BAD] else "p3", board
        )
    return Tab(name, _("ok"), "ok", board)


def _hits(team: Team) -> list[Hit]:
    return [hit for name in _names(team) for hit in queries.hits(team, name)]


def _line(row: Row, now: datetime) -> Line:
    tones = {Health.BAD: ("p4", "triangle-alert"), Health.WARN: ("p3", "triangle-alert"), Health.GOOD: ("ok", "check")}
    tone, icon = ("p3", "clock") if row.is_expired else tones[row.health]
    skew = ""
    if row.skew_s:
        words = duration(timedelta(seconds=abs(row.skew_s)))
        skew = (
            _("its clock is %(time)s ahead") % {"time": words}
            if row.skew_s > 0
            else _("its clock is %(time)s behind") % {"time": words}
        )
    return Line(
        row=row,
        tone=tone,
        icon=icon,
        value=in_digits(row.metric),
        spark=spark(row.points),
        since_at=_moment(row.since_s),
        seen_at=_moment(row.seen_at_s),
        quiet=duration(now - _moment(row.seen_at_s)),
        skew=skew,
    )


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
