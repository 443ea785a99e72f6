"""One page: what is wrong, who is told and when, what arrived, what happened so far, the same before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hausmeister.alerts import queries as alerts
from hausmeister.alerts.models import Alert
from hausmeister.alerts.silences import queries as silences
from hausmeister.base import clock
from hausmeister.incidents import queries as incidents
from hausmeister.issues import queries as issues
from hausmeister.journal import queries as journal
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage.operations import helping
from hausmeister.web import rows, telling
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.screens import runbooks
from hausmeister.web.telling import Reader

MOST_CALLS = 8


@dataclass(frozen=True)
class Call:
    """A message that went out, or failed to: what the first half of the plan shows."""

    at: datetime
    sign: str
    channel: str
    who: str
    role: str
    state: str
    is_possible_duplicate: bool
    error: str


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request, page_id: int) -> HttpResponse:
    """Show one page; htmx gets the part that changes."""
    page = visible(request.user, page_id)
    template = "web/page/body.html" if request.htmx and request.htmx.target == "page" else "web/page/page.html"
    return render(request, template, context(request.user, page, now=clock.now()))


@needs(Capability.SEE_PAGES)
@require_safe
def row(request: Request, page_id: int) -> HttpResponse:
    """Show one page as a row of a list, for the live stream."""
    page = visible(request.user, page_id)
    first = request.GET.get("first") == "1"
    shown = rows.one(page, person=request.user, now=clock.now(), is_first=first)
    return render(request, "web/page/row.html", {"row": shown})


def visible(person: Person, page_id: int) -> Page:
    """Return the page, if `person` may see it; else it does not exist."""
    return fetch(pager.visible_to(person).select_related("team", "acked_by", "closed_by"), pk=page_id)


def context(person: Person, page: Page, *, now: datetime) -> dict[str, Any]:
    """Return everything that the screen of `page` shows."""
    reader = Reader(now, timezone.get_current_timezone())
    on_it = alerts.on_page(page)
    team = TeamContext.load(page.team_id, at=now)
    return {
        "page": page,
        "now": now,
        "calls": calls(page),
        "plan": pager.plan(page, now=now, context=team),
        "told": [telling.tell(entry, reader) for entry in journal.timeline(page.subject)],
        "alerts": on_it,
        "arrived": [arrived(alert) for alert in on_it[:20]],
        "dashboards": [one for one in team.policy.dashboard_links if on_it and one.fits(on_it[0].labels)],
        "before": _before(on_it[0]) if on_it else [],
        **runbooks.beside(page, on_it[0] if on_it else None, team),
        "issues": issues.about(page.subject, person),
        "may_act": permissions.can(person, Capability.ACT_ON_PAGES, team_id=page.team_id),
        "silence": silences.of_page(page) if page.silenced_until is not None else None,
        "incident": incidents.of_page(page),
        "others": [] if page.closed_at is not None else [one.person for one in team.members],
        "is_mine": page.acked_by_id == person.pk,
        "hints": helping.standing(person, subject=page.subject) if page.acked_by_id == person.pk else [],
    }


@dataclass(frozen=True)
class Earlier:
    """The same alert before: how its page ended, and what people noted on it, the newest note last."""

    alert: Alert
    notes: list[str]

    @property
    def ended(self) -> str:
        """Why it is over: what the one who closed its page wrote, else what the alert itself says."""
        return self.alert.page.close_reason or self.alert.close_reason


def _before(alert: Alert) -> list[Earlier]:
    """Return earlier occurrences of `alert` with what helped then."""
    earlier = alerts.same_before(alert)
    notes: dict[str, list[str]] = {}
    subjects = [one.page.subject for one in earlier]
    for entry in journal.verbs_about(subjects, "page.noted"):
        notes.setdefault(entry.subject, []).append(str(entry.facts.get("text", "")))
    return [Earlier(one, notes.get(one.page.subject, [])[-2:]) for one in earlier]


def calls(page: Page) -> list[Call]:
    """Return the messages that were tried, the oldest first; of many only the newest."""
    tried = [
        message
        for message in outbox.about(page.subject)
        if message.kind == "page" and (message.attempts or message.state == State.FAILED)
    ]
    return [_call(message) for message in tried[-MOST_CALLS:]]


def _call(message: Message) -> Call:
    sign = {State.SENT: "done", State.FAILED: "failed"}.get(State(message.state), "later")
    return Call(
        at=message.finished_at or message.created_at,
        sign=sign,
        channel=telling.channel_word(message.channel),
        who=str(message.facts.get("person", "")),
        role=str(message.facts.get("role", "")),
        state=message.state,
        is_possible_duplicate=message.is_possible_duplicate,
        error=message.last_error,
    )


@dataclass(frozen=True)
class Arrived:
    """One alert as it came: its labels and details as rows, its links, and the whole as text."""

    alert: Alert
    labels: list[tuple[str, str]]
    details: list[tuple[str, str]]
    links: list[tuple[str, str]]


def arrived(alert: Alert) -> Arrived:
    """Return `alert` in rows; of its links only those that a browser may follow (S25)."""
    links = [
        (str(one.get("href", "")), str(one.get("text", "")) or str(one.get("href", "")))
        for one in alert.links
        if str(one.get("href", "")).lower().startswith(("http://", "https://"))
    ]
    return Arrived(
        alert,
        [(str(name), str(value)) for name, value in alert.labels.items()],
        [(str(name), _text(value)) for name, value in alert.details.items()],
        links,
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
