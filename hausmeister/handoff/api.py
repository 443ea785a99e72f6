"""Hand-offs and weekly reports over the JSON API: reading, accepting, writing, and posting, in somebody's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from ninja import Query, Router

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.handoff import queries
from hausmeister.handoff.models import Handoff, HandoffItem, Report
from hausmeister.handoff.operations import accepting, editing, reporting
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.handoff.shapes import (
    AcceptIn,
    HandoffItemIn,
    HandoffNoteIn,
    HandoffOut,
    HandoffsOut,
    ReportIn,
    ReportOut,
    ReportPostIn,
    ReportsOut,
    WholeHandoffOut,
)
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Limit, Named, ProblemOut, named_person, not_found
from hausmeister.team.models import Team
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Scope

router = Router(tags=["hand-off"])
_ACTED = {200: WholeHandoffOut, 409: ProblemOut, REFUSALS: ProblemOut}
_REPORT = {200: ReportOut, 409: ProblemOut, REFUSALS: ProblemOut}


@router.get("/handoffs", auth=Key(Scope.READ), response={200: HandoffsOut, REFUSALS: ProblemOut}, summary="Hand-offs")
def handoffs(
    request: ApiRequest,
    find: Annotated[str, Query(max_length=200, description="Only those in which all of these words stand.")] = "",
    limit: Limit = 50,
) -> HandoffsOut:
    """Hand-offs of the key's team, the newest first; drafts of coming changes among them."""
    rows = queries.archive(queries.of_team(request.auth.team_id), storable(find))
    return HandoffsOut(items=[HandoffOut.of(one) for one in rows[:limit]])


@router.get(
    "/handoffs/{handoff_id}", auth=Key(Scope.READ), response={200: WholeHandoffOut, REFUSALS: ProblemOut},
    summary="One hand-off",
)  # fmt: skip
def handoff(request: ApiRequest, handoff_id: Id) -> WholeHandoffOut:
    """One hand-off with all that stands in it."""
    return WholeHandoffOut.whole(_found(request, handoff_id))


@router.post("/handoffs/{handoff_id}/accept", auth=Key(Scope.MANAGE), response=_ACTED, summary="Accept a hand-off")
def accept(request: ApiRequest, handoff_id: Id, named: Named, asked: AcceptIn | None = None) -> WholeHandoffOut:
    """Accept what is named, or everything. The first acceptance stands; the same person's second changes nothing."""
    one, by = _found(request, handoff_id), named_person(request.auth, named)
    items = asked.items if asked is not None else None
    with refusals_told():
        accepting.accept(one.pk, by=by, now=clock.now(), item_ids=items)
    return WholeHandoffOut.whole(_found(request, handoff_id))


@router.post("/handoffs/{handoff_id}/note", auth=Key(Scope.MANAGE), response=_ACTED, summary="What to know")
def note(request: ApiRequest, handoff_id: Id, named: Named, asked: HandoffNoteIn) -> WholeHandoffOut:
    """Say what the next person should know, in place of what stands there."""
    one, by = _found(request, handoff_id), named_person(request.auth, named)
    with refusals_told():
        editing.write_note(one.pk, storable(asked.text), seen=asked.seen, by=by, now=clock.now())
    return WholeHandoffOut.whole(_found(request, handoff_id))


@router.post(
    "/handoffs/{handoff_id}/items/{thing_id}", auth=Key(Scope.MANAGE), response=_ACTED, summary="Note and next step"
)  # fmt: skip
def item(request: ApiRequest, handoff_id: Id, thing_id: Id, named: Named, asked: HandoffItemIn) -> WholeHandoffOut:
    """Write the note and the next step of one thing, and whether it stays with whoever has it."""
    one, by = _found(request, handoff_id), named_person(request.auth, named)
    row = HandoffItem.objects.filter(pk=thing_id, handoff=one).first()
    if row is None:
        raise not_found("item")
    with refusals_told():
        editing.edit_item(
            row.pk, note=storable(row.note if asked.note is None else asked.note),
            next_step=storable(row.next_step if asked.next_step is None else asked.next_step), stays=asked.stays,
            seen=asked.seen, by=by, now=clock.now(),
        )  # fmt: skip
    return WholeHandoffOut.whole(_found(request, handoff_id))


