"""What people do with an item. Each act is one operation; the answer says what is true now, in one sentence."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, one_line
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import operations as inbox
from hausmeister.triage.models import Item
from hausmeister.triage.operations import TriageRefused, pointing
from hausmeister.triage.operations.acting import NotPossible
from hausmeister.triage.rules.states import ItemKind
from hausmeister.web.access import Request, View, check, fetch, needs
from hausmeister.web.answers import Toast, back, fragment, see
from hausmeister.web.forms import whole_number
from hausmeister.web.screens import triage as screen

Act = Callable[[Request, Item, datetime], Toast]


def act(perform: Act) -> View[[int]]:
    """Make a view of `perform`: the item is found and allowed, what is refused becomes a toast."""

    @needs(Capability.ACT_ON_PAGES)
    @require_POST
    def view(request: Request, item_id: int) -> HttpResponse:
        item, now = screen.visible(request.user, item_id), clock.now()
        check(request.user, Capability.ACT_ON_PAGES, item.team)
        try:
            toast = perform(request, item, now)
        except TriageRefused as problem:
            toast = Toast(str(problem), is_problem=True)
        return answered(request, item_id, toast, now=now)

    view.__name__ = perform.__name__
    view.__doc__ = perform.__doc__
    return view


def answered(request: Request, item_id: int, toast: Toast, *, now: datetime) -> HttpResponse:
    """Show what is so now: the item or the list that the button was on, or by going there."""
    target = (request.htmx.target if request.htmx else "") or ""
    if target == "item":
        return screen.one_screen(request, screen.visible(request.user, item_id), toast=toast)
    if target == "items":
        asked = QueryDict(back(request, "/triage").partition("?")[2])
        return fragment(request, "web/triage/list.html", screen.list_context(request, asked, now=now), toast)
    return see(request, back(request, f"/triage/{item_id}"), toast)


def _undo(item: Item) -> str:
    return f"/triage/{item.pk}/undo"


@act
def claim(request: Request, item: Item, now: datetime) -> Toast:
    """Take the item."""
    inbox.claim(item.pk, request.user, now)
    return Toast(_("You have it. The thread is told.") if item.is_in_chat else _("You have it."), _undo(item))


@act
def release(request: Request, item: Item, now: datetime) -> Toast:
    """Give the item back."""
    inbox.release(item.pk, request.user, now)
    return Toast(_("Given back; its clock goes on."), _undo(item))


@act
def assign(request: Request, item: Item, now: datetime) -> Toast:
    """Hand the item to somebody with more context."""
    members = Person.objects.filter(memberships__team=item.team, memberships__left_on=None)
    to = fetch(members, pk=whole_number(request.POST.get("to", "")) or 0)
    inbox.assign(item.pk, request.user, now, to=to, note=request.POST.get("note", ""))
    return Toast(_("Handed to %(name)s, who is told.") % {"name": to.name}, _undo(item))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def answer(request: Request, item_id: int) -> HttpResponse:
    """Answer the asker; what was typed stays when it cannot be sent."""
    item, now = screen.visible(request.user, item_id), clock.now()
    check(request.user, Capability.ACT_ON_PAGES, item.team)
    text = cut(request.POST.get("text", ""), 8000)
    try:
        inbox.answer(item.pk, request.user, now, text=text)
    except TriageRefused as problem:
        return screen.one_screen(
            request, screen.visible(request.user, item_id), problem=str(problem), draft=text,
            toast=Toast(str(problem), is_problem=True),
        )  # fmt: skip
    return answered(request, item_id, Toast(_("Sent to the asker.")), now=now)


@act
def done(request: Request, item: Item, now: datetime) -> Toast:
    """Say that the item is answered."""
    inbox.answered(item.pk, request.user, now)
    return Toast(_("Marked as answered."), _undo(item))


@act
def kind(request: Request, item: Item, now: datetime) -> Toast:
    """Say what the item is, and how urgent."""
    given, priority = request.POST.get("kind", ""), request.POST.get("priority", "")
    if given not in set(ItemKind) or (priority and priority not in Priority.__members__):
        raise NotPossible(_("That is no kind of item, or no priority."))
    inbox.reclassify(
        item.pk, request.user, now, kind=ItemKind(given), priority=Priority[priority] if priority else None
    )  # fmt: skip
    return Toast(_("It is a %(kind)s now.") % {"kind": ItemKind(given).words}, _undo(item))


@act
def promote(request: Request, item: Item, now: datetime) -> Toast:
    """Make a service issue of the item."""
    priority = request.POST.get("priority", "")
    if priority not in Priority.__members__:
        raise NotPossible(_("An issue needs a priority."))
    why = one_line(request.POST.get("why", ""), 500)
    done = inbox.promote(item.pk, request.user, now, priority=Priority[priority], why=why)
    return Toast(_("It is issue %(number)d now.") % {"number": done.issue or 0})


@act
def dismiss(request: Request, item: Item, now: datetime) -> Toast:
    """Say that it is no question: nobody is told."""
    inbox.not_a_question(item.pk, request.user, now)
    return Toast(_("Closed: not a question."), _undo(item))


@act
def close(request: Request, item: Item, now: datetime) -> Toast:
    """End the item with a reason."""
    reason = one_line(request.POST.get("reason", ""), 200)
    inbox.close(item.pk, request.user, now, reason=reason)
    return Toast(_("Closed: %(reason)s.") % {"reason": reason}, _undo(item))


@act
def reopen(request: Request, item: Item, now: datetime) -> Toast:
    """Bring the item back."""
    inbox.reopen(item.pk, request.user, now)
    return Toast(_("Open again."), _undo(item))


@act
def undo(request: Request, item: Item, now: datetime) -> Toast:
    """Take back my last act."""
    inbox.undo(item.pk, request.user, now)
    return Toast(_("Taken back."))


@act
def judge(request: Request, item: Item, now: datetime) -> Toast:
    """Say whether an earlier answer fits."""
    pressed, card = request.POST.get("do", ""), cut(request.POST.get("card", ""), 100)
    if pressed not in {"item.answered", "item.not_this"} or not card:
        raise NotPossible(_("Say which answer, and whether it fits."))
    return Toast(pointing.judged(item.pk, card, pressed, by_name=request.user.name, now=now))
