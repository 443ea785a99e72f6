"""Planning over the JSON API: ask, look, publish, discard; why; terms. Leads act, by name, as on the screens."""

from datetime import date
from typing import Annotated, Any

from ninja import Query, Router, Status

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning import drafts, loads, members, publishing, replanning, snapshot, why
from hausmeister.rota.planning.drafts import DraftMoved, DraftRefused, Wanted
from hausmeister.rota.planning.ledger_shapes import LoadOut
from hausmeister.rota.planning.loads import NobodyWithThatLoad
from hausmeister.rota.planning.publishing import DraftIsStale, PublishRefused
from hausmeister.rota.planning.rules.instance import key_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.terms import BadTerms, Goal, Terms
from hausmeister.rota.planning.shapes import (
    BendIn,
    DiffOut,
    DraftOut,
    DraftsOut,
    PlanIn,
    PublishIn,
    TermsBody,
    WhyOut,
)
from hausmeister.rota.planning.why import NothingToExplain
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
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.rules import Capability, Scope

router = Router(tags=["planning"])

_MOVED: Any = {200: DraftOut, 409: ProblemOut, REFUSALS: ProblemOut}


def _lead(request: ApiRequest, email: str, capability: Capability = Capability.CHANGE_ROTA) -> Person:
    """Return the person who acts. Raises Problem unless they may plan by hand as well."""
    person = named_person(request.auth, email)
    if not permissions.can(person, capability, team_id=request.auth.team_id):
        raise Problem(403, "not_a_lead", f"{person.name} may not {capability.value} here.", "Hausmeister-As")
    return person


def _draft(request: ApiRequest, draft_id: int) -> Draft:
    found = Draft.objects.plans().filter(pk=draft_id, team_id=request.auth.team_id).select_related("team").first()
    if found is None:
        raise not_found("plan")
    return found


@router.post(
    "/plans", auth=Key(Scope.MANAGE), response={201: DraftOut, REFUSALS: ProblemOut}, summary="Ask for a plan"
)  # fmt: skip
def ask(request: ApiRequest, named: Named, asked: PlanIn) -> Any:
    """Ask the planner; poll the plan until it is ready. Nothing is written to the rota."""
    person = _lead(request, named)
    team = Team.objects.get(pk=request.auth.team_id)
    wanted = Wanted(**asked.model_dump())
    try:
        draft = drafts.ask(team, wanted, by=team_operations.as_actor(person), person=person, now=clock.now())
    except DraftRefused as error:
        raise Problem(422, "plan_refused", str(error), error.field) from error
    return Status(201, DraftOut.of(draft))


@router.post(
    "/plans/compare", auth=Key(Scope.MANAGE), response={201: DraftsOut, REFUSALS: ProblemOut}, summary="Ask for three"
)  # fmt: skip
def compare(request: ApiRequest, named: Named, asked: PlanIn) -> Any:
    """Ask for three plans side by side: the fewest changes, a few more, free; `flavour` does not count."""
    person = _lead(request, named)
    team = Team.objects.get(pk=request.auth.team_id)
    by = team_operations.as_actor(person)
    try:
        three = drafts.compare(team, Wanted(**asked.model_dump()), by=by, person=person, now=clock.now())
    except DraftRefused as error:
        raise Problem(422, "plan_refused", str(error), error.field) from error
    return Status(201, DraftsOut(items=[DraftOut.of(one) for one in three]))


@router.get("/plans", auth=Key(Scope.READ), response={200: DraftsOut, REFUSALS: ProblemOut}, summary="Plans")
def plans(request: ApiRequest, limit: Limit = 20) -> DraftsOut:
    """The newest drafts of the key's team."""
    found = Draft.objects.plans().filter(team_id=request.auth.team_id)[:limit]
    return DraftsOut(items=[DraftOut.of(one) for one in found])


@router.get("/plans/{draft_id}", auth=Key(Scope.READ), response={200: DraftOut, REFUSALS: ProblemOut})
def plan(request: ApiRequest, draft_id: Id) -> DraftOut:
    """One draft: its state, how far it is, what is proven, or why there is no such plan."""
    return DraftOut.of(_draft(request, draft_id))


@router.get(
    "/plans/{draft_id}/diff",
    auth=Key(Scope.READ),
    response={200: DiffOut, 409: ProblemOut, REFUSALS: ProblemOut},
    summary="What a plan changes",
)
def diff(request: ApiRequest, draft_id: Id) -> DiffOut:
    """What publishing the draft would change now, for whom and why; and what changed since it was made."""
    draft, now = _draft(request, draft_id), clock.now()
    firm = snapshot.horizon_of(draft.team, snapshot.policy_in_force(draft.team), now=now)
    try:
        return DiffOut.of(draft, now=now, firm=firm)
    except (PublishRefused, CannotPlan) as error:
        raise Problem(409, "no_plan", str(error)) from error


@router.post("/plans/{draft_id}/publish", auth=Key(Scope.MANAGE), response=_MOVED, summary="Publish a plan")
def publish(request: ApiRequest, draft_id: Id, named: Named, asked: PublishIn) -> DraftOut:
    """Put the plan in force and tell everybody whose duty changes. A second time is refused."""
    person = _lead(request, named)
    draft = _draft(request, draft_id)
    by = team_operations.as_actor(person)
    try:
        publishing.publish(draft, version=asked.version, by=by, person=person, now=clock.now())
    except DraftMoved as error:
        raise Problem(409, "plan_moved", str(error)) from error
    except DraftIsStale as error:
        raise Problem(409, "plan_is_stale", str(error)) from error
    except PublishRefused as error:
        raise Problem(409, "publish_refused", str(error)) from error
    draft.refresh_from_db()
    return DraftOut.of(draft)


