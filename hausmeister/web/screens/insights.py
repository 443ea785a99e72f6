"""Insights: pages and wake-ups against our limit, who carried how much, noise, questions; and the rows behind each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.base.words import duration
from hausmeister.insights import queries, rows
from hausmeister.insights.figures import Cell, Figure
from hausmeister.insights.queries import Report
from hausmeister.insights.rules import period as periods
from hausmeister.insights.rules.limits import MOST_IN_A_SHIFT, MOST_SHARE, REST, Limit, Over
from hausmeister.insights.rules.period import BadPeriod, Period
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, needs
from hausmeister.web.insightcharts import Column, columns
from hausmeister.web.plancharts import WIDTHS, Chart, Table
from hausmeister.web.teams import chosen

_A_PAGE = 50
# a person's own calls are theirs and the lead's to read; everybody sees the counts
_PERSONAL = {"calls", "wakes", "day-calls", "weekends"}


def _asked(request: Request) -> tuple[Team, Report, str, str]:
    """Return team, report, the address's query for the same span, and why the span asked for cannot be."""
    team = chosen(request, permissions.teams(request.user, Capability.SEE_PAGES))
    now = clock.now()
    today = now.astimezone(team.zone).date()
    name = request.GET.get("period", "weeks")
    span, problem = periods.named(name, today=today, zone=team.zone), ""
    if request.GET.get("since") or request.GET.get("until"):
        try:
            span = periods.between(
                request.GET.get("since", ""), request.GET.get("until", ""), today=today, zone=team.zone
            )
        except BadPeriod as error:
            problem = str(error)
    return team, queries.report(team, span, now=now), _query(team, span), problem


