"""One's own days away over the JSON API: asked about, entered, taken back; in the name of whoever is away."""

from datetime import date
from typing import Any

from ninja import Router, Schema, Status

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.rota import operations as rota
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning import leave
from hausmeister.rota.planning.publishing import PublishRefused
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.states import DraftState, Purpose
from hausmeister.rota.planning.shapes import Body
from hausmeister.rota.schedules_ahead import Touched, touched_by
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Named, ProblemOut, named_person, not_found
from hausmeister.team.models import Leave, Person, Team
from hausmeister.team.rules import Scope, wrong_with_days

router = Router(tags=["rota"])

_MOST_DAYS = 366
_MANAGED: Any = {"auth": Key(Scope.MANAGE)}


class DaysIn(Body):
    """Whole days away, both included, on the person's own clock."""

    starts_on: date
    ends_on: date


class LeaveOut(Schema):
    """Days away of the person who asks."""

    leave: int
    starts_on: date
    ends_on: date

    @staticmethod
    def of(one: Leave) -> "LeaveOut":
        """Return days away as the API words them."""
        return LeaveOut(leave=one.pk, starts_on=one.starts_on, ends_on=one.ends_on)


class LeaveStoredOut(LeaveOut):
    """Days away that were entered: how many duties moved, and by which schedules one is still on."""

    duties_moved: int
    still_on: list[str]


class CoverOut(Schema):
    """A duty that would change hands, who has it as the plan stands ("" for nobody), and who could take it."""

    title: str
    week: date
    name: str
    before: str = ""


class LeaveAnswerOut(Schema):
    """What days away would change. `fine`, `changes`, `impossible`, `unknown`, or `asked`: poll the question.

    `question` is None unless the planner was asked; `state` is then how far it is.
    """

    verdict: str
    reason: str
    covers: list[CoverOut]
    schedules: list[str]
    question: int | None = None
    state: str = ""


class LeaveQuestionOut(Schema):
    """How far the planner is with a question about days away: asked, solving, then ready, impossible or failed.

    Ready: the duties can be shared out, and `covers` are those that would move; none: nothing changes. `problem`
    says what stands in the way where they cannot.
    """

    question: int
    state: str
    problem: str
    covers: list[CoverOut]


@router.get("/leave", **_MANAGED, response={200: list[LeaveOut], REFUSALS: ProblemOut}, summary="My days away")
def own(request: ApiRequest, named: Named) -> list[LeaveOut]:
    """The days away of the person named that are not over, the soonest first."""
    person, now = named_person(request.auth, named), clock.now()
    found = Leave.objects.filter(person=person, cancelled_at=None, ends_on__gte=now.astimezone(person.zone).date())
    return [LeaveOut.of(one) for one in found.order_by("starts_on", "id")]


@router.post(
    "/leave", **_MANAGED, response={201: LeaveStoredOut, REFUSALS: ProblemOut}, summary="Enter days away"
)  # fmt: skip
def enter(request: ApiRequest, named: Named, asked: DaysIn) -> Status[LeaveStoredOut]:
    """Enter days away of the person named; duties that they touch go to others at once."""
    person, now = named_person(request.auth, named), clock.now()
    _check(asked)
    by = team_operations.as_actor(person)
    moved = rota.record_leave(person, starts_on=asked.starts_on, ends_on=asked.ends_on, by=by, now=now)
    stored = Leave.objects.filter(person=person, starts_on=asked.starts_on, ends_on=asked.ends_on).latest("id")
    out = LeaveOut.of(stored).model_dump()
    touched = _touched(request, person, asked)
    return Status(201, LeaveStoredOut(**out, duties_moved=len(moved), still_on=_names(touched)))


@router.post(
    "/leave/check", **_MANAGED, response={200: LeaveAnswerOut, REFUSALS: ProblemOut}, summary="May I be away then?"
)  # fmt: skip
def check(request: ApiRequest, named: Named, asked: DaysIn) -> LeaveAnswerOut:
    """What days away of the person named would change in the key's team. Enters nothing; may ask the planner."""
    person, now = named_person(request.auth, named), clock.now()
    _check(asked)
    team = Team.objects.get(pk=request.auth.team_id)
    by = team_operations.as_actor(person)
    told = leave.answer(team, person, starts_on=asked.starts_on, ends_on=asked.ends_on, by=by, now=now)
    return LeaveAnswerOut(
        verdict=told.verdict.value,
        reason=told.reason,
        covers=[CoverOut(title=one.title, week=one.week, name=one.name) for one in told.covers],
        schedules=_names(_touched(request, person, asked)),
        question=told.draft.pk if told.draft else None,
        state=told.draft.state if told.draft else "",
    )


@router.get(
    "/leave/questions/{question_id}",
    **_MANAGED,
    response={200: LeaveQuestionOut, 409: ProblemOut, REFUSALS: ProblemOut},
    summary="What days away would move",
)
def question(request: ApiRequest, question_id: Id, named: Named) -> LeaveQuestionOut:
    """What the planner says of days away that the person named asked about."""
    person, now = named_person(request.auth, named), clock.now()
    asked = Draft.objects.filter(purpose=Purpose.LEAVE, team_id=request.auth.team_id, asked_by=person)
    one = asked.filter(pk=question_id).select_related("team").first()
    if one is None:
        raise not_found("question")
    covers: list[CoverOut] = []
    if one.state == DraftState.READY:
        try:
            covers = [
                CoverOut(title=move.title, week=move.week, name=move.after, before=move.before)
                for move in leave.moves(one, now=now)
            ]
        except (PublishRefused, CannotPlan) as error:
            raise Problem(409, "no_plan", str(error)) from error
    return LeaveQuestionOut(question=one.pk, state=one.state, problem=one.problem, covers=covers)


@router.delete(
    "/leave/{leave_id}", **_MANAGED, response={204: None, REFUSALS: ProblemOut}, summary="Take days away back"
)  # fmt: skip
def take_back(request: ApiRequest, leave_id: Id, named: Named) -> Status[None]:
    """Take days away back. Duties that were given to others stay with them."""
    person = named_person(request.auth, named)
    one = Leave.objects.filter(person=person, cancelled_at=None, pk=leave_id).first()
    if one is None:
        raise not_found("days away")
    rota.cancel_leave(one, by=team_operations.as_actor(person), now=clock.now())
    return Status(204, None)


def _check(asked: DaysIn) -> None:
    """Raise Problem for days that cannot be stored."""
    wrong = wrong_with_days(asked.starts_on, asked.ends_on)
    if not wrong and (asked.ends_on - asked.starts_on).days > _MOST_DAYS:
        wrong = f"Days away last {_MOST_DAYS} days at most."
    if wrong:
        raise Problem(422, "bad_days", wrong, "ends_on")


def _touched(request: ApiRequest, person: Person, asked: DaysIn) -> list[Touched]:
    """Return where the person is on and away by schedules of the key's team: others do not exist for it."""
    found = touched_by(person, starts_on=asked.starts_on, ends_on=asked.ends_on, now=clock.now())
    return [one for one in found if one.schedule.team_id == request.auth.team_id]


def _names(touched: list[Touched]) -> list[str]:
    return list(dict.fromkeys(one.schedule.slug for one in touched))
