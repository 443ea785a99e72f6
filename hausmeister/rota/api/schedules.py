"""Schedules over the JSON API: reading them, making and changing them, overrides."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

from ninja import Path, Query, Router, Status

from hausmeister.base import clock
from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.rota.api import LONGEST_SPAN, Moment
from hausmeister.rota.api.drafts import (
    EntriesIn,
    GiveIn,
    LayerIn,
    OverrideIn,
    ParticipantsIn,
    ScheduleChangeIn,
    ScheduleIn,
    TemplateIn,
    entries_of,
    layer_draft,
    participants_named,
    people_named,
    schedule_draft,
    somebody_named,
)
from hausmeister.rota.models import Layer, Schedule, ScheduleOverride, ZoneIsGone
from hausmeister.rota.operations import OverrideNeedsWord, OverrideRefused, schedule_overrides, turn_cover
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.definitions import BadDefinition, read_clock
from hausmeister.rota.rules.layers import Change
from hausmeister.rota.rules.templates import TEMPLATES
from hausmeister.rota.shapes import (
    LayerOut,
    ScheduleOnCallOut,
    ScheduleOut,
    ScheduleOverrideOut,
    SchedulesOut,
    ScheduleTimelineOut,
)
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, Named, ProblemOut, named_person, not_found
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Scope

router = Router(tags=["schedules"])

Slug = Annotated[str, Path(max_length=60, pattern="^[a-z0-9-]+$", description="The schedule's short name.")]
_READ: Any = {409: ProblemOut, REFUSALS: ProblemOut}
_CHANGED: Any = {409: ProblemOut, REFUSALS: ProblemOut}


# the first that fits words the refusal
_REFUSALS: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (operations.SlugTaken, lambda error: Problem(409, "slug_taken", str(error), error.field)),
    (operations.ScheduleIsCalled, lambda error: Problem(409, "schedule_is_called", str(error))),
    (schedule_overrides.FollowsDuties, lambda error: Problem(409, "follows_duties", str(error))),
    (schedule_overrides.OverrideOverlaps, lambda error: Problem(409, "override_overlaps", str(error), error.field)),
    (OverrideNeedsWord, lambda error: Problem(409, "outranked", str(error), "even_if_outranked")),
    (OverrideRefused, lambda error: Problem(422, "override_refused", str(error))),
    (BadDefinition, lambda error: Problem(422, "bad_schedule", str(error), error.field)),
    (ZoneIsGone, lambda error: Problem(409, "zone_is_gone", str(error), "zone")),
    (queries.TooManyTurns, lambda error: Problem(422, "bad_span", str(error), "until")),
    (TooFarAhead, lambda error: Problem(422, "too_far_ahead", str(error))),
)


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what the rules and operations refuse into the API's words."""
    try:
        yield
    except tuple(kind for kind, _worded in _REFUSALS) as error:
        worded = next(worded for kind, worded in _REFUSALS if isinstance(error, kind))
        raise worded(error) from error


def _team(request: ApiRequest) -> Team:
    return Team.objects.get(pk=request.auth.team_id)


def _schedule(request: ApiRequest, slug: str) -> Schedule:
    found = Schedule.objects.filter(team_id=request.auth.team_id, slug=slug).select_related("team").first()
    if found is None:
        raise not_found("schedule")
    return found


def _layer(schedule: Schedule, layer_id: int, *, now: datetime) -> Layer:
    for layer in queries.layers_in_force(schedule, now=now):
        if layer.pk == layer_id:
            return layer
    raise not_found("layer")


def changer(request: ApiRequest, named: str) -> Person:
    """Return the person in whose name the key changes the rota. Raises Problem."""
    person = named_person(request.auth, named)
    if not permissions.can(person, Capability.CHANGE_ROTA, team_id=request.auth.team_id):
        raise Problem(403, "may_not_change_rota", f"{person.name} may not change the rota.", "Hausmeister-As")
    return person


def moment_of(text: str, field: str, schedule: Schedule | None, team: Team, now: datetime) -> datetime:
    with refusals_told():
        zone = schedule.zone if schedule else team.zone
    try:
        return read_moment(text, now=now, zone=zone)
    except NoMoment as error:
        raise Problem(422, "no_moment", str(error), field) from error


