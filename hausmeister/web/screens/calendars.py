"""Calendars: my feeds, shown once and revoked alone; my leave read from elsewhere; a team's imported schedules."""

from typing import Any, cast

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.rota.calendars import feeds, fetching, imports, queries, sheets
from hausmeister.rota.calendars.feeds import FeedRefused, NewFeed
from hausmeister.rota.calendars.imports import ImportRefused
from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.rota.rules.calendars.importing import MOST_BYTES, USUAL_WORDS, BadCalendar, ImportKind, read_words
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.teams import chosen

HERE = "/profile/calendars"
# two forms on one screen both have a name
_LEAVE_ID = "leave_%s"


# ---- feeds ----


def choices(person: Person) -> list[tuple[str, str]]:
    """Return what a feed of `person` can be about: a value for the form, and its words."""
    found = [("person", _("My duties, in all my teams"))]
    for team in permissions.teams(person, Capability.SEE_STATUS):
        found.append((f"rota {team.pk}", _("The whole rota of %(team)s") % {"team": team.name}))
        found += [
            (f"duty {team.pk} {name}", _("%(duty)s of %(team)s") % {"duty": title, "team": team.name})
            for name, (title, _is_it) in sheets.duties_of(team).items()
        ]
        found += [
            (
                f"schedule {team.pk} {one.slug}",
                _("%(schedule)s of %(team)s") % {"schedule": one.name, "team": team.name},
            )
            for one in schedule_queries.schedules_of(team)
        ]
    return found


class FeedForm(forms.Form):
    """What the calendar shows, and which device it is for."""

    what = forms.ChoiceField(label=gettext_lazy("What it shows"))
    name = forms.CharField(
        label=gettext_lazy("Device"),
        help_text=gettext_lazy("Such as “my phone”, so that you know later which one to revoke."),
        max_length=100,
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["what"]).choices = choices(person)


@needs(Capability.OWN_PROFILE, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request) -> HttpResponse:
    """Show my calendars; a POST makes a feed, whose address is shown this one time."""
    form = FeedForm(request.user, request.POST or None, initial={"what": request.GET.get("what", "person")})
    made: NewFeed | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request, form)
        except FeedRefused as problem:
            form.add_error(None, str(problem))
        else:
            form = FeedForm(request.user)
    return _shown(request, form=form, made=made)


def _make(request: Request, form: FeedForm) -> NewFeed:
    kind, _sep, rest = form.cleaned_data["what"].partition(" ")
    team_id, _sep, what = rest.partition(" ")
    return feeds.make_feed(
        request.user,
        kind=FeedKind(kind),
        team=Team.objects.get(pk=int(team_id)) if team_id else None,
        what=what,
        name=form.cleaned_data["name"],
        by=team_operations.as_actor(request.user),
        now=clock.now(),
    )


def _shown(
    request: Request, *, form: FeedForm | None = None, leave: "LeaveForm | None" = None, made: NewFeed | None = None
) -> HttpResponse:
    given = [one for one in (form, leave) if one is not None]
    context = {
        "form": form or FeedForm(request.user),
        "leave": leave or LeaveForm(auto_id=_LEAVE_ID),
        "made": made,
        **summary(request.user),
    }
    status = 422 if any(one.errors for one in given) else 200
    return render(request, "web/calendars/calendars.html", context, status=status)


def summary(person: Person) -> dict[str, Any]:
    """Return the feeds and imports of `person`, as the profile and this screen show them."""
    titles = dict(choices(person))
    mine = feeds.feeds_of(person, now=clock.now())
    return {
        "feeds": [(one, titles.get(_value(one)) or one.what or one.kind) for one in mine],
        "imports": queries.leave_imports(person),
    }


def _value(feed: CalendarFeed) -> str:
    return " ".join(part for part in (feed.kind, str(feed.team_id or ""), feed.what) if part)


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def revoke(request: Request, feed_id: int) -> HttpResponse:
    """End one of my feeds, and no other."""
    one = fetch(CalendarFeed.objects.filter(person=request.user), pk=feed_id)
    feeds.revoke_feed(one, by=team_operations.as_actor(request.user), now=clock.now())
    return see(request, HERE, Toast(_("The calendar of “%(name)s” shows nothing new any more.") % {"name": one.name}))


# ---- leave from elsewhere ----


