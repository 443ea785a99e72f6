"""Swaps and cover: who could take a duty of mine, what is asked of me and by me, and the answer to one ask."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hausmeister.base import clock
from hausmeister.rota.asks import answering, asking, queries
from hausmeister.rota.asks.asking import AskRefused, Question, Wanted
from hausmeister.rota.asks.board import Option
from hausmeister.rota.asks.rules import Answer, AskKind
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability
from hausmeister.web import moments
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.answers import Toast, see
from hausmeister.web.forms import LocalMoment, whole_number
from hausmeister.web.teams import chosen

_EFFECTS = {
    "D": gettext_lazy("weekday duties"),
    "W": gettext_lazy("weekends"),
    "B": gettext_lazy("backstops"),
    "H": gettext_lazy("holidays on duty"),
}


class PartForm(forms.Form):
    """From when to when somebody cannot, and why."""

    starts_at = LocalMoment(label=gettext_lazy("From"))
    ends_at = LocalMoment(label=gettext_lazy("To"))
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False, help_text=gettext_lazy("Whoever is asked reads it.")
    )

    def __init__(self, viewer: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):
            field = self.fields[name]
            if isinstance(field, LocalMoment):
                field.zone = viewer.zone


def _team_and_turn(request: Request) -> tuple[Team, date, str]:
    team = chosen(request, permissions.teams(request.user, Capability.ACT_ON_PAGES))
    try:
        return team, date.fromisoformat(request.GET.get("week", "")), request.GET.get("role", "")
    except ValueError as error:
        raise Http404 from error


@needs(Capability.ACT_ON_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: Request) -> HttpResponse:
    """Show every valid swap of a duty, the best first; a POST asks those that are ticked."""
    team, week, role = _team_and_turn(request)
    wanted = Wanted(AskKind.SWAP, week, role, reason=request.POST.get("reason", ""))
    return _screen(request, team, wanted, "web/asks/swap.html", form=None)


@needs(Capability.ACT_ON_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: Request) -> HttpResponse:
    """Show who could cover a duty or a part of it; a POST with `ask` asks them all."""
    team, week, role = _team_and_turn(request)
    if request.method == "POST":
        form = PartForm(request.user, request.POST)
        if not form.is_valid():
            context = {"form": form, "team": team, "week": week, "role": role}
            return render(request, "web/asks/cover.html", context, status=422)
        wanted = Wanted(
            AskKind.COVER, week, role, form.cleaned_data["starts_at"], form.cleaned_data["ends_at"],
            form.cleaned_data["reason"],
        )  # fmt: skip
    else:
        form, wanted = PartForm(request.user), Wanted(AskKind.COVER, week, role)
    return _screen(request, team, wanted, "web/asks/cover.html", form=form)


def _screen(request: Request, team: Team, wanted: Wanted, template: str, *, form: PartForm | None) -> HttpResponse:
    person, now = request.user, clock.now()
    leads = permissions.can(person, Capability.CHANGE_ROTA, team_id=team.pk)
    context: dict[str, Any] = {"team": team, "week": wanted.week, "role": wanted.role, "form": form}
    try:
        if request.POST.get("ask") == "yes":
            made = asking.ask(
                team, wanted, asker=None if leads else person, keys=request.POST.getlist("keys"),
                by=team_operations.as_actor(person), person=person, now=now,
            )  # fmt: skip
            return see(request, f"/rota/asks/{made.pk}", Toast(_("Asked. The rota changes when somebody agrees.")))
        found = asking.look(team, wanted, now=now)
        if found.asker != person and not leads:
            raise AskRefused(_("This duty is %(name)s's, not yours.") % {"name": found.asker.name})
    except AskRefused as problem:
        context |= {"problem": str(problem), "may_cover": _may_cover(person, team, wanted, leads=leads, now=now)}
        return render(request, template, context, status=422)
    if form is not None and not form.is_bound:
        zone = person.zone
        form.initial = {
            "starts_at": moments.as_field(found.starts_at, zone=zone),
            "ends_at": moments.as_field(found.ends_at, zone=zone),
        }
    context |= {
        "question": found,
        "title": found.board.titles[wanted.role],
        "options": _options(found),
        "is_chain": any(len(one.moves) > 1 for one in found.options),
        "is_mine": found.asker == person,
    }
    return render(request, template, context)


def _may_cover(person: Person, team: Team, wanted: Wanted, *, leads: bool, now: datetime) -> bool:
    """Say whether cover could be asked for where a swap is refused: not of a duty that is over, or of another's."""
    try:
        found = asking.look(team, Wanted(AskKind.COVER, wanted.week, wanted.role), now=now)
    except AskRefused:
        return False
    return leads or found.asker == person


def _options(found: Question) -> list[dict[str, Any]]:
    """Return the ways out in words: who, what they would take or give, and the effect on each ledger."""
    names = {id_of(key): name for key, name in found.board.names.items()}
    return [
        {
            "key": one.key,
            "who": " + ".join(names[who] for who in one.must_agree),
            "moves": [
                {
                    "title": found.board.titles[move.role.value],
                    "week": move.week,
                    "taker": names[move.taker],
                    "giver": names.get(move.giver or 0, ""),
                }
                for move in one.moves
            ],
            "effects": _effects(found, one),
            "fair": _fairness(one.fair),
        }
        for one in found.options
    ]


