"""Our own checks: failing ones first in words, then all with their last look; make, change, pause, take out."""

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.words import read_duration
from hausmeister.monitoring import queries
from hausmeister.monitoring.models import Probe
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.operations.probes import ProbeRefused, Wanted
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Asked, Toast, first_ask, see
from hausmeister.web.teams import chosen

_TONES = {
    "new": ("quiet", ""),
    "up": ("ok", "check"),
    "failing": ("p2", "triangle-alert"),
    "down": ("p4", "triangle-alert"),
    "paused": ("wait", "pause"),
}
_FIELDS = {"url": "target", "host": "target", "": None}


@dataclass(frozen=True)
class Line:
    """One check as a row."""

    probe: Probe
    words: str
    tone: str
    icon: str


class ProbeForm(forms.Form):
    """A check. What is looked at is a URL, or a host with its port."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    target = forms.CharField(
        label=gettext_lazy("What is looked at"), max_length=1_000,
        help_text=gettext_lazy("A URL such as https://shop.example/health, or a host and port: db.example.org:5432."),
    )  # fmt: skip
    status = forms.CharField(
        label=gettext_lazy("Status that is good"), max_length=7, initial="200-399", required=False,
        help_text=gettext_lazy("One, such as 200, or a range. Redirects are not followed."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Text that must be there"), max_length=200, required=False,
        help_text=gettext_lazy("In the first 64 KB of the page."),
    )  # fmt: skip
    days_left = forms.IntegerField(
        label=gettext_lazy("Days its certificate must last"), min_value=1, max_value=365, required=False
    )
    every = forms.CharField(label=gettext_lazy("How often"), max_length=20, initial="1m")
    timeout = forms.CharField(label=gettext_lazy("How long a look may take"), max_length=20, initial="10s")
    enough = forms.IntegerField(
        label=gettext_lazy("Failures in a row before the alert"), min_value=1, max_value=20, initial=2
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority of its alert"), choices=[(one.name, one.label) for one in reversed(Priority)],
        initial="P3",
    )  # fmt: skip
    what = forms.CharField(
        label=gettext_lazy("What to do when it fails"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def wanted(self) -> Wanted:
        """Return what was typed. Raises ProbeRefused for what cannot be read."""
        told = dict(self.cleaned_data)
        name, target, status = told.pop("name"), told.pop("target"), told.pop("status") or "200-399"
        told["every"], told["timeout"] = _length("every", told["every"]), _length("timeout", told["timeout"])
        told["priority"] = Priority[told["priority"]]
        return probes.typed(name, target, status=status, **told)


def _length(field: str, text: str) -> timedelta:
    try:
        return read_duration(text)
    except ValueError as error:
        raise ProbeRefused(field, _("Write a length of time, such as 30s or 5m.")) from error


def line_of(probe: Probe) -> Line:
    """Return the check as a row."""
    words = {
        "new": _("not looked at yet"), "up": _("in order"), "failing": _("failed"), "down": _("down"),
        "paused": _("paused"),
    }  # fmt: skip
    return Line(probe, words[probe.state], *_TONES[probe.state])


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the checks of one team."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team = chosen(request, teams)
    lines = [line_of(one) for one in queries.probes(team.pk)]
    context = {
        "team": team,
        "teams": teams,
        "down": [line for line in lines if line.probe.is_down],
        "lines": lines,
        "may_change": permissions.can(request.user, Capability.MANAGE_SOURCES, team_id=team.pk),
    }
    return render(request, "web/monitoring/probes.html", context)


@needs(Capability.MANAGE_SOURCES)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: Request) -> HttpResponse:
    """Make a check."""
    team = chosen(request, permissions.teams(request.user, Capability.MANAGE_SOURCES))
    form = ProbeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = probes.make(team, form.wanted(), by=team_operations.as_actor(request.user), now=clock.now())
        except ProbeRefused as problem:
            form.add_error(_FIELDS.get(problem.field, problem.field), str(problem))
        else:
            return see(request, f"/monitoring/checks/{made.pk}", Toast(_("Made. It is looked at now.")))
    status = 422 if request.method == "POST" else 200
    return render(request, "web/monitoring/probe_form.html", {"team": team, "form": form}, status=status)


def _mine(request: Request, check_id: int) -> Probe:
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    return fetch(Probe.objects.alive().filter(team__in=teams).select_related("team"), pk=check_id)


@needs(Capability.MANAGE_SOURCES)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, check_id: int) -> HttpResponse:
    """Show one check with its last look; POST changes it."""
    probe = _mine(request, check_id)
    typed = {
        "name": probe.name, "target": probe.target, "text": probe.text, "days_left": probe.days_left,
        "status": f"{probe.first_status}-{probe.last_status}", "every": f"{probe.every_s}s",
        "timeout": f"{probe.timeout_s}s", "enough": probe.enough, "priority": Priority(probe.priority).name,
        "what": probe.what,
    }  # fmt: skip
    form = ProbeForm(request.POST or None, initial=typed)
    if request.method == "POST" and form.is_valid():
        try:
            probes.change(probe, form.wanted(), by=team_operations.as_actor(request.user), now=clock.now())
        except ProbeRefused as problem:
            form.add_error(_FIELDS.get(problem.field, problem.field), str(problem))
        else:
            return see(request, request.path, Toast(_("Changed. It is looked at now.")))
    context = {"team": probe.team, "line": line_of(probe), "form": form}
    return render(
        request, "web/monitoring/probe.html", context, status=422 if request.method == "POST" else 200
    )  # fmt: skip


@needs(Capability.MANAGE_SOURCES)
@require_POST
def act(request: Request, check_id: int, verb: str) -> HttpResponse:
    """Pause, resume or take out."""
    probe = _mine(request, check_id)
    by, now, home = team_operations.as_actor(request.user), clock.now(), f"/monitoring/checks/{check_id}"
    if verb == "pause":
        probes.pause(probe, by=by, now=now)
        return see(request, home, Toast(_("Paused: nobody looks until it is resumed.")))
    if verb == "resume":
        probes.resume(probe, by=by, now=now)
        return see(request, home, Toast(_("Looked at again from now on.")))
    question = Asked(
        _("Take %(name)s out?") % {"name": probe.name},
        _("Nobody looks any more, and its alert is over. It cannot be brought back."),
        _("Take it out"),
        home,
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    probes.remove(probe, by=by, now=now)
    said = _("%(name)s is taken out.") % {"name": probe.name}
    return see(request, f"/monitoring/checks?team={probe.team.slug}", Toast(said))
