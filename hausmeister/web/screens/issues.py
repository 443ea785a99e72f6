"""Issues: the one list of all that are open, by priority with age and owner; one issue; making one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hausmeister.base import chance, clock
from hausmeister.base.priority import Priority
from hausmeister.issues import queries
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.storing import IssueRefused, is_tracked
from hausmeister.issues.operations.working import Wish
from hausmeister.issues.queries import Like
from hausmeister.issues.rules import work
from hausmeister.issues.rules.mirror import AREAS_MOST, TEXT_MOST, TITLE_MOST
from hausmeister.journal import queries as journal
from hausmeister.pager import queries as pager
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability, Role
from hausmeister.web import issue_words
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.rows import Board
from hausmeister.web.teams import chosen
from hausmeister.web.telling import Reader

A_PAGE = 50
KEY_MOST = 40
AREAS_TEXT_MOST = 400
# on the board so many of one priority; the rest is counted and found by the list of that priority
MOST_IN_COLUMN = 25


@dataclass(frozen=True)
class Column:
    """One priority on the board: what it means here, its issues, and how many there are."""

    priority: Priority
    meaning: str
    issues: list[Issue]
    number: int


@needs(Capability.SEE_ISSUES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show what is open, the most urgent first; `?show=closed` what is over, `?owner=me` what is mine."""
    person, now = request.user, clock.now()
    teams = permissions.teams(person, Capability.SEE_ISSUES)
    found = queries.visible_to(person)
    team = next((one for one in teams if one.slug == request.GET.get("team")), None)
    if team is not None:
        found = found.filter(team=team)
    mine = request.GET.get("owner") == "me"
    if mine:
        found = found.filter(owner=person)
    shown = "closed" if request.GET.get("show") == "closed" else "open"
    policies = team_queries.policies([one.pk for one in teams])
    context: dict[str, Any] = {
        "teams": teams,
        "team": team,
        "mine": mine,
        "show": shown,
        "listens": " ".join(f"issues:{one.pk}" for one in teams),
        "counts": _counts(queries.visible_to(person), person),
        "troubles": queries.troubles(permissions.team_ids(person, Capability.SEE_ISSUES)),
        "trackers": _tracker_links(teams, policies),
        "may_work": permissions.can(person, Capability.WORK_ON_ISSUES),
        "now": now,
    }
    if shown == "closed":
        closed = queries.with_everything(found.filter(closed_at__isnull=False).order_by("-closed_at", "-id"))
        context["listed"] = Paginator(closed, A_PAGE).get_page(request.GET.get("page"))
    else:
        policy = policies[(team or teams[0]).pk] if teams else team_queries.default_policy()
        context["columns"] = columns(list(queries.with_everything(found.open().worst_first())), policy)
    part = bool(request.htmx and request.htmx.target == "issues")
    return render(request, "web/issues/board.html" if part else "web/issues/issues.html", context)


def columns(issues: list[Issue], policy: Policy) -> list[Column]:
    """Return the board's columns; each shows its first issues and counts them all."""
    return [
        Column(priority, policy.priorities[priority].meaning, found[:MOST_IN_COLUMN], len(found))
        for priority, found in queries.by_priority(issues).items()
    ]


def _counts(visible: Any, person: Person) -> dict[str, int]:
    return {
        "open": visible.open().count(),
        "mine": visible.open().filter(owner=person).count(),
        "closed": visible.filter(closed_at__isnull=False).count(),
    }


def _tracker_links(teams: list[Team], policies: dict[int, Policy]) -> list[tuple[str, str]]:
    """Return name and address of each tracker's own list: the handbook's query."""
    found: dict[str, str] = {}
    for team in teams:
        policy = policies[team.pk]
        if is_tracked(policy):
            found[policy.tracker_repository] = queries.tracker_query(policy)
    return sorted(found.items())


# ---- one issue ----


def visible(person: Person, issue_id: int) -> Issue:
    """Return the issue, if `person` may see it; else it does not exist."""
    return fetch(queries.with_everything(queries.visible_to(person)), pk=issue_id)