class LeaveForm(forms.Form):
    """Where my leave stands, and how it is recognised there."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, initial=gettext_lazy("my leave"))
    url = forms.CharField(
        label=gettext_lazy("Address of the calendar"),
        help_text=gettext_lazy("Its secret iCal address: https://… or webcal://…"),
        max_length=1000,
    )
    words = forms.CharField(
        label=gettext_lazy("Words in the title"),
        help_text=gettext_lazy(
            "Only events with one of these count. Leave it empty if the calendar holds leave alone."
        ),
        max_length=400,
        required=False,
        initial=", ".join(USUAL_WORDS),
    )


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def import_leave(request: Request) -> HttpResponse:
    """Have my leave read from a calendar."""
    form = LeaveForm(request.POST, auto_id=_LEAVE_ID)
    if form.is_valid():
        try:
            imports.add_import(
                ImportKind.LEAVE,
                person=request.user,
                name=form.cleaned_data["name"],
                url=imports.fitting_address(form.cleaned_data["url"]),
                words=read_words(form.cleaned_data["words"]),
                by=team_operations.as_actor(request.user),
                now=clock.now(),
                created_by=request.user,
            )
        except ImportRefused as problem:
            form.add_error("url", str(problem))
        else:
            return see(
                request, f"{HERE}#leave", Toast(_("Stored. It is read within a minute; look here for what came."))
            )
    return _shown(request, leave=form)


@needs(Capability.OWN_PROFILE, fresh=True)
@require_POST
def leave_act(request: Request, import_id: int, act: str) -> HttpResponse:
    """Look again at a calendar of mine, take it though it is empty, or read it no more."""
    one = fetch(CalendarImport.objects.filter(person=request.user), pk=import_id)
    return see(request, f"{HERE}#leave", Toast(_act(request, one, act)))


def _act(request: Request, one: CalendarImport, act: str) -> str:
    """Do to an import what its path says; return what was done, in words."""
    by, now = team_operations.as_actor(request.user), clock.now()
    if act == "remove":
        imports.remove_import(one, by=by, now=now)
        if one.kind == ImportKind.LEAVE:
            return _("It is read no more. The days away that came from it stay.")
        if one.schedule:
            return _("It is read no more. The schedule %(name)s stays as it is.") % {"name": one.schedule.name}
        return _("It is read no more.")
    if act not in {"read", "empty"}:
        raise Http404
    imports.ask_again(one, by=by, now=now, may_be_empty=act == "empty")
    return _("It is read within a minute; look here for what came.")


# ---- a team's schedules from elsewhere ----


class ScheduleForm(forms.Form):
    """A schedule somebody else keeps: its address, or its file."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    url = forms.CharField(
        label=gettext_lazy("Address of the calendar"),
        help_text=gettext_lazy("https://… or webcal://…; it is read again and again."),
        max_length=1000,
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("Or its file"), help_text=gettext_lazy("An .ics file; it is read once."), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Refuse both and neither, and a file that is too large."""
        found = super().clean() or {}
        if bool(found.get("url")) == bool(found.get("file")):
            self.add_error("url", _("Give either an address or a file."))
        if found.get("file") and found["file"].size > MOST_BYTES:
            self.add_error("file", _("The file is larger than 2 MiB."))
        return found


@needs(Capability.CHANGE_ROTA, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def schedules(request: Request) -> HttpResponse:
    """Show the schedules that a team imports; a POST adds one."""
    teams = permissions.teams(request.user, Capability.CHANGE_ROTA)
    team = chosen(request, teams)
    check(request.user, Capability.CHANGE_ROTA, team)
    form = ScheduleForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            said = _add_schedule(request, team, form)
        except (ImportRefused, BadCalendar) as problem:
            form.add_error("file" if form.cleaned_data["file"] else "url", str(problem))
        else:
            return see(request, f"/rota/import?team={team.slug}", Toast(said))
    found = queries.schedule_imports(team)
    context = {
        "team": team,
        "teams": teams,
        "form": form,
        "imports": [(one, queries.unmatched(one, now=clock.now())) for one in found],
    }
    return render(request, "web/calendars/schedules.html", context, status=422 if form.errors else 200)


def _add_schedule(request: Request, team: Team, form: ScheduleForm) -> str:
    """Store a schedule; a file is taken at once or not at all. Raises ImportRefused or BadCalendar."""
    by, now, file = team_operations.as_actor(request.user), clock.now(), form.cleaned_data["file"]
    one = imports.add_import(
        ImportKind.SCHEDULE,
        team=team,
        name=form.cleaned_data["name"],
        url="" if file else imports.fitting_address(form.cleaned_data["url"]),
        by=by,
        now=now,
        created_by=request.user,
    )
    if not file:
        return _("Stored. It is read within a minute; look here for what came.")
    try:
        fetching.take_body(one, file.read(), now=now, by=by)
    except BadCalendar:
        imports.remove_import(one, by=by, now=now)
        raise
    return _("Taken. Turns that fit nobody are listed with the reason.")


@needs(Capability.CHANGE_ROTA, fresh=True)
@require_POST
def schedule_act(request: Request, import_id: int, act: str) -> HttpResponse:
    """Look again at a schedule, take it though it is empty, or import it no more."""
    teams = permissions.teams(request.user, Capability.CHANGE_ROTA)
    one = fetch(CalendarImport.objects.filter(team__in=teams).select_related("team", "layer__schedule"), pk=import_id)
    slug = one.team.slug if one.team else ""
    return see(request, f"/rota/import?team={slug}", Toast(_act(request, one, act)))