def _effects(found: Question, option: Option) -> list[str]:
    """Return what the option does to each ledger, a sentence for each person."""
    by_person: dict[str, list[str]] = {}
    for effect in option.effects:
        words = {"kind": _EFFECTS[effect.category], "before": effect.planned_before, "after": effect.planned_after}
        by_person.setdefault(effect.person, []).append(_("%(kind)s %(before)d to %(after)d") % words)
    return [f"{found.board.names[person]}: {', '.join(told)}" for person, told in by_person.items()]


def _fairness(change: int) -> str:
    if change < 0:
        return _("Fairer than now.")
    return _("As fair as now.") if change == 0 else _("Less fair than now.")


@needs(Capability.ACT_ON_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show what is asked of me, by me and, to leads, everything open in their teams."""
    person, now = request.user, clock.now()
    led = permissions.teams(person, Capability.CHANGE_ROTA)
    of_me = queries.of_me(person, now=now)
    mine = queries.by_me(person)
    seen = {one.pk for one in (*of_me, *mine)}
    others = [one for team in led for one in queries.open_of(team) if one.pk not in seen]
    context = {"of_me": _rows(of_me), "by_me": _rows(mine), "others": _rows(others)}
    return render(request, "web/asks/asks.html", context)


def _rows(found: list[Ask]) -> list[tuple[Ask, str]]:
    return [(one, _title(one)) for one in found]


def _title(ask: Ask) -> str:
    return _titles(ask).get(ask.role, ask.role)


def _titles(ask: Ask) -> dict[str, str]:
    """Return what the policy calls its duties; nothing where it has changed to one that cannot be planned."""
    try:
        return snapshot.titles(team_queries.policy_of(ask.team_id))
    except CannotPlan:
        return {}


def _found(request: Request, ask_id: int) -> Ask:
    return fetch(queries.visible_to(request.user), pk=ask_id)


@needs(Capability.ACT_ON_PAGES)
@require_safe
def one(request: Request, ask_id: int) -> HttpResponse:
    """Show one ask: what is offered, who has answered, and the buttons of whoever looks."""
    return _one(request, _found(request, ask_id))


def _one(request: Request, ask: Ask, *, problem: str = "") -> HttpResponse:
    person = request.user
    leads = permissions.can(person, Capability.CHANGE_ROTA, team_id=ask.team_id)
    titles = _titles(ask)
    offers = [
        {
            "row": shown.row,
            "waits": shown.waits_for(person) and ask.is_open,
            "moves": [
                (
                    titles.get(move.role.value, ""),
                    move.week,
                    shown.names.get(move.giver or 0, ""),
                    shown.names[move.taker],
                )
                for move in shown.moves
            ],
            "answers": [
                (answer, leads and ask.is_open and answer.answer == Answer.NONE and answer.person_id != person.pk)
                for answer in shown.answers
            ],
        }
        for shown in queries.offers(ask)
    ]
    waiting = [offer for offer in offers if offer["waits"]]
    if waiting:
        waiting[0]["is_first"] = True
    context = {
        "ask": ask, "title": titles.get(ask.role, ask.role), "offers": offers, "problem": problem,
        "may_withdraw": ask.is_open and (ask.asker == person or leads),
        "may_decline": bool(waiting),
    }  # fmt: skip
    return render(request, "web/asks/one.html", context, status=409 if problem else 200)


def _whose(request: Request, ask: Ask) -> Person:
    """Return in whose name the form answers: the viewer, or whoever a lead answers for."""
    given = whole_number(request.POST.get("person", ""))
    if given in {None, request.user.pk}:
        return request.user
    permissions.check(request.user, Capability.CHANGE_ROTA, team_id=ask.team_id)
    return fetch(Person.objects.filter(ask_answers__offer__ask=ask).distinct(), pk=given)


@needs(Capability.ACT_ON_PAGES)
@require_POST
def accept(request: Request, ask_id: int) -> HttpResponse:
    """Agree to one offer; once everybody of it has, the turns change hands."""
    ask = _found(request, ask_id)
    try:
        done = answering.accept(
            ask, person=_whose(request, ask), by=team_operations.as_actor(request.user), now=clock.now(),
            offer_id=whole_number(request.POST.get("offer", "")),
        )  # fmt: skip
    except AskRefused as problem:
        ask.refresh_from_db()
        return _one(request, ask, problem=str(problem))
    said = _("Agreed; the others of this offer must agree too.") if done.is_open else _("Agreed. The rota has changed.")
    return see(request, f"/rota/asks/{ask.pk}", Toast(said))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def decline(request: Request, ask_id: int) -> HttpResponse:
    """Decline all that is offered in the ask."""
    ask = _found(request, ask_id)
    by = team_operations.as_actor(request.user)
    try:
        answering.decline(ask, person=_whose(request, ask), by=by, now=clock.now())
    except AskRefused as problem:
        ask.refresh_from_db()
        return _one(request, ask, problem=str(problem))
    return see(request, "/rota/asks", Toast(_("Declined.")))


@needs(Capability.ACT_ON_PAGES)
@require_POST
def withdraw(request: Request, ask_id: int) -> HttpResponse:
    """Take the ask back: whoever's duty it is, or a lead."""
    ask = _found(request, ask_id)
    if ask.asker != request.user:
        permissions.check(request.user, Capability.CHANGE_ROTA, team_id=ask.team_id)
    try:
        answering.withdraw(ask, by=team_operations.as_actor(request.user), now=clock.now())
    except AskRefused as problem:
        ask.refresh_from_db()
        return _one(request, ask, problem=str(problem))
    return see(request, "/rota/asks", Toast(_("Withdrawn. Whoever was asked is told.")))
