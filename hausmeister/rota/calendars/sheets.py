"""What each kind of feed says, drawn from the one resolver. A new kind is a function here and a line in SHEETS."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from urllib.parse import urlsplit

from django.conf import settings

from hausmeister.base import log
from hausmeister.base.wall_time import instant
from hausmeister.base.words import listed
from hausmeister.rota import queries
from hausmeister.rota.calendars.schedule_turns import Unreadable, turns_of
from hausmeister.rota.models import Schedule
from hausmeister.rota.queries import Book, PostNow, Segment
from hausmeister.rota.rules.calendars.stretches import Event, Held, Sheet, joined, uid_of
from hausmeister.rota.rules.calendars.subjects import BACKSTOP, FeedKind, Subject, Window
from hausmeister.rota.rules.calendars.turns import Together, uid_of_turn
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.slots import Post, slots_between
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

_log = log.get(__name__)


def sheet(subject: Subject, window: Window) -> Sheet:
    """Return what a calendar of `subject` says for the weeks of `window`. Raises Unreadable."""
    return SHEETS[subject.kind](subject, window)


def held(team: Team, window: Window) -> list[Held]:
    """Return who holds which post of `team` when, in whole turns: one entry as long as nobody changes.

    From the first turn that was ever planned to the last planned one, and at least as far as the window.
    """
    duties = queries.weekly_duties(team_queries.policy_of(team.pk))
    planned_until = queries.planned_until(team)
    midnight = time(0)
    first = max(window.first, queries.began_on(team, default=window.first))
    until = instant(window.until, midnight, team.zone)
    slots = list(
        slots_between(duties, team.zone, instant(first, midnight, team.zone), max(until, planned_until or until))
    )
    slots = [slot for slot in slots if slot.week >= first]
    if not slots:
        return []
    starts_at, ends_at = slots[0].starts_at, slots[-1].ends_at
    book = Book.load(team, starts_at=starts_at, ends_at=ends_at)
    parts = [part for one in book.timeline(starts_at, ends_at) for part in _parts(one, planned_until)]
    return joined(parts)


def _parts(one: Segment, planned_until: datetime | None) -> list[Held]:
    duty = one.duty
    return [
        _part(one, Post.PRIMARY, duty.primary, duty.backstop, planned_until),
        _part(one, Post.BACKSTOP, duty.backstop, duty.primary, planned_until),
    ]


def _part(one: Segment, post: Post, holder: PostNow, other: PostNow, planned_until: datetime | None) -> Held:
    is_beyond = planned_until is None or one.duty.starts_at >= planned_until
    return Held(
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        turn=one.duty.duty,
        turn_starts_at=one.duty.starts_at,
        post=post.value,
        title=holder.title,
        person_id=holder.person.pk if holder.person else None,
        name=holder.person.name if holder.person else "",
        beside=(f"{other.title}: {other.person.name}",) if other.person else (),
        # an override is somebody's word, however far ahead
        is_tentative=is_beyond and not holder.why.startswith("an override"),
    )


# ---- the kinds ----


def _person(subject: Subject, window: Window) -> Sheet:
    """The duties of one person and their turns in general schedules, in every team of theirs or in one."""
    person = Person.objects.get(pk=subject.person_id or 0)
    teams = Team.objects.filter(memberships__person=person, memberships__left_on=None).order_by("id")
    if subject.team_id is not None:
        teams = teams.filter(pk=subject.team_id)
    events = [
        _event(one, team, subject, summary=f"{one.title}, {team.name}")
        for team in teams
        for one in held(team, window)
        if one.person_id == person.pk
    ]
    events += [one for team in teams for one in _turns_of_person(person, team, subject, window)]
    return Sheet(f"On duty: {person.name}", person.zone_name, _in_order(events))


def _turns_of_person(person: Person, team: Team, subject: Subject, window: Window) -> Iterator[Event]:
    """Yield the person's turns in the team's general schedules; what only repeats a duty is there as the duty."""
    for schedule in Schedule.objects.filter(team=team).select_related("team").order_by("id"):
        if all(layer.content == Content.DUTY for layer in schedule.layers.all()):
            continue
        try:
            turns = turns_of(schedule, window)
        except Unreadable as problem:
            # one schedule that nobody can read must not keep everything else out of a calendar
            _log.error("schedule.unreadable", schedule=schedule.slug, team=team.slug, reason=str(problem))
            continue
        for one in turns:
            if person.pk in one.people and not one.is_duty:
                beside = tuple(name for pk, name in zip(one.people, one.names, strict=True) if pk != person.pk)
                yield _of_schedule(one, schedule, subject, f"{schedule.name}, {team.name}", beside=beside)


def _rota(subject: Subject, window: Window) -> Sheet:
    """Everybody's duties of one team."""
    team = _team(subject)
    events = [_of_team(one, team, subject) for one in held(team, window)]
    return Sheet(f"Rota of {team.name}", team.zone_name, _in_order(events))


