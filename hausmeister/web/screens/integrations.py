"""Integrations: does it work, its address and key, a snippet to copy, a test alert."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.alerts import operations as alert_operations
from hausmeister.alerts import queries as alerts
from hausmeister.alerts.operations import Incoming, Taken
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base import chance, clock
from hausmeister.base.priority import Priority
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import ApiKey, Source, Team
from hausmeister.team.rules import Capability, Scope
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Asked, Toast, back, first_ask, see
from hausmeister.web.teams import chosen

KEY_HERE = "YOUR-KEY"


@dataclass(frozen=True)
class Kind:
    """One way in: its name, what it is for, where it listens."""

    name: str
    title: str
    what: str
    path: str
    icon: str

    @property
    def address(self) -> str:
        """The whole URL, made from the configured address."""
        return f"{settings.HAUSMEISTER_BASE_URL}{self.path}"


def kinds() -> dict[str, Kind]:
    """Return the ways in that exist."""
    found = (
        Kind(
            "alertmanager",
            _("Alertmanager"),
            _("its webhook; resolved alerts close themselves"),
            "/in/alertmanager",
            "webhook",
        ),
        Kind(
            "opsgenie",
            _("Opsgenie's API"),
            _("for what already sends to Opsgenie, such as Alertmanager's opsgenie_configs"),
            "/v2/alerts",
            "arrow-right-left",
        ),
        Kind(
            "http", _("Plain HTTP"), _("one POST with JSON, from a script or a cron job"), "/api/v1/alerts", "terminal"
        ),
    )
    return {kind.name: kind for kind in found}


@dataclass(frozen=True)
class SourceLine:
    """A sender: its keys, and when it was last heard."""

    source: Source
    keys: tuple[ApiKey, ...]
    heard_at: Any


@needs(Capability.MANAGE_SOURCES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the ways in, and who has used them."""
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    team = chosen(request, teams)
    return render(
        request, "web/integrations/list.html", {"team": team, "teams": teams, "kinds": kinds(), "sources": lines(team)}
    )


def lines(team: Team) -> list[SourceLine]:
    """Return the team's senders with their keys, the last heard first."""
    keys: dict[int, list[ApiKey]] = {}
    for key in ApiKey.objects.filter(source__team=team, revoked_at=None).select_related("created_by").order_by("id"):
        keys.setdefault(key.source_id, []).append(key)
    heard = alerts.last_heard(team)
    found = [
        SourceLine(source, tuple(keys.get(source.pk, ())), heard.get(source.pk))
        for source in Source.objects.filter(team=team).order_by("name")
    ]
    return sorted(found, key=lambda line: (line.heard_at is None, -(line.heard_at.timestamp() if line.heard_at else 0)))


class KeyForm(forms.Form):
    """Who will send."""

    name = forms.CharField(
        label=gettext_lazy("Name of the sender"),
        help_text=gettext_lazy("Such as “Prometheus s1”. Alerts show it, and repetitions are counted within it."),
        max_length=100,
    )


def _kind(name: str) -> Kind:
    kind = kinds().get(name)
    if kind is None:
        raise Http404
    return kind


@needs(Capability.MANAGE_SOURCES, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def integration(request: Request, kind: str) -> HttpResponse:
    """Show one way in; a POST makes a key, which is shown this one time, in the snippet."""
    shown = _kind(kind)
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    team = chosen(request, teams)
    check(request.user, Capability.MANAGE_SOURCES, team)
    form = KeyForm(request.POST or None)
    key = ""
    if request.method == "POST" and form.is_valid():
        key = make_key(request, team, form.cleaned_data["name"])
    context = {
        "kind": shown,
        "team": team,
        "teams": teams,
        "form": form,
        "key": key,
        "snippets": snippets(shown, key or KEY_HERE),
        "sources": lines(team),
    }
    return render(request, "web/integrations/integration.html", context, status=422 if form.errors else 200)


def make_key(request: Request, team: Team, name: str) -> str:
    """Make a key for a sender and return its text, the one time it can be seen."""
    made = team_operations.make_key(
        team=team,
        name=name,
        source_name=name,
        scopes=[Scope.ALERTS_WRITE],
        by=team_operations.as_actor(request.user),
        now=clock.now(),
        created_by=request.user,
    )
    return made.text


def snippets(kind: Kind, key: str) -> list[tuple[str, str]]:
    """Return what to copy, with a title each."""
    if kind.name == "alertmanager":
        return [(_("alertmanager.yml"), _ALERTMANAGER.format(address=kind.address, key=key))]
    if kind.name == "opsgenie":
        base = settings.HAUSMEISTER_BASE_URL
        return [(_("alertmanager.yml"), _OPSGENIE.format(base=base, key=key))]
    return [
        (_("Fire"), _FIRE.format(address=kind.address, key=key)),
        (_("Over"), _RESOLVE.format(address=kind.address, key=key)),
    ]


_ALERTMANAGER = """\
route:
  receiver: hausmeister
  group_by: [alertname]
receivers:
  - name: hausmeister
    webhook_configs:
      - url: {address}
        send_resolved: true
        http_config:
          authorization:
            credentials: {key}
"""
_OPSGENIE = """\
receivers:
  - name: hausmeister
    opsgenie_configs:
      - api_url: {base}/
        api_key: {key}
        send_resolved: true
"""
_FIRE = """\
curl -sS {address} \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"title": "Disk full on db-7", "key": "disk/db-7", "severity": "critical"}}'
"""
_RESOLVE = """\
curl -sS {address} \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"title": "Disk full on db-7", "key": "disk/db-7", "action": "resolve"}}'
"""


@needs(Capability.MANAGE_SOURCES, fresh=True)
@require_POST
def revoke(request: Request, key_id: int) -> HttpResponse:
    """End a key."""
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    key = fetch(ApiKey.objects.filter(source__team__in=teams).select_related("source", "source__team"), pk=key_id)
    home = f"/settings/integrations?team={key.source.team.slug}"
    question = Asked(
        _("Revoke the key %(name)s?") % {"name": key.name},
        _("Whatever sends with it is refused from then on. It cannot be brought back; a new key can be made."),
        _("Revoke it"),
        back(request, home),
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    team_operations.revoke_key(key, by=team_operations.as_actor(request.user), now=clock.now())
    said = _("The key %(name)s opens nothing any more, everywhere within five seconds.") % {"name": key.name}
    return see(request, back(request, home), Toast(said))


@needs(Capability.MANAGE_SOURCES)
@require_POST
def test_alert(request: Request, source_id: int) -> HttpResponse:
    """Send an alert in the name of a sender that wakes nobody: P1 low, soft, and over at once."""
    teams = permissions.teams(request.user, Capability.MANAGE_SOURCES)
    source = fetch(Source.objects.filter(team__in=teams).select_related("team"), pk=source_id)
    taken = send_test_alert(source, by=request.user.name)
    said = _("Stored as an alert, P1 low and soft, and closed again: the way in works up to here.")
    return see(request, f"/pages/{taken.page_id}", Toast(said))


def send_test_alert(source: Source, *, by: str) -> Taken:
    """Fire and close an alert of `source`, in one batch; nobody is called."""
    key = f"test/{chance.text(12)}"
    fire = Signal(
        Action.FIRE,
        key=key,
        title=_("Test alert for %(source)s") % {"source": source.name},
        priority=Priority.P1,
        is_hard=False,
        details={"asked by": by},
    )
    signals = [fire, Signal(Action.RESOLVE, key=key)]
    incoming = [Incoming(signal, source.pk, source.name, source.team_id) for signal in signals]
    return alert_operations.receive(incoming, now=clock.now())[0]
