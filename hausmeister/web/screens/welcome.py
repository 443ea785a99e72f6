"""First run: five minutes from an empty database to a page on one's own phone. Every step can wait.

Closed unless the one-time token of the console is presented (S17); after that, for admins.
"""

import re
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hausmeister.base import clock, signing
from hausmeister.pager.models import Page
from hausmeister.rota import operations as rota
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ApiKey, ContactMethod, Installation, Person, Rung, Team
from hausmeister.team.rules import Capability
from hausmeister.web import limits
from hausmeister.web.access import Request, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import ZoneField
from hausmeister.web.screens import errors, integrations, methods, policy
from hausmeister.web.screens import profile as profile_screen
from hausmeister.web.screens.entrance import PasswordForm

TRIES_A_MINUTE = 20
STEPS = ("phone", "team", "ladder", "source", "test")


@dataclass(frozen=True)
class Step:
    """One step as the list at the side shows it."""

    name: str
    words: str
    is_done: bool
    is_current: bool


def steps(person: Person | None, current: str) -> list[Step]:
    """Return every step, with what is done; what is done is read from the tables, never remembered."""
    mine = ContactMethod.objects.filter(person=person).usable()
    done = {
        "you": person is not None,
        "phone": person is not None and mine.exists(),
        "team": Team.objects.exists(),
        "ladder": person is not None and Rung.objects.filter(person=person).exists(),
        "source": ApiKey.objects.exists(),
        "test": person is not None and mine.filter(tested_at__isnull=False).exists(),
    }
    words = {
        "you": _("You"),
        "phone": _("Your phone"),
        "team": _("Your team"),
        "ladder": _("Ladders"),
        "source": _("One sender"),
        "test": _("A test page"),
    }
    return [Step(name, words[name], done[name], name == current) for name in words]


