"""Overrides on schedules: of one, or of all that a team has, its own duties among them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota import operations as duties
from hausmeister.rota import queries as rota
from hausmeister.rota import telling
from hausmeister.rota.models import Override, Schedule, ScheduleOverride
from hausmeister.rota.operations.schedules import check_members
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import change_of, follows_duties
from hausmeister.rota.rules.definitions import LONGEST_OVERRIDE, BadDefinition
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team


class FollowsDuties(BadDefinition):
    """The schedule is the team's duties and nothing else; who is on duty is changed on the rota."""


class OverrideOverlaps(BadDefinition):
    """Another override decides about the same person at the same time; the first one stands."""


@transaction.atomic
def add_schedule_override(
    team: Team,
    schedule: Schedule | None,
    change: Change,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    created_by: Person | None = None,
    even_if_outranked: bool = False,
) -> ScheduleOverride:
    """Store an override on `schedule`, or on all of the team's for None; `change` says what (its id does not count).

    One for all reaches the team's duties too: each stretch in which the person replaced has a post is overridden
    there, by the rules of the rota. Raises BadDefinition, FollowsDuties, OverrideOverlaps, and for the duties
    OverrideRefused and OverrideNeedsWord.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    people = Person.objects.in_bulk([pk for pk in (change.person_id, change.instead_of) if pk is not None])
    _check(team, change, people, now=now)
    if schedule is not None and follows_duties(queries.layers_in_force(schedule, now=now)):
        raise FollowsDuties(
            f"{schedule.name} follows the rota of {team.name}; change who is on duty there, and it changes everywhere."
        )
    _check_side_by_side(team, schedule, change)
    stored = ScheduleOverride(
        team=team,
        schedule=schedule,
        kind=change.kind.value,
        person=people.get(change.person_id or 0),
        instead_of=people.get(change.instead_of or 0),
        starts_at=change.starts_at,
        ends_at=change.ends_at,
        reason=reason[:200],
        created_by=created_by,
        created_at=now,
    )
    with _told(stored, by=by, now=now, reason=stored.reason):
        stored.save()
        _tell(stored, "schedule.override_added", by, now)
        if schedule is None:
            _override_duties(team, stored, by=by, now=now, even_if_outranked=even_if_outranked)
    return stored


def _tell(one: ScheduleOverride, verb: str, by: Actor, now: datetime) -> None:
    subject = f"schedule:{one.schedule_id}" if one.schedule_id else f"team:{one.team_id}"
    facts = {
        "override": one.pk, "what": queries.override_words(one), "from": one.starts_at.isoformat(),
        "to": one.ends_at.isoformat(),
    }  # fmt: skip
    journal.record(Fact(now, verb, subject, by, one.team_id, facts))


def _check(team: Team, change: Change, people: dict[int, Person], *, now: datetime) -> None:
    if not change.starts_at < change.ends_at or change.ends_at <= now:
        raise BadDefinition("The override must end after it begins, and in the future.", "until")
    if change.ends_at - change.starts_at > LONGEST_OVERRIDE:
        raise BadDefinition(f"An override lasts at most {LONGEST_OVERRIDE.days} days.", "until")
    needs_new, needs_old = change.kind is not Kind.REMOVE, change.kind is Kind.REMOVE
    if needs_new != (change.person_id in people):
        raise BadDefinition(
            "Say who is on by the override." if needs_new else "Nobody new is on when somebody is removed.", "person"
        )
    if needs_old and change.instead_of not in people:
        raise BadDefinition("Say who is not on by the override.", "instead_of")
    if change.kind is Kind.ADD and change.instead_of is not None:
        raise BadDefinition("Who is added is on as well, instead of nobody.", "instead_of")
    if change.person_id is not None and change.person_id == change.instead_of:
        raise BadDefinition("Somebody cannot stand in for themselves.", "person")
    check_members(team, [people[pk] for pk in (change.person_id,) if pk in people])


def _check_side_by_side(team: Team, schedule: Schedule | None, change: Change) -> None:
    """Raise OverrideOverlaps when the order of this override and another one would matter."""
    others = ScheduleOverride.objects.filter(team=team).touching(change.starts_at, change.ends_at)
    if schedule is not None:
        others = others.on(schedule)
    for other in others.select_related("person", "instead_of", "schedule"):
        if change_of(other).clashes_with(change):
            zone = (schedule or other.schedule or team).zone
            span = (
                f"{other.starts_at.astimezone(zone):%a %d %b %H:%M} to {other.ends_at.astimezone(zone):%a %d %b %H:%M}"
            )
            raise OverrideOverlaps(
                f"From {span} there is {queries.override_words(other)}. End that one first, or choose another time.",
                "starts_at",
            )


# ---- the share of the team's own duties ----


def _override_duties(
    team: Team, stored: ScheduleOverride, *, by: Actor, now: datetime, even_if_outranked: bool
) -> None:
    if stored.kind == Kind.ADD or stored.instead_of is None:
        raise BadDefinition(
            "An override for all schedules says for whom: it replaces somebody, or removes them.", "instead_of"
        )
    for post, title, starts_at, ends_at in list(_held_by(team, stored.instead_of, stored, now=now)):
        if stored.person is None:
            when = f"{starts_at.astimezone(team.zone):%a %d %b %H:%M}"
            raise BadDefinition(
                f"{stored.instead_of.name} is {title.lower()} of {team.name} from {when}; a duty cannot be left empty."
                " Say who takes it.",
                "person",
            )
        override = duties.add_override(
            team, post=post, person=stored.person, starts_at=starts_at, ends_at=ends_at, reason=stored.reason, by=by,
            now=now, created_by=stored.created_by, even_if_outranked=even_if_outranked, tells=False,
        )  # fmt: skip
        Override.objects.filter(pk=override.pk).update(part_of=stored)


def _held_by(
    team: Team, person: Person, stored: ScheduleOverride, *, now: datetime
) -> Iterator[tuple[Post, str, datetime, datetime]]:
    """Yield each stretch in which `person` has a post of the team's duties; never two duties as one."""
    for one in rota.timeline(team, starts_at=max(stored.starts_at, now), ends_at=stored.ends_at):
        for post, held in ((Post.PRIMARY, one.duty.primary), (Post.BACKSTOP, one.duty.backstop)):
            if held.person == person:
                yield post, held.title, one.starts_at, one.ends_at


