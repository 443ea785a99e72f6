"""Changing a policy: its text, then what would change in plain sentences, then the one button that does it."""

import difflib
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hausmeister.base import clock, signing
from hausmeister.rota.operations import policy as policy_operations
from hausmeister.rota.queries import policy as rota_queries
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy import reading
from hausmeister.team.policy.reading import BadPolicy
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.screens.policy import rules
from hausmeister.web.teams import chosen

SAVE = "save"


@dataclass(frozen=True)
class Change:
    """What differs under one heading: sentences that no longer hold, and those that hold instead."""

    heading: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A new text beside the one in force: in sentences, and line by line as (sign, line)."""

    changes: tuple[Change, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    seal: str = ""


class PolicyForm(forms.Form):
    """The whole text, the version it was written from, and a seal of the text whose difference was shown."""

    text = forms.CharField(
        label=gettext_lazy("Policy, as TOML"),
        help_text=gettext_lazy("Every key has its comment. Nothing is in force before you have seen what changes."),
        max_length=reading.LARGEST_FILE_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"class": "tall", "rows": 26, "spellcheck": "false", "autocapitalize": "off"}),
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)
    seal = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team

    def clean_text(self) -> str:
        """Return the text with the line ends of a file. Raises ValidationError with everything that is wrong."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        try:
            reading.read(text, file=_("This text"))
            problems = rota_queries.unknown_schedules(self.team, text=text, file=_("This text"))
        except BadPolicy as error:
            problems = list(error.problems)
        if problems:
            raise forms.ValidationError([str(problem) for problem in problems])
        return text


@needs(Capability.CHANGE_POLICY, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request) -> HttpResponse:
    """Show the text; a POST says what it would change, and the second one puts it in force."""
    team = chosen(request, permissions.teams(request.user, Capability.CHANGE_POLICY))
    check(request.user, Capability.CHANGE_POLICY, team)
    version = team_queries.version_in_force(team.pk)
    in_force = version.text if version else team_queries.default_policy_text()[0]
    newest = version.pk if version else 0
    if request.method != "POST":
        form = PolicyForm(team, initial={"text": in_force, "based_on": newest})
        return _shown(request, team, form)
    form = PolicyForm(team, request.POST)
    if not form.is_valid():
        return _shown(request, team, form, status=422)
    found = difference(in_force, form.cleaned_data["text"], team)
    if form.cleaned_data["based_on"] != newest:
        form.add_error(None, _("Another version was saved while you wrote. This is what yours would change in it."))
    elif request.POST.get("do") == SAVE and form.cleaned_data["seal"] == found.seal:
        return _save(request, team, form)
    form.data = {"text": request.POST["text"], "based_on": str(newest), "seal": found.seal}
    return _shown(request, team, form, found, status=422 if form.errors else 200)


def _shown(
    request: Request, team: Team, form: PolicyForm, found: Difference | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, "web/policy/edit.html", {"team": team, "form": form, "found": found}, status=status)


def _save(request: Request, team: Team, form: PolicyForm) -> HttpResponse:
    try:
        policy_operations.apply_policy(
            team,
            text=form.cleaned_data["text"],
            file=_("This text"),
            by=team_operations.as_actor(request.user),
            now=clock.now(),
            person=request.user,
            based_on=form.cleaned_data["based_on"],
        )
    except team_operations.PolicyMoved:
        form.add_error(None, _("Another version was saved a moment before yours. Look at what changes once more."))
        return _shown(request, team, form, status=422)
    return see(
        request, f"/policy?team={team.slug}", Toast(_("In force from now on for %(team)s.") % {"team": team.name})
    )


def difference(before: str, after: str, team: Team) -> Difference:
    """Return what `after` would change in `before`; both can be read."""
    old, new = (_sentences(reading.read(text, file="policy"), team) for text in (before, after))
    changes = [
        Change(
            heading,
            tuple(one for one in old.get(heading, ()) if one not in new.get(heading, ())),
            tuple(one for one in new.get(heading, ()) if one not in old.get(heading, ())),
        )
        for heading in dict.fromkeys([*old, *new])
        if old.get(heading) != new.get(heading)
    ]
    unified = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]
    return Difference(tuple(changes), tuple((line[:1], line[1:]) for line in unified), signing.sha256_hex(after))


def _sentences(policy: Policy, team: Team) -> dict[str, tuple[str, ...]]:
    return {rule.heading: rule.sentences for rule in rules(policy, team)}
