"""Opening an incident: by hand, from a page, from an issue, from the chat; once for each origin."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from hausmeister.base import database
from hausmeister.base.untrusted import one_line
from hausmeister.incidents.models import TITLE_MOST, Incident, Linked, Step, Timer
from hausmeister.incidents.operations import changing, roles
from hausmeister.incidents.rules import timers
from hausmeister.incidents.rules.kinds import TimerKind
from hausmeister.journal.rules import Actor
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy, SeverityLevel
from hausmeister.team.rules import Role


class UnknownLevel(Exception):
    """The policy has no such severity level; the text names those that it has."""

    def __init__(self, name: str, policy: Policy) -> None:
        known = ", ".join(level.name for level in policy.severity_levels) or "none: add [[severity_levels]] first"
        super().__init__(f"There is no severity level {one_line(name, 40)!r}; the policy has: {known}.")


class NobodyToAct(Exception):
    """The team has nobody who could be point."""


class NoTitle(Exception):
    """An incident needs a short description of what is wrong."""


@database.tried_again
def open_incident(
    team: Team, title: str, level: str, *, opened_from: str = "", actor: Actor, now: datetime,
    point: Person | None = None,
) -> Incident:  # fmt: skip
    """Open an incident, tell the crash channel, ask the backstop to be comms, and start the level's timers.

    `opened_from` names what set it off, such as "page:12": the same origin is the same incident, however often this
    is called. Point is `point`, else whoever opens it, else whoever is on duty.
    Raises UnknownLevel, NobodyToAct, NoTitle.
    """
    before = of_origin(team, opened_from)
    if before is not None:
        return before
    try:
        with transaction.atomic():
            return _open(team, title, level, _Origin(opened_from[:80], actor, now, point))
    except IntegrityError:
        # somebody else pressed the same button a moment before
        before = of_origin(team, opened_from)
        if before is None:
            raise
        return before


def of_origin(team: Team, opened_from: str) -> Incident | None:
    """Return the incident that was opened from this, None when there is none."""
    return Incident.objects.filter(team=team, opened_from=opened_from[:80]).first() if opened_from else None


@dataclass(frozen=True)
class _Origin:
    """Where an incident comes from: what set it off, who opens it, when, and who is to act."""

    opened_from: str
    by: Actor
    now: datetime
    point: Person | None


def _open(team: Team, title: str, level: str, origin: _Origin) -> Incident:
    policy, now = team_queries.policy_of(team.pk), origin.now
    chosen = policy.severity(level)
    if chosen is None:
        raise UnknownLevel(level, policy)
    short = one_line(title, TITLE_MOST)
    if not short:
        raise NoTitle("Say in a few words what is wrong.")
    incident = Incident(
        team=team,
        title=short,
        opened_from=origin.opened_from,
        opened_at=now,
        opened_by=_person(origin.by),
        point=_who_acts(team, origin),
        crash_room=policy.crash_channel,
    )
    take_level(incident, chosen, policy)
    incident.save()
    set_steps(incident, chosen)
    set_timers(incident, now=now)
    _link(incident)
    changing.tell(
        incident, "incident.opened", origin.by, now, title=short, level=incident.label, point=incident.point.name,
        opened_from=origin.opened_from,
    )  # fmt: skip
    if chosen.update_every is not None:
        _ask_for_comms(incident, now=now)
    changing.say_in_crash_channel(incident, now=now)
    return incident


def _person(actor: Actor) -> Person | None:
    return Person.objects.filter(pk=actor.id).first() if actor.kind == "person" and actor.id is not None else None


def take_level(incident: Incident, level: SeverityLevel, policy: Policy) -> None:
    """Write `level` as it is now into an incident that the caller stores."""
    incident.level, incident.level_word = level.name, level.word
    incident.level_meaning = level.meaning[:500]
    incident.update_every_s = _seconds(level.update_every)
    incident.announce_within_s = _seconds(level.announce_within)
    incident.needs_review = level.needs_review
    if incident.over_at is not None:
        incident.review_due_at = incident.over_at + policy.incidents.review_within if level.needs_review else None


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def set_steps(incident: Incident, level: SeverityLevel) -> None:
    """Make the level's procedure the checklist; a line that was ticked already stays ticked."""
    known = {step.text: step for step in Step.objects.filter(incident=incident)}
    Step.objects.filter(incident=incident).update(is_current=False)
    for place, line in enumerate(level.procedure):
        text = line[:500]
        if text in known:
            Step.objects.filter(pk=known[text].pk).update(is_current=True, place=place)
        else:
            Step.objects.create(incident=incident, place=place, text=text)


def set_timers(incident: Incident, *, now: datetime, is_announced: bool = False) -> None:
    """Start the timers of a running incident's level anew; what the level does not promise has none."""
    Timer.objects.filter(incident=incident).delete()
    if incident.update_every_s is not None:
        every = timedelta(seconds=incident.update_every_s)
        start(incident, TimerKind.UPDATE, now + every, every)
    if incident.announce_within_s is not None and not is_announced:
        within = timedelta(seconds=incident.announce_within_s)
        start(incident, TimerKind.ANNOUNCE, max(incident.opened_at + within, now), within)


def start(incident: Incident, kind: TimerKind, due_at: datetime, every: timedelta) -> None:
    """Store a timer for what is due at `due_at`."""
    reminder = timers.first(due_at, every)
    Timer.objects.update_or_create(
        incident=incident,
        kind=kind,
        defaults={
            "due_at": due_at,
            "reminder_at": reminder.at,
            "is_late": reminder.is_late,
            "interval_ends_at": reminder.interval_ends_at,
        },
    )


def _who_acts(team: Team, origin: _Origin) -> Person:
    """Return who is point at the beginning: there is always somebody. Raises NobodyToAct."""
    members = {one.person_id: one.person for one in team_queries.members(team.pk) if one.role != Role.VIEWER}
    named = [one.pk for one in (origin.point, _person(origin.by)) if one is not None]
    posts = [one.pk for one in on_duty(team, now=origin.now) if one is not None]
    for person_id in (*named, *posts, *members):
        if person_id in members:
            return members[person_id]
    raise NobodyToAct(f"{team.name} has nobody who could be point; a responder must join it first.")


def on_duty(team: Team, *, now: datetime) -> tuple[Person | None, Person | None]:
    """Return who is on duty at this moment, and the backstop; None for a post that nobody has."""
    duty = TeamContext.load(team.pk, at=now).timeline(timedelta(seconds=1))[0].duty
    return duty.primary.person, duty.backstop.person


def _ask_for_comms(incident: Incident, *, now: datetime) -> None:
    """Ask the backstop, or, where the backstop acts, whoever is on duty."""
    primary, backstop = on_duty(incident.team, now=now)
    for one in (backstop, primary):
        if one is not None and one.pk != incident.point_id:
            roles.ask_suggested(incident, one, now=now)
            return


def _link(incident: Incident) -> None:
    """Make the page that set it off part of the incident."""
    kind, _, number = incident.opened_from.partition(":")
    page = pager.find(int(number)) if kind == "page" and number.isdecimal() and len(number) < 19 else None
    if page is not None and page.team_id == incident.team_id:
        Linked.objects.create(incident=incident, page=page)