@router.post("/plans/{draft_id}/discard", auth=Key(Scope.MANAGE), response=_MOVED, summary="Discard a plan")
def discard(request: ApiRequest, draft_id: Id, named: Named) -> DraftOut:
    """Throw the draft away."""
    person = _lead(request, named)
    draft = _draft(request, draft_id)
    try:
        drafts.discard(draft, by=team_operations.as_actor(person), now=clock.now())
    except DraftMoved as error:
        raise Problem(409, "plan_moved", str(error)) from error
    draft.refresh_from_db()
    return DraftOut.of(draft)


@router.post(
    "/plans/{draft_id}/bend", auth=Key(Scope.MANAGE), response={201: DraftOut, REFUSALS: ProblemOut},
    summary="Take a way out",
)  # fmt: skip
def bend(request: ApiRequest, draft_id: Id, named: Named, asked: BendIn) -> Any:
    """Ask again with one of the ways out of an impossible plan; whoever would have to move days is asked by mail."""
    person = _lead(request, named)
    draft, by = _draft(request, draft_id), team_operations.as_actor(person)
    try:
        made = replanning.take_way_out(draft, asked.way, by=by, person=person, now=clock.now())
    except DraftRefused as error:
        raise Problem(422, "plan_refused", str(error), error.field) from error
    return Status(201, DraftOut.of(made))


@router.get("/rota/why", auth=Key(Scope.READ), response={200: WhyOut, REFUSALS: ProblemOut}, summary="Why them")
def why_them(
    request: ApiRequest,
    week: Annotated[date, Query(description="The Monday of the week, this one or later.")],
    role: Annotated[str, Query(max_length=2, description="D, W, BD or BW.")],
) -> WhyOut:
    """Why a duty is with whom it stands: who else was barred by what, and what choosing another would cost."""
    team = Team.objects.get(pk=request.auth.team_id)
    try:
        return WhyOut.of(why.of_standing(team, monday=week, role=role, now=clock.now()))
    except (NothingToExplain, CannotPlan) as error:
        raise Problem(422, "nothing_to_explain", str(error)) from error


# ---- why a load ----


_Kind = Annotated[Category, Query(description="D: weekday duties, W: weekends, B: backstops.")]


@router.get("/rota/load/{person_id}", auth=Key(Scope.READ), response={200: LoadOut, REFUSALS: ProblemOut})
def why_so_many(request: ApiRequest, person_id: Id, kind: _Kind) -> LoadOut:
    """Why somebody has as many duties of a kind as they have, with the planner's proof where it was asked for."""
    return _load(Team.objects.get(pk=request.auth.team_id), person_id, kind)


@router.post("/rota/load/{person_id}/proof", auth=Key(Scope.MANAGE), response={200: LoadOut, REFUSALS: ProblemOut})
def prove_load(request: ApiRequest, person_id: Id, kind: _Kind, named: Named) -> LoadOut:
    """Ask the planner for the fewest and the most that any plan could give them; poll the load until it is there."""
    person = _lead(request, named, Capability.SEE_PAGES)
    team = Team.objects.get(pk=request.auth.team_id)
    asked_by = team_operations.as_actor(person)
    try:
        loads.ask(team, person=key_of(person_id), category=kind, by=asked_by, asked_by=person, now=clock.now())
    except NobodyWithThatLoad as error:
        raise not_found("person") from error
    except (CannotPlan, DraftRefused) as error:
        raise Problem(422, "load_refused", str(error)) from error
    return _load(team, person_id, kind)


def _load(team: Team, person_id: int, kind: Category) -> LoadOut:
    try:
        return LoadOut.of(loads.load(team, person=key_of(person_id), category=kind, now=clock.now()), kind)
    except NobodyWithThatLoad as error:
        raise not_found("person") from error
    except CannotPlan as error:
        raise Problem(422, "nothing_to_explain", str(error)) from error


# ---- terms ----


def _member(request: ApiRequest, person_id: int) -> Membership:
    found = Membership.objects.filter(team_id=request.auth.team_id, person_id=person_id, left_on=None)
    member = found.select_related("person", "team").first()
    if member is None:
        raise not_found("person")
    return member


@router.get(
    "/people/{person_id}/terms", auth=Key(Scope.READ), response={200: TermsBody, REFUSALS: ProblemOut},
    summary="On what terms",
)  # fmt: skip
def terms(request: ApiRequest, person_id: Id) -> TermsBody:
    """On what terms a member of the team shares the duties."""
    member = _member(request, person_id)
    return TermsBody.of(snapshot.terms_of([member])[member.pk])


@router.put(
    "/people/{person_id}/terms", auth=Key(Scope.MANAGE), response={200: TermsBody, REFUSALS: ProblemOut},
    summary="Change the terms",
)  # fmt: skip
def change_terms(request: ApiRequest, person_id: Id, named: Named, asked: TermsBody) -> TermsBody:
    """Change on what terms a member shares the duties, whole; what is left out becomes the usual."""
    person = _lead(request, named, Capability.MANAGE_MEMBERS)
    member = _member(request, person_id)
    try:
        members.change_terms(
            member, _clean(asked.terms()), by=team_operations.as_actor(person), now=clock.now()
        )  # fmt: skip
    except BadTerms as error:
        raise Problem(422, "bad_terms", str(error), error.field) from error
    return TermsBody.of(snapshot.terms_of([member])[member.pk])


def _clean(found: Terms) -> Terms:
    """Return `found` without what no database stores."""
    return Terms(
        found.fte_percent, found.off_weekdays, storable(found.country), storable(found.subdivision),
        tuple(storable(area) for area in found.knows), tuple(Goal(storable(g.area), g.times) for g in found.learns),
        found.from_on, found.until_on,
    )  # fmt: skip