@needs(Capability.SEE_ISSUES)
@require_safe
def one(request: Request, issue_id: int) -> HttpResponse:
    """Show one issue; htmx gets the part that changes."""
    issue = visible(request.user, issue_id)
    template = "web/issues/body.html" if request.htmx and request.htmx.target == "issue" else "web/issues/issue.html"
    return render(request, template, context(request.user, issue, now=clock.now()))


def context(person: Person, issue: Issue, *, now: datetime) -> dict[str, Any]:
    """Return everything that the screen of `issue` shows."""
    reader = Reader(now, timezone.get_current_timezone())
    emergency = queries.emergency_of(issue)
    helpers = queries.helpers_of(emergency)
    entries = journal.timeline(issue.subject)
    return {
        "issue": issue,
        "now": now,
        "emergency": emergency,
        "helpers": helpers,
        "is_asked": any(one.person_id == person.pk and not one.answer for one in helpers),
        "is_mine": issue.owner_id == person.pk,
        "told": [issue_words.tell(entry, reader) for entry in entries],
        "version": entries[0].pk if entries else 0,
        "pages": _pages(person, issue),
        "origins": _origins(issue),
        "may_work": permissions.can(person, Capability.WORK_ON_ISSUES, team_id=issue.team_id),
        "priorities": list(reversed(Priority)),
    }


def _pages(person: Person, issue: Issue) -> list[Any]:
    """Return the pages that the issue is linked to and that `person` may see."""
    subjects = [link.subject.partition(":") for link in issue.links.all()]
    numbers = [int(number) for kind, _colon, number in subjects if kind == "page" and number.isdecimal()]
    return list(pager.visible_to(person).filter(pk__in=numbers).order_by("id"))


def _origins(issue: Issue) -> list[tuple[str, str]]:
    """Return what else the issue is about, in words, and where its screen is."""
    words = {"item": _("Item %(n)s"), "incident": _("Incident %(n)s"), "recurring": _("Question that keeps coming")}
    found = [(link.subject.partition(":"), link.path) for link in issue.links.all()]
    return [(words[kind] % {"n": number}, path) for (kind, _colon, number), path in found if kind in words and path]


# ---- making one ----


def members(team: Team) -> list[Person]:
    """Return who may work on the team's issues."""
    return [one.person for one in team_queries.members(team.pk) if one.role != Role.VIEWER]


class IssueForm(forms.Form):
    """What is wrong, how bad it is, and for the backlog why it is worth doing."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    title = forms.CharField(
        label=gettext_lazy("What is wrong"), help_text=gettext_lazy("One line."), max_length=TITLE_MOST
    )
    text = forms.CharField(
        label=gettext_lazy("More"),
        help_text=gettext_lazy("What was seen, since when, what was tried. Markdown, as in the tracker."),
        required=False,
        max_length=TEXT_MOST,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    priority = forms.ChoiceField(label=gettext_lazy("How bad is it"), widget=forms.RadioSelect)
    why = forms.CharField(
        label=gettext_lazy("Why is it worth doing"),
        help_text=gettext_lazy("Needed for P2 medium and P1 low: the backlog asks why."),
        required=False,
        max_length=work.WHY_MOST,
    )
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
    owner = forms.ModelChoiceField(
        Person.objects.none(),
        label=gettext_lazy("Who works on it"),
        help_text=gettext_lazy("Left open, a P4 or P3 is the hausmeister's."),
        empty_label=gettext_lazy("nobody named"),
        required=False,
    )
    # made when the form is drawn: pressing twice is one issue
    key = forms.CharField(widget=forms.HiddenInput, max_length=KEY_MOST)
    about = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)

    def __init__(self, teams: list[Team], team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = team_queries.policy_of(team.pk)
        field = cast("forms.ModelChoiceField[Any]", self.fields["team"])
        field.queryset = Team.objects.filter(pk__in=[one.pk for one in teams]).order_by("name")
        if len(teams) == 1:
            field.widget = forms.HiddenInput()
        owner = cast("forms.ModelChoiceField[Any]", self.fields["owner"])
        people = {person.pk for one in teams for person in members(one)}
        owner.queryset = Person.objects.filter(pk__in=people).order_by("name", "id")
        priority = cast("forms.ChoiceField", self.fields["priority"])
        priority.choices = priority_choices(policy)

    def clean(self) -> dict[str, Any]:
        """Ask for the why where the backlog needs one."""
        given = super().clean() or {}
        rank = given.get("priority")
        if rank and work.needs_why(Priority[rank]) and not given.get("why", "").strip():
            self.add_error("why", _("This goes to the backlog: say why it is worth doing, in a sentence."))
        return given


def priority_choices(policy: Policy) -> list[tuple[str, str]]:
    """Return the priorities with their words, what they mean here, and the policy's examples (H11)."""
    found = []
    for priority in reversed(Priority):
        rule = policy.priorities[priority]
        examples = _("Such as: %(examples)s.") % {"examples": "; ".join(rule.examples)} if rule.examples else ""
        found.append((priority.name, " ".join(filter(None, [f"{priority.label}:", rule.meaning, examples]))))
    return found


