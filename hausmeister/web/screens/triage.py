"""Triage: everything that came in and wants a word, the oldest promise first; one item with its thread and draft."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hausmeister.answers import queries as keeping
from hausmeister.base import chance, clock
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import one_line
from hausmeister.journal import queries as journal
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability
from hausmeister.triage import operations as inbox
from hausmeister.triage import queries as triage
from hausmeister.triage.models import Item, ItemQuerySet, WatchedRoom
from hausmeister.triage.operations import helping, promoting
from hausmeister.triage.operations import rooms as watched
from hausmeister.triage.rules.states import UNFINISHED, ItemKind, RoomState, Source, State
from hausmeister.triage.shapes import Candidate, Taken
from hausmeister.web import answers, item_words, items
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, fragment, see
from hausmeister.web.teams import chosen

A_PAGE = 50
_SHOWN = ("open", "mine", "waiting", "answered", "closed")


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: which tab, which page, and words to find."""

    show: str
    page: str
    find: str


def read_wanted(query: QueryDict) -> Wanted:
    """Return what the address asks for; what it asks wrongly is left out."""
    show = query.get("show", "")
    find = one_line(query.get("find", ""), 100)
    return Wanted(show if show in _SHOWN else "open", query.get("page", ""), find)


def found_for(person: Person, wanted: Wanted) -> ItemQuerySet:
    """Return the items of one tab, in its order."""
    everything = triage.visible_to(person)
    if wanted.find:
        everything = everything.filter(title__icontains=wanted.find)
    if wanted.show == "closed":
        return everything.filter(state=State.CLOSED).order_by("-closed_at", "-id")
    tabs = {
        "open": everything.unfinished(),
        "mine": everything.unfinished().filter(holder=person),
        "waiting": everything.not_closed().filter(state=State.WAITING),
        "answered": everything.not_closed().filter(state=State.ANSWERED),
        "all": everything.not_closed(),
    }
    return tabs[wanted.show].oldest_promise_first()


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the inbox; htmx gets the list alone."""
    context = list_context(request, request.GET, now=clock.now())
    part = bool(request.htmx and request.htmx.target == "items")
    return render(request, "web/triage/list.html" if part else "web/triage/triage.html", context)


def list_context(request: Request, query: QueryDict, *, now: datetime) -> dict[str, Any]:
    """Return everything that the list shows; `query` is what its address asks for."""
    person, wanted = request.user, read_wanted(query)
    teams = permissions.teams(person, Capability.SEE_PAGES)
    page = Paginator(found_for(person, wanted), A_PAGE).get_page(wanted.page)
    return {
        "wanted": wanted,
        "listed": page,
        "rows": items.build(list(page), person=person, now=now, first=wanted.show in {"open", "mine"}),
        "tabs": _tabs(person, wanted),
        "shut": _shut(teams, now),
        "lost": _lost_rooms(teams),
        "keeps_coming": keeping.called_for(permissions.team_ids(person, Capability.SEE_PAGES)),
        "live": " ".join(f"triage:{team.pk}" for team in teams),
        "may_act": permissions.can(person, Capability.ACT_ON_PAGES),
        "now": now,
    }


def _shut(teams: list[Team], now: datetime) -> list[tuple[Team, datetime | None]]:
    """Return the teams that take no questions now, and when they do again."""
    policies = team_queries.policies([team.pk for team in teams])
    hours = [(team, triage.hours_of(team, policies[team.pk])) for team in teams]
    return [(team, one.next_at(now)) for team, one in hours if not one.contains(now)]


def _tabs(person: Person, wanted: Wanted) -> list[tuple[str, str, int | None]]:
    words = {
        "open": _("Open"),
        "mine": _("Mine"),
        "waiting": _("Waiting for the asker"),
        "answered": _("Answered"),
        "closed": _("Closed"),
    }
    everything = found_for(person, Wanted("all", "", wanted.find))
    counted = everything.aggregate(
        open=Count("pk", filter=Q(state__in=UNFINISHED)),
        mine=Count("pk", filter=Q(state__in=UNFINISHED, holder=person)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        answered=Count("pk", filter=Q(state=State.ANSWERED)),
    )
    return [(show, words[show], counted.get(show)) for show in _SHOWN]


def _lost_rooms(teams: list[Team]) -> list[WatchedRoom]:
    mine = {team.pk for team in teams}
    return [one for one in watched.watching() if one.team_id in mine and one.state != RoomState.WATCHING]


def visible(person: Person, item_id: int) -> Item:
    """Return the item, if `person` may see it; else it does not exist."""
    return fetch(triage.visible_to(person), pk=item_id)


@needs(Capability.SEE_PAGES)
@require_safe
def one(request: Request, item_id: int) -> HttpResponse:
    """Show one item: its thread, what was answered before, the draft."""
    return one_screen(request, visible(request.user, item_id))


def one_screen(
    request: Request, item: Item, *, problem: str = "", draft: str = "", toast: Toast | None = None
) -> HttpResponse:  # fmt: skip
    """Answer with the item as it is now; a problem keeps what was typed."""
    person, now = request.user, clock.now()
    may_act = permissions.can(person, Capability.ACT_ON_PAGES, team_id=item.team_id)
    context = {
        "item": item,
        "row": items.build([item], person=person, now=now)[0],
        "said": triage.thread(item),
        "similar": list(enumerate(Candidate.all_of(item.candidates))),
        "told": [item_words.tell(entry) for entry in journal.timeline(item.subject, most=50)],
        "others": triage.candidates(item, now=now) if may_act and item.is_open else [],
        "kinds": [kind for kind in ItemKind if kind != item.kind],
        "priorities": list(reversed(Priority)),
        "may_act": may_act,
        "can_promote": promoting.is_possible(),
        "is_mine": item.holder_id == person.pk,
        "can_answer": item.is_in_chat or bool(item.asker_email),
        "hints": helping.standing(person, subject=item.subject) if item.holder_id == person.pk else [],
        "problem": problem,
        "draft": draft,
        # beside the list at a desk, or a screen of its own
        "pane": bool(request.htmx) and answers.screen_of(request).partition("?")[0] == "/triage",
        "now": now,
    }
    if request.htmx and request.htmx.target in {"item", "pane"}:
        return fragment(request, "web/triage/body.html", context, toast)
    return render(request, "web/triage/one.html", context, status=422 if problem else 200)


class SeenForm(forms.Form):
    """Something noticed on a dashboard, said in passing, or read in a mail."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    title = forms.CharField(label=gettext_lazy("What did you see"), max_length=200)
    place = forms.CharField(
        label=gettext_lazy("Where"), max_length=120, required=False, help_text=gettext_lazy("A dashboard, a shard.")
    )
    link = forms.URLField(label=gettext_lazy("Link"), max_length=500, required=False, assume_scheme="https")
    text = forms.CharField(
        label=gettext_lazy("More"), required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is it"),
        choices=[
            (ItemKind.ISSUE.value, gettext_lazy("A service issue")),
            (ItemKind.QUESTION.value, gettext_lazy("A question")),
            (ItemKind.INCIDENT.value, gettext_lazy("An incident")),
        ],
        initial=ItemKind.ISSUE.value,
        widget=forms.RadioSelect,
    )
    # made when the form is drawn: pressing twice is one item
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, teams: list[Team], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Any]", self.fields["team"])
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")
        if len(teams) == 1:
            field.widget = forms.HiddenInput()


