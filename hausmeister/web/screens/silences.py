"""Silences: those that hold, those to come, those that are over; make one with a look at what it would cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.alerts import queries as alerts
from hausmeister.alerts.silences import operations, queries
from hausmeister.alerts.silences.models import Silence
from hausmeister.alerts.silences.operations import SilenceChanged, SilenceIsOver, SilenceTooWide, Wanted, Who
from hausmeister.alerts.silences.queries import Preview
from hausmeister.alerts.silences.rules import (
    CONDITIONS_MOST,
    LABEL,
    REASON_MOST,
    Condition,
    Field,
    How,
    SilenceRefused,
    Standing,
    read,
)
from hausmeister.base import clock
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability
from hausmeister.web import when
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import LocalMoment, whole_number
from hausmeister.web.teams import chosen

USUAL_LENGTH = timedelta(hours=2)
EMPTY_ROWS = 2
ROWS_LEAST = 3

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Line:
    """One silence as a row: its conditions and its times in words, and how many alerts are silent under it."""

    silence: Silence
    words: str
    when: str
    alerts: int


class SilenceForm(forms.Form):
    """Everything of a silence but its conditions, which are rows of their own."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=REASON_MOST, help_text=gettext_lazy("Whoever takes over reads it.")
    )
    ends_at = LocalMoment(label=gettext_lazy("Until"), max_length=40)
    starts_at = LocalMoment(
        label=gettext_lazy("From"), max_length=40, required=False,
        help_text=gettext_lazy("Empty: at once. Later: maintenance, which begins by itself."),
    )  # fmt: skip
    covers_p4 = forms.BooleanField(
        label=gettext_lazy("P4 very high too"), required=False,
        help_text=gettext_lazy("Without this, what is very high calls all the same."),
    )  # fmt: skip
    is_meant = forms.BooleanField(
        label=gettext_lazy("Yes, silence everything"), required=False,
        help_text=gettext_lazy("Needed only for a silence that covers all that the sources send."),
    )  # fmt: skip
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("ends_at", "starts_at"):
            cast("LocalMoment", self.fields[name]).zone = viewer.zone

    def wanted(self, conditions: tuple[Condition, ...]) -> Wanted:
        """Return what was typed."""
        told = self.cleaned_data
        return Wanted(conditions, told["ends_at"], told["reason"], told["starts_at"], told["covers_p4"])


def _who(person: Person) -> Who:
    return Who(team_operations.as_actor(person), person)


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the silences of one team."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    found = queries.of_team(team)
    context = {
        "team": team,
        "teams": teams,
        "now": now,
        "active": _lines(list(found.active(now)), now),
        "planned": _lines(list(found.planned(now)), now),
        "over": _lines(list(found.over(now)[: queries.OVER_MOST]), now),
        "may_silence": permissions.can(request.user, Capability.SILENCE_ALERTS, team_id=team.pk),
    }
    return render(request, "web/silences/list.html", context)


def _lines(silences: Sequence[Silence], now: datetime) -> list[Line]:
    alerts_of, zone = queries.silenced_by(silences), timezone.get_current_timezone()
    return [
        Line(one, words_of(one), _when(one, now, zone), alerts_of.get(one.pk, 0)) for one in silences
    ]  # fmt: skip


def words_of(one: Silence) -> str:
    """Return the conditions in a sentence."""
    return ", ".join(map(str, one.asked)) or _("everything")


def _when(one: Silence, now: datetime, zone: Any) -> str:
    ends = when.until(one.over_at, now=now, zone=zone)
    if one.standing(now) is Standing.PLANNED:
        return f"{when.at(one.starts_at, now=now, zone=zone)} – {ends}"
    return _("until %(when)s") % {"when": ends}


