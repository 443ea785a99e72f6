"""Incidents over the JSON API: reading them, and acting on them in somebody's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from ninja import Query, Router

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.incidents import queries
from hausmeister.incidents.models import Incident, Offer
from hausmeister.incidents.operations import (
    changing,
    closing,
    levels,
    open_incident,
    opening,
    recording,
    reviewing,
    roles,
    updating,
)
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import Answer, Post
from hausmeister.incidents.shapes import (
    AddedOut,
    EventIn,
    FollowUpIn,
    IncidentAnswerIn,
    IncidentHandOverIn,
    IncidentOut,
    IncidentsOut,
    LevelIn,
    OpenIn,
    OverIn,
    SayIn,
    WholeIncidentOut,
)
from hausmeister.journal.rules import Actor
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
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope

router = Router(tags=["incidents"])
_ACTED = {200: WholeIncidentOut, 409: ProblemOut, REFUSALS: ProblemOut}
_ADDED = {200: AddedOut, REFUSALS: ProblemOut}


@router.get("/incidents", auth=Key(Scope.READ), response={200: IncidentsOut, REFUSALS: ProblemOut}, summary="Incidents")
def incidents(
    request: ApiRequest,
    running: Annotated[bool | None, Query(description="Only running ones, or only those that are over.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> IncidentsOut:
    """Incidents of the key's team, the newest first."""
    found = queries.of_team(request.auth.team_id).order_by("-id")
    if running is not None:
        found = found.filter(over_at__isnull=running)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: limit + 1])
    return IncidentsOut(
        items=[IncidentOut.of(one) for one in rows[:limit]],
        next=rows[limit - 1].pk if len(rows) > limit else None,
    )


@router.post("/incidents", auth=Key(Scope.MANAGE), response=_ACTED, summary="Open an incident")
def open_one(request: ApiRequest, named: Named, asked: OpenIn) -> WholeIncidentOut:
    """Open an incident; the acting person is point. The same origin is the same incident."""
    by, now = named_person(request.auth, named), clock.now()
    team = Team.objects.get(pk=request.auth.team_id)
    with refusals_told():
        made = open_incident(
            team, storable(asked.title), storable(asked.level), opened_from=storable(asked.opened_from),
            actor=as_actor(by), now=now,
        )  # fmt: skip
    return WholeIncidentOut.whole(_visible(request.auth, made.pk), now=now)


@router.post(
    "/incidents/timeline", auth=Key(Scope.ALERTS_WRITE), response=_ADDED, summary="Add to every running incident"
)
def add_to_running(request: ApiRequest, asked: EventIn) -> AddedOut:
    """Add an entry to the timeline of each incident of the team that runs: for a deployment, which knows no numbers."""
    running = queries.of_team(request.auth.team_id).running()
    return AddedOut(incidents=[_add(request.auth, one, asked) for one in running])


@router.get("/incidents/{incident_id}", auth=Key(Scope.READ), response={200: WholeIncidentOut, REFUSALS: ProblemOut})
def incident(request: ApiRequest, incident_id: Id) -> WholeIncidentOut:
    """One incident with what was told, what is to be done, and its timeline."""
    return WholeIncidentOut.whole(_visible(request.auth, incident_id), now=clock.now())


@router.post("/incidents/{incident_id}/timeline", auth=Key(Scope.ALERTS_WRITE), response=_ADDED)
def add(request: ApiRequest, incident_id: Id, asked: EventIn) -> AddedOut:
    """Add what another system reports: a deploy or a note, in the name of the key's source."""
    return AddedOut(incidents=[_add(request.auth, _visible(request.auth, incident_id), asked)])


def _add(holder: KeyHolder, one: Incident, asked: EventIn) -> int:
    now = clock.now()
    if asked.at is not None and asked.at.tzinfo is None:
        raise Problem(422, "no_offset", "The moment needs an offset, such as 2027-01-04T11:00:00+01:00.", "at")
    by = Actor("source", holder.source_id, holder.source_name)
    with refusals_told():
        recording.add_event(
            one.pk, asked.kind, storable(asked.text), by=by, at=asked.at or now, now=now, link=storable(asked.link),
            key=storable(asked.key),
        )  # fmt: skip
    return one.pk


