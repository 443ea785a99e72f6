"""The review of an incident: drafted from the timeline, edited as Markdown, kept in every version, and on paper."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from hausmeister.base import clock, markdown
from hausmeister.incidents import queries
from hausmeister.incidents.models import REVIEW_MOST, Incident
from hausmeister.incidents.operations import changing, reviewing
from hausmeister.incidents.rules import review as rules
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import whole_number
from hausmeister.web.screens import incidents


@needs(Capability.SEE_INCIDENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request, incident_id: int) -> HttpResponse:
    """Show the review to edit; a POST saves it as a new version."""
    incident = incidents.visible(request.user, incident_id)
    if request.method != "POST":
        text, number = _asked(request, incident)
        return _screen(request, incident, text, number)
    check(request.user, Capability.ACT_ON_INCIDENTS, incident.team)
    text, seen = request.POST.get("text", ""), whole_number(request.POST.get("seen", "")) or 0
    if len(text) > REVIEW_MOST:
        problem = _("The review has %(n)d characters; at most %(most)d are kept.") % {
            "n": len(text),
            "most": REVIEW_MOST,
        }
        return _screen(request, incident, text, seen, problem=problem, status=422)
    try:
        made = reviewing.save_review(incident.pk, text, seen=seen, by=request.user, now=clock.now())
    except reviewing.ReviewMoved as moved:
        newest = queries.reviews(incident)[0].number
        return _screen(request, incident, text, newest, problem=str(moved), status=409)
    except changing.IncidentIsClosed as closed:
        return _screen(request, incident, text, seen, problem=str(closed), status=409)
    gaps = rules.gaps(made.text)
    said = (
        ngettext("Saved. %(n)d gap is left.", "Saved. %(n)d gaps are left.", gaps) % {"n": gaps}
        if gaps
        else _("Saved: the review is written. The incident can be closed.")
    )
    return see(request, f"/incidents/{incident.pk}/review", Toast(said))


def _asked(request: Request, incident: Incident) -> tuple[str, int]:
    """Return the version that the address asks for, else the newest; an old one is edited on from the newest."""
    number = whole_number(request.GET.get("version", ""))
    text, newest = queries.review_text(incident)
    return (fetch(incident.reviews.all(), number=number).text, newest) if number is not None else (text, newest)


def _screen(
    request: Request, incident: Incident, text: str, seen: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "incident": incident, "text": text, "seen": seen, "problem": problem, "gap": rules.GAP,
        "gaps": rules.gaps(text), "versions": queries.reviews(incident), "now": clock.now(),
        "is_overdue": incident.review_is_overdue(clock.now()), "most": REVIEW_MOST,
    }  # fmt: skip
    return render(request, "web/incident/review.html", context, status=status)


@needs(Capability.SEE_INCIDENTS)
@require_safe
def paper(request: Request, incident_id: int) -> HttpResponse:
    """Show the newest version as it is printed."""
    incident = incidents.visible(request.user, incident_id)
    text, number = queries.review_text(incident)
    context = {"incident": incident, "blocks": markdown.blocks(text), "number": number}
    return render(request, "web/incident/paper.html", context)
