"""People: who cannot be reached, in words; then everybody's duty, ways to be reached, days away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.pager.context import TeamContext
from hausmeister.rota import operations as rota_operations
from hausmeister.rota import queries as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.queries import DutyNow
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Membership, Person, Team
from hausmeister.team.operations import members, sessions
from hausmeister.team.rules import Away, Capability, Channel, Role, masked
from hausmeister.web import ahead, readiness, when
from hausmeister.web.access import Request, check, fetch, needs
from hausmeister.web.answers import Asked, Toast, first_ask, see
from hausmeister.web.readiness import Readiness
from hausmeister.web.teams import chosen

SOON = timedelta(days=14)
_ROLES = [
    (Role.LEAD.value, gettext_lazy("lead: changes rota, policy and people")),
    (Role.RESPONDER.value, gettext_lazy("responder: is paged, acts on pages")),
    (Role.VIEWER.value, gettext_lazy("viewer: sees who is on duty, and nothing of what arrives")),
]


@dataclass(frozen=True)
class Line:
    """One member as the list shows them."""

    member: Membership
    readiness: Readiness
    duty: str
    next_duty: Shift | None
    away: str
    is_due: bool

    @property
    def matters(self) -> bool:
        """Whether anything is wrong that should be settled."""
        return bool(self.readiness.problem) and self.member.role != Role.VIEWER


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show one team's people."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team = chosen(request, teams)
    now = clock.now()
    lines = _lines(team, now=now)
    # who has no method, and who was never tested, is said in the two lists already
    said = {line.member.person_id for line in lines if line.matters and (line.readiness.is_bad or line.is_due)}
    context = {
        "team": team,
        "teams": teams,
        "lines": lines,
        "ahead": ahead.about_people(team, reader=request.user, said=said, now=now),
        "unreachable": _due_first(line for line in lines if line.matters and line.readiness.is_bad),
        "untested": _due_first(line for line in lines if line.matters and not line.readiness.is_bad and line.is_due),
        "may_test": permissions.can(request.user, Capability.ACT_ON_PAGES),
        "may_change": permissions.can(request.user, Capability.MANAGE_MEMBERS, team_id=team.pk),
    }
    return render(request, "web/people/people.html", context)


def _due_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: not line.is_due)


def _lines(team: Team, *, now: datetime) -> list[Line]:
    found = team_queries.members(team.pk)
    ids = [member.person_id for member in found]
    methods: dict[int, list[ContactMethod]] = {}
    for method in ContactMethod.objects.filter(person_id__in=ids).order_by("id"):
        methods.setdefault(method.person_id, []).append(method)
    shifts: dict[int, Shift] = {}
    for shift in Shift.objects.filter(team=team, ends_at__gt=now, person_id__in=ids).order_by("-starts_at", "-id"):
        if shift.person_id is not None:
            shifts[shift.person_id] = shift
    away = rota.away_between(team, starts_at=now, ends_at=now + SOON * 4)
    duty = TeamContext.load(team.pk, at=now).timeline(timedelta(seconds=1))[0].duty
    return [_line(member, methods.get(member.person_id, []), shifts, away, duty, now=now) for member in found]


def _line(
    member: Membership,
    methods: list[ContactMethod],
    shifts: dict[int, Shift],
    away: dict[int, list[Away]],
    duty: DutyNow,
    *,
    now: datetime,
) -> Line:
    shift = shifts.get(member.person_id)
    post = duty.post_of(member.person)
    titles = {"primary": duty.title, "backstop": duty.backstop.title}
    spans = away.get(member.person_id, [])
    return Line(
        member=member,
        readiness=readiness.of_methods(methods, now=now),
        duty=titles[post.value] if post else "",
        next_duty=shift if shift is not None and shift.starts_at > now else None,
        away=", ".join(_days(span, member.person, now) for span in sorted(spans, key=lambda one: one.starts_at)[:2]),
        is_due=post is not None or (shift is not None and shift.starts_at < now + SOON),
    )


def _days(span: Away, person: Person, now: datetime) -> str:
    """Return days away in words, counted on the person's own calendar, as they were entered."""
    first, last = (
        moment.astimezone(person.zone).date() for moment in (span.starts_at, span.ends_at - timedelta(seconds=1))
    )
    return when.span(first, last, today=now.astimezone(person.zone).date())