def _told(schedule: Schedule, now: datetime) -> ScheduleOut:
    with refusals_told():
        return ScheduleOut.of(schedule, queries.schedule_on_call(schedule, at=now), now=now)


# ---- reading ----


@router.get("/schedules", auth=Key(Scope.READ), response={200: SchedulesOut, **_READ}, summary="Schedules")
def schedules(request: ApiRequest) -> SchedulesOut:
    """The team's schedules with their layers, and who is on by each now."""
    team, now = _team(request), clock.now()
    found = list(Schedule.objects.filter(team=team).select_related("team").order_by("name", "id"))
    with refusals_told():
        on = queries.on_call(found, at=now)
        return SchedulesOut(items=[ScheduleOut.of(one, on[one.pk], now=now) for one in found])


@router.get("/schedules/{slug}", auth=Key(Scope.READ), response={200: ScheduleOut, **_READ}, summary="One schedule")
def schedule(request: ApiRequest, slug: Slug) -> ScheduleOut:
    """One schedule with its layers, and who is on by it now."""
    return _told(_schedule(request, slug), clock.now())


@router.get(
    "/schedules/{slug}/oncall", auth=Key(Scope.READ), response={200: ScheduleOnCallOut, **_READ},
    summary="Who is on by a schedule",
)  # fmt: skip
def schedule_on_call(request: ApiRequest, slug: Slug, at: Moment = "now") -> ScheduleOnCallOut:
    """Who is on by the schedule at `at`, why it is them, and until when at least."""
    found, now = _schedule(request, slug), clock.now()
    moment = moment_of(at, "at", found, found.team, now)
    with refusals_told():
        return ScheduleOnCallOut.of(found, queries.schedule_on_call(found, at=moment), at=moment)


@router.get(
    "/schedules/{slug}/timeline", auth=Key(Scope.READ), response={200: ScheduleTimelineOut, **_READ},
    summary="A schedule's coming weeks",
)  # fmt: skip
def schedule_timeline(
    request: ApiRequest,
    slug: Slug,
    starts: Annotated[str, Query(max_length=80, alias="from", description="Where to begin: a moment.")] = "now",
    until: Annotated[
        str, Query(max_length=80, description="Where to end, at most 366 days later; four weeks if left out.")
    ] = "",
) -> ScheduleTimelineOut:
    """Who is on in a span of time: in the end, and by each layer alone."""
    found, now = _schedule(request, slug), clock.now()
    starts_at = moment_of(starts, "from", found, found.team, now)
    ends_at = moment_of(until, "until", found, found.team, now) if until else starts_at + timedelta(weeks=4)
    if not starts_at < ends_at <= starts_at + LONGEST_SPAN:
        raise Problem(422, "bad_span", "The span must end after it begins, and last 366 days at most.", "until")
    with refusals_told():
        return ScheduleTimelineOut.of(queries.schedule_timeline(found, starts_at=starts_at, ends_at=ends_at))


# ---- making and changing ----


@router.post(
    "/schedules", auth=Key(Scope.MANAGE), response={201: ScheduleOut, **_CHANGED}, summary="Make a schedule"
)  # fmt: skip
def create(request: ApiRequest, named: Named, asked: ScheduleIn) -> Status[ScheduleOut]:
    """Make a schedule with its layers."""
    team, by, now = _team(request), changer(request, named), clock.now()
    with refusals_told():
        draft = schedule_draft(team, asked, by=by)
        (made,) = operations.create_schedules(team, [draft], by=team_operations.as_actor(by), now=now)
    return Status(201, _told(made, now))


