"""The inbox over the JSON API: what waits, one item whole, putting something in, and every act, in somebody's name."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Status

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.journal.rules import Actor
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
from hausmeister.team.models import Person
from hausmeister.team.rules import Scope
from hausmeister.triage import operations
from hausmeister.triage.api_shapes import (
    AnswerTextIn,
    AssignIn,
    ItemOut,
    ItemReasonIn,
    ItemsOut,
    KindIn,
    PromoteIn,
    RoomOut,
    RoomsOut,
    TakeIn,
    WholeItemOut,
    whole,
)
from hausmeister.triage.models import Item, ItemQuerySet
from hausmeister.triage.operations import AlreadyTaken, ItemIsClosed, TriageRefused
from hausmeister.triage.rules.states import Source, State
from hausmeister.triage.shapes import Taken

router = Router(tags=["triage"])
_ACTED = {200: ItemOut, 409: ProblemOut, REFUSALS: ProblemOut}


def _of_key(request: ApiRequest) -> ItemQuerySet:
    return Item.objects.filter(team_id=request.auth.team_id).select_related("team", "holder", "answered_by")


def _found(request: ApiRequest, item_id: int) -> Item:
    item = _of_key(request).filter(pk=item_id).first()
    if item is None:
        raise not_found("item")
    return item


@router.get("/triage", auth=Key(Scope.READ), response={200: ItemsOut, REFUSALS: ProblemOut}, summary="The inbox")
def items(
    request: ApiRequest,
    state: Annotated[State | None, Query(description="Only these; without it whatever waits for the team.")] = None,
    limit: Limit = 50,
) -> ItemsOut:
    """Items of the key's team."""
    found = _of_key(request)
    found = found.unfinished().oldest_promise_first() if state is None else found.filter(state=state).order_by("-id")
    return ItemsOut(items=[ItemOut.of(one) for one in found[:limit]])


@router.get(
    "/triage/rooms", auth=Key(Scope.READ), response={200: RoomsOut, REFUSALS: ProblemOut}, summary="Watched rooms"
)  # fmt: skip
def rooms(request: ApiRequest) -> RoomsOut:
    """The rooms of the chat that are watched, and which cannot be heard."""
    return RoomsOut(items=[RoomOut.of(one) for one in operations.watching(request.auth.team_id)])


@router.get(
    "/triage/{item_id}", auth=Key(Scope.READ), response={200: WholeItemOut, REFUSALS: ProblemOut}, summary="One item"
)  # fmt: skip
def one_item(request: ApiRequest, item_id: Id) -> WholeItemOut:
    """One item with its thread, its suggestions, who could take it and its history."""
    return whole(_found(request, item_id), now=clock.now())


@router.post(
    "/triage", auth=Key(Scope.MANAGE), response={201: ItemOut, REFUSALS: ProblemOut}, summary="Put something in"
)  # fmt: skip
def take(request: ApiRequest, taken: TakeIn) -> Status[ItemOut]:
    """Put something into the inbox of the key's team. The same `key` again returns the item of the first time."""
    title = storable(taken.title)
    if not title.strip():
        raise Problem(422, "invalid", "The title must not be empty.", "title")
    made = operations.take(
        request.auth.team_id,
        Taken(
            source=Source.API, title=title, text=storable(taken.text), kind=taken.kind,
            priority=_priority(taken.priority), asker_name=storable(taken.asker_name),
            asker_email=_address(taken.asker_email), place=storable(taken.place), link=_link(taken.link),
            key=storable(taken.key),
        ),
        now=clock.now(),
        by=Actor("source", request.auth.source_id, request.auth.source_name),
    )  # fmt: skip
    return Status(201, ItemOut.of(_found(request, made.pk)))


def _priority(name: str) -> Priority | None:
    return Priority[name] if name else None


def _address(text: str) -> str:
    local, at, host = text.strip().rpartition("@")
    if text.strip() and not (
        local and at and "." in host and text.isascii() and text.isprintable() and " " not in text
    ):
        raise Problem(422, "invalid", "This is no e-mail address.", "asker_email")
    return text.strip()


def _link(text: str) -> str:
    if text and not text.lower().startswith(("http://", "https://")):
        raise Problem(422, "invalid", "A link begins with http:// or https://.", "link")
    return storable(text)


@router.post("/triage/{item_id}/claim", auth=Key(Scope.MANAGE), response=_ACTED, summary="Take it")
def claim(request: ApiRequest, item_id: Id, named: Named) -> ItemOut:
    """Take the item; 409 when somebody else has it."""
    return _acted(request, item_id, named, lambda by, now: operations.claim(item_id, by, now))


