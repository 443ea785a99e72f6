"""What people do with a hand-off: accept, write notes and next steps, have the draft written early."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hausmeister.base import clock
from hausmeister.handoff.models import HandoffItem
from hausmeister.handoff.operations import accepting, editing
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import whole_number
from hausmeister.web.screens.handoff import item_visible, visible
from hausmeister.web.teams import chosen


@needs(Capability.ACT_ON_PAGES)
@require_POST
def accept(request: Request, handoff_id: int) -> HttpResponse:
    """Accept the items that are ticked, or everything."""
    handoff = visible(request.user, handoff_id)
    check(request.user, Capability.ACT_ON_PAGES, handoff.team)
    address = back(request, f"/handoff/{handoff.pk}")
    given = request.POST.getlist("item")[:500]
    ids = [number for number in map(whole_number, given) if number is not None] if given else None
    try:
        done = accepting.accept(handoff.pk, by=request.user, now=clock.now(), item_ids=ids)
    except HandoffRefused as problem:
        return see(request, address, Toast(str(problem), is_problem=True))
    except HandoffItem.DoesNotExist:
        return see(request, address, Toast(_("Part of it is not there any more; look again."), is_problem=True))
    if done.accepted_at is not None:
        return see(request, address, Toast(_("Accepted: you have it.")))
    said = ngettext("Accepted %(n)d thing.", "Accepted %(n)d things.", len(ids or ())) % {"n": len(ids or ())}
    return see(request, address, Toast(said))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def note(request: Request, handoff_id: int) -> HttpResponse:
    """Keep what the next person should know."""
    handoff = visible(request.user, handoff_id)
    check(request.user, Capability.ACT_ON_PAGES, handoff.team)
    address = back(request, f"/handoff/{handoff.pk}")
    seen = whole_number(request.POST.get("seen", ""))
    try:
        editing.write_note(handoff.pk, request.POST.get("text", ""), seen=seen, by=request.user, now=clock.now())
    except HandoffRefused as problem:
        return see(request, address, Toast(str(problem), is_problem=True))
    return see(request, address, Toast(_("Kept.")))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def item(request: Request, thing_id: int) -> HttpResponse:
    """Keep the note and the next step of one thing, and whether it stays with whoever has it."""
    row = item_visible(request.user, thing_id)
    check(request.user, Capability.ACT_ON_PAGES, row.handoff.team)
    address = back(request, f"/handoff/{row.handoff_id}")
    stays = request.POST.get("stays") == "yes" if "asks_stays" in request.POST else None
    try:
        editing.edit_item(
            row.pk, note=request.POST.get("note", ""), next_step=request.POST.get("next_step", ""), stays=stays,
            seen=whole_number(request.POST.get("seen", "")), by=request.user, now=clock.now(),
        )  # fmt: skip
    except HandoffRefused as problem:
        return see(request, address, Toast(str(problem), is_problem=True))
    return see(request, address, Toast(_("Kept.")))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def write(request: Request) -> HttpResponse:
    """Write the draft of the next change now, and send it to both."""
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_PAGES))
    try:
        made = editing.write_now(team, by=request.user, now=clock.now())
    except HandoffRefused as problem:
        return see(request, f"/handoff?team={team.slug}", Toast(str(problem), is_problem=True))
    return see(request, f"/handoff/{made.pk}", Toast(_("Written, and sent to both.")))
