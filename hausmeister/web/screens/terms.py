"""On what terms somebody shares the duties (leads), and their wishes (the person; leads see them)."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from hausmeister.base import clock
from hausmeister.rota.models.planning import Wish
from hausmeister.rota.planning import holidays, members, snapshot
from hausmeister.rota.planning.experience import Standing, standing_of
from hausmeister.rota.planning.members import WishRefused
from hausmeister.rota.planning.rules.terms import BadTerms, Goal, Terms
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.models import Membership
from hausmeister.team.rules import Capability, Role
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Toast, see

_DAYS = [
    ("0", gettext_lazy("Monday")), ("1", gettext_lazy("Tuesday")), ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")), ("4", gettext_lazy("Friday")),
]  # fmt: skip


def _day(label: Any, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=hint, widget=widget, required=False)


class TermsForm(forms.Form):
    """What the planner should know of a member."""

    fte_percent = forms.IntegerField(
        label=gettext_lazy("Share of the duties, per cent"),
        help_text=gettext_lazy("100 is a full share; somebody at three days of five has 60."),
        min_value=1, max_value=100,
    )  # fmt: skip
    off_weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Usual free weekdays"), choices=_DAYS, widget=forms.CheckboxSelectMultiple,
        required=False,
    )  # fmt: skip
    country = forms.CharField(
        label=gettext_lazy("Public holidays of"),
        help_text=gettext_lazy("A country in two letters, such as DE; empty for none."),
        max_length=2, required=False,
    )  # fmt: skip
    subdivision = forms.CharField(
        label=gettext_lazy("and of the region"),
        help_text=gettext_lazy("Its code, such as BE for Berlin; empty for the whole country."),
        max_length=10, required=False,
    )  # fmt: skip
    knows = forms.CharField(
        label=gettext_lazy("Areas known"), help_text=gettext_lazy("One a line."),
        widget=forms.Textarea(attrs={"rows": "3"}), max_length=2000, required=False,
    )  # fmt: skip
    learns = forms.CharField(
        label=gettext_lazy("Areas to learn"),
        help_text=gettext_lazy(
            "One a line, with how many weekday duties: storage 2. The planner puts somebody behind who knows it."
        ),
        widget=forms.Textarea(attrs={"rows": "3"}), max_length=2000, required=False,
    )  # fmt: skip
    from_on = _day(gettext_lazy("Takes duties from"), gettext_lazy("Empty: since they joined."))
    until_on = _day(gettext_lazy("Takes duties until"), gettext_lazy("Their last day, when it is known ahead."))

    def terms(self) -> Terms:
        """Return what was entered. Raises BadTerms."""
        found = self.cleaned_data
        return Terms(
            found["fte_percent"], tuple(int(day) for day in found["off_weekdays"]), found["country"],
            found["subdivision"], tuple(found["knows"].splitlines()),
            tuple(_goal(line) for line in found["learns"].splitlines() if line.strip()), found["from_on"],
            found["until_on"],
        )  # fmt: skip


def _goal(line: str) -> Goal:
    area, _space, times = line.strip().rpartition(" ")
    if area and times.isascii() and times.isdecimal() and len(times) < 4:
        return Goal(area.strip(), int(times))
    return Goal(line.strip())


def _initial(terms: Terms) -> dict[str, Any]:
    return {
        "fte_percent": terms.fte_percent,
        "off_weekdays": [str(day) for day in terms.off_weekdays],
        "country": terms.country,
        "subdivision": terms.subdivision,
        "knows": "\n".join(terms.knows),
        "learns": "\n".join(f"{goal.area} {goal.times}" for goal in terms.learns),
        "from_on": terms.from_on,
        "until_on": terms.until_on,
    }


@needs(Capability.MANAGE_MEMBERS, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: Request, member_id: int) -> HttpResponse:
    """Show on what terms a member shares the duties; a POST changes them and settles the duties they touch."""
    teams = permissions.teams(request.user, Capability.MANAGE_MEMBERS)
    one = fetch(
        Membership.objects.filter(team__in=teams, left_on=None).select_related("team", "person"), pk=member_id
    )  # fmt: skip
    now = clock.now()
    if request.method == "POST":
        form = TermsForm(request.POST)
        if form.is_valid():
            try:
                by = team_operations.as_actor(request.user)
                moved = members.change_terms(one, form.terms(), by=by, now=now)
            except BadTerms as problem:
                form.add_error(problem.field, str(problem))
            else:
                return see(request, f"/people/{one.pk}/planning", Toast(_stored(len(moved))))
    else:
        form = TermsForm(initial=_initial(snapshot.terms_of([one])[one.pk]))
    standing: Standing = standing_of(one, now=now)
    context = {
        "form": form,
        "member": one,
        "standing": standing,
        "wishes": list(Wish.objects.standing().filter(membership=one, ends_on__gte=now.date())),
        "countries": ", ".join(holidays.countries()),
    }
    return render(request, "web/people/terms.html", context, status=422 if form.errors else 200)


def _stored(moved: int) -> str:
    if not moved:
        return _("Stored. The next plan goes by it.")
    told = ngettext("%(n)d duty moved", "%(n)d duties moved", moved) % {"n": moved}
    return _("Stored; %(moved)s to others.") % {"moved": told}


# ---- wishes ----


class WishForm(forms.Form):
    """Days on which one would rather have no duty, or must not."""

    membership = forms.TypedChoiceField(label=gettext_lazy("Team"), coerce=int)
    must = forms.ChoiceField(
        label=gettext_lazy("How firmly"), widget=forms.RadioSelect, initial="no",
        choices=[
            ("no", gettext_lazy("I would rather have no duty then")),
            ("yes", gettext_lazy("I must not have a duty then")),
        ],
    )  # fmt: skip
    starts_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), help_text=gettext_lazy("Seen by you and the team's leads alone."), max_length=200,
        required=False,
    )  # fmt: skip

    def __init__(self, mine: list[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.pk, one.team.name) for one in mine]
        self.fields["membership"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["membership"].initial = choices[0][0]


def mine(request: Request) -> list[Membership]:
    """Return the person's own memberships that share duties."""
    found = Membership.objects.filter(person=request.user, left_on=None, takes_duty=True).exclude(role=Role.VIEWER)
    return list(found.select_related("team", "person").order_by("team__name", "id"))