@router.post("/incidents/{incident_id}/update", auth=Key(Scope.MANAGE), response=_ACTED)
def update(request: ApiRequest, incident_id: Id, named: Named, asked: SayIn) -> WholeIncidentOut:
    """Tell the news in the rooms named; what clients read cannot be taken back."""
    said = Said(storable(asked.text), tuple(map(storable, asked.rooms)), storable(asked.key))
    return _act(request, incident_id, named, lambda by, now: updating.post_update(incident_id, said, by=by, now=now))


@router.post("/incidents/{incident_id}/point", auth=Key(Scope.MANAGE), response=_ACTED)
def point(request: ApiRequest, incident_id: Id, named: Named, asked: IncidentHandOverIn) -> WholeIncidentOut:
    """Ask somebody to be point, or give it to them at once."""
    return _hand_over(request, incident_id, named, Post.POINT, asked)


@router.post("/incidents/{incident_id}/comms", auth=Key(Scope.MANAGE), response=_ACTED)
def comms(request: ApiRequest, incident_id: Id, named: Named, asked: IncidentHandOverIn) -> WholeIncidentOut:
    """Ask somebody to be comms, or give it to them at once; anybody may take it while nobody has it."""
    return _hand_over(request, incident_id, named, Post.COMMS, asked)


def _hand_over(
    request: ApiRequest, incident_id: int, named: str, post: Post, asked: IncidentHandOverIn
) -> WholeIncidentOut:  # fmt: skip
    _visible(request.auth, incident_id)
    to = _person(request.auth, asked.person, "person")

    def act(by: Person, now: datetime) -> None:
        if asked.ask:
            roles.offer(incident_id, post, to=to, by=by, now=now)
            return
        holder = roles.holder_of(_visible(request.auth, incident_id), post)
        seen = holder.pk if holder else None
        roles.assign(incident_id, post, to=to, by=by, seen=seen, now=now)

    return _act(request, incident_id, named, act)


@router.post("/incidents/{incident_id}/answer", auth=Key(Scope.MANAGE), response=_ACTED)
def answer(request: ApiRequest, incident_id: Id, named: Named, asked: IncidentAnswerIn) -> WholeIncidentOut:
    """Accept or decline to be point or comms, where the acting person is asked."""

    def act(by: Person, now: datetime) -> None:
        waiting = Offer.objects.filter(incident_id=incident_id, post=asked.post, to=by, answer=Answer.NONE)
        found = waiting.values_list("id", flat=True).first()
        if found is None:
            raise roles.OfferIsVoid
        if asked.accept:
            roles.accept(found, by=by, now=now)
        else:
            roles.decline(found, by=by, now=now)

    return _act(request, incident_id, named, act)


@router.post("/incidents/{incident_id}/level", auth=Key(Scope.MANAGE), response=_ACTED)
def level(request: ApiRequest, incident_id: Id, named: Named, asked: LevelIn) -> WholeIncidentOut:
    """Change how severe it is; procedure and timers follow."""
    name = storable(asked.level)
    return _act(request, incident_id, named, lambda by, now: levels.change_level(incident_id, name, by=by, now=now))


@router.post("/incidents/{incident_id}/over", auth=Key(Scope.MANAGE), response=_ACTED)
def over(request: ApiRequest, incident_id: Id, named: Named, asked: OverIn) -> WholeIncidentOut:
    """Give the all clear, and tell it in the rooms named."""
    said = Said(storable(asked.text), tuple(map(storable, asked.rooms)), storable(asked.key))
    helped = storable(asked.helped)
    return _act(
        request,
        incident_id,
        named,
        lambda by, now: closing.all_clear(incident_id, said, by=by, now=now, helped=helped),
    )


@router.post("/incidents/{incident_id}/reopen", auth=Key(Scope.MANAGE), response=_ACTED)
def reopen(request: ApiRequest, incident_id: Id, named: Named) -> WholeIncidentOut:
    """Take the all clear back."""
    return _act(request, incident_id, named, lambda by, now: closing.reopen(incident_id, by=by, now=now))


