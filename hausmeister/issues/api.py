"""Issues over the JSON API: the one list, one issue, and working on it in somebody's name."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.problem import Problem
from hausmeister.issues import queries
from hausmeister.issues.models import Issue, IssueQuerySet
from hausmeister.issues.operations import urgency, working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.issues.operations.working import LINK_MOST, Wish
from hausmeister.issues.rules import work
from hausmeister.issues.rules.mirror import AREA_MOST, AREAS_MOST, TEXT_MOST, TITLE_MOST
from hausmeister.issues.shapes import IssuesOut, LikeOut, LikesOut, WholeIssueOut, brief, whole
from hausmeister.journal.rules import Actor
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
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Capability, Scope

router = Router(tags=["issues"])


class Rank(StrEnum):
    """P4 very high … P1 low, as the API writes them."""

    P4 = "P4"
    P3 = "P3"
    P2 = "P2"
    P1 = "P1"


SUBJECT = r"^[a-z]+:[0-9]{1,18}$"
Subject = Annotated[str, Field(pattern=SUBJECT, max_length=LINK_MOST, description='Such as "page:12".')]
Area = Annotated[str, Field(min_length=1, max_length=AREA_MOST)]


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class IssueIn(Body):
    """An issue to be made. P2 and P1 need a `why`; P4 pages. The same `key` a second time is the same issue."""

    title: str = Field(min_length=1, max_length=TITLE_MOST)
    text: str = Field("", max_length=TEXT_MOST)
    priority: Rank
    why: str = Field("", max_length=work.WHY_MOST)
    bites_back: bool | None = None
    areas: list[Area] = Field(default_factory=list, max_length=AREAS_MOST)
    links: list[Subject] = Field(default_factory=list, max_length=20)
    owner: str = Field("", max_length=254, description="E-mail address of a responder of the team.")
    key: str = Field("", max_length=40, description="Made by the sender, so that a repetition makes no second issue.")


class PriorityIn(Body):
    """How bad it is. With `seen` as last read, nothing is stored when somebody else changed it in between."""

    priority: Rank
    why: str = Field("", max_length=work.WHY_MOST)
    seen: Rank | None = None


class HandOverIn(Body):
    """Who has it from now on, and what they need to know."""

    to: str = Field(max_length=254, description="E-mail address of a responder of the team.")
    note: str = Field(min_length=1, max_length=work.NOTE_MOST)


class WordsIn(Body):
    """A note for the timeline."""

    text: str = Field(min_length=1, max_length=work.NOTE_MOST)
    there_too: bool = Field(False, description="As a comment in the tracker as well.")


class ReasonIn(Body):
    """Why it is over."""

    reason: str = Field("", max_length=200)


class HelpIn(Body):
    """Whether the person comes to help."""

    comes: bool


def visible_to_key(holder: KeyHolder) -> IssueQuerySet:
    """Return the issues that a key may see: those of its team, since an issue belongs to no source."""
    return queries.with_everything(Issue.objects.filter(team_id=holder.team_id))


@router.get("/issues", auth=Key(Scope.READ), response={200: IssuesOut, REFUSALS: ProblemOut}, summary="Issues")
def issues(
    request: ApiRequest,
    is_open: Annotated[bool, Query(alias="open", description="Open ones, or closed ones.")] = True,
    priority: Annotated[Rank | None, Query(description="Only those of this priority.")] = None,
    after: Annotated[int, Query(ge=0, le=1_000_000, description="So many are left out at the beginning.")] = 0,
    limit: Limit = 50,
) -> IssuesOut:
    """The team's issues: open ones by priority with the oldest first, closed ones with the newest first."""
    found = visible_to_key(request.auth)
    if priority is not None:
        found = found.filter(priority=int(Priority[priority]))
    if is_open:
        found = found.open().worst_first()
    else:
        found = found.filter(closed_at__isnull=False).order_by("-closed_at", "-id")
    rows = list(found[after : after + limit + 1])
    return IssuesOut(items=[brief(one) for one in rows[:limit]], next=after + limit if len(rows) > limit else None)


@router.get("/issues/similar", auth=Key(Scope.READ), response={200: LikesOut, REFUSALS: ProblemOut})
def similar(
    request: ApiRequest,
    title: Annotated[str, Query(min_length=1, max_length=TITLE_MOST)],
    text: Annotated[str, Query(max_length=2000)] = "",
) -> LikesOut:
    """Issues that may be the same as one that is about to be made, the likest first."""
    found = queries.likely_duplicates(title, text, team_id=request.auth.team_id, now=clock.now())
    return LikesOut(items=[LikeOut.of(one) for one in found])


@router.get("/issues/{issue_id}", auth=Key(Scope.READ), response={200: WholeIssueOut, REFUSALS: ProblemOut})
def issue(request: ApiRequest, issue_id: Id) -> WholeIssueOut:
    """One issue with its text and its timeline."""
    return whole(_visible(request.auth, issue_id))


_DONE = {200: WholeIssueOut, 409: ProblemOut, REFUSALS: ProblemOut}


@router.post("/issues", auth=Key(Scope.MANAGE), response={201: WholeIssueOut, 409: ProblemOut, REFUSALS: ProblemOut})
def create(request: ApiRequest, named: Named, asked: IssueIn) -> Status[WholeIssueOut]:
    """Make an issue, here and in the tracker."""
    by, now = _person(request.auth, named), clock.now()
    wish = Wish(
        title=asked.title, text=asked.text, priority=Priority[asked.priority], areas=tuple(asked.areas),
        owner=_member(request.auth, asked.owner, "owner") if asked.owner else None, why=asked.why,
        bites_back=asked.bites_back, subjects=tuple(asked.links),
        form_key=f"key:{request.auth.source_id}:{asked.key}" if asked.key else None,
    )  # fmt: skip
    team = Team.objects.get(pk=request.auth.team_id)
    made = _told(lambda: working.open_issue(team, wish, by=team_operations.as_actor(by), person=by, now=now))
    return Status(201, whole(_visible(request.auth, made.pk)))


