"""Pages over the JSON API: reading them, and acting on them in somebody's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from hausmeister.base import clock
from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.pager.models import Page, PageQuerySet
from hausmeister.pager.operations import acting
from hausmeister.pager.shapes import PageOut, PagesOut, WholePageOut, brief, whole
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Before,
    Id,
    Key,
    Limit,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.models import Person
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope, covers

router = Router(tags=["pages"])


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class SnoozeIn(Body):
    """Until when the page keeps silent."""

    until: str = Field(max_length=80, description='A moment within seven days: ISO 8601, "tomorrow 9:00" or "in 2h".')


class EscalateIn(Body):
    """What the asker knew. With `steps_done` as last read, a second call by mistake changes nothing."""

    steps_done: int | None = Field(None, ge=0, le=1_000_000)


class NoteIn(Body):
    """A note for the timeline."""

    text: str = Field(min_length=1, max_length=4000)


def visible_to_key(holder: KeyHolder) -> PageQuerySet:
    """Return the pages that a key may see: those its source set off, with alerts:all all of its team (S7)."""
    pages = Page.objects.filter(team_id=holder.team_id).select_related("team", "acked_by", "closed_by")
    if covers(holder.scopes, Scope.ALERTS_ALL):
        return pages
    return pages.filter(source_key=f"source:{holder.source_id}")


@router.get("/pages", auth=Key(Scope.READ), response={200: PagesOut, REFUSALS: ProblemOut}, summary="Pages")
def pages(
    request: ApiRequest,
    is_open: Annotated[bool | None, Query(alias="open", description="Only open ones, or only closed ones.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> PagesOut:
    """Pages that the key may see, the newest first."""
    found = visible_to_key(request.auth).order_by("-id")
    if is_open is not None:
        found = found.filter(closed_at__isnull=is_open)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: limit + 1])
    return PagesOut(
        items=[PageOut(**brief(page)) for page in rows[:limit]],
        next=rows[limit - 1].pk if len(rows) > limit else None,
    )


@router.get("/pages/{page_id}", auth=Key(Scope.READ), response={200: WholePageOut, REFUSALS: ProblemOut})
def page(request: ApiRequest, page_id: Id) -> WholePageOut:
    """One page with its plan and its timeline."""
    return whole(_visible(request.auth, page_id), now=clock.now())


_ACTED = {200: WholePageOut, 409: ProblemOut, REFUSALS: ProblemOut}


@router.post("/pages/{page_id}/ack", auth=Key(Scope.MANAGE), response=_ACTED)
def acknowledge(request: ApiRequest, page_id: Id, named: Named) -> WholePageOut:
    """Take the page: nobody is called any more. A second time by the same person changes nothing."""
    return _act(request, page_id, named, lambda by, now, via: acting.acknowledge(page_id, by=by, now=now, via=via))


@router.post("/pages/{page_id}/unack", auth=Key(Scope.MANAGE), response=_ACTED)
def unacknowledge(request: ApiRequest, page_id: Id, named: Named) -> WholePageOut:
    """Give the page back: it calls again from the top of its ladder."""
    return _act(request, page_id, named, lambda by, now, via: acting.unacknowledge(page_id, by=by, now=now, via=via))


@router.post("/pages/{page_id}/escalate", auth=Key(Scope.MANAGE), response=_ACTED)
def escalate(request: ApiRequest, page_id: Id, named: Named, asked: EscalateIn | None = None) -> WholePageOut:
    """Bring the backstop in; whoever asks and whoever has the page stay on it (H7)."""
    seen = asked.steps_done if asked else None
    return _act(
        request,
        page_id,
        named,
        lambda by, now, via: acting.escalate(page_id, by=by, now=now, via=via, seen_steps=seen),
    )


@router.post("/pages/{page_id}/snooze", auth=Key(Scope.MANAGE), response=_ACTED)
def snooze(request: ApiRequest, page_id: Id, named: Named, asked: SnoozeIn) -> WholePageOut:
    """Keep the page silent until then; afterwards it calls from the top of its ladder."""
    found = _visible(request.auth, page_id)
    try:
        until = read_moment(asked.until, now=clock.now(), zone=found.team.zone)
    except NoMoment as error:
        raise Problem(422, "no_moment", str(error), "until") from error
    return _act(
        request, page_id, named, lambda by, now, via: acting.snooze(page_id, by=by, until=until, now=now, via=via)
    )


@router.post("/pages/{page_id}/note", auth=Key(Scope.MANAGE), response=_ACTED)
def note(request: ApiRequest, page_id: Id, named: Named, asked: NoteIn) -> WholePageOut:
    """Add a note to the timeline. On an acknowledged page it also starts the time-out anew."""
    return _act(
        request, page_id, named, lambda by, now, _via: acting.note(page_id, by=by, text=storable(asked.text), now=now)
    )


Act = Callable[[Person, datetime, str], object]


def _act(request: ApiRequest, page_id: int, named: str, act: Act) -> WholePageOut:
    """Let the named person do `act`, and return the page as it is then. Raises Problem."""
    _visible(request.auth, page_id)
    by, now = named_person(request.auth, named), clock.now()
    with refusals_told():
        act(by, now, f"the key {request.auth.name}")
    return whole(_visible(request.auth, page_id), now=now)


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what an operation refuses into the API's words."""
    try:
        yield
    except acting.PageAlreadyTaken as error:
        raise Problem(409, "page_already_taken", str(error)) from error
    except acting.PageIsClosed as error:
        raise Problem(409, "page_is_closed", str(error)) from error
    except acting.NotAcknowledged as error:
        raise Problem(409, "not_acknowledged", "Nobody has taken this page.") from error
    except acting.NobodyToAsk as error:
        raise Problem(409, "nobody_to_ask", str(error)) from error
    except acting.BadSnooze as error:
        raise Problem(422, "bad_snooze", "A snooze must end in the future, within seven days.", "until") from error


def _visible(holder: KeyHolder, page_id: int) -> Page:
    found = visible_to_key(holder).filter(pk=page_id).first()
    if found is None:
        raise not_found("page")
    return found
