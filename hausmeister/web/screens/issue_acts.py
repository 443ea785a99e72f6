"""What people do with an issue. Each act is one operation; the answer says what is true now, in one sentence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import mirroring, urgency, working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.issues.rules import work
from hausmeister.issues.rules.mirror import TEXT_MOST, TITLE_MOST
from hausmeister.pager import queries as pager
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, View, check, needs
from hausmeister.web.answers import Toast, back, see
from hausmeister.web.forms import whole_number
from hausmeister.web.rows import Board
from hausmeister.web.screens import issues as issue_screens
from hausmeister.web.screens.issues import AREAS_TEXT_MOST, BITES, areas_of, members

Act = Callable[[Request, Issue, datetime], Toast]


def _workable(request: Request, issue_id: int) -> Issue:
    issue = issue_screens.visible(request.user, issue_id)
    check(request.user, Capability.WORK_ON_ISSUES, issue.team)
    return issue


def act(perform: Act) -> View[[int]]:
    """Make a view of `perform`: the issue is found and allowed, what the operation refuses becomes a toast."""

    @needs(Capability.WORK_ON_ISSUES)
    @require_POST
    def view(request: Request, issue_id: int) -> HttpResponse:
        issue = _workable(request, issue_id)
        try:
            toast = perform(request, issue, clock.now())
        except IssueRefused as problem:
            toast = Toast(str(problem), is_problem=True)
        return see(request, back(request, f"/issues/{issue_id}"), toast)

    view.__name__ = perform.__name__
    view.__doc__ = perform.__doc__
    return view


@act
def take(request: Request, issue: Issue, now: datetime) -> Toast:
    """Make it one's own."""
    working.take(issue.pk, by=request.user, now=now)
    return Toast(_("Issue %(number)s is yours.") % {"number": issue.pk})


@act
def note(request: Request, issue: Issue, now: datetime) -> Toast:
    """Write into the timeline."""
    there_too = "there_too" in request.POST
    by = team_operations.as_actor(request.user)
    working.note(issue.pk, text=request.POST.get("text", ""), by=by, now=now, there_too=there_too)
    return Toast(_("Noted, here and in the tracker.") if there_too else _("Noted."))


@act
def close(request: Request, issue: Issue, now: datetime) -> Toast:
    """End the issue, here and in the tracker."""
    by = team_operations.as_actor(request.user)
    closed = working.close(issue.pk, reason=request.POST.get("reason", ""), by=by, now=now)
    return Toast(_("Closed: %(reason)s.") % {"reason": closed.close_reason}, f"/issues/{issue.pk}/reopen")


@act
def reopen(request: Request, issue: Issue, now: datetime) -> Toast:
    """Open a closed issue again."""
    working.reopen(issue.pk, by=team_operations.as_actor(request.user), person=request.user, now=now)
    return Toast(_("Open again."))


@act
def come(request: Request, issue: Issue, now: datetime) -> Toast:
    """Say that one comes to help with a P4."""
    urgency.answer(issue.pk, by=request.user, comes=True, now=now)
    return Toast(_("You are on it too. Nobody more is asked."))


@act
def cannot(request: Request, issue: Issue, now: datetime) -> Toast:
    """Say that one cannot help with a P4; the next person is asked at once."""
    urgency.answer(issue.pk, by=request.user, comes=False, now=now)
    return Toast(_("Noted. The next one is asked now."))


@act
def make_again(request: Request, issue: Issue, now: datetime) -> Toast:
    """Have the tracker make the issue anew, when the one there is gone."""
    mirroring.make_again(issue.pk, by=team_operations.as_actor(request.user), now=now)
    return Toast(_("It is made in the tracker again."))


# ---- how bad it is ----


class PriorityForm(forms.Form):
    """A priority, and for the backlog why it is worth doing."""

    to = forms.ChoiceField(label=gettext_lazy("How bad is it"), widget=forms.RadioSelect)
    why = forms.CharField(
        label=gettext_lazy("Why is it worth doing"),
        help_text=gettext_lazy("Needed for P2 medium and P1 low: the backlog asks why."),
        required=False,
        max_length=work.WHY_MOST,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2)


@needs(Capability.WORK_ON_ISSUES)
@require_http_methods(["GET", "HEAD", "POST"])
def priority(request: Request, issue_id: int) -> HttpResponse:
    """Show the priorities with what they mean here; a POST sets one."""
    issue = _workable(request, issue_id)
    policy = team_queries.policy_of(issue.team_id)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and not data.get("to"):
        # an undo says in its address what it goes back to
        data["to"] = request.GET.get("to", "")
    wanted = request.GET.get("to", "")
    given = {"to": wanted if wanted in Priority.__members__ else issue.rank.name, "why": issue.why}
    form = PriorityForm(data, initial=given | {"seen": issue.rank.name})
    form.fields["to"].choices = issue_screens.priority_choices(policy)  # type: ignore[attr-defined]
    if data is not None and form.is_valid():
        try:
            return _set(request, issue, form)
        except IssueRefused as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
    context = {
        "form": form, "issue": issue, "board": Board.of(issue.team, now=clock.now()),
        "to": form["to"].value(),
    }  # fmt: skip
    return render(request, "web/issues/priority.html", context, status=422 if form.errors else 200)


