"""What will be wrong with the coming duties, as screens show it: to each reader what they may see, in their zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from hausmeister.pager import foresight
from hausmeister.pager.foresight import Foreseen, Rehearsed
from hausmeister.rota.foresight import Outlook, outlook
from hausmeister.rota.models import Schedule
from hausmeister.rota.rules.foresight import Finding, Severity
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Role

SHOWN = 4


@dataclass(frozen=True)
class Line:
    """One sentence; `path` leads to where the reader can mend it, "" if they cannot."""

    says: str
    path: str = ""
    is_urgent: bool = False
    people: tuple[int, ...] = ()
    is_phone: bool = False


@dataclass(frozen=True)
class Tested:
    """Whether somebody confirmed the test page before a coming duty: in words, and a sign."""

    says: str
    is_confirmed: bool

    @property
    def tone(self) -> str:
        """How it is coloured."""
        return "ok" if self.is_confirmed else "p3"

    @property
    def sign(self) -> str:
        """Its icon."""
        return "check" if self.is_confirmed else "triangle-alert"


@dataclass(frozen=True)
class Ahead:
    """Everything to settle that a reader may know of; what is soonest stands first, the rest behind a fold.

    `tests` says by team, person and beginning who confirmed the test page for a coming duty; `outlooks` are what was
    looked at, by team.
    """

    lines: tuple[Line, ...] = ()
    tests: Mapping[tuple[int, int, datetime], Tested] = field(default_factory=dict)
    outlooks: Mapping[int, Outlook] = field(default_factory=dict)

    @property
    def first(self) -> Sequence[Line]:
        """The lines that are always seen."""
        return self.lines[:SHOWN]

    @property
    def rest(self) -> Sequence[Line]:
        """The lines behind the fold."""
        return self.lines[SHOWN:]

    @property
    def is_urgent(self) -> bool:
        """Whether anything of it hurts within a day."""
        return any(line.is_urgent for line in self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines)


def of_team(team: Team, *, reader: Person, now: datetime) -> Ahead:
    """Return what is to settle in `team`: a viewer reads of duties, and of nobody's phone."""
    sees_phones = permissions.can(reader, Capability.SEE_PAGES, team_id=team.pk)
    may_change = permissions.can(reader, Capability.CHANGE_ROTA, team_id=team.pk)
    found = foresight.foresee(team.pk, now=now)
    lines = _unconfirmed(found, reader, now) if sees_phones else []
    lines += [
        _line(one, reader, may_change=may_change, now=now)
        for one in found.findings
        if one.is_about_duties or sees_phones
    ]
    return Ahead(tuple(lines), _tests(found) if sees_phones else {})


def of_schedule(schedule: Schedule, *, reader: Person, now: datetime) -> Ahead:
    """Return who is on by `schedule` while away, in the weeks that are looked ahead."""
    may_change = permissions.can(reader, Capability.CHANGE_ROTA, team_id=schedule.team_id)
    found = outlook(schedule.team_id, now=now).schedules.away_by(schedule)
    return Ahead(tuple(_line(one, reader, may_change=may_change, now=now) for one in found if one.ends_at > now))


def concerning(teams: Sequence[Team], *, reader: Person, now: datetime) -> Ahead:
    """Return what concerns the reader in the teams that they are in: their own phone and duties, hand-offs at risk.

    Leads also read which duties of the coming day are in trouble: the rest of it stands on the rota.
    """
    roles = permissions.roles_of(reader)
    lines: list[Line] = []
    tests: dict[tuple[int, int, datetime], Tested] = {}
    outlooks: dict[int, Outlook] = {}
    for team in teams:
        role = roles.get(team.pk, Role.VIEWER)
        if role == Role.VIEWER:
            continue
        found = foresight.foresee(team.pk, now=now)
        tests |= _tests(found)
        outlooks[team.pk] = found.outlook
        holders = {
            held.person.person_id
            for one in found.outlook.stretches
            if one.starts_at <= now < one.ends_at
            for held in one.posts
            if held.person is not None
        }
        told = role == Role.LEAD or reader.pk in holders
        lines += [line for line in _unconfirmed(found, reader, now) if told or reader.pk in line.people]
        lines += [
            _line(one, reader, may_change=role == Role.LEAD, now=now)
            for one in found.findings
            if reader.pk in one.people or (role == Role.LEAD and _is_pressing(one, now))
        ]  # fmt: skip
    # somebody in two teams has one phone
    return Ahead(tuple({line.says: line for line in lines}.values()), tests, outlooks)


def _tests(found: Foreseen) -> dict[tuple[int, int, datetime], Tested]:
    team = found.outlook.team.pk
    return {(team, one.person.pk, one.row.starts_at): _tested(one) for one in found.rehearsed}


def _tested(one: Rehearsed) -> Tested:
    if one.confirmed_at is not None:
        return Tested(_("test page confirmed"), is_confirmed=True)
    if one.row.page_id is None:
        return Tested(_("test page could not be sent"), is_confirmed=False)
    return Tested(_("test page not confirmed"), is_confirmed=False)


def _is_pressing(one: Finding, now: datetime) -> bool:
    return one.is_about_duties and one.severity(now) is Severity.WITHIN_A_DAY


def about_people(team: Team, *, reader: Person, said: set[int], now: datetime) -> Ahead:
    """Return what concerns people of `team`, but for the phones of those of whom it is `said` already."""
    lines = [line for line in of_team(team, reader=reader, now=now).lines if line.people]
    return Ahead(tuple(line for line in lines if not line.is_phone or said.isdisjoint(line.people)))


def _line(one: Finding, reader: Person, *, may_change: bool, now: datetime) -> Line:
    mine = reader.pk in one.people and one.is_theirs_to_mend
    path = one.path if mine or (may_change and one.is_about_duties) else ""
    is_urgent = one.severity(now) is Severity.WITHIN_A_DAY
    return Line(f"{one.says(reader.zone, now=now)}.", path, is_urgent, one.people, not one.is_about_duties)


def _unconfirmed(found: Foreseen, reader: Person, now: datetime) -> list[Line]:
    return [
        Line(
            one.says(reader, now=now),
            path="/profile#test" if one.person == reader else "",
            is_urgent=True,
            people=(one.person.pk,),
        )
        for one in found.unconfirmed
    ]