@needs(Capability.ACT_ON_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Take in what somebody saw; the form can be filled by the address (`title`, `place`, `link`)."""
    teams = permissions.teams(request.user, Capability.ACT_ON_PAGES)
    team = chosen(request, teams)
    if request.method == "POST":
        form = SeenForm(teams, request.POST)
        if form.is_valid():
            return _take(request, form.cleaned_data)
    else:
        given = {name: one_line(request.GET.get(name, ""), 500) for name in ("title", "place", "link")}
        form = SeenForm(teams, initial={"team": team, "key": chance.text(24), **given})
    return render(request, "web/triage/new.html", {"form": form}, status=422 if form.errors else 200)


def _take(request: Request, given: dict[str, Any]) -> HttpResponse:
    person = request.user
    check(person, Capability.ACT_ON_PAGES, given["team"])
    taken = Taken(
        source=Source.DASHBOARD, title=given["title"], text=given["text"], kind=ItemKind(given["kind"]),
        asker_name=person.name, place=given["place"], link=given["link"], key=f"{person.pk}:{given['key']}",
    )  # fmt: skip
    item = inbox.take(given["team"].pk, taken, now=clock.now(), by=team_operations.as_actor(person))
    return see(request, f"/triage/{item.pk}", Toast(_("It is in the inbox.")))
