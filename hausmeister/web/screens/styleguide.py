"""Every component in every state, for whoever builds the next screen; the screen tests photograph it."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.rota import queries as rota
from hausmeister.rota.rules.slots import WeeklyDuty
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, needs
from hausmeister.web.states import Shown
from hausmeister.web.weekline import week_line


class _Fields(forms.Form):
    name = forms.CharField(label="Field", help_text="Hint")
    wrong = forms.EmailField(label="Field with an error")
    choice = forms.ChoiceField(label="Choice", choices=[("a", "One"), ("b", "Other")], widget=forms.RadioSelect)
    tick = forms.BooleanField(label="Tick", help_text="Hint", required=False)


@needs(Capability.ADMINISTER)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the components."""
    now = clock.now()
    duties: tuple[WeeklyDuty, ...] = rota.weekly_duties(team_queries.default_policy())
    context = {
        "priorities": list(reversed(Priority)),
        "states": [
            Shown(_("firing"), "p4", "bell-ring"),
            Shown(_("acknowledged"), "ok", "user-check"),
            Shown(_("snoozed until Fri 17:00"), "wait", "alarm-clock"),
            Shown(_("soft, waits for Tue 09:00"), "wait", "hourglass"),
            Shown(_("hard, pages now"), "plain", "phone-call"),
            Shown(_("closed"), "quiet", "check"),
            Shown(_("no news for 4 min"), "p3", "clock"),
            Shown(_("running"), "run", "circle-dot"),
            Shown(_("over"), "ok", "circle-check"),
        ],
        "severity": "SEV2 major",
        "week": week_line(duties, of=request.user.zone, zone=request.user.zone, now=now),
        "form": _Fields({"name": "typed", "wrong": "typed@", "choice": "a"}),
        "moments": [now - timedelta(minutes=4), now - timedelta(days=2), now + timedelta(days=40)],
        "tones": range(1, 7),
        "now": now,
    }
    return render(request, "web/styleguide.html", context)
