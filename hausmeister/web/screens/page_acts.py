"""What people do with a page. Each act is one operation; the answer says what is true now, in one sentence."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hausmeister.alerts import operations as alerts
from hausmeister.base import clock
from hausmeister.base.untrusted import cut, one_line
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, waking
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web import moments, rows, when
from hausmeister.web.access import Request, View, check, fetch, needs
from hausmeister.web.answers import Toast, back, fragment, see
from hausmeister.web.forms import whole_number
from hausmeister.web.screens import page as page_screen

Act = Callable[[Request, Page, datetime], Toast]


def act(perform: Act) -> View[[int]]:
    """Make a view of `perform`: the page is found and allowed, its known problems become a toast."""

    @needs(Capability.ACT_ON_PAGES)
    @require_POST
    def view(request: Request, page_id: int) -> HttpResponse:
        page, now = page_screen.visible(request.user, page_id), clock.now()
        check(request.user, Capability.ACT_ON_PAGES, page.team)
        toast = attempt(perform, request, page, now)
        return answer(request, page_id, toast, now=now)

    view.__name__ = perform.__name__
    view.__doc__ = perform.__doc__
    return view


def attempt(perform: Act, request: Request, page: Page, now: datetime) -> Toast:
    """Return what `perform` says, or the problem it met, in a sentence."""
    try:
        return perform(request, page, now)
    except (acting.PageAlreadyTaken, acting.NobodyToAsk, acting.PageIsClosed) as problem:
        return Toast(str(problem), is_problem=True)
    except acting.NotAcknowledged:
        return Toast(_("Nobody has this page, so it cannot be given back."), is_problem=True)
    except waking.NotSnoozed:
        return Toast(_("This page is neither snoozed nor silenced any more."), is_problem=True)
    except (acting.BadSnooze, moments.NotAMoment):
        return Toast(_("Snooze it until a time within the next seven days."), is_problem=True)


def answer(request: Request, page_id: int, toast: Toast, *, now: datetime) -> HttpResponse:
    """Show the page as it is now: in the row or on the screen it was drawn on, or by going there."""
    target = (request.htmx.target if request.htmx else "") or ""
    if target.startswith("row-"):
        page = page_screen.visible(request.user, page_id)
        shown = rows.one(page, person=request.user, now=now)
        return fragment(request, "web/page/row.html", {"row": shown}, toast)
    if target == "page":
        page = page_screen.visible(request.user, page_id)
        return fragment(request, "web/page/body.html", page_screen.context(request.user, page, now=now), toast)
    return see(request, back(request, f"/pages/{page_id}"), toast)


def _undo(page: Page, verb: str) -> str:
    return f"/pages/{page.pk}/{verb}"


@act
def acknowledge(request: Request, page: Page, now: datetime) -> Toast:
    """Take the page."""
    done = acting.acknowledge(page.pk, by=request.user, now=now, via="web")
    at = when.at(done.page.acked_at or now, now=now, zone=request.user.zone)
    return Toast(_("You have it since %(when)s. Nobody else is called.") % {"when": at}, _undo(page, "unacknowledge"))


@act
def unacknowledge(request: Request, page: Page, now: datetime) -> Toast:
    """Give the page back."""
    acting.unacknowledge(page.pk, by=request.user, now=now, via="web")
    return Toast(_("Given back: it calls again from the top."), _undo(page, "acknowledge"))


@act
def escalate(request: Request, page: Page, now: datetime) -> Toast:
    """Call for help, and stay on it. A second tap on the same button changes nothing."""
    seen = whole_number(request.POST.get("steps", ""))
    acting.escalate(page.pk, by=request.user, now=now, via="web", seen_steps=seen)
    return Toast(_("Escalated. You stay on it, and the others are called now."))


@act
def snooze(request: Request, page: Page, now: datetime) -> Toast:
    """Silence the page for a while."""
    until = moments.chosen(request.POST, now=now, person=request.user)
    acting.snooze(page.pk, by=request.user, until=until, now=now, via="web")
    shown = when.until(until, now=now, zone=request.user.zone)
    return Toast(_("Snoozed until %(when)s.") % {"when": shown}, _undo(page, "wake"))


@act
def wake(request: Request, page: Page, now: datetime) -> Toast:
    """End a snooze."""
    waking.end_snooze(page.pk, by=request.user, now=now, via="web")
    return Toast(_("The snooze is over: it calls now."))


@act
def close(request: Request, page: Page, now: datetime) -> Toast:
    """End the page and every alert on it."""
    reason = one_line(request.POST.get("reason", "") or request.POST.get("other", ""), 200) or _("done")
    by = team_operations.as_actor(request.user)
    alerts.close_page(page.pk, by=by, person=request.user, reason=reason, now=now, via="web")
    return Toast(_("Closed: %(reason)s.") % {"reason": reason})


@act
def note(request: Request, page: Page, now: datetime) -> Toast:
    """Write into the timeline."""
    text = cut(request.POST.get("text", "").strip(), 4000)
    if not text:
        return Toast(_("A note needs some words."), is_problem=True)
    acting.note(page.pk, by=request.user, text=text, now=now)
    return Toast(_("Noted."))


@act
def reassign(request: Request, page: Page, now: datetime) -> Toast:
    """Hand the page to somebody else of the team."""
    members = Person.objects.filter(memberships__team=page.team, memberships__left_on=None)
    to = fetch(members, pk=whole_number(request.POST.get("to", "")) or 0)
    acting.reassign(page.pk, to=to, by=request.user, now=now, via="web")
    return Toast(_("Handed to %(name)s, who is called now.") % {"name": to.name})
