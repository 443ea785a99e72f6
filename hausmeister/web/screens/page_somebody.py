"""Page somebody: a person asks for help, and it goes the way of every alert."""

from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.rules import TITLE_MOST
from hausmeister.base import chance, clock
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Source, Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.rows import Board
from hausmeister.web.teams import chosen

SOURCE = "people"
KEY_MOST = 40


class PageForm(forms.Form):
    """What is wrong, and whether somebody must be woken for it."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=None)
    title = forms.CharField(
        label=gettext_lazy("What is wrong"),
        help_text=gettext_lazy("One line: it is what they read on the lock screen."),
        max_length=TITLE_MOST,
    )
    text = forms.CharField(label=gettext_lazy("More"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    how = forms.ChoiceField(
        label=gettext_lazy("How urgent"),
        choices=[
            ("hard", gettext_lazy("Now: it rings at any hour (P3 high)")),
            ("soft", gettext_lazy("It can wait for working hours (P2 medium)")),
        ],
        initial="hard",
        widget=forms.RadioSelect,
    )
    # made when the form is drawn: pressing twice is one page
    key = forms.CharField(widget=forms.HiddenInput, max_length=KEY_MOST)

    def __init__(self, teams: list[Team], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Any]", self.fields["team"])
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")
        if len(teams) == 1:
            field.widget = forms.HiddenInput()


@needs(Capability.ACT_ON_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request) -> HttpResponse:
    """Show the form; a POST pages whoever is on duty."""
    teams = permissions.teams(request.user, Capability.ACT_ON_PAGES)
    team = chosen(request, teams)
    now = clock.now()
    if request.method == "POST":
        form = PageForm(teams, request.POST)
        if form.is_valid():
            return _page(request, form)
    else:
        form = PageForm(teams, initial={"team": team, "key": chance.text(24)})
    boards = [Board.of(one, now=now) for one in teams]
    return render(request, "web/page/new.html", {"form": form, "boards": boards}, status=422 if form.errors else 200)


def _page(request: Request, form: PageForm) -> HttpResponse:
    team: Team = form.cleaned_data["team"]
    check(request.user, Capability.ACT_ON_PAGES, team)
    now = clock.now()
    with transaction.atomic():
        source, _made = Source.objects.get_or_create(team=team, name=SOURCE, defaults={"created_at": now})
        taken = alerts.page_somebody(
            source,
            title=form.cleaned_data["title"],
            text=form.cleaned_data["text"],
            is_hard=form.cleaned_data["how"] == "hard",
            by=team_operations.as_actor(request.user),
            key=f"{request.user.pk}:{form.cleaned_data['key']}",
            now=now,
        )
    return see(request, f"/pages/{taken.page_id}", Toast(_("Paged. Here is who is told, and when.")))
