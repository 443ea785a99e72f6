"""What is wrong with the coming turns of a team's schedules, and who is on by those that the pager calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from hausmeister.rota.models import Schedule, ZoneIsGone
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import policy as policy_queries
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import ScheduleBook, follows_duties
from hausmeister.rota.rules import unstaffed
from hausmeister.rota.rules.beside import ScheduleOn, on_by_themselves
from hausmeister.rota.rules.foresight import Finding, Kind, OnNext
from hausmeister.rota.rules.schedule_shifts import schedule_shifts
from hausmeister.rota.rules.shifts import Shift
from hausmeister.rota.rules.unstaffed import OnWhileAway, Why
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Role, away

# holes show against the week before; who is on once a month is seen in five weeks
_BEFORE, _LOOK = timedelta(days=8), timedelta(days=35)
# a schedule that changes hands each hour has a thousand turns in that time, and screens wait for them
_MOST_TURNS, _LOOK_CLOSELY = 600, timedelta(days=15)
_MOST_NAMED = 3
_SAYS = {
    Why.EVER: "nobody is on by the schedule {name}",
    Why.END: "nobody is on by the schedule {name} any more, its turns end",
    Why.HERE: "nobody is on by the schedule {name}",
}


@dataclass(frozen=True)
class SchedulesAhead:
    """What was found, and each turn of those who are on by a schedule that the policy's ladders call.

    `shifts` are the turns of some days among them; `on` is who is on by any schedule that may not lie beside duties.
    """

    findings: tuple[Finding, ...] = ()
    called: tuple[OnNext, ...] = ()
    shifts: tuple[Shift, ...] = ()
    people: Mapping[int, Person] = field(default_factory=dict)
    on: tuple[ScheduleOn, ...] = ()

    def away_by(self, schedule: Schedule) -> list[Finding]:
        """Return who is on by `schedule` and away."""
        return [one for one in self.findings if one.key.startswith(f"{Kind.AWAY.value}:s{schedule.pk}:")]


def look(team: Team, policy: Policy, *, now: datetime) -> SchedulesAhead:
    """Return what lies ahead in the schedules of `team`; what follows the duties is the rota's to say."""
    named = set(policy_queries.schedules_named(policy))
    findings: list[Finding] = []
    called: list[OnNext] = []
    shifts: list[Shift] = []
    people: dict[int, Person] = {}
    on: list[ScheduleOn] = []
    for schedule in queries.schedules_of(team):
        if follows_duties(queries.layers_in_force(schedule, now=now)):
            continue
        try:
            found = _Look(team, schedule, now)
        except (TooFarAhead, ZoneIsGone) as error:
            findings.append(_finding(team, schedule, Kind.UNREADABLE, str(error).rstrip("."), now, now + _LOOK))
            continue
        findings += found.holes()
        findings += found.away()
        if not schedule.beside_duties:
            on.append(found.on())
        if schedule.slug in named:
            called += found.turns()
            shifts += found.shifts()
            people.update(found.book.people)
    return SchedulesAhead(
        tuple(findings), tuple(sorted(called, key=lambda one: one.starts_at)), tuple(shifts), people, tuple(on)
    )  # fmt: skip


