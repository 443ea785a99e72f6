"""Schedules: who is on by each now; then one with its weeks, its layers and its overrides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.base.wall_time import WEEKDAYS, monday_of
from hausmeister.rota.models import Layer, Schedule, ZoneIsGone
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import follows_duties, windows_of
from hausmeister.rota.queries.schedules import On, ScheduleTimeline
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.rotations import Unit
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Away, Capability
from hausmeister.web import ahead, lanes, zones
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.lanes import Span
from hausmeister.web.screens.rota import asked_day
from hausmeister.web.teams import chosen

# a schedule that changes hands more often than this in four weeks is shown for one, day by day; in words at most so
# many stretches
WEEKS, MOST_MARKS, MOST_LINES = 4, 40, 60
MARGIN = timedelta(days=32)


@dataclass(frozen=True)
class Line:
    """A schedule in the list: who is on now, or why nobody can say."""

    schedule: Schedule
    on: On | None
    problem: str = ""


@dataclass(frozen=True)
class Part:
    """A week, or a day, of a schedule in words."""

    day: date
    is_now: bool
    stretches: tuple[On, ...]


@needs(Capability.SEE_STATUS)
@require_safe
def screen(request: Request) -> HttpResponse:
    """List the schedules of one team."""
    teams = permissions.teams(request.user, Capability.SEE_STATUS)
    team = chosen(request, teams)
    context = {
        "team": team,
        "teams": teams,
        "lines": _lines(team, clock.now()),
        "may_change": permissions.can(request.user, Capability.CHANGE_ROTA, team_id=team.pk),
    }
    return render(request, "web/rota/schedules.html", context)


def _lines(team: Team, now: datetime) -> list[Line]:
    found = queries.schedules_of(team)
    try:
        on = queries.on_call(found, at=now)
        return [Line(one, on[one.pk]) for one in found]
    except (ZoneIsGone, TooFarAhead):
        # one that cannot be read must not hide the others
        return [_line(one, now) for one in found]


def _line(one: Schedule, now: datetime) -> Line:
    try:
        return Line(one, queries.schedule_on_call(one, at=now))
    except (ZoneIsGone, TooFarAhead) as error:
        return Line(one, None, str(error))


@needs(Capability.SEE_STATUS)
@require_safe
def one(request: Request, slug: str) -> HttpResponse:
    """Show one schedule with its weeks as lanes, and as a list of who takes over when."""
    teams = permissions.teams(request.user, Capability.SEE_STATUS)
    team, now = chosen(request, teams), clock.now()
    schedule = fetch(Schedule.objects.filter(team=team).select_related("team"), slug=slug)
    clocks = zones.asked(request)
    context: dict[str, Any] = {
        "team": team,
        "schedule": schedule,
        "now": now,
        "clocks": clocks,
        "zones": zones.offered(request.user.zone_name, team.zone_name, schedule.zone_name),
        "may_change": permissions.can(request.user, Capability.CHANGE_ROTA, team_id=team.pk),
    }
    with timezone.override(clocks.zone):
        try:
            context |= _weeks(request, schedule, clocks.zone, now)
        except TooFarAhead:
            context["too_far"] = True
        except (ZoneIsGone, queries.TooManyTurns) as error:
            context["problem"] = str(error)
        return render(request, "web/rota/schedule.html", context)


def _weeks(request: Request, schedule: Schedule, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    today = now.astimezone(zone).date()
    monday = monday_of(asked_day(request, today))
    is_today = monday == monday_of(today)
    told, shown, weeks = _drawn(schedule, monday, zone, now)
    layers = queries.layers_in_force(schedule, now=now)
    # hours in which nobody is on by design are no gaps to be told
    has_breaks = follows_duties(layers) or any(layer.windows for layer in layers)
    coming = [on for on in told.final if (on.ends_at > now or not is_today) and (on.people or not has_breaks)]
    return {
        "follows": follows_duties(layers),
        "on": told.at(now) if is_today else queries.schedule_on_call(schedule, at=now),
        "lanes": lanes.schedule_lanes(shown, told, _away(told, shown), viewer=request.user),
        "parts": parts(coming[:MOST_LINES], shown, by_day=weeks == 1),
        "has_breaks": has_breaks,
        "more": max(0, len(coming) - MOST_LINES),
        "layers": [(layer, *layer_told(layer, now)) for layer in reversed(layers)],
        "overrides": [
            (row, shown.words(row.starts_at, row.ends_at), queries.override_words(row))
            for row in told.overrides
            if row.ends_at > now
        ],
        "ahead": ahead.of_schedule(schedule, reader=request.user, now=now),
        "before": monday - timedelta(weeks=weeks),
        "after": monday + timedelta(weeks=weeks),
        "is_today": is_today,
    }


def parts(stretches: Sequence[On], shown: Span, *, by_day: bool) -> list[Part]:
    """Return the stretches under the week, or the day, in which they begin within the span."""
    found: dict[date, list[On]] = {}
    for on in stretches:
        day = max(on.starts_at, shown.starts_at).astimezone(shown.zone).date()
        found.setdefault(day if by_day else monday_of(day), []).append(on)
    today = shown.now.astimezone(shown.zone).date()
    current = today if by_day else monday_of(today)
    return [Part(day, day == current, tuple(those)) for day, those in found.items()]


def _away(told: ScheduleTimeline, shown: Span) -> list[tuple[Person, Away]]:
    """Return who of the people on the schedule is away in the span, by name."""
    people = {person.pk: person for lane in told.lanes for on in lane.stretches for person in on.people}
    found = team_queries.absences(people, after=shown.starts_at)
    return [
        (person, span)
        for person in sorted(people.values(), key=lambda one: one.name.lower())
        for span in found.get(person.pk, ())
        if span.touches(shown.starts_at, shown.ends_at)
    ]


def _drawn(schedule: Schedule, monday: date, zone: ZoneInfo, now: datetime) -> tuple[ScheduleTimeline, Span, int]:
    """Return four weeks, or one week of a schedule that changes hands often.

    More is read than is shown, so that a stretch at the edge says when it truly begins and ends.
    """
    weeks = WEEKS
    shown = lanes.span(monday, weeks=weeks, zone=zone, now=now)
    read = queries.schedule_timeline(schedule, starts_at=shown.starts_at - MARGIN, ends_at=shown.ends_at + MARGIN)
    if len(_touching(read.final, shown)) > MOST_MARKS:
        weeks = 1
        shown = lanes.span(monday, weeks=weeks, zone=zone, now=now)
    told = replace(
        read,
        final=_touching(read.final, shown),
        lanes=tuple(replace(lane, stretches=_touching(lane.stretches, shown)) for lane in read.lanes),
        overrides=tuple(
            row for row in read.overrides if shown.starts_at < row.ends_at and row.starts_at < shown.ends_at
        ),
    )
    return told, shown, weeks


def _touching(stretches: Sequence[On], shown: Span) -> tuple[On, ...]:
    return tuple(on for on in stretches if shown.starts_at < on.ends_at and on.starts_at < shown.ends_at)


def layer_told(layer: Layer, now: datetime) -> tuple[str, str]:
    """Return a layer's name and what it is, in a sentence."""
    only = ", ".join(str(window) for window in windows_of(layer))
    limits = [_("only %(windows)s") % {"windows": only}] if only else []
    if layer.ends_on and layer.ends is not None:
        limits.append(_("until %(end)s") % {"end": f"{layer.ends_on:%Y-%m-%d} {layer.ends:%H:%M}"})
    return layer.name, "; ".join([_content(layer, now), *limits])


def _content(layer: Layer, now: datetime) -> str:
    if layer.content == Content.DUTY:
        return _("follows the rota")
    if layer.content == Content.ENTRIES:
        return _("entries with dates")
    who = ", ".join(_participant(one) for one in queries.listed_at(layer, now)) or _("nobody")
    return _("%(who)s take turns %(rhythm)s, hand-off %(day)s%(clock)s") % {
        "who": who,
        "rhythm": f"{layer.unit}, {layer.length} at a time" if layer.length > 1 else layer.unit,
        "day": _day(layer),
        "clock": f"{layer.hand_off:%H:%M}" if layer.hand_off is not None else "",
    }


def _participant(one: Any) -> str:
    if one.person is not None:
        return str(one.person.name)
    return _("whoever is on duty in %(team)s") % {"team": one.team.name} if one.team is not None else _("nobody")


def _day(layer: Layer) -> str:
    if layer.unit == Unit.WEEKLY:
        return f"{WEEKDAYS[layer.day].title()} "
    return _("on day %(n)d, ") % {"n": layer.day} if layer.unit == Unit.MONTHLY else ""