@router.post(
    "/schedule-templates/{name}", auth=Key(Scope.MANAGE), response={201: SchedulesOut, **_CHANGED},
    summary="Make schedules from a template",
)  # fmt: skip
def create_from_template(
    request: ApiRequest,
    name: Annotated[str, Path(max_length=60, description="One of " + ", ".join(TEMPLATES))],
    named: Named,
    asked: TemplateIn,
) -> Status[SchedulesOut]:
    """Make the schedules of a ready-made template, all or none."""
    team, by, now = _team(request), changer(request, named), clock.now()
    if name not in TEMPLATES:
        raise not_found("template")
    with refusals_told():
        made = operations.create_from_template(
            team,
            TEMPLATES[name],
            people=people_named(team, asked.people),
            begins_on=now.astimezone(team.zone).date(),
            zone_name=asked.zone,
            slug=asked.slug,
            name=storable(asked.name),
            hand_off=read_clock(asked.hand_off, "hand_off"),
            by=team_operations.as_actor(by),
            now=now,
        )
    return Status(201, SchedulesOut(items=[_told(one, now) for one in made]))


@router.put("/schedules/{slug}", auth=Key(Scope.MANAGE), response={200: ScheduleOut, **_CHANGED})
def change(request: ApiRequest, slug: Slug, named: Named, asked: ScheduleChangeIn) -> ScheduleOut:
    """Change name, zone and description, and whether it may lie beside duties."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    with refusals_told():
        operations.change_schedule(
            found, name=storable(asked.name), zone_name=asked.zone, description=storable(asked.description),
            by=team_operations.as_actor(by), now=now,
        )  # fmt: skip
    if asked.beside_duties is not None:
        operations.lie_beside_duties(found, allowed=asked.beside_duties, by=team_operations.as_actor(by), now=now)
    return _told(found, now)


@router.post(
    "/schedules/{slug}/cannot", auth=Key(Scope.MANAGE), response={201: ScheduleOverrideOut, **_CHANGED},
    summary="I cannot",
)  # fmt: skip
def cannot(request: ApiRequest, slug: Slug, named: Named, asked: GiveIn) -> Any:
    """Give what the person named has of a schedule in a span to somebody who is free then; both are told."""
    found, giver, now = _schedule(request, slug), named_person(request.auth, named), clock.now()
    starts_at = moment_of(asked.from_, "from", found, found.team, now)
    ends_at = moment_of(asked.until, "until", found, found.team, now)
    with refusals_told():
        (taker,) = people_named(found.team, [asked.to], "to")
        stored = turn_cover.give(
            found, giver, taker, starts_at=starts_at, ends_at=ends_at, reason=storable(asked.reason),
            by=team_operations.as_actor(giver), now=now,
        )  # fmt: skip
    return Status(201, ScheduleOverrideOut.of(stored))


@router.delete("/schedules/{slug}", auth=Key(Scope.MANAGE), response={204: None, **_CHANGED})
def remove(request: ApiRequest, slug: Slug, named: Named) -> Status[None]:
    """Remove a schedule with its layers and overrides; refused while the policy calls it."""
    found, by = _schedule(request, slug), changer(request, named)
    with refusals_told():
        operations.remove_schedule(found, by=team_operations.as_actor(by), now=clock.now())
    return Status(204, None)


@router.post("/schedules/{slug}/layers", auth=Key(Scope.MANAGE), response={201: LayerOut, **_CHANGED})
def add_layer(request: ApiRequest, slug: Slug, named: Named, asked: LayerIn) -> Status[LayerOut]:
    """Put a layer on top of the others."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    with refusals_told():
        draft = layer_draft(found.team, asked, by=by)
        layer = operations.add_layer(found, draft, by=team_operations.as_actor(by), now=now)
    return Status(201, LayerOut.of(layer, now=now))


@router.put("/schedules/{slug}/layers/{layer_id}", auth=Key(Scope.MANAGE), response={200: LayerOut, **_CHANGED})
def change_layer(request: ApiRequest, slug: Slug, layer_id: Id, named: Named, asked: LayerIn) -> LayerOut:
    """Give a layer a new form from now on, under a new number; what was on before stays what it was."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    layer = _layer(found, layer_id, now=now)
    with refusals_told():
        draft = layer_draft(found.team, asked, by=by)
        layer = operations.change_layer(layer, draft, by=team_operations.as_actor(by), now=now)
    return LayerOut.of(layer, now=now)


@router.delete("/schedules/{slug}/layers/{layer_id}", auth=Key(Scope.MANAGE), response={204: None, **_CHANGED})
def remove_layer(request: ApiRequest, slug: Slug, layer_id: Id, named: Named) -> Status[None]:
    """Take a layer out from now on."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    layer = _layer(found, layer_id, now=now)
    with refusals_told():
        operations.remove_layer(layer, by=team_operations.as_actor(by), now=now)
    return Status(204, None)