@needs(Capability.SILENCE_ALERTS)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: Request) -> HttpResponse:
    """Make a silence; the address may name a page like which, or conditions to begin with."""
    team = chosen(request, permissions.teams(request.user, Capability.SILENCE_ALERTS))
    now = clock.now()
    if request.method != "POST":
        team, rows = _begin_with(request, team)
        form = SilenceForm(
            initial={"ends_at": (now + USUAL_LENGTH).replace(second=0, microsecond=0)}, viewer=request.user
        )
        preview = _preview(team, rows, form, now) if rows else None
        return _draw(request, team, form, rows, now=now, preview=preview)
    form, rows = SilenceForm(request.POST, viewer=request.user), _typed(request.POST)
    if request.POST.get("do") == "preview":
        return _look(request, team, form, rows, now=now)

    def store(wanted: Wanted, *, is_meant: bool) -> Silence:
        return operations.make(team, wanted, by=_who(request.user), now=now, is_meant=is_meant)

    return _store(request, team, form, rows, store, now=now)


def _store(
    request: Request,
    team: Team,
    form: SilenceForm,
    rows: list[Row],
    store: Any,
    *,
    now: datetime,
    silence: Silence | None = None,
) -> HttpResponse:
    """Store what was typed with `store`, or draw the form again with what is wrong with it."""
    problem = ""
    try:
        conditions = read(rows)
        if form.is_valid():
            made = store(form.wanted(conditions), is_meant=form.cleaned_data["is_meant"])
            said = _("Stored: %(when)s.") % {"when": _when(made, now, timezone.get_current_timezone())}
            return see(request, f"/alerts/silences?team={team.slug}", Toast(said))
    except SilenceRefused as refused:
        if refused.field in form.fields and form.is_valid():
            form.add_error(refused.field, str(refused))
        else:
            problem = str(refused)
    except SilenceTooWide as wide:
        form.add_error("is_meant", str(wide))
    except (SilenceChanged, SilenceIsOver) as late:
        form.add_error(None, str(late))
    return _draw(request, team, form, rows, now=now, silence=silence, problem=problem, status=422)


def _look(
    request: Request, team: Team, form: SilenceForm, rows: list[Row], *, now: datetime, silence: Silence | None = None
) -> HttpResponse:
    """Draw the form again as it was typed, with what it would cover."""
    try:
        preview = _preview(team, rows, form, now)
    except SilenceRefused as refused:
        return _draw(request, team, form, rows, now=now, silence=silence, problem=str(refused), status=422)
    # what is missing so far is no error yet
    unjudged = SilenceForm(initial={name: form.data.get(name, "") for name in form.fields}, viewer=request.user)
    return _draw(request, team, unjudged, rows, now=now, silence=silence, preview=preview)


def _preview(team: Team, rows: list[Row], form: SilenceForm, now: datetime) -> Preview:
    rule = Wanted(read(rows), now + USUAL_LENGTH, "", covers_p4=bool(form.data.get("covers_p4"))).rule(now)
    return queries.preview(TeamContext.load(team.pk, at=now), rule, now=now)


def _typed(form: QueryDict) -> list[Row]:
    rows = zip(form.getlist("field"), form.getlist("how"), form.getlist("value"), strict=False)
    return [row for row in rows if row[2].strip()][: CONDITIONS_MOST + 1]


def _begin_with(request: Request, team: Team) -> tuple[Team, list[Row]]:
    """Return the conditions that the address names, or those of the page it names, with that page's team."""
    number = whole_number(request.GET.get("page", ""))
    page = pager.visible_to(request.user).select_related("team").filter(pk=number).first() if number else None
    if page is None:
        return team, _typed(request.GET)
    check(request.user, Capability.SILENCE_ALERTS, page.team)
    on_it = alerts.on_page(page, most=1)
    if not on_it:
        return page.team, []
    shard = str(on_it[0].labels.get("shard", ""))
    rows = [(Field.SOURCE.value, How.IS.value, on_it[0].source.name), (Field.TITLE.value, How.IS.value, on_it[0].title)]
    return page.team, [*rows, *([(f"{LABEL}shard", How.IS.value, shard)] if shard else [])]