class YouForm(PasswordForm):
    """The first admin."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=100)
    email = forms.EmailField(label=gettext_lazy("Your e-mail address"), max_length=254)
    field_order = ("name", "email", "password", "zone_name")


@needs(Capability.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def you(request: HttpRequest) -> HttpResponse:
    """Make the first admin, once; whoever is one already goes on with the next step."""
    if isinstance(request.user, Person) and request.user.is_admin:
        return see(request, "/welcome/phone")
    now = clock.now()
    token = request.POST.get("token", "") or request.GET.get("token", "")
    if not _is_open(token):
        address = str(request.META.get("REMOTE_ADDR", ""))
        allowed = limits.take(f"welcome {address}", most=TRIES_A_MINUTE, now=now)
        return errors.not_found(request) if allowed else errors.too_many(request)
    form = YouForm(request.POST or None, initial={"zone_name": "Europe/Berlin"})
    if request.method == "POST" and form.is_valid():
        try:
            person = team_operations.make_first_admin(token, now=now, **form.cleaned_data)
        except team_operations.TokenIsVoid:
            return errors.not_found(request)
        get_adapter().login(request, person)
        return see(request, "/welcome/phone")
    context = {"form": form, "token": token, "steps": steps(None, "you"), "number": 1, "count": len(STEPS) + 1}
    return render(request, "web/welcome/you.html", context, status=422 if form.errors else 200)


def _is_open(token: str) -> bool:
    """Say whether `token` is the one that the console printed, and nobody is admin yet."""
    waiting = Installation.objects.filter(pk=1, first_admin_at=None).exclude(welcome_token_hash="").first()
    return waiting is not None and bool(token) and signing.same(waiting.welcome_token_hash, signing.sha256_hex(token))


class TeamForm(forms.Form):
    """A team and its people, one a line."""

    name = forms.CharField(label=gettext_lazy("Name of the team"), max_length=100)
    zone_name = ZoneField(
        label=gettext_lazy("Its time zone"),
        help_text=gettext_lazy("Duties begin and end by its clocks."),
        max_length=60,
    )
    people = forms.CharField(
        label=gettext_lazy("Its people, one a line: name and e-mail address"),
        help_text=gettext_lazy(
            "The most seasoned first: a backstop has more experience than the person backed. Each gets an invitation."
        ),
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false"}),
        max_length=20_000,
    )

    def clean_people(self) -> list[tuple[str, str]]:
        """Return (name, address) in the order of the lines. Raises ValidationError naming the line."""
        found = []
        for number, line in enumerate(self.cleaned_data["people"].splitlines(), start=1):
            if line.strip():
                found.append(read_person(line, number))
        return list({email: (name, email) for name, email in found}.values())


def read_person(line: str, number: int) -> tuple[str, str]:
    """Return name and address of one line, such as "Ada Okafor ada@example.org". Raises ValidationError."""
    words = re.sub(r"[<>,;]", " ", line).split()
    email = next((word.lower() for word in words if "@" in word), "")
    name = " ".join(word for word in words if "@" not in word)
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError(
            _("Line %(n)d, “%(line)s”, has no e-mail address; write for example Ada Okafor ada@example.org.")
            % {"n": number, "line": line.strip()[:60]}
        ) from error
    return (name or email.partition("@")[0])[:100], email


@needs(Capability.ADMINISTER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: Request, name: str) -> HttpResponse:
    """Show one step; a POST does it."""
    if name not in STEPS:
        raise Http404
    after = [*STEPS, ""][STEPS.index(name) + 1]
    context: dict[str, Any] = {
        "steps": steps(request.user, name),
        "name": name,
        "after": f"/welcome/{after}" if after else "/",
        "number": STEPS.index(name) + 2,
        "count": len(STEPS) + 1,
    }
    answer = _STEPS[name](request, context)
    if isinstance(answer, HttpResponse):
        return answer
    return render(request, f"web/welcome/{name}.html", context | answer)


def _phone(request: Request, _context: dict[str, Any]) -> dict[str, Any]:
    return {
        "methods": list(ContactMethod.objects.filter(person=request.user).order_by("id")),
        "add": methods.AddForm(),
        "channels": methods.channels(),
        "has_mail": settings.HAUSMEISTER_EMAIL is not None,
        "next": "/welcome/phone",
    }


def _team(request: Request, context: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    person = request.user
    form = TeamForm(
        request.POST or None,
        initial={"zone_name": person.zone_name, "people": f"{person.name} {person.email}\n"},
    )
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            _made, links = rota.found_team(
                name=name,
                slug=slugify(name)[:40] or "team",
                zone_name=form.cleaned_data["zone_name"],
                founder=person,
                others=form.cleaned_data["people"],
                now=clock.now(),
            )
        except IntegrityError:
            form.add_error("name", _("There is a team of this name already."))
        else:
            # without a mail server nobody else could ever hand the links over
            if links and settings.HAUSMEISTER_EMAIL is None:
                shown = {"steps": steps(person, "team"), "team_name": name, "links": links}
                return render(request, "web/welcome/invited.html", context | shown)
            said = _("%(name)s is made, its duties are shared out, and everybody is invited.") % {"name": name}
            return see(request, context["after"], Toast(said))
    return {"form": form, "teams": list(Team.objects.order_by("name"))}


def _ladder(request: Request, _context: dict[str, Any]) -> dict[str, Any]:
    team = Team.objects.order_by("id").first()
    rules = policy.rules(team_queries.policy_of(team.pk), team) if team else []
    own = list(ContactMethod.objects.filter(person=request.user).order_by("id"))
    return {"rules": rules, "ladders": profile_screen.ladders(request.user, own), "next": "/welcome/ladder"}


def _source(request: Request, _context: dict[str, Any]) -> dict[str, Any]:
    team = Team.objects.order_by("id").first()
    if team is None:
        return {"team": None}
    form = integrations.KeyForm(request.POST or None)
    key = ""
    if request.method == "POST" and form.is_valid():
        key = integrations.make_key(request, team, form.cleaned_data["name"])
    kinds = integrations.kinds()
    shown = [
        (kinds[name], integrations.snippets(kinds[name], key or integrations.KEY_HERE))
        for name in ("http", "alertmanager")
    ]
    return {"team": team, "form": form, "key": key, "shown": shown, "sources": integrations.lines(team)}


def _test(request: Request, _context: dict[str, Any]) -> dict[str, Any]:
    person = request.user
    has_team = person.memberships.filter(left_on=None).exists()
    return {
        "can_test": has_team and ContactMethod.objects.filter(person=person).usable().exists(),
        "test": Page.objects.filter(is_test=True, summonses__person=person).order_by("-id").first(),
    }


_STEPS = {"phone": _phone, "team": _team, "ladder": _ladder, "source": _source, "test": _test}
