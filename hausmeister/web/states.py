"""How states look: an icon, a word and a tone for each, of which two are enough to understand it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from hausmeister.handoff.models import Handoff
from hausmeister.handoff.rules.states import HandoffState, ThingKind
from hausmeister.incidents.models import Incident
from hausmeister.incidents.rules.kinds import IncidentState
from hausmeister.pager.models import Page, PageState
from hausmeister.web import when


@dataclass(frozen=True)
class Shown:
    """A badge: its words, its tone (a class of the style sheet), its icon."""

    words: str
    tone: str
    icon: str


def of_page(page: Page, *, now: datetime, zone: ZoneInfo) -> Shown:
    """Return how the state of `page` is shown."""
    found = page.state
    if found is PageState.ACKNOWLEDGED:
        return Shown(_("acknowledged"), "ok", "user-check")
    if found is PageState.SNOOZED and page.snoozed_until:
        ends = when.until(page.snoozed_until, now=now, zone=zone)
        return Shown(_("snoozed until %(when)s") % {"when": ends}, "wait", "alarm-clock")
    if found is PageState.SILENCED and page.silenced_until:
        ends = when.until(page.silenced_until, now=now, zone=zone)
        return Shown(_("silenced until %(when)s") % {"when": ends}, "wait", "bell-off")
    if found is PageState.WAITING and page.next_step_at:
        begins = when.until(page.next_step_at, now=now, zone=zone)
        return Shown(_("soft, waits for %(when)s") % {"when": begins}, "wait", "hourglass")
    if found is PageState.CLOSED:
        return Shown(_("closed"), "quiet", "check")
    return Shown(_("firing"), "p4", "bell-ring")


def of_incident(incident: Incident) -> Shown:
    """Return how the state of `incident` is shown."""
    return {
        IncidentState.RUNNING: Shown(_("running"), "run", "circle-dot"),
        IncidentState.OVER: Shown(_("over"), "ok", "circle-check"),
        IncidentState.CLOSED: Shown(_("closed"), "quiet", "check"),
    }[incident.state]


def of_handoff(handoff: Handoff) -> Shown:
    """Return how the state of `handoff` is shown."""
    return {
        HandoffState.DRAFT: Shown(_("draft, not accepted yet"), "wait", "pencil"),
        HandoffState.WAITING: Shown(_("not accepted yet"), "p3", "hourglass"),
        HandoffState.RAISED: Shown(_("not accepted, the backstop is told"), "p4", "bell-ring"),
        HandoffState.ACCEPTED: Shown(_("accepted"), "ok", "circle-check"),
        HandoffState.KEPT: Shown(_("the same person goes on"), "quiet", "check"),
        HandoffState.OVERTAKEN: Shown(_("never accepted, over"), "quiet", "clock"),
        HandoffState.CANCELLED: Shown(_("taken back, the rota changed"), "quiet", "x"),
    }[handoff.state]


def heading_of(kind: ThingKind) -> str:
    """Return what stands above the things of one kind in a hand-off."""
    return {
        ThingKind.ISSUE: _("Open issues"),
        ThingKind.PAGE: _("Pages"),
        ThingKind.INCIDENT: _("Incidents"),
        ThingKind.QUESTION: _("Questions"),
        ThingKind.QUIET: _("Silenced"),
        ThingKind.FLAPPING: _("Flapping"),
        ThingKind.RISK: _("Runs at risk"),
        ThingKind.MONITORING: _("Dashboards"),
        ThingKind.LEAVE: _("Away"),
    }[kind]