@needs(Capability.SEE_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, silence_id: int) -> HttpResponse:
    """Show one silence; POST changes it."""
    found, now = fetch(queries.visible_to(request.user).select_related("team"), pk=silence_id), clock.now()
    rows = [(one.field, one.how.value, one.value) for one in found.asked]
    if request.method != "POST":
        typed = {
            "reason": found.reason,
            "ends_at": found.ends_at,
            "starts_at": found.starts_at if found.standing(now) is Standing.PLANNED else None,
            "covers_p4": found.covers_p4,
            "version": found.version,
        }
        return _draw(request, found.team, SilenceForm(initial=typed, viewer=request.user), rows, now=now, silence=found)
    check(request.user, Capability.SILENCE_ALERTS, found.team)
    form, rows = SilenceForm(request.POST, viewer=request.user), _typed(request.POST)
    if request.POST.get("do") == "preview":
        return _look(request, found.team, form, rows, now=now, silence=found)

    def store(wanted: Wanted, *, is_meant: bool) -> Silence:
        version = form.cleaned_data["version"]
        return operations.change(
            found.pk, wanted, version=version, by=_who(request.user), now=now, is_meant=is_meant
        )  # fmt: skip

    return _store(request, found.team, form, rows, store, now=now, silence=found)


@needs(Capability.SILENCE_ALERTS)
@require_POST
def end(request: Request, silence_id: int) -> HttpResponse:
    """End one now, or call it off before it begins."""
    found = fetch(queries.visible_to(request.user).select_related("team"), pk=silence_id)
    check(request.user, Capability.SILENCE_ALERTS, found.team)
    home = f"/alerts/silences?team={found.team.slug}"
    try:
        operations.end(found.pk, by=_who(request.user), now=clock.now())
    except SilenceIsOver as over:
        return see(request, home, Toast(str(over), is_problem=True))
    return see(request, home, Toast(_("Ended. What is still open under it calls now.")))


def _draw(
    request: Request,
    team: Team,
    form: SilenceForm,
    rows: list[Row],
    *,
    now: datetime,
    silence: Silence | None = None,
    preview: Preview | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    empty = max(ROWS_LEAST - len(rows), EMPTY_ROWS)
    shown = [*rows, *[(Field.TITLE.value, How.CONTAINS.value, "")] * empty][:CONDITIONS_MOST]
    context = {
        "team": team,
        "form": form,
        "rows": shown,
        "fields": _fields(team, shown),
        "hows": [(how.value, _HOWS[how]) for how in How],
        "now": now,
        "silence": silence,
        "line": _lines([silence], now)[0] if silence else None,
        "is_over": silence is not None and silence.standing(now) is Standing.OVER,
        "preview": preview,
        "conditions_error": problem,
        "may_silence": permissions.can(request.user, Capability.SILENCE_ALERTS, team_id=team.pk),
    }
    return render(request, "web/silences/form.html", context, status=status)


_FIELDS = {
    Field.SOURCE: gettext_lazy("source"),
    Field.TITLE: gettext_lazy("title"),
    Field.TEXT: gettext_lazy("text"),
    Field.SEVERITY: gettext_lazy("severity"),
    Field.PRIORITY: gettext_lazy("priority"),
    Field.WHERE: gettext_lazy("where"),
    Field.AREA: gettext_lazy("area"),
}
_HOWS = {
    How.IS: gettext_lazy("is"),
    How.IS_NOT: gettext_lazy("is not"),
    How.CONTAINS: gettext_lazy("contains"),
    How.MATCHES: gettext_lazy("matches"),
}


def _fields(team: Team, rows: list[Row]) -> list[tuple[str, Any]]:
    """Return what a condition may look at: the fields, and the labels that alerts carried lately or that are typed."""
    labels = {f"{LABEL}{name}" for name in queries.label_names(team)}
    labels |= {row[0] for row in rows if row[0].startswith(LABEL)}
    return [
        *((field.value, words) for field, words in _FIELDS.items()),
        *((name, _("label %(name)s") % {"name": name.removeprefix(LABEL)}) for name in sorted(labels)),
    ]