def _set(request: Request, issue: Issue, form: PriorityForm) -> HttpResponse:
    given = form.cleaned_data
    wanted, before = Priority[given["to"]], issue.rank
    working.set_priority(
        issue.pk, wanted, by=team_operations.as_actor(request.user), person=request.user, now=clock.now(),
        why=given["why"], seen=Priority.__members__.get(given["seen"]),
    )  # fmt: skip
    undo = f"/issues/{issue.pk}/priority?to={before.name}" if before not in {wanted, Priority.P4} else ""
    told = _("Issue %(number)s is %(rank)s now.") % {"number": issue.pk, "rank": wanted.label}
    if wanted is Priority.P4 and before is not wanted:
        told = _("Issue %(number)s is P4 very high: whoever is on duty is paged.") % {"number": issue.pk}
    return see(request, back(request, f"/issues/{issue.pk}"), Toast(told, undo))


# ---- whose it is, and what it says ----


class HandOverForm(forms.Form):
    """To whom, and what they need to know."""

    to = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("To"), empty_label=gettext_lazy("somebody"))
    note = forms.CharField(
        label=gettext_lazy("What is known so far"),
        help_text=gettext_lazy("What you saw and tried, and what you would do next. They start from here."),
        max_length=work.NOTE_MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


@needs(Capability.WORK_ON_ISSUES)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: Request, issue_id: int) -> HttpResponse:
    """Show who could have it; a POST hands it over with its context."""
    issue = _workable(request, issue_id)
    form = HandOverForm(request.POST if request.method == "POST" else None)
    able = [person.pk for person in members(issue.team) if person.pk != issue.owner_id]
    form.fields["to"].queryset = Person.objects.filter(pk__in=able).order_by("name", "id")  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        try:
            working.hand_over(
                issue.pk, to, note=form.cleaned_data["note"], by=team_operations.as_actor(request.user), now=clock.now()
            )
        except IssueRefused as problem:
            form.add_error(None, str(problem))
        else:
            return see(request, f"/issues/{issue.pk}", Toast(_("%(name)s has it now.") % {"name": to.name}))
    context = {"form": form, "issue": issue}
    return render(request, "web/issues/hand_over.html", context, status=422 if form.errors else 200)


class EditForm(forms.Form):
    """What an issue says."""

    title = forms.CharField(label=gettext_lazy("What is wrong"), max_length=TITLE_MOST)
    text = forms.CharField(
        label=gettext_lazy("More"), required=False, max_length=TEXT_MOST, widget=forms.Textarea(attrs={"rows": 12})
    )
    why = forms.CharField(label=gettext_lazy("Why is it worth doing"), required=False, max_length=work.WHY_MOST)
    bites_back = forms.ChoiceField(
        label=gettext_lazy("Will it come back to bite the hausmeister?"),
        choices=[("", gettext_lazy("not said")), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        required=False,
    )
    areas = forms.CharField(
        label=gettext_lazy("Areas"),
        help_text=gettext_lazy("Labels in the tracker, with commas between them."),
        required=False,
        max_length=AREAS_TEXT_MOST,
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=12)


def _as_typed(issue: Issue) -> dict[str, Any]:
    bites = {True: "yes", False: "no"}.get(issue.bites_back, "") if issue.bites_back is not None else ""
    return {
        "title": issue.title, "text": issue.text, "why": issue.why, "bites_back": bites,
        "areas": ", ".join(issue.areas), "version": issue.version,
    }  # fmt: skip


@needs(Capability.WORK_ON_ISSUES)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, issue_id: int) -> HttpResponse:
    """Show what the issue says as a form; a POST changes it."""
    issue = _workable(request, issue_id)
    form = EditForm(request.POST if request.method == "POST" else None, initial=_as_typed(issue))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            working.edit(
                issue.pk, title=given["title"], text=given["text"], areas=areas_of(given["areas"]), why=given["why"],
                bites_back=BITES.get(given["bites_back"]), by=team_operations.as_actor(request.user), now=clock.now(),
                seen_version=whole_number(given["version"]),
            )  # fmt: skip
        except IssueRefused as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            return see(request, f"/issues/{issue.pk}", Toast(_("Changed.")))
    return render(request, "web/issues/edit.html", {"form": form, "issue": issue}, status=422 if form.errors else 200)


@act
def link(request: Request, issue: Issue, now: datetime) -> Toast:
    """Link the issue to a page of its team, by the page's number."""
    number = whole_number(request.POST.get("page", "").strip().removeprefix("#"))
    page = pager.visible_to(request.user).filter(team=issue.team, pk=number or 0).first()
    if page is None:
        return Toast(_("There is no such page of this team."), is_problem=True)
    working.link(issue.pk, page.subject, by=team_operations.as_actor(request.user), now=now)
    return Toast(_("Linked to page %(number)s.") % {"number": page.pk})
