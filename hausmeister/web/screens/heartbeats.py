"""Heartbeats: which are missing first, then all with when the next is expected; make, change, pause, take out."""

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.base.words import duration, read_duration
from hausmeister.mailbox import queries as mailbox
from hausmeister.monitoring import queries
from hausmeister.monitoring.api import address_of
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import HeartbeatRefused, Wanted
from hausmeister.monitoring.rules.heartbeats import State
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Asked, Toast, first_ask, see
from hausmeister.web.teams import chosen

_TONES = {
    State.NEW: ("quiet", ""),
    State.UP: ("ok", "check"),
    State.RUNNING: ("ok", "play"),
    State.DOWN: ("p4", "triangle-alert"),
    State.PAUSED: ("wait", "pause"),
}


@dataclass(frozen=True)
class Line:
    """One heartbeat as a row."""

    heartbeat: Heartbeat
    words: str
    tone: str
    icon: str
    often: str
    address: str


class HeartbeatForm(forms.Form):
    """A heartbeat. How often: a length of time such as 1h, or five cron fields."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    often = forms.CharField(
        label=gettext_lazy("How often"),
        max_length=100,
        help_text=gettext_lazy('A length such as 1h or 1d, or a cron expression such as "30 5 * * 1-5".'),
    )
    grace = forms.CharField(
        label=gettext_lazy("How much later is still in time"), max_length=20, initial="5m",
        help_text=gettext_lazy("Such as 5m or 1h. A run that says when it starts must end within it too."),
    )  # fmt: skip
    severity = forms.CharField(
        label=gettext_lazy("Severity of its alert"), max_length=40, required=False,
        help_text=gettext_lazy("A word that the policy translates, such as critical or warning."),
    )  # fmt: skip
    what = forms.CharField(
        label=gettext_lazy("What to do when it is missing"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def wanted(self, team: Team) -> Wanted:
        """Return what was typed. Raises HeartbeatRefused for a length that is none."""
        told = self.cleaned_data
        period = _length(told["often"])
        grace = _length(told["grace"])
        if grace is None:
            raise HeartbeatRefused("grace", _("Write a length of time, such as 5m or 1h."))
        return Wanted(
            told["name"], grace, period, "" if period else told["often"], str(team.zone), told["severity"], told["what"]
        )


def _length(text: str) -> timedelta | None:
    try:
        return read_duration(text)
    except ValueError:
        return None


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the heartbeats of one team."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team = chosen(request, teams)
    lines = [line_of(one) for one in queries.heartbeats(team.pk)]
    context = {
        "team": team,
        "teams": teams,
        "missing": [line for line in lines if line.heartbeat.state == State.DOWN],
        "lines": lines,
        "may_change": permissions.can(request.user, Capability.MANAGE_SOURCES, team_id=team.pk),
    }
    return render(request, "web/monitoring/heartbeats.html", context)


def line_of(heartbeat: Heartbeat) -> Line:
    """Return the heartbeat as a row."""
    words = {
        State.NEW: _("never heard of"),
        State.UP: _("in time"),
        State.RUNNING: _("runs"),
        State.DOWN: _("missing"),
        State.PAUSED: _("paused"),
    }
    state = State(heartbeat.state)
    period = heartbeat.beat.period
    often = _("every %(time)s") % {"time": duration(period)} if period else heartbeat.cron
    return Line(heartbeat, words[state], *_TONES[state], often, address_of(heartbeat))


@needs(Capability.MANAGE_SOURCES)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: Request) -> HttpResponse:
    """Make a heartbeat, and show its address."""
    team = chosen(request, permissions.teams(request.user, Capability.MANAGE_SOURCES))
    form = HeartbeatForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = heartbeats.make(
                team, form.wanted(team), by=team_operations.as_actor(request.user), now=clock.now()
            )  # fmt: skip
        except HeartbeatRefused as problem:
            form.add_error(_field(problem), str(problem))
        else:
            return see(request, f"/monitoring/heartbeats/{made.pk}", Toast(_("Made. Send it to this address.")))
    status = 422 if request.method == "POST" else 200
    return render(request, "web/monitoring/heartbeat_form.html", {"team": team, "form": form}, status=status)


def _field(problem: HeartbeatRefused) -> str | None:
    return {"period": "often", "cron": "often", "zone": None, "": None}.get(problem.field, problem.field)


def _mine(request: Request, heartbeat_id: int, capability: Capability) -> Heartbeat:
    teams = permissions.teams(request.user, capability)
    found = Heartbeat.objects.alive().filter(team__in=teams).select_related("team")
    return fetch(found, pk=heartbeat_id)


@needs(Capability.MANAGE_SOURCES)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, heartbeat_id: int) -> HttpResponse:
    """Show one heartbeat with its address and its last pings; POST changes it."""
    heartbeat = _mine(request, heartbeat_id, Capability.MANAGE_SOURCES)
    line = line_of(heartbeat)
    typed = {
        "name": heartbeat.name,
        "often": heartbeat.cron or _short(heartbeat.period_s or 0),
        "grace": _short(heartbeat.grace_s),
        "severity": heartbeat.severity,
        "what": heartbeat.what,
    }
    form = HeartbeatForm(request.POST or None, initial=typed)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.wanted(heartbeat.team)
            heartbeats.change(heartbeat, wanted, by=team_operations.as_actor(request.user), now=clock.now())
        except HeartbeatRefused as problem:
            form.add_error(_field(problem), str(problem))
        else:
            return see(request, request.path, Toast(_("Changed.")))
    context = {"team": heartbeat.team, "line": line, "form": form, "pings": queries.pings(heartbeat)}
    context["mail"] = mailbox.address_of_heartbeat(heartbeat.token)
    return render(
        request, "web/monitoring/heartbeat.html", context, status=422 if request.method == "POST" else 200
    )  # fmt: skip


def _short(seconds: int) -> str:
    """Return a length as it is typed: 90s, 5m, 1h 30m, 2d."""
    left, parts = seconds, []
    for letter, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{letter}")
    return " ".join(parts) or "0s"


@needs(Capability.MANAGE_SOURCES)
@require_POST
def act(request: Request, heartbeat_id: int, verb: str) -> HttpResponse:
    """Pause, resume or take out."""
    heartbeat = _mine(request, heartbeat_id, Capability.MANAGE_SOURCES)
    by, now, home = team_operations.as_actor(request.user), clock.now(), f"/monitoring/heartbeats/{heartbeat_id}"
    if verb == "pause":
        heartbeats.pause(heartbeat, by=by, now=now)
        return see(request, home, Toast(_("Paused: nothing of it is missed until it is heard again.")))
    if verb == "resume":
        heartbeats.resume(heartbeat, by=by, now=now)
        return see(request, home, Toast(_("Watched again from now on.")))
    question = Asked(
        _("Take %(name)s out?") % {"name": heartbeat.name},
        _("Its address answers no more, and whoever still sends to it is told so. It cannot be brought back."),
        _("Take it out"),
        home,
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    heartbeats.remove(heartbeat, by=by, now=now)
    said = _("%(name)s is taken out.") % {"name": heartbeat.name}
    return see(request, f"/monitoring/heartbeats?team={heartbeat.team.slug}", Toast(said))