@router.post("/incidents/{incident_id}/close", auth=Key(Scope.MANAGE), response=_ACTED)
def close(request: ApiRequest, incident_id: Id, named: Named) -> WholeIncidentOut:
    """Close an incident that is over and reviewed, where its level asks for a review."""
    return _act(request, incident_id, named, lambda by, now: closing.close(incident_id, by=by, now=now))


@router.post("/incidents/{incident_id}/follow-ups", auth=Key(Scope.MANAGE), response=_ACTED)
def follow_up(request: ApiRequest, incident_id: Id, named: Named, asked: FollowUpIn) -> WholeIncidentOut:
    """Note what is to be done, and by whom."""
    _visible(request.auth, incident_id)
    owner = _person(request.auth, asked.owner, "owner") if asked.owner.strip() else None
    text = storable(asked.text)
    return _act(
        request,
        incident_id,
        named,
        lambda by, now: reviewing.add_follow_up(incident_id, text, owner=owner, by=by, now=now),
    )


Act = Callable[[Person, datetime], object]


def _act(request: ApiRequest, incident_id: int, named: str, act: Act) -> WholeIncidentOut:
    """Let the named person do `act`, and return the incident as it is then. Raises Problem."""
    _visible(request.auth, incident_id)
    by, now = named_person(request.auth, named), clock.now()
    with refusals_told():
        act(by, now)
    return WholeIncidentOut.whole(_visible(request.auth, incident_id), now=now)


def _visible(holder: KeyHolder, incident_id: int) -> Incident:
    found = queries.of_team(holder.team_id).filter(pk=incident_id).first()
    if found is None:
        raise not_found("incident")
    return found


def _person(holder: KeyHolder, email: str, field: str) -> Person:
    """Return the member of the key's team with this address. Raises Problem."""
    address = storable(email).strip()
    found = Person.objects.filter(
        email__iexact=address, is_active=True, memberships__team_id=holder.team_id, memberships__left_on=None
    ).first()
    if found is None:
        raise Problem(422, "not_of_the_team", "Nobody of the key's team has this e-mail address.", field)
    return found


_REFUSED: tuple[tuple[tuple[type[Exception], ...], Callable[[str], Problem]], ...] = (
    ((opening.UnknownLevel,), lambda text: Problem(422, "unknown_level", text, "level")),
    ((opening.NoTitle,), lambda text: Problem(422, "no_title", text, "title")),
    ((opening.NobodyToAct,), lambda text: Problem(409, "nobody_to_act", text)),
    ((changing.IncidentIsOver,), lambda text: Problem(409, "incident_is_over", text)),
    ((changing.IncidentIsClosed,), lambda text: Problem(409, "incident_is_closed", text)),
    ((changing.NotOfTheTeam,), lambda text: Problem(422, "not_of_the_team", text, "person")),
    ((roles.PostMoved,), lambda text: Problem(409, "post_moved", text)),
    ((roles.NotYours,), lambda text: Problem(403, "not_yours", text)),
    ((roles.OfferIsVoid,), lambda text: Problem(409, "not_asked", text)),
    ((closing.StillRunning,), lambda text: Problem(409, "still_running", text)),
    ((closing.ReviewIsMissing,), lambda text: Problem(409, "review_missing", text)),
    ((updating.UnknownRoom,), lambda text: Problem(422, "unknown_room", text, "rooms")),
    (
        (updating.NothingToSay, recording.NothingToAdd, reviewing.NoFollowUp),
        lambda text: Problem(422, "no_words", text, "text"),
    ),
    ((recording.NotYet,), lambda text: Problem(422, "in_the_future", text, "at")),
)


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what an operation refuses into the API's words."""
    try:
        yield
    except tuple(kind for kinds, _worded in _REFUSED for kind in kinds) as error:
        worded = next(worded for kinds, worded in _REFUSED if isinstance(error, kinds))
        raise worded(str(error)) from error