def _query(team: Team, span: Period, **more: str | int) -> str:
    return urlencode({"team": team.slug, "since": span.since.isoformat(), "until": span.until.isoformat(), **more})


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the figures of one team."""
    team, found, query, problem = _asked(request)
    figures = found.figures()
    is_lead = permissions.can(request.user, Capability.CHANGE_ROTA, team_id=team.pk)
    context: dict[str, Any] = {
        "team": team,
        "teams": permissions.teams(request.user, Capability.SEE_PAGES),
        "report": found,
        "figures": figures,
        "hand_offs": figures.get("hand-offs"),
        "query": query,
        "problem": problem,
        "period": "" if request.GET.get("since") else request.GET.get("period", "weeks"),
        "sentence": _sentence(found),
        "by_week": _by_week(found, figures["weeks"]),
        "by_hour": _by_hour(found, figures["hours"]),
        "loads": [
            (one, found.name(one.person_id), found.facts.on_duty.get(one.person_id, timedelta(0)) // timedelta(hours=1),
             found.acknowledged_by[one.person_id], is_lead or one.person_id == request.user.pk)
            for one in found.loads
        ],
        "priorities": [
            (priority, count, *(_length(part) for one in (waited, solved) for part in (one.median, one.p90)))
            for priority, count, waited, solved in found.priorities
        ],
        "noisiest": next(iter(found.noise), None),
        "first_answer": tuple(_length(part) for part in (
            found.questions.first_answer.median, found.questions.first_answer.p90
        )),
        "over": _grouped(found),
        "unknown_before": found.facts.known_since if found.facts.known_since > found.period.starts_at else None,
        "may_open_issue": permissions.can(request.user, Capability.WORK_ON_ISSUES, team_id=team.pk),
    }  # fmt: skip
    return render(request, "web/insights/insights.html", context)


def _length(length: timedelta | None) -> str:
    return "–" if length is None else duration(length)


def _sentence(found: Report) -> str:
    """Return what the figures say, in a sentence; a span of which nothing is known says so."""
    if not found.known_days:
        return _("Nothing is known of this time.")
    calls = ngettext("%(n)s call", "%(n)s calls", len(found.facts.calls)) % {"n": len(found.facts.calls)}
    wakes = ngettext("%(n)s wake-up", "%(n)s wake-ups", found.wakes) % {"n": found.wakes}
    facts = {
        "calls": calls, "wakes": wakes,
        "days": f"{len(found.facts.calls) / max(found.known_days, 1):.1f}",
        "nights": f"{found.wakes / max(found.known_days, 1):.2f}",
    }  # fmt: skip
    return _("%(calls)s, %(days)s a day; %(wakes)s, %(nights)s a night.") % facts


def _by_week(found: Report, figure: Figure) -> list[Chart]:
    known = [one for one in found.weeks if one.calls is not None]
    worst = max(known, key=lambda one: one.calls or 0, default=None)
    finding = _("Nothing is known of these weeks")
    if worst is not None:
        week = formatted(worst.monday, "j M")
        finding = _("Calls by week: the most, %(n)s, in the week of %(week)s") % {"n": worst.calls, "week": week}
    bars = [Column(formatted(one.monday, "j M"), one.wakes, one.calls) for one in found.weeks]
    return [columns(finding, bars, width=width, table=_table(figure)) for width in WIDTHS]


def _by_hour(found: Report, figure: Figure) -> list[Chart]:
    share = round(100 * found.wakes / len(found.facts.calls)) if found.facts.calls else 0
    finding = _("%(percent)s %% of the calls come at night, from 22:00 to 07:00") % {"percent": share}
    if not found.known_days:
        finding = _("Nothing is known of these hours")
    bars = [
        Column(f"{hour:02}", (number if hour >= 22 or hour < 7 else 0), number) if found.known_days
        else Column(f"{hour:02}", None, None)
        for hour, number in enumerate(found.hours)
    ]  # fmt: skip
    return [columns(finding, bars, width=width, table=_table(figure)) for width in WIDTHS]


def _table(figure: Figure) -> Table:
    return Table(figure.headings, tuple(tuple(_words(cell) for cell in row) for row in figure.rows))


def _words(cell: Cell) -> str:
    return _("not known") if cell is None else str(cell)


@dataclass(frozen=True)
class OverLine:
    """One person over one limit: in words, and the latest times with their pages."""

    name: str
    words: str
    latest: tuple[Over, ...]
    more: int


_LATEST = 3


def _grouped(found: Report) -> list[OverLine]:
    groups: dict[tuple[int, Limit], list[Over]] = {}
    for one in found.over:
        groups.setdefault((one.person_id, one.limit), []).append(one)
    return [
        OverLine(found.name(person_id), _over(limit, group), tuple(group[:_LATEST]), max(0, len(group) - _LATEST))
        for (person_id, limit), group in groups.items()
    ]


def _over(limit: Limit, group: list[Over]) -> str:
    """Return in words over which limit somebody was, and how often."""
    if limit is Limit.TIME:
        share = {"n": round(group[0].amount), "most": round(100 * MOST_SHARE)}
        return _("on duty %(n)s %% of the time; at most %(most)s %% is healthy") % share
    facts: dict[str, int] = {"n": len(group)}
    if limit is Limit.SHIFT:
        facts |= {"most": MOST_IN_A_SHIFT}
        words = ngettext(
            "%(n)s time more than %(most)s hard pages within twelve hours",
            "%(n)s times more than %(most)s hard pages within twelve hours",
            len(group),
        )
        return words % facts
    facts |= {"rest": round(REST / timedelta(hours=1))}
    words = ngettext(
        "%(n)s time called again within %(rest)s h of a call at night",
        "%(n)s times called again within %(rest)s h of a call at night",
        len(group),
    )
    return words % facts


@needs(Capability.SEE_PAGES)
@require_safe
def figure(request: Request, name: str, form: str) -> HttpResponse:
    """Give one figure as CSV or JSON."""
    _team, found, _same, problem = _asked(request)
    made = found.figures().get(name)
    if made is None or problem:
        raise Http404
    span = f"{found.period.since}_{found.period.until}"
    if form == "json":
        return JsonResponse(made.as_json())
    answer = HttpResponse(made.as_csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}_{span}.csv"'
    return answer


@needs(Capability.SEE_PAGES)
@require_safe
def counted(request: Request, what: str) -> HttpResponse:
    """Show the rows that a figure comes from."""
    team, found, query, _problem = _asked(request)
    person_id, page_id = _number(request, "person"), _number(request, "page")
    if what not in rows.WHAT or (person_id is not None and person_id not in found.facts.people):
        raise Http404
    if what in _PERSONAL and person_id != request.user.pk:
        check(request.user, Capability.CHANGE_ROTA, team)
    listed = Paginator(rows.rows(found, what, person_id=person_id, page_id=page_id), _A_PAGE)
    more = {name: value for name, value in (("person", person_id), ("page", page_id)) if value is not None}
    context = {
        "team": team,
        "listed": listed.get_page(request.GET.get("page_number")),
        "title": _titles()[what],
        "who": found.name(person_id) if person_id is not None else "",
        "period": found.period,
        "query": query,
        "same": _query(team, found.period, **more),
    }
    return render(request, "web/insights/rows.html", context)


def _number(request: Request, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _titles() -> dict[str, str]:
    return {
        "calls": _("Calls"),
        "wakes": _("Wake-ups"),
        "day-calls": _("Calls in the day"),
        "weekends": _("Calls at weekends"),
        "unanswered": _("Pages that nobody acknowledged"),
        "acknowledged": _("Pages that were acknowledged"),
        "untouched": _("Alerts that nobody acted on"),
        "noise": _("One alarm, each time it came"),
        "questions": _("Questions"),
        "self-served": _("Questions that a suggestion answered"),
        "late": _("First answers later than promised"),
    }