@router.post("/issues/{issue_id}/priority", auth=Key(Scope.MANAGE), response=_DONE)
def set_priority(request: ApiRequest, issue_id: Id, named: Named, asked: PriorityIn) -> WholeIssueOut:
    """Say how bad it is. To P4 it pages; to P2 or P1 it needs a `why`, unless it has one."""
    seen = Priority[asked.seen] if asked.seen else None
    return _act(
        request, issue_id, named,
        lambda by, actor, now: working.set_priority(
            issue_id, Priority[asked.priority], by=actor, person=by, now=now, why=asked.why, seen=seen
        ),
    )  # fmt: skip


@router.post("/issues/{issue_id}/take", auth=Key(Scope.MANAGE), response=_DONE)
def take(request: ApiRequest, issue_id: Id, named: Named) -> WholeIssueOut:
    """Make it the person's own."""
    return _act(request, issue_id, named, lambda by, _actor, now: working.take(issue_id, by=by, now=now))


@router.post("/issues/{issue_id}/hand-over", auth=Key(Scope.MANAGE), response=_DONE)
def hand_over(request: ApiRequest, issue_id: Id, named: Named, asked: HandOverIn) -> WholeIssueOut:
    """Give it to somebody with more context, who is told what is known."""
    _visible(request.auth, issue_id)
    to = _member(request.auth, asked.to, "to")
    return _act(
        request, issue_id, named,
        lambda _by, actor, now: working.hand_over(issue_id, to, note=asked.note, by=actor, now=now),
    )  # fmt: skip


@router.post("/issues/{issue_id}/note", auth=Key(Scope.MANAGE), response=_DONE)
def note(request: ApiRequest, issue_id: Id, named: Named, asked: WordsIn) -> WholeIssueOut:
    """Add a note to the timeline; it is a sign of work."""
    return _act(
        request, issue_id, named,
        lambda _by, actor, now: working.note(
            issue_id, text=asked.text, by=actor, now=now, there_too=asked.there_too
        ),
    )  # fmt: skip


@router.post("/issues/{issue_id}/help", auth=Key(Scope.MANAGE), response=_DONE)
def answer_help(request: ApiRequest, issue_id: Id, named: Named, asked: HelpIn) -> WholeIssueOut:
    """Say that the person comes to help with a P4, or cannot."""
    return _act(
        request, issue_id, named,
        lambda by, _actor, now: urgency.answer(issue_id, by=by, comes=asked.comes, now=now),
    )  # fmt: skip


@router.post("/issues/{issue_id}/close", auth=Key(Scope.MANAGE), response=_DONE)
def close(request: ApiRequest, issue_id: Id, named: Named, asked: ReasonIn | None = None) -> WholeIssueOut:
    """End the issue, here and in the tracker."""
    reason = asked.reason if asked else ""
    return _act(
        request, issue_id, named, lambda _by, actor, now: working.close(issue_id, reason=reason, by=actor, now=now)
    )


@router.post("/issues/{issue_id}/reopen", auth=Key(Scope.MANAGE), response=_DONE)
def reopen(request: ApiRequest, issue_id: Id, named: Named) -> WholeIssueOut:
    """Open a closed issue again, here and in the tracker; a P4 pages again."""
    return _act(request, issue_id, named, lambda by, actor, now: working.reopen(issue_id, by=actor, person=by, now=now))


Act = Callable[[Person, Actor, datetime], object]
_Found = TypeVar("_Found")


def _act(request: ApiRequest, issue_id: int, named: str, act: Act) -> WholeIssueOut:
    """Let the named person do `act`, and return the issue as it is then. Raises Problem."""
    _visible(request.auth, issue_id)
    by, now = _person(request.auth, named), clock.now()
    _told(lambda: act(by, team_operations.as_actor(by), now))
    return whole(_visible(request.auth, issue_id))


# what the asker could not know beforehand; the rest is a fault of the request
_CONFLICTS = frozenset(
    {"issue_is_closed", "issue_is_open", "priority_changed", "issue_changed", "not_urgent", "not_asked"}
)


def _told(act: Callable[[], _Found]) -> _Found:
    """Do `act`, and word what it refuses as the API does."""
    try:
        return act()
    except IssueRefused as error:
        status = 409 if error.code in _CONFLICTS else 422
        raise Problem(status, error.code, str(error), error.field) from error


def _visible(holder: KeyHolder, issue_id: int) -> Issue:
    found = visible_to_key(holder).filter(pk=issue_id).first()
    if found is None:
        raise not_found("issue")
    return found


def _person(holder: KeyHolder, email: str) -> Person:
    person = named_person(holder, email)
    if not permissions.can(person, Capability.WORK_ON_ISSUES, team_id=holder.team_id):
        raise Problem(
            403, "unknown_person", f"{person.name} may not work on issues of the key's team.", "Hausmeister-As"
        )
    return person


def _member(holder: KeyHolder, email: str, field: str) -> Person:
    found = Person.objects.filter(
        email__iexact=email.strip(), is_active=True, memberships__team_id=holder.team_id, memberships__left_on=None
    ).first()
    if found is None:
        raise Problem(422, "unknown_person", "Nobody of the team has this e-mail address.", field)
    return found