@transaction.atomic
def cancel_schedule_override(one: ScheduleOverride, *, by: Actor, now: datetime) -> None:
    """End an override with its share of the duties; the plan holds again from now on. A second time changes nothing."""
    Team.objects.select_for_update().get(pk=one.team_id)
    mine = ScheduleOverride.objects.filter(pk=one.pk, cancelled_at=None, ends_at__gt=now)
    if not mine.exists():
        return
    parts = list(Override.objects.filter(part_of=one).select_related("person", "team"))
    with _told(one, by=by, now=now, reason=_("an override is over")):
        # one that runs is ended now; one that has not begun never was
        if not mine.filter(starts_at__lt=now).update(ends_at=now):
            mine.update(cancelled_at=now)
        _tell(one, "schedule.override_cancelled", by, now)
        for part in parts:
            duties.cancel_override(part, by=by, now=now, tells=False)


def _told(
    one: ScheduleOverride, *, by: Actor, now: datetime, reason: str
) -> AbstractContextManager[None]:  # fmt: skip
    """Tell in one letter each what an override does; one for all with what it does to the duties.

    What follows duties is not told a second time.
    """
    reached = [one.schedule] if one.schedule is not None else queries.schedules_of(one.team)
    return telling.of_schedules(
        one.team,
        [found for found in reached if not follows_duties(queries.layers_in_force(found, now=now))],
        starts_at=one.starts_at, ends_at=one.ends_at, reason=reason, by=by, now=now, duties=one.schedule is None,
    )  # fmt: skip