@router.put(
    "/schedules/{slug}/layers/{layer_id}/participants", auth=Key(Scope.MANAGE), response={200: LayerOut, **_CHANGED}
)  # fmt: skip
def set_participants(
    request: ApiRequest, slug: Slug, layer_id: Id, named: Named, asked: ParticipantsIn
) -> LayerOut:  # fmt: skip
    """Let exactly these take turns, from a moment on. Nobody's past turns move."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    layer = _layer(found, layer_id, now=now)
    from_at = moment_of(asked.from_, "from", found, found.team, now)
    with refusals_told():
        participants = participants_named(found.team, asked.participants, by=by)
        layer = operations.set_participants(
            layer, participants, from_at=from_at, by=team_operations.as_actor(by), now=now
        )
    return LayerOut.of(layer, now=from_at)


@router.put(
    "/schedules/{slug}/layers/{layer_id}/entries", auth=Key(Scope.MANAGE), response={200: LayerOut, **_CHANGED}
)  # fmt: skip
def replace_entries(request: ApiRequest, slug: Slug, layer_id: Id, named: Named, asked: EntriesIn) -> LayerOut:
    """Put these entries in place of all that a plan holds."""
    found, by, now = _schedule(request, slug), changer(request, named), clock.now()
    layer = _layer(found, layer_id, now=now)
    with refusals_told():
        entries = entries_of(found.team, asked.entries)
        operations.replace_entries(layer, entries, by=team_operations.as_actor(by), now=now)
    return LayerOut.of(layer, now=now)


# ---- overrides ----


@router.get("/schedule-overrides", auth=Key(Scope.READ), response={200: list[ScheduleOverrideOut], **_READ})
def overrides(request: ApiRequest) -> list[ScheduleOverrideOut]:
    """The overrides of the team's schedules that are in force or ahead, oldest first."""
    now = clock.now()
    found = ScheduleOverride.objects.filter(team_id=request.auth.team_id).touching(now, now + timedelta(days=800))
    return [ScheduleOverrideOut.of(one) for one in found.select_related("person", "instead_of", "schedule")]


@router.post("/schedule-overrides", auth=Key(Scope.MANAGE), response={201: ScheduleOverrideOut, **_CHANGED})
def add_override(request: ApiRequest, named: Named, asked: OverrideIn) -> Status[ScheduleOverrideOut]:
    """Add, remove or replace somebody for a span: on one schedule, or on all that the team has."""
    team, by, now = _team(request), changer(request, named), clock.now()
    if asked.schedule and not (asked.schedule.isascii() and asked.schedule.isprintable()):
        raise not_found("schedule")
    found = _schedule(request, asked.schedule) if asked.schedule else None
    with refusals_told():
        wanted = Change(
            id=0,
            kind=asked.kind,
            starts_at=moment_of(asked.from_, "from", found, team, now),
            ends_at=moment_of(asked.until, "until", found, team, now),
            person_id=somebody_named(team, asked.person, "person"),
            instead_of=somebody_named(team, asked.instead_of, "instead_of"),
        )
        stored = schedule_overrides.add_schedule_override(
            team, found, wanted, reason=storable(asked.reason), by=team_operations.as_actor(by), now=now,
            created_by=by, even_if_outranked=asked.even_if_outranked,
        )  # fmt: skip
    return Status(201, ScheduleOverrideOut.of(stored))


@router.delete("/schedule-overrides/{override_id}", auth=Key(Scope.MANAGE), response={204: None, **_CHANGED})
def cancel_override(request: ApiRequest, override_id: Id, named: Named) -> Status[None]:
    """End an override; the plan holds again from now on."""
    by = changer(request, named)
    one = ScheduleOverride.objects.filter(team_id=request.auth.team_id, pk=override_id)
    found = one.select_related("person", "instead_of", "schedule").first()
    if found is None:
        raise not_found("override")
    schedule_overrides.cancel_schedule_override(found, by=team_operations.as_actor(by), now=clock.now())
    return Status(204, None)
