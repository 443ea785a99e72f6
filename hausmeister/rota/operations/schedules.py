"""Changes to schedules and their layers. Each is one transaction, with the team's row locked, and told in the journal.

What was on before a change stays what it was: a layer that has begun is ended and followed by its new form, and
who leaves a list keeps the turns they had.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota import telling
from hausmeister.rota.calendars import feeds
from hausmeister.rota.models import Layer, Participant, PlanEntry, Schedule
from hausmeister.rota.operations import listing
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import follows_duties
from hausmeister.rota.rules.definitions import (
    MOST_LAYERS,
    BadDefinition,
    Content,
    LayerDraft,
    ScheduleDraft,
    check_layer,
    check_name,
    check_participants,
    check_schedule,
    check_zone,
)
from hausmeister.rota.rules.layers import Held
from hausmeister.rota.rules.rotations import Who
from hausmeister.rota.rules.templates import Given, NamedDuty, Somebody, Template, schedules_of
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Role


class SlugTaken(BadDefinition):
    """The team has a schedule of this short name already."""


class ScheduleIsCalled(BadDefinition):
    """The policy in force calls whoever is on by this schedule, so it cannot go."""


def _locked(team: Team) -> Team:
    return Team.objects.select_for_update().get(pk=team.pk)


@transaction.atomic
def create_schedules(team: Team, drafts: Sequence[ScheduleDraft], *, by: Actor, now: datetime) -> list[Schedule]:
    """Store schedules with their layers, all or none. Raises BadDefinition, SlugTaken."""
    team = _locked(team)
    duties = [duty.name for duty in team_queries.policy_of(team.pk).duties]
    taken = set(Schedule.objects.filter(team=team).values_list("slug", flat=True))
    made = []
    for draft in drafts:
        check_schedule(draft, duties=duties)
        if draft.slug in taken:
            raise SlugTaken(f"{team.name} has a schedule {draft.slug} already; choose another short name.", "slug")
        taken.add(draft.slug)
        made.append(_store(team, draft, by=by, now=now))
    return made


def _store(team: Team, draft: ScheduleDraft, *, by: Actor, now: datetime) -> Schedule:
    schedule = Schedule.objects.create(
        team=team, slug=draft.slug, name=draft.name.strip(), zone_name=draft.zone_name, description=draft.description,
        created_at=now, beside_duties=draft.beside_duties,
    )  # fmt: skip
    for position, layer in enumerate(draft.layers):
        _store_layer(schedule, layer, position)
    _tell(schedule, "schedule.made", by, now, {"layers": [layer.name for layer in draft.layers]})
    return schedule


def _tell(schedule: Schedule, verb: str, by: Actor, now: datetime, facts: dict[str, Any]) -> None:
    told = {"schedule": schedule.slug, "name": schedule.name, **facts}
    journal.record(Fact(now, verb, f"schedule:{schedule.pk}", by, schedule.team_id, told))


def create_from_template(
    team: Team,
    template: Template,
    *,
    people: Sequence[Person] = (),
    begins_on: date,
    by: Actor,
    now: datetime,
    zone_name: str = "",
    slug: str = "",
    name: str = "",
    hand_off: time = time(9),
) -> list[Schedule]:
    """Store the schedules that `template` makes of these people, all or none. Raises BadDefinition, SlugTaken."""
    policy = team_queries.policy_of(team.pk)
    check_members(team, people)
    given = Given(
        zone=check_zone(zone_name or team.zone_name),
        begins_on=begins_on,
        people=tuple(Somebody(one.pk, one.zone) for one in people),
        duties=tuple(NamedDuty(duty.name, duty.title) for duty in policy.duties),
        backstop_title=policy.rota.backstop_title,
        working_days=tuple(sorted(policy.working_days)),
        working_starts=policy.working_starts,
        working_ends=policy.working_ends,
        hand_off=hand_off,
        slug=slug,
        name=name,
    )
    return create_schedules(team, schedules_of(template, given), by=by, now=now)


def check_members(team: Team, people: Iterable[Person]) -> None:
    """Raise BadDefinition unless all of `people` may be called for `team`."""
    ids = {member.person_id for member in team_queries.members(team.pk) if member.role != Role.VIEWER}
    for person in people:
        if person.pk not in ids:
            raise BadDefinition(f"{person.name} is not a responder of {team.name}.", "people")


@transaction.atomic
def change_schedule(
    schedule: Schedule, *, name: str, zone_name: str, description: str, by: Actor, now: datetime
) -> None:
    """Change how a schedule is called, and in which zone its wall-clock times are read. Raises BadDefinition."""
    _locked(schedule.team)
    check_name(name)
    check_zone(zone_name)
    if len(description) > 500:
        raise BadDefinition("The description is longer than 500 characters.", "description")
    before = {"name": schedule.name, "zone": schedule.zone_name}
    schedule.name, schedule.zone_name, schedule.description = name.strip(), zone_name, description
    schedule.save(update_fields=["name", "zone_name", "description"])
    _tell(schedule, "schedule.changed", by, now, {"before": before, "zone": zone_name})


@transaction.atomic
def lie_beside_duties(schedule: Schedule, *, allowed: bool, by: Actor, now: datetime) -> None:
    """Say whether somebody may be on by the schedule and have a duty at once; else that is a conflict to settle."""
    _locked(schedule.team)
    if not Schedule.objects.filter(pk=schedule.pk).exclude(beside_duties=allowed).update(beside_duties=allowed):
        return
    schedule.beside_duties = allowed
    _tell(schedule, "schedule.beside_duties", by, now, {"allowed": allowed})


@transaction.atomic
def remove_schedule(schedule: Schedule, *, by: Actor, now: datetime) -> None:
    """Remove a schedule with its layers, overrides and calendar feeds.

    Raises ScheduleIsCalled while the policy names it.
    """
    _locked(schedule.team)
    policy = team_queries.policy_of(schedule.team_id)
    for ladder in policy.ladders.values():
        if schedule.slug in queries.named_in(step.call for step in ladder.steps):
            raise ScheduleIsCalled(
                f"The ladder {ladder.name} of the policy calls the schedule {schedule.slug}; take it out there first."
            )
    # a feed that is being made has its schedule locked; it is ended with the others
    Schedule.objects.select_for_update().filter(pk=schedule.pk).first()
    feeds.end_feeds_of_schedule(schedule, by=by, now=now)
    _tell(schedule, "schedule.removed", by, now, {"layers": [layer.name for layer in schedule.layers.all()]})
    with _turns_told(schedule, by=by, now=now, reason=_("the schedule %(name)s is removed") % {"name": schedule.name}):
        schedule.delete()


def _turns_told(schedule: Schedule, *, by: Actor, now: datetime, reason: str) -> AbstractContextManager[None]:
    """Tell whoever gains or loses turns of the next weeks; duties that a schedule follows stay as they are."""
    is_own = not follows_duties(queries.layers_in_force(schedule, now=now))
    return telling.of_schedules(
        schedule.team, [schedule] if is_own else [], starts_at=now, ends_at=now + telling.AHEAD, reason=reason, by=by,
        now=now,
    )  # fmt: skip


# ---- layers ----


@transaction.atomic
def add_layer(schedule: Schedule, draft: LayerDraft, *, by: Actor, now: datetime, position: int | None = None) -> Layer:
    """Put a layer on top, or at `position` (0 is the bottom). It counts from its start, or else from now on.

    Whose turns of the next weeks it gives or takes is told. Raises BadDefinition.
    """
    team = _locked(schedule.team)
    _check(team, draft)
    if schedule.layers.filter(until_at=None).count() >= MOST_LAYERS:
        raise BadDefinition(f"The schedule has {MOST_LAYERS} layers already; more are not allowed.", "layers")
    top = schedule.layers.aggregate(top=Max("position"))["top"]
    place = 0 if top is None else top + 1
    if position is not None and position < place:
        place = position
        schedule.layers.filter(position__gte=place).update(position=F("position") + 1)
    reason = _("the layer %(layer)s of %(name)s is new") % {"layer": draft.name, "name": schedule.name}
    with _turns_told(schedule, by=by, now=now, reason=reason):
        layer = _store_layer(schedule, draft, place, since_at=now)
    _tell(schedule, "schedule.layer_added", by, now, _told(layer))
    return layer


def _check(team: Team, draft: LayerDraft) -> None:
    check_layer(draft, duties=[duty.name for duty in team_queries.policy_of(team.pk).duties])


def _told(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.pk, "layer_name": layer.name, "content": layer.content}


@transaction.atomic
def change_layer(layer: Layer, draft: LayerDraft, *, by: Actor, now: datetime) -> Layer:
    """Give a layer a new form from now on; return it. Its past stays. Raises BadDefinition.

    Whoever was in the list before keeps their place in it, as in `set_participants`.
    """
    team = _locked(layer.schedule.team)
    _check(team, draft)
    layer = _current(layer)
    keeps_list = layer.content == draft.content == Content.ROTATION
    reason = _("the layer %(layer)s of %(name)s is changed") % {"layer": draft.name, "name": layer.schedule.name}
    with _turns_told(layer.schedule, by=by, now=now, reason=reason):
        followed = _store_layer(layer.schedule, draft, layer.position, since_at=now, lists=not keeps_list)
        if keeps_list:
            listing.copy_list(layer, followed)
            listing.set_list(followed, draft.participants, from_at=now)
        _end(layer, now=now)
    _tell(layer.schedule, "schedule.layer_changed", by, now, {**_told(followed), "before": layer.pk})
    return followed


def _current(layer: Layer) -> Layer:
    found = Layer.objects.select_related("schedule").filter(pk=layer.pk, until_at=None).first()
    if found is None:
        raise BadDefinition("Somebody changed or removed this layer a moment before you; look at the schedule again.")
    return found


def _end(layer: Layer, *, now: datetime) -> None:
    """End a layer: the past stays; one that has not stood for a moment goes altogether."""
    if layer.since_at is not None and layer.since_at >= now:
        layer.delete()
    else:
        Layer.objects.filter(pk=layer.pk).update(until_at=now)


@transaction.atomic
def remove_layer(layer: Layer, *, by: Actor, now: datetime) -> None:
    """Take a layer out of its schedule from now on; its past stays."""
    _locked(layer.schedule.team)
    layer = _current(layer)
    facts = _told(layer)
    reason = _("the layer %(layer)s of %(name)s is removed") % {"layer": layer.name, "name": layer.schedule.name}
    with _turns_told(layer.schedule, by=by, now=now, reason=reason):
        _end(layer, now=now)
    _tell(layer.schedule, "schedule.layer_removed", by, now, facts)


def _store_layer(
    schedule: Schedule, draft: LayerDraft, position: int, *, since_at: datetime | None = None, lists: bool = True
) -> Layer:
    is_rotation, is_duty = draft.content is Content.ROTATION, draft.content is Content.DUTY
    layer = Layer.objects.create(
        schedule=schedule,
        position=position,
        name=draft.name.strip(),
        content=draft.content.value,
        starts_on=draft.starts.day if draft.starts else None,
        starts=draft.starts.at if draft.starts else None,
        ends_on=draft.ends.day if draft.ends else None,
        ends=draft.ends.at if draft.ends else None,
        windows=[[f"{w.starts:%H:%M}", f"{w.ends:%H:%M}", w.starts_day, w.ends_day] for w in draft.windows],
        since_at=since_at,
        unit=draft.unit.value if is_rotation else "",
        length=draft.length if is_rotation else 1,
        hand_off=draft.hand_off if is_rotation else None,
        day=draft.day if is_rotation else 0,
        duty=draft.duty if is_duty else "",
        post=draft.post.value if is_duty else "",
    )
    if is_rotation and lists:
        Participant.objects.bulk_create(
            listing.place(layer, number, who) for number, who in enumerate(draft.participants)
        )  # fmt: skip
    if draft.content is Content.ENTRIES:
        _write_entries(layer, draft.entries)
    return layer


def _write_entries(layer: Layer, entries: Sequence[Held]) -> None:
    PlanEntry.objects.bulk_create(
        PlanEntry(layer=layer, person_id=person, starts_at=one.starts_at, ends_at=one.ends_at)
        for one in entries
        for person in sorted(one.people)
    )


@transaction.atomic
def replace_entries(
    layer: Layer, entries: Sequence[Held], *, by: Actor, now: datetime, since_at: datetime | None = None
) -> None:
    """Put `entries` in place of what the plan holds, for example after an import. Raises BadDefinition.

    What ended before `since_at` stays; None: nothing stays.
    """
    team = _locked(layer.schedule.team)
    layer = _current(layer)
    if layer.content != Content.ENTRIES:
        raise BadDefinition(f"The layer {layer.name} has no entries; it is made of {layer.content}.", "entries")
    _check(team, LayerDraft(layer.name, Content.ENTRIES, entries=tuple(entries)))
    standing = PlanEntry.objects.filter(layer=layer)
    reason = _("the dates of %(name)s are changed") % {"name": layer.schedule.name}
    with _turns_told(layer.schedule, by=by, now=now, reason=reason):
        (standing.filter(ends_at__gte=since_at) if since_at is not None else standing).delete()
        _write_entries(layer, entries)
    _tell(layer.schedule, "schedule.entries_replaced", by, now, {**_told(layer), "entries": len(entries)})


# ---- who takes turns ----


@transaction.atomic
def set_participants(
    layer: Layer, participants: Sequence[Who], *, from_at: datetime, by: Actor, now: datetime
) -> Layer:
    """Let exactly these take turns, in this order, from `from_at` on; return the layer. Nobody's past turns move.

    Who stays in the list keeps their place; a turn that is running is ended only for those who are no longer in it.
    Raises BadDefinition, also when `from_at` lies in the past.
    """
    _locked(layer.schedule.team)
    layer = _current(layer)
    if layer.content != Content.ROTATION:
        raise BadDefinition(f"The layer {layer.name} is no rotation; nobody takes turns in it.", "participants")
    if from_at < now:
        raise BadDefinition("The list can change from now on, not in the past: past turns stay.", "from")
    check_participants(participants, name=layer.name)
    before = [str(one) for one in queries.listed_at(layer, now)]
    reason = _("the list of %(layer)s of %(name)s is changed") % {"layer": layer.name, "name": layer.schedule.name}
    with _turns_told(layer.schedule, by=by, now=now, reason=reason):
        listing.set_list(layer, participants, from_at=from_at)
    facts = {"before": before, "after": [str(one) for one in queries.listed_at(layer, from_at)]}
    _tell(layer.schedule, "schedule.participants_changed", by, now, {**_told(layer), **facts})
    return layer
