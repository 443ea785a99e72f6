"""The hand-off: accept or not yet, from whom to whom; then what is open, with next steps; the archive."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.handoff import queries
from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.operations import accepting
from hausmeister.handoff.rules.states import TO_DO
from hausmeister.incidents import queries as incidents
from hausmeister.pager.foresight import Foreseen
from hausmeister.rota import queries as rota
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.teams import chosen
from hausmeister.web.weekline import week_line


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the hand-off that matters now: the draft of the next change, else the newest that happened."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    handoff, ahead = queries.standing_now(team), queries.foreseen(team.pk, now=now)
    around = {"teams": teams, "team": team}
    if handoff is None:
        may_act = permissions.can(request.user, Capability.ACT_ON_PAGES, team_id=team.pk)
        context = around | _coming(ahead, now) | {"may_act": may_act}
        return render(request, "web/handoff/none.html", context)
    if handoff.moved_at is not None and not handoff.state.is_open:
        around |= _coming(ahead, now)
    return _show(request, handoff, ahead, now, around)


def _coming(ahead: Foreseen, now: datetime) -> dict[str, Any]:
    """Return the change of duty that comes next, and when its draft is written."""
    coming = queries.next_change(ahead, now=now)
    if coming is None:
        return {"coming": None}
    draft_at = coming.change.at - ahead.outlook.policy.handoff.draft_before
    return {"coming": coming, "people": ahead.outlook.people, "draft_at": draft_at}


@needs(Capability.SEE_PAGES)
@require_safe
def one(request: Request, handoff_id: int) -> HttpResponse:
    """Show one hand-off."""
    handoff = visible(request.user, handoff_id)
    now = clock.now()
    ahead = queries.foreseen(handoff.team_id, now=now)
    return _show(request, handoff, ahead, now, {"teams": [], "team": handoff.team})


def visible(person: Person, handoff_id: int) -> Handoff:
    """Return the hand-off, if `person` may see it; else it does not exist."""
    return fetch(queries.visible_to(person), pk=handoff_id)


def _show(
    request: Request, handoff: Handoff, ahead: Foreseen, now: datetime, around: dict[str, Any]
) -> HttpResponse:  # fmt: skip
    person, state = request.user, handoff.state
    may_act = permissions.can(person, Capability.ACT_ON_PAGES, team_id=handoff.team_id)
    may_accept = (
        may_act and state.is_open and accepting.may_accept(handoff, person, leads=accepting.is_lead(handoff, person))
    )
    items = queries.items_of(handoff)
    policy = ahead.outlook.policy
    failures = incidents.log_book(handoff.team, now=now)
    context = {
        "handoff": handoff,
        "state": state,
        "may_edit": may_act and handoff.may_be_edited,
        "may_accept": may_accept,
        "is_mine": person.pk == handoff.incoming_id,
        "to_do": [(kind, rows) for kind, rows in queries.by_kind(items) if kind in TO_DO],
        "to_know": [(kind, rows) for kind, rows in queries.by_kind(items) if kind not in TO_DO],
        "open": sum(row.gone_at is None for row in items),
        "read": sum(row.gone_at is None and row.accepted_at is not None for row in items),
        "paged": queries.paged(handoff, now=now),
        "readiness": queries.readiness(handoff, ahead, now=now) if state.is_open and not handoff.is_kept else None,
        "failures": failures[:3],
        "failed": len(failures),
        "backlog": queries.backlog_of(handoff, policy),
        "beside": queries.around(handoff),
        "week": week_line(rota.weekly_duties(policy), of=handoff.team.zone, zone=person.zone, now=now),
        "now": now,
    }
    return render(request, "web/handoff/handoff.html", {**context, **around})


@needs(Capability.SEE_PAGES)
@require_safe
def archive(request: Request) -> HttpResponse:
    """List the hand-offs so far, those with the words that are looked for; and the reports."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, asked = chosen(request, teams), request.GET.get("q", "").strip()[:200]
    rows = queries.archive(queries.of_team(team.pk), asked)
    context = {"teams": teams, "team": team, "rows": rows, "asked": asked, "reports": queries.reports_of([team.pk])}
    return render(request, "web/handoff/archive.html", context)


def item_visible(person: Person, item_id: int) -> HandoffItem:
    """Return an item of a hand-off that `person` may see; else it does not exist."""
    rows = HandoffItem.objects.filter(handoff__in=queries.visible_to(person)).select_related("handoff__team", "owner")
    return fetch(rows, pk=item_id)