@needs(Capability.OWN_PROFILE)
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: Request) -> HttpResponse:
    """Show my wishes and the form for another; a POST stores it."""
    own, now = mine(request), clock.now()
    if request.method == "POST":
        form = WishForm(own, request.POST)
        if form.is_valid():
            wanted = dict(form.cleaned_data)
            membership = next(one for one in own if one.pk == wanted.pop("membership"))
            must = wanted.pop("must") == "yes"
            try:
                by = team_operations.as_actor(request.user)
                members.add_wish(membership, must=must, by=by, now=now, **wanted)
            except WishRefused as problem:
                form.add_error(None, str(problem))
            else:
                return see(request, "/profile/wishes", Toast(_("Stored. The next plan knows of it.")))
    else:
        form = WishForm(own)
    today: date = now.astimezone(request.user.zone).date()
    found = Wish.objects.standing().filter(membership__in=own, ends_on__gte=today).select_related("membership__team")
    context = {"form": form, "mine": own, "wishes": list(found)}
    return render(request, "web/profile/wishes.html", context, status=422 if form.errors else 200)


@needs(Capability.OWN_PROFILE)
@require_POST
def take_back(request: Request, wish_id: int) -> HttpResponse:
    """Take one of my wishes back."""
    one = fetch(Wish.objects.filter(membership__person=request.user).select_related("membership"), pk=wish_id)
    members.take_back_wish(one, by=team_operations.as_actor(request.user), now=clock.now())
    return see(request, "/profile/wishes", Toast(_("Taken back.")))
