"""What keeps coming: the questions that call for a document, its draft, and the taps that offer it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hausmeister.answers import operations, queries
from hausmeister.answers.models import Recurring
from hausmeister.answers.operations import offering
from hausmeister.answers.operations.offering import NotOffered, Paper
from hausmeister.base import clock
from hausmeister.issues.rules.mirror import TEXT_MOST, TITLE_MOST
from hausmeister.journal.rules import Actor
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, View, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import whole_number

Act = Callable[[Request, Recurring, Actor, datetime], Toast]


def visible(person: Person, recurring_id: int) -> Recurring:
    """Return the question, if `person` may see it; else it does not exist. One asking alone keeps not coming."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    found = Recurring.objects.exclude(state="open").select_related("team")
    return fetch(found if teams is None else found.filter(team_id__in=teams), pk=recurring_id)


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show what calls for a document, and below it what was written."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    called = [one for team in teams for one in queries.proposals(team)]
    done = [one for team in teams for one in queries.proposals(team, states=("written",), most=20)]
    return render(request, "web/triage/recurring.html", {"called": called, "done": done, "now": clock.now()})


@needs(Capability.SEE_PAGES)
@require_safe
def one(request: Request, recurring_id: int) -> HttpResponse:
    """Show one question with its askings and the draft."""
    return _one(request, visible(request.user, recurring_id))


def _one(
    request: Request, question: Recurring, *, typed: Paper | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    now = clock.now()
    (told,) = queries.proposals(question.team, states=(question.state,), only=question.pk)
    is_called = question.state == "proposed"
    paper = typed or Paper(told.title, queries.draft(question, now=now) if is_called else "")
    context: dict[str, Any] = {
        "question": question, "told": told, "paper": paper, "problem": problem, "is_called": is_called,
        "pulls": queries.pulls(question), "repository": offering.where(team_queries.policy_of(question.team_id)),
        "may_act": permissions.can(request.user, Capability.ACT_ON_PAGES, team_id=question.team_id),
        "title_most": TITLE_MOST, "text_most": TEXT_MOST, "now": now,
    }  # fmt: skip
    return render(request, "web/triage/recurring_one.html", context, status=status)


@needs(Capability.ACT_ON_PAGES)
@require_POST
def offer(request: Request, recurring_id: int) -> HttpResponse:
    """Offer the document for review, or make an issue of it; what was typed stays when it cannot be."""
    question, now = visible(request.user, recurring_id), clock.now()
    check(request.user, Capability.ACT_ON_PAGES, question.team)
    paper, by = Paper(request.POST.get("title", ""), request.POST.get("text", "")), as_actor(request.user)
    try:
        if request.POST.get("as") == "issue":
            number = offering.make_issue(question.pk, paper, person=request.user, by=by, now=now)
            toast = Toast(_("It is issue %(number)s now.") % {"number": number})
        else:
            pull = offering.offer(question.pk, paper, by=by, now=now)
            toast = Toast(_("It is on its way to %(place)s.") % {"place": pull.repository})
    except NotOffered as refused:
        question.refresh_from_db()
        return _one(request, question, typed=paper, problem=str(refused), status=422)
    return see(request, f"/triage/recurring/{question.pk}", toast)


def act(perform: Act) -> View[[int]]:
    """Make a view of `perform`: the question is found and allowed, what is refused becomes a toast."""

    @needs(Capability.ACT_ON_PAGES)
    @require_POST
    def view(request: Request, recurring_id: int) -> HttpResponse:
        question, now = visible(request.user, recurring_id), clock.now()
        check(request.user, Capability.ACT_ON_PAGES, question.team)
        try:
            toast = perform(request, question, as_actor(request.user), now)
        except NotOffered as refused:
            toast = Toast(str(refused), is_problem=True)
        is_left = Recurring.objects.filter(pk=question.pk).exclude(state__in=["open", "dismissed"]).exists()
        return see(request, f"/triage/recurring/{question.pk}" if is_left else "/triage/recurring", toast)

    view.__name__ = perform.__name__
    view.__doc__ = perform.__doc__
    return view


@act
def take_back(request: Request, question: Recurring, by: Actor, now: datetime) -> Toast:  # noqa: ARG001 - an act
    """Take back what is not open there yet."""
    offering.take_back(question.pk, by=by, now=now)
    return Toast(_("Taken back; nothing is offered."))


@act
def dismiss(request: Request, question: Recurring, by: Actor, now: datetime) -> Toast:  # noqa: ARG001 - an act
    """Say that no document is needed."""
    if question.state != "proposed":
        raise NotOffered("not_proposed", _("Somebody saw to this question a moment before you; look again."))
    operations.dismiss(question, by=by, now=now)
    return Toast(_("No document for it; it is not proposed again."))


@act
def split(request: Request, question: Recurring, by: Actor, now: datetime) -> Toast:
    """Take an asking out that is not the same."""
    asking = fetch(question.askings.all(), pk=whole_number(request.POST.get("asking", "")) or 0)
    operations.split(question, asking, by=by, now=now)
    return Toast(_("Taken out, for good."))