class MemberForm(forms.Form):
    """What a person is in a team."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=_ROLES, widget=forms.RadioSelect)
    experience = forms.IntegerField(
        label=gettext_lazy("Ops experience"),
        help_text=gettext_lazy("A backstop needs a greater number than the person backed; equal numbers are peers."),
        min_value=1,
        max_value=99,
    )
    takes_duty = forms.BooleanField(label=gettext_lazy("Takes duties"), required=False)


@needs(Capability.MANAGE_MEMBERS, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: Request, member_id: int) -> HttpResponse:
    """Show what a person is in a team; a POST changes it and settles the duties it touches."""
    one = _member(request, member_id)
    if request.method == "POST":
        form = MemberForm(request.POST)
        if form.is_valid():
            try:
                moved = rota_operations.change_member(
                    one,
                    role=Role(form.cleaned_data["role"]),
                    experience=form.cleaned_data["experience"],
                    takes_duty=form.cleaned_data["takes_duty"],
                    by=team_operations.as_actor(request.user),
                    now=clock.now(),
                )
            except members.LastLead:
                form.add_error("role", _("This is the team's only lead. Make somebody else a lead first."))
            else:
                return see(request, f"/people?team={one.team.slug}", _stored(one, len(moved)))
    else:
        form = MemberForm(
            initial={"role": one.role, "experience": one.experience, "takes_duty": one.takes_duty}
        )  # fmt: skip
    methods = list(ContactMethod.objects.filter(person=one.person).order_by("id"))
    context = {
        "form": form,
        "member": one,
        "readiness": readiness.of_methods(methods, now=clock.now()),
        "methods": [(method, masked(Channel(method.channel), method.address)) for method in methods],
        "is_admin": request.user.is_admin,
    }
    return render(request, "web/people/member.html", context, status=422 if form.errors else 200)


def _member(request: Request, member_id: int) -> Membership:
    teams = permissions.teams(request.user, Capability.MANAGE_MEMBERS)
    return fetch(Membership.objects.filter(team__in=teams, left_on=None).select_related("team", "person"), pk=member_id)


def _stored(one: Membership, moved: int) -> Toast:
    if moved:
        return Toast(_("Stored. Duties of %(name)s that were moved: %(n)d.") % {"name": one.person.name, "n": moved})
    return Toast(_("Stored."))


@needs(Capability.MANAGE_MEMBERS, fresh=True)
@require_POST
def part(request: Request, member_id: int) -> HttpResponse:
    """End a person's part in a team."""
    one = _member(request, member_id)
    facts = {"name": one.person.name, "team": one.team.name}
    question = Asked(
        _("Take %(name)s out of %(team)s?") % facts,
        _("Their duties go to others at once. The account stays; they can be invited again."),
        _("Take %(name)s out") % facts,
        f"/people/{one.pk}",
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    try:
        moved = rota_operations.part(one, by=team_operations.as_actor(request.user), now=clock.now())
    except members.LastLead:
        problem = _("This is the team's only lead. Make somebody else a lead first.")
        return see(request, f"/people/{one.pk}", Toast(problem, is_problem=True))
    return see(request, f"/people?team={one.team.slug}", _stored(one, len(moved)))


@needs(Capability.ADMINISTER, fresh=True)
@require_POST
def deactivate(request: Request, member_id: int) -> HttpResponse:
    """End an account: sessions, links and calls stop at once."""
    one = _member(request, member_id)
    question = Asked(
        _("End the account of %(name)s?") % {"name": one.person.name},
        _("Sessions, links and calls stop at once, and their duties go to others. What they did stays on record."),
        _("End the account"),
        f"/people/{one.pk}",
    )
    if (asking := first_ask(request, question)) is not None:
        return asking
    try:
        rota_operations.deactivate(one.person, by=team_operations.as_actor(request.user), now=clock.now())
    except members.LastAdmin:
        problem = _("This is the last admin. Make somebody else an admin first.")
        return see(request, f"/people/{one.pk}", Toast(problem, is_problem=True))
    said = _("%(name)s can no longer sign in, and is not called any more.") % {"name": one.person.name}
    return see(request, f"/people?team={one.team.slug}", Toast(said))


@needs(Capability.ADMINISTER, fresh=True)
@require_POST
def end_sessions(request: Request, member_id: int) -> HttpResponse:
    """Sign a person out everywhere."""
    one = _member(request, member_id)
    sessions.end_all(one.person)
    return see(request, f"/people/{one.pk}", Toast(_("%(name)s is signed out everywhere.") % {"name": one.person.name}))


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=_ROLES, widget=forms.RadioSelect, initial=Role.RESPONDER.value
    )
    experience = forms.IntegerField(
        label=gettext_lazy("Ops experience"),
        help_text=gettext_lazy("A backstop needs a greater number than the person backed; equal numbers are peers."),
        min_value=1,
        max_value=99,
        initial=1,
    )


@needs(Capability.MANAGE_MEMBERS, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Show the form for an invitation; a POST sends it."""
    team = chosen(request, permissions.teams(request.user, Capability.MANAGE_MEMBERS))
    check(request.user, Capability.MANAGE_MEMBERS, team)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields: dict[str, Any] = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            link = members.invite_by_mail(team, by=request.user, now=clock.now(), **fields)
        except IntegrityError:
            form.add_error(None, _("The invitation could not be stored. Try again."))
        else:
            # without a mail server nobody else could ever hand the link over
            if settings.HAUSMEISTER_EMAIL is None:
                return render(request, "web/people/invited.html", {"team": team, "link": link, **fields})
            said = _("Invited %(name)s. The link in the mail works for three days.") % fields
            return see(request, f"/people?team={team.slug}", Toast(said))
    return render(request, "web/people/invite.html", {"form": form, "team": team}, status=422 if form.errors else 200)