def _duty(subject: Subject, window: Window) -> Sheet:
    """One duty of one team; the backstop is one throughout the week."""
    team = _team(subject)
    title, is_it = duties_of(team).get(subject.name, (subject.name, _nothing))
    events = [_of_team(one, team, subject) for one in held(team, window) if is_it(one)]
    return Sheet(f"{title}, {team.name}", team.zone_name, _in_order(events))


def _schedule(subject: Subject, window: Window) -> Sheet:
    """Everybody's turns in one general schedule; where nobody is on there is nothing."""
    schedule = (
        Schedule.objects.select_related("team").filter(pk=int(subject.name), team_id=subject.team_id or 0).first()
    )
    if schedule is None:
        raise Unreadable("The schedule is gone.")
    events = [
        _of_schedule(one, schedule, subject, f"{schedule.name}: {listed(list(one.names))}")
        for one in turns_of(schedule, window)
    ]
    return Sheet(f"{schedule.name}, {schedule.team.name}", schedule.zone_name, _in_order(events))


SHEETS: dict[FeedKind, Callable[[Subject, Window], Sheet]] = {
    FeedKind.PERSON: _person,
    FeedKind.ROTA: _rota,
    FeedKind.DUTY: _duty,
    FeedKind.SCHEDULE: _schedule,
}


def _team(subject: Subject) -> Team:
    return Team.objects.get(pk=subject.team_id or 0)


Chooses = Callable[[Held], bool]


def duties_of(team: Team) -> dict[str, tuple[str, Chooses]]:
    """Return the duties of which there can be a feed: name → (title, which stretches are of it)."""
    policy = team_queries.policy_of(team.pk)
    found: dict[str, tuple[str, Chooses]] = {BACKSTOP: (policy.rota.backstop_title, _is_backstop)}
    # a duty that is itself called "backstop" comes after, and takes the name
    return found | {duty.name: (duty.title, _turns_of(duty.name)) for duty in policy.duties}


def _is_backstop(one: Held) -> bool:
    return one.post == Post.BACKSTOP


def _nothing(_one: Held) -> bool:
    return False


def _turns_of(name: str) -> Chooses:
    return lambda one: one.turn == name and one.post == Post.PRIMARY


def _of_team(one: Held, team: Team, subject: Subject) -> Event:
    return _event(one, team, subject, summary=f"{one.title}: {one.name or 'nobody'}")


def _event(one: Held, team: Team, subject: Subject, *, summary: str) -> Event:
    beside = f" {', then '.join(one.beside)}." if one.beside else ""
    tentative = " Nobody has planned it yet: the rotation says who would be next." if one.is_tentative else ""
    return Event(
        uid=uid_of(one, of=f"{subject.kind}-t{team.pk}", host=_host()),
        summary=f"{summary} (tentative)" if one.is_tentative else summary,
        text=f"{one.title}, {team.name}.{beside}{tentative}",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        zone_name=team.zone_name,
        is_tentative=one.is_tentative,
    )


def _of_schedule(
    one: Together, schedule: Schedule, subject: Subject, summary: str, *, beside: tuple[str, ...] = ()
) -> Event:
    together = f" Together with {listed(list(beside))}." if beside else ""
    tentative = " Nobody has planned it yet: the rotation says who would be next." if one.is_tentative else ""
    return Event(
        uid=uid_of_turn(one, schedule.pk, of=f"{subject.kind}-t{schedule.team_id}", host=_host()),
        summary=f"{summary} (tentative)" if one.is_tentative else summary,
        text=f"{schedule.name}, {schedule.team.name}.{together}{tentative}",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        zone_name=schedule.zone_name,
        is_tentative=one.is_tentative,
    )


def _in_order(events: list[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda one: (one.starts_at, one.uid)))


def _host() -> str:
    return urlsplit(settings.HAUSMEISTER_BASE_URL).hostname or "localhost"