class _Look:
    """One schedule, resolved from a week ago. Raises TooFarAhead, ZoneIsGone."""

    def __init__(self, team: Team, schedule: Schedule, now: datetime) -> None:
        self.team, self.schedule, self.now = team, schedule, now
        self.book = ScheduleBook.load([schedule], starts_at=now - _BEFORE, ends_at=now + _LOOK)
        if self.book.turns(schedule) > _MOST_TURNS:
            self.book = ScheduleBook.load([schedule], starts_at=now - _BEFORE, ends_at=now + _LOOK_CLOSELY)
        self.resolved = self.book.resolved(schedule)

    def holes(self) -> Iterator[Finding]:
        """Yield where nobody is on."""
        for one in unstaffed.holes(self.resolved, zone=self.schedule.zone, now=self.now):
            mark = f":{one.starts_at:%y%m%d%H%M}" if one.why is Why.HERE else f":{one.why.value}"
            text = _SAYS[one.why].format(name=self.schedule.name)
            yield _finding(
                self.team, self.schedule, Kind.NOBODY_ON, text, one.starts_at, one.ends_at, mark=mark
            )  # fmt: skip

    def away(self) -> Iterator[Finding]:
        """Yield who is on while they are away, with who could be on instead."""
        members = {one.person_id: one.person for one in team_queries.members(self.team.pk) if one.role != Role.VIEWER}
        # who takes turns in the schedule already, then the others
        people = {pk: person for pk, person in self.book.people.items() if pk in members} | members
        spans = team_queries.absences({*self.book.people, *people}, after=self.now)
        for one in unstaffed.on_while_away(self.resolved.final, spans, now=self.now):
            could = unstaffed.who_could(one, self.resolved.final, spans, people)[:_MOST_NAMED]
            names = " or ".join(people[pk].name for pk in could)
            text = f"{self.book.people[one.person_id].name} is on by the schedule {self.schedule.name}, and away"
            yield _finding(
                self.team, self.schedule, Kind.AWAY,
                f"{text}; {names} could take it" if could else f"{text}; nobody else of the team is free then",
                one.starts_at, one.ends_at, mark=f":{one.person_id}:{one.away.starts_at:%y%m%d%H%M}",
                people=(one.person_id,), link=_cover_link(self.team, self.schedule, one, could),
            )  # fmt: skip

    def turns(self) -> Iterator[OnNext]:
        """Yield each turn of each person that is not over."""
        for one in self.resolved.final:
            for person in one.people if one.ends_at > self.now else ():
                yield OnNext(person, self.team.pk, self.team.slug, one.starts_at, one.ends_at)

    def on(self) -> ScheduleOn:
        """Return who is on and when, but for those whom a duty puts on."""
        return ScheduleOn(
            self.schedule.pk, self.schedule.name, self.team.pk, self.team.name, self.team.slug,
            _screen(self.team, self.schedule), on_by_themselves(self.resolved),
        )  # fmt: skip

    def shifts(self) -> list[Shift]:
        """Return the turns that are announced."""
        names = {pk: person.name for pk, person in self.book.people.items()}
        return schedule_shifts(
            self.resolved.final, names, schedule_id=self.schedule.pk, title=self.schedule.name, team_id=self.team.pk,
            team=self.team.name,
        )  # fmt: skip


def _finding(
    team: Team,
    schedule: Schedule,
    kind: Kind,
    text: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    mark: str = "",
    people: tuple[int, ...] = (),
    link: str = "",
) -> Finding:
    return Finding(
        kind=kind,
        key=f"{kind.value}:s{schedule.pk}{mark}",
        team_id=team.pk,
        slug=team.slug,
        starts_at=starts_at,
        ends_at=ends_at,
        text=text,
        people=people,
        link=link or _screen(team, schedule),
    )


def _screen(team: Team, schedule: Schedule) -> str:
    return f"/rota/schedules/{schedule.slug}?team={team.slug}"


def _cover_link(team: Team, schedule: Schedule, one: OnWhileAway, could: Sequence[int]) -> str:
    """Return where the form for an override is filled with the turns of who is away, and the first who could."""
    asked = {
        "team": team.slug, "from": one.starts_at.isoformat(), "until": one.ends_at.isoformat(),
        "instead_of": str(one.person_id), "person": str(could[0]) if could else "",
    }  # fmt: skip
    return f"/rota/schedules/{schedule.slug}/override?{urlencode(asked)}"


@dataclass(frozen=True)
class Touched:
    """A person's turns by a schedule within days away: from the first moment to the last."""

    schedule: Schedule
    starts_at: datetime
    ends_at: datetime


def touched_by(person: Person, *, starts_on: date, ends_on: date, now: datetime) -> list[Touched]:
    """Return by which schedules `person` is on within these days away. A schedule that nobody can read says nothing."""
    span = away(starts_on, ends_on, person.zone)
    if span.ends_at <= now:
        return []
    found = []
    teams = Team.objects.filter(memberships__person=person, memberships__left_on=None)
    for schedule in Schedule.objects.filter(team__in=teams).select_related("team").order_by("name", "id"):
        if follows_duties(queries.layers_in_force(schedule, now=now)):
            continue
        try:
            book = ScheduleBook.load([schedule], starts_at=max(now, span.starts_at), ends_at=span.ends_at)
            final = book.resolved(schedule).final
        except (TooFarAhead, ZoneIsGone):
            # it is among the findings, and told there
            continue
        on = unstaffed.on_while_away(final, {person.pk: (span,)}, now=now)
        found += [Touched(schedule, one.starts_at, one.ends_at) for one in on]
    return found