def _found(request: ApiRequest, handoff_id: int) -> Handoff:
    one = queries.of_team(request.auth.team_id).filter(pk=handoff_id).first()
    if one is None:
        raise not_found("hand-off")
    return one


# ---- the weekly report ----


@router.get("/reports", auth=Key(Scope.READ), response={200: ReportsOut, REFUSALS: ProblemOut}, summary="Reports")
def reports(request: ApiRequest, limit: Limit = 50) -> ReportsOut:
    """Weekly reports of the key's team, the newest first; those that nobody has posted among them."""
    return ReportsOut(items=[ReportOut.of(one) for one in queries.reports_of([request.auth.team_id])[:limit]])


@router.post("/reports", auth=Key(Scope.MANAGE), response=_REPORT, summary="Draft a report")
def draft(request: ApiRequest, named: Named) -> ReportOut:
    """Draft the report of the time since the last one, up to now."""
    by, now = named_person(request.auth, named), clock.now()
    team = Team.objects.get(pk=request.auth.team_id)
    return ReportOut.of(reporting.draft(team, ends_at=now, now=now, by=as_actor(by)))


@router.get(
    "/reports/{report_id}", auth=Key(Scope.READ), response={200: ReportOut, REFUSALS: ProblemOut}, summary="One report"
)  # fmt: skip
def report(request: ApiRequest, report_id: Id) -> ReportOut:
    """One report."""
    return ReportOut.of(_report(request, report_id))


@router.post("/reports/{report_id}", auth=Key(Scope.MANAGE), response=_REPORT, summary="Write a report")
def edit(request: ApiRequest, report_id: Id, named: Named, asked: ReportIn) -> ReportOut:
    """Put this text in place of what the report says, as long as it is not posted."""
    text = storable(asked.text)
    return _act(
        request, report_id, named, lambda pk, by: reporting.edit(pk, text, seen=asked.seen, by=by, now=clock.now())
    )  # fmt: skip


@router.post("/reports/{report_id}/post", auth=Key(Scope.MANAGE), response=_REPORT, summary="Post a report")
def post(request: ApiRequest, report_id: Id, named: Named, asked: ReportPostIn) -> ReportOut:
    """Post the report in the clients' channel, once. They cannot unread it."""
    return _act(
        request, report_id, named, lambda pk, by: reporting.post(pk, seen=asked.version, by=by, now=clock.now())
    )  # fmt: skip


def _act(request: ApiRequest, report_id: int, named: str, act: "Callable[..., Report]") -> ReportOut:
    one, by = _report(request, report_id), named_person(request.auth, named)
    with refusals_told():
        act(one.pk, by)
    return ReportOut.of(_report(request, report_id))


def _report(request: ApiRequest, report_id: int) -> Report:
    one = queries.reports().filter(pk=report_id, team_id=request.auth.team_id).first()
    if one is None:
        raise not_found("report")
    return one


_REFUSED: tuple[tuple[type[HandoffRefused], Callable[[str], Problem]], ...] = (
    (accepting.AlreadyAccepted, lambda text: Problem(409, "already_accepted", text)),
    (accepting.NothingToAccept, lambda text: Problem(409, "nothing_to_accept", text)),
    (accepting.NotYours, lambda text: Problem(403, "not_yours", text)),
    (editing.EditedMeanwhile, lambda text: Problem(409, "edited_meanwhile", text)),
    (editing.TooLateToEdit, lambda text: Problem(409, "too_late", text)),
    (reporting.AlreadyPosted, lambda text: Problem(409, "already_posted", text)),
    (reporting.ReportChanged, lambda text: Problem(409, "report_changed", text)),
    (reporting.EmptyReport, lambda text: Problem(409, "empty_report", text)),
    (reporting.NowhereToPost, lambda text: Problem(409, "nowhere_to_post", text)),
)


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what an operation refuses into the API's words."""
    try:
        yield
    except HandoffItem.DoesNotExist as error:
        raise not_found("item") from error
    except HandoffRefused as error:
        # what is too long was refused with the body already
        worded = next((worded for kind, worded in _REFUSED if isinstance(error, kind)), None)
        if worded is None:
            raise
        raise worded(str(error)) from error