@router.post("/triage/{item_id}/release", auth=Key(Scope.MANAGE), response=_ACTED, summary="Give it back")
def release(request: ApiRequest, item_id: Id, named: Named) -> ItemOut:
    """Give the item back; its clock goes on."""
    return _acted(request, item_id, named, lambda by, now: operations.release(item_id, by, now))


@router.post("/triage/{item_id}/assign", auth=Key(Scope.MANAGE), response=_ACTED, summary="Hand it to somebody")
def assign(request: ApiRequest, item_id: Id, named: Named, asked: AssignIn) -> ItemOut:
    """Hand the item to somebody of the team; they are told."""
    _found(request, item_id)
    to = Person.objects.filter(
        email__iexact=storable(asked.to).strip(), memberships__team_id=request.auth.team_id, memberships__left_on=None
    ).first()  # fmt: skip
    if to is None:
        raise Problem(422, "unknown_person", "There is nobody of the team with this address.", "to")
    note = storable(asked.note)
    return _acted(request, item_id, named, lambda by, now: operations.assign(item_id, by, now, to=to, note=note))


@router.post("/triage/{item_id}/answer", auth=Key(Scope.MANAGE), response=_ACTED, summary="Answer the asker")
def answer(request: ApiRequest, item_id: Id, named: Named, asked: AnswerTextIn) -> ItemOut:
    """Answer in the thread, or by mail where the item came by mail."""
    return _acted(
        request, item_id, named, lambda by, now: operations.answer(item_id, by, now, text=storable(asked.text))
    )  # fmt: skip


@router.post("/triage/{item_id}/answered", auth=Key(Scope.MANAGE), response=_ACTED, summary="Say that it is answered")
def answered(request: ApiRequest, item_id: Id, named: Named) -> ItemOut:
    """Say that the item was answered elsewhere."""
    return _acted(request, item_id, named, lambda by, now: operations.answered(item_id, by, now))


@router.post("/triage/{item_id}/kind", auth=Key(Scope.MANAGE), response=_ACTED, summary="Say what it is")
def kind(request: ApiRequest, item_id: Id, named: Named, asked: KindIn) -> ItemOut:
    """Say what the item is and how urgent; its promise follows. "not ours" ends it."""
    priority = _priority(asked.priority)
    return _acted(
        request, item_id, named,
        lambda by, now: operations.reclassify(item_id, by, now, kind=asked.kind, priority=priority),
    )  # fmt: skip


@router.post("/triage/{item_id}/issue", auth=Key(Scope.MANAGE), response=_ACTED, summary="Make an issue of it")
def promote(request: ApiRequest, item_id: Id, named: Named, asked: PromoteIn) -> ItemOut:
    """Make a service issue of the item, which ends with the issue's number."""
    priority, why = Priority[asked.priority], storable(asked.why)
    return _acted(
        request, item_id, named, lambda by, now: operations.promote(item_id, by, now, priority=priority, why=why)
    )  # fmt: skip


@router.post("/triage/{item_id}/close", auth=Key(Scope.MANAGE), response=_ACTED, summary="Close it")
def close(request: ApiRequest, item_id: Id, named: Named, asked: ItemReasonIn) -> ItemOut:
    """End the item with a reason."""
    return _acted(
        request, item_id, named, lambda by, now: operations.close(item_id, by, now, reason=storable(asked.reason))
    )  # fmt: skip


@router.post("/triage/{item_id}/reopen", auth=Key(Scope.MANAGE), response=_ACTED, summary="Open it again")
def reopen(request: ApiRequest, item_id: Id, named: Named) -> ItemOut:
    """Bring a finished item back, with its clock begun anew."""
    return _acted(request, item_id, named, lambda by, now: operations.reopen(item_id, by, now))


@router.post("/triage/{item_id}/undo", auth=Key(Scope.MANAGE), response=_ACTED, summary="Take the last act back")
def undo(request: ApiRequest, item_id: Id, named: Named) -> ItemOut:
    """Take back the person's own last act, while nothing happened since."""
    return _acted(request, item_id, named, lambda by, now: operations.undo(item_id, by, now))


def _acted(request: ApiRequest, item_id: int, email: str, act: Callable[[Person, datetime], Item]) -> ItemOut:
    person = named_person(request.auth, email)
    _found(request, item_id)
    try:
        act(person, clock.now())
    except AlreadyTaken as error:
        raise Problem(409, "already_taken", str(error)) from error
    except ItemIsClosed as error:
        raise Problem(409, "item_closed", str(error)) from error
    except TriageRefused as error:
        raise Problem(409, "not_possible", str(error)) from error
    return ItemOut.of(_found(request, item_id))
