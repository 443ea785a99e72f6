"""Asks over the JSON API: who could, ask, accept, decline, withdraw; each in somebody's name."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from ninja import Query, Router, Status

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.rota.asks import answering, asking
from hausmeister.rota.asks.answering import AskClosed, AskMoved
from hausmeister.rota.asks.asking import AskRefused, Wanted
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.asks.shapes import AnswerIn, AskIn, AskOut, AsksOut, QuestionOut
from hausmeister.rota.models.asks import Ask
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Id,
    Key,
    Limit,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Scope

router = Router(tags=["swaps and cover"])
_ANSWERED = {200: AskOut, 409: ProblemOut, REFUSALS: ProblemOut}


def _acting(request: ApiRequest, email: str) -> tuple[Person, bool]:
    """Return who acts, and whether they may act for others. Raises Problem."""
    person = named_person(request.auth, email)
    return person, permissions.can(person, Capability.CHANGE_ROTA, team_id=request.auth.team_id)


def _moment(moment: datetime | None, field: str) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise Problem(422, "no_offset", "The moment needs an offset, such as 2027-01-04T11:00:00+01:00.", field)
    return moment


@router.get(
    "/rota/options", auth=Key(Scope.READ), response={200: QuestionOut, REFUSALS: ProblemOut},
    summary="Who could swap or cover",
)  # fmt: skip
def options(
    request: ApiRequest,
    kind: AskKind,
    week: Annotated[date, Query(description="The Monday of the turn's week.")],
    role: Annotated[str, Query(max_length=2, description="D, W, BD or BW.")],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> QuestionOut:
    """Who could take a turn, or a part of it, keeping every hard rule. Nobody is asked yet."""
    team = Team.objects.get(pk=request.auth.team_id)
    wanted = Wanted(kind, week, role, _moment(starts_at, "starts_at"), _moment(ends_at, "ends_at"))
    try:
        return QuestionOut.of(asking.look(team, wanted, now=clock.now()))
    except AskRefused as error:
        raise Problem(422, "ask_refused", str(error)) from error


@router.get("/asks", auth=Key(Scope.READ), response={200: AsksOut, REFUSALS: ProblemOut}, summary="Asks")
def asks(request: ApiRequest, limit: Limit = 20) -> AsksOut:
    """The newest asks of the key's team, with what became of them."""
    found = Ask.objects.filter(team_id=request.auth.team_id).select_related("asker", "created_by").order_by("-id")
    return AsksOut(items=[AskOut.of(one) for one in found[:limit]])


@router.get("/asks/{ask_id}", auth=Key(Scope.READ), response={200: AskOut, REFUSALS: ProblemOut}, summary="One ask")
def one_ask(request: ApiRequest, ask_id: Id) -> AskOut:
    """One ask with its offers, and who has answered what."""
    return AskOut.of(_found(request, ask_id))


def _found(request: ApiRequest, ask_id: int) -> Ask:
    found = Ask.objects.filter(pk=ask_id, team_id=request.auth.team_id)
    ask = found.select_related("team", "asker", "created_by").first()
    if ask is None:
        raise not_found("ask")
    return ask


@router.post("/asks", auth=Key(Scope.MANAGE), response={201: AskOut, REFUSALS: ProblemOut}, summary="Ask")
def ask(request: ApiRequest, named: Named, asked: AskIn) -> Status[AskOut]:
    """Ask for a swap or for cover of one's own turn; a lead may for anybody's."""
    person, leads = _acting(request, named)
    wanted = Wanted(
        asked.kind, asked.week, asked.role.value, _moment(asked.starts_at, "starts_at"),
        _moment(asked.ends_at, "ends_at"), storable(asked.reason),
    )  # fmt: skip
    try:
        made = asking.ask(
            Team.objects.get(pk=request.auth.team_id), wanted, asker=None if leads else person, keys=asked.keys,
            by=team_operations.as_actor(person), person=person, now=clock.now(),
        )  # fmt: skip
    except AskRefused as error:
        raise Problem(422, "ask_refused", str(error)) from error
    return Status(201, AskOut.of(made))


@router.post("/asks/{ask_id}/accept", auth=Key(Scope.MANAGE), response=_ANSWERED, summary="Agree")
def accept(request: ApiRequest, ask_id: Id, named: Named, answer: AnswerIn) -> AskOut:
    """Agree to an offer; once everybody of it has, the turns change hands."""
    person, found = _answers_for(request, named, answer), _found(request, ask_id)
    by = team_operations.as_actor(_acting(request, named)[0])
    return _done(lambda: answering.accept(found, person=person, by=by, now=clock.now(), offer_id=answer.offer))


@router.post("/asks/{ask_id}/decline", auth=Key(Scope.MANAGE), response=_ANSWERED, summary="Decline")
def decline(request: ApiRequest, ask_id: Id, named: Named, answer: AnswerIn) -> AskOut:
    """Decline every offer of the ask."""
    person, found = _answers_for(request, named, answer), _found(request, ask_id)
    by = team_operations.as_actor(_acting(request, named)[0])
    return _done(lambda: answering.decline(found, person=person, by=by, now=clock.now()))


@router.post("/asks/{ask_id}/withdraw", auth=Key(Scope.MANAGE), response=_ANSWERED, summary="Withdraw")
def withdraw(request: ApiRequest, ask_id: Id, named: Named) -> AskOut:
    """Take the ask back: its asker, or a lead."""
    person, leads = _acting(request, named)
    found = _found(request, ask_id)
    if found.asker != person and not leads:
        raise Problem(403, "not_yours", f"This is {found.asker.name}'s to withdraw, or a lead's.", "Hausmeister-As")
    return _done(lambda: answering.withdraw(found, by=team_operations.as_actor(person), now=clock.now()))


def _answers_for(request: ApiRequest, named: str, answer: AnswerIn) -> Person:
    person, leads = _acting(request, named)
    if answer.person is None or answer.person == person.pk:
        return person
    if not leads:
        raise Problem(403, "not_a_lead", "Only a lead answers for somebody else.", "person")
    member = Person.objects.filter(pk=answer.person, memberships__team_id=request.auth.team_id).first()
    if member is None:
        raise not_found("person")
    return member


def _done(act: Callable[[], Ask]) -> AskOut:
    try:
        return AskOut.of(act())
    except AskClosed as error:
        raise Problem(409, "ask_closed", str(error)) from error
    except AskMoved as error:
        raise Problem(409, "ask_moved", str(error)) from error
    except AskRefused as error:
        raise Problem(422, "ask_refused", str(error)) from error