def areas_of(text: str) -> tuple[str, ...]:
    """Return the labels that people typed with commas between them."""
    return tuple(filter(None, (area.strip() for area in text.split(","))))[:AREAS_MOST]


BITES = {"yes": True, "no": False}


@needs(Capability.WORK_ON_ISSUES)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Show the form; a POST makes the issue, after those that may be the same were shown once."""
    teams = permissions.teams(request.user, Capability.WORK_ON_ISSUES)
    team, now = chosen(request, teams), clock.now()
    if request.method != "POST":
        typed = {"team": team, "key": chance.text(24), "about": _about(request), "title": request.GET.get("title", "")}
        return _form(request, IssueForm(teams, team, initial=typed), team, [])
    team = next((one for one in teams if str(one.pk) == request.POST.get("team")), team)
    form = IssueForm(teams, team, request.POST)
    if not form.is_valid():
        return _form(request, form, team, [])
    check(request.user, Capability.WORK_ON_ISSUES, team)
    given = form.cleaned_data
    likes = queries.likely_duplicates(given["title"], given["text"], team_id=team.pk, now=now)
    if likes and "all_the_same" not in request.POST:
        return _form(request, form, team, likes, asks=True)
    try:
        made = working.open_issue(
            team, _wish(given, request.user), by=team_operations.as_actor(request.user), person=request.user, now=now
        )
    except IssueRefused as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return _form(request, form, team, [])
    return see(request, f"/issues/{made.pk}", Toast(_made_words(made)))


def _about(request: Request) -> str:
    """Return what the address says the issue is about: a page, or something of another room."""
    return request.GET.get("about", "")[:80]


def _wish(given: dict[str, Any], person: Person) -> Wish:
    return Wish(
        title=given["title"],
        text=given["text"],
        priority=Priority[given["priority"]],
        areas=areas_of(given["areas"]),
        owner=given["owner"],
        why=given["why"],
        bites_back=BITES.get(given["bites_back"]),
        subjects=tuple(filter(None, [given["about"]])),
        form_key=f"{person.pk}:{given['key']}",
    )


def _made_words(made: Issue) -> str:
    if made.rank is Priority.P4:
        return _("Issue %(number)s: whoever is on duty is paged, and others are asked to come.") % {"number": made.pk}
    return _("Issue %(number)s is made.") % {"number": made.pk}


def _form(request: Request, form: IssueForm, team: Team, likes: list[Like], *, asks: bool = False) -> HttpResponse:
    context = {
        "form": form, "team": team, "likes": likes, "asks": asks, "board": Board.of(team, now=clock.now()),
    }  # fmt: skip
    return render(request, "web/issues/new.html", context, status=422 if form.errors else 200)


@needs(Capability.SEE_ISSUES)
@require_safe
def similar(request: Request) -> HttpResponse:
    """Show issues like the one that is being typed, for htmx."""
    team = chosen(request, permissions.teams(request.user, Capability.SEE_ISSUES))
    title, text = request.GET.get("title", "")[:TITLE_MOST], request.GET.get("text", "")[:2000]
    likes = queries.likely_duplicates(title, text, team_id=team.pk, now=clock.now()) if title.strip() else []
    return render(request, "web/issues/likes.html", {"likes": likes})
