"""What the pager needs to know of a team: its people, how they are reached, who is on duty, its policy.

Reading it takes a dozen queries, so it is kept for as long as the revision stands (see `team.revision`): each
use costs the one query that asks for the revision.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hausmeister.base.working_time import WorkingHours
from hausmeister.pager.models import Page
from hausmeister.pager.rules.ladder import Callee, PersonalRung, Roster, Step
from hausmeister.pager.rules.quiet import next_soft_moment
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import Book, Segment
from hausmeister.rota.queries import policy as rota_policy
from hausmeister.rota.queries import schedules as rota_schedules
from hausmeister.team import queries as team_queries
from hausmeister.team import revision
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.policy.shape import LadderRule, Policy
from hausmeister.team.queries import Reach
from hausmeister.team.rules import ListName, Role

_BEFORE, _AHEAD = timedelta(days=1), timedelta(days=9)


@dataclass
class _Known:
    """One team as it was read at a revision. The dictionaries fill as they are asked."""

    revision: str
    team: Team
    policy: Policy
    members: list[Membership]
    admins: list[Person]
    reach: dict[int, Reach]
    books: list[Book] = field(default_factory=list)
    rosters: dict[ListName, list[tuple[datetime, Roster]]] = field(default_factory=dict)

    @staticmethod
    def read(team_id: int, mark: str) -> "_Known":
        members = [member for member in team_queries.members(team_id) if member.role != Role.VIEWER]
        admins = team_queries.admins()
        return _Known(
            revision=mark,
            team=Team.objects.get(pk=team_id),
            policy=team_queries.policy_of(team_id),
            members=members,
            admins=admins,
            reach=team_queries.reach({member.person_id for member in members} | {admin.pk for admin in admins}),
        )

    def book(self, at: datetime, *, until: datetime | None = None) -> Book:
        """Return a book that holds `at`, and all up to `until`: one read days ago ends too soon for a week ahead."""
        for book in self.books:
            if book.covers(at) and (until is None or until <= book.ends_at):
                return book
        book = Book.load(self.team, starts_at=at - _BEFORE, ends_at=at + _AHEAD)
        self.books = [*self.books[-3:], book]
        return book

    def roster(self, uses: ListName, at: datetime) -> Roster:
        kept = self.rosters.setdefault(uses, [])
        for since, roster in kept:
            if since <= at < roster.until:
                return roster
        made = self._make_roster(uses, at)
        self.rosters[uses] = [*kept[-7:], (at, made)]
        return made

    def _make_roster(self, uses: ListName, at: datetime) -> Roster:
        duty = self.book(at).at(at)
        last_resort = rota.last_resort_members(self.policy, self.members) or self.members
        people: dict[str, list[tuple[Person | None, str]]] = {
            "on duty": [(duty.primary.person, duty.title.lower())],
            "backstop": [(duty.backstop.person, duty.backstop.title.lower())],
            "last resort": [(member.person, "last resort") for member in last_resort],
            "leads": [(member.person, "lead") for member in self.members if member.role == Role.LEAD],
            "everybody": [(member.person, "member") for member in self.members],
        }
        called, until = self._by_schedule(at)
        return Roster(
            called={call: self._callees(found, uses) for call, found in (people | called).items()},
            last_hope=self._callees(self._hope(), uses),
            until=min([duty.until, *until]),
        )

    def _by_schedule(self, at: datetime) -> tuple[dict[str, list[tuple[Person | None, str]]], list[datetime]]:
        """Return whom the policy's calls of schedules mean at `at`, and until when; nobody for one that is gone."""
        slugs = rota_policy.schedules_named(self.policy)
        on = rota_schedules.called_now(self.team, slugs, at=at) if slugs else {}
        called: dict[str, list[tuple[Person | None, str]]] = {
            # what somebody is called as is stored with the page, in 60 characters
            f"{rota_schedules.CALL}{slug}": [(person, one.schedule[:60]) for person in one.people]
            for slug, one in on.items()
        }
        return called, [one.ends_at for one in on.values()]

    def _callees(self, found: Sequence[tuple[Person | None, str]], uses: ListName) -> tuple[Callee, ...]:
        return tuple(
            Callee(person.pk, person.name, role, personal_rungs(self._reach_of(person), uses))
            for person, role in found
            if person is not None
        )

    def _reach_of(self, person: Person) -> Reach | None:
        # an override may name somebody who has left the team since
        if person.pk not in self.reach:
            self.reach.update(team_queries.reach([person.pk]))
        return self.reach.get(person.pk)

    def _hope(self) -> list[tuple[Person | None, str]]:
        """Return everybody who might help when the whole ladder reaches nobody: the team, then the admins."""
        seasoned = sorted(self.members, key=lambda member: (-member.experience, member.person_id))
        people: list[tuple[Person | None, str]] = [(member.person, "member") for member in seasoned]
        known = {member.person_id for member in self.members}
        return people + [(admin, "admin") for admin in self.admins if admin.pk not in known]


_kept: dict[int, _Known] = {}
_kept_lock = threading.Lock()


def _known(team_id: int) -> _Known:
    mark = revision.current()
    with _kept_lock:
        known = _kept.get(team_id)
    if known is None or known.revision != mark:
        known = _Known.read(team_id, mark)
        with _kept_lock:
            _kept[team_id] = known
    return known


@dataclass(frozen=True)
class TeamContext:
    """One team at one instant."""

    at: datetime
    _known: _Known

    @staticmethod
    def load(team_id: int, *, at: datetime) -> "TeamContext":
        """Return the context of the team with this id. Raises Team.DoesNotExist."""
        return TeamContext(at, _known(team_id))

    @property
    def team(self) -> Team:
        """The team itself."""
        return self._known.team

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._known.policy

    @property
    def revision(self) -> str:
        """The mark of the revision that this is of."""
        return self._known.revision

    @property
    def members(self) -> list[Membership]:
        """Everybody of the team who may be called, by name."""
        return self._known.members

    @property
    def hours(self) -> WorkingHours:
        """The team's working hours."""
        return self.policy.working_hours(self.team.zone)

    def ladder(self, page: Page) -> LadderRule:
        """Return the ladder that `page` climbs; a name that is gone falls back to hard or soft."""
        return self.policy.ladder_for(is_hard=page.is_hard, named=page.ladder)

    def roster(self, uses: ListName, *, at: datetime | None = None) -> Roster:
        """Return whom each call means at `at` (now by default), reached by their list `uses`."""
        return self._known.roster(uses, at or self.at)

    def timeline(self, length: timedelta) -> list[Segment]:
        """Return who is on duty from now on, for at most the week that is kept."""
        until = self.at + min(length, _AHEAD)
        return self._known.book(self.at, until=until).timeline(self.at, until)

    def soft_moment(self, at: datetime) -> datetime:
        """Return `at`, or the first later instant at which a soft page may ring."""
        return next_soft_moment(at, hours=self.hours, duties=rota.weekly_duties(self.policy), zone=self.team.zone)

    def step_moment(self, ladder: LadderRule, at: datetime) -> datetime:
        """Return when a step of `ladder` that is due at `at` may happen."""
        return self.soft_moment(at) if ladder.working_hours_only else at

    def after(self, ladder: LadderRule, wait: timedelta, *, at: datetime) -> datetime:
        """Return when `wait` has passed since `at`, counted in working time for a ladder that rests at night."""
        if ladder.working_hours_only:
            return self.soft_moment(self.hours.after(at, wait))
        return at + wait


def steps_of(ladder: LadderRule) -> tuple[Step, ...]:
    """Return the ladder's steps as the rules take them."""
    return tuple(Step(one.call, one.wait) for one in ladder.steps)


def personal_rungs(reach: Reach | None, uses: ListName) -> tuple[PersonalRung, ...]:
    """Return a person's own ladder; one that is not set up calls by every method at once."""
    if reach is None:
        return ()
    own = reach.rungs[uses]
    if not own:
        return tuple(
            PersonalRung(timedelta(0), method.pk, method.channel, team_queries.address_of(method))
            for method in reach.methods
        )
    return tuple(
        PersonalRung(
            after=timedelta(seconds=rung.after_s),
            method_id=rung.method_id,
            channel=rung.method.channel,
            to=team_queries.address_of(rung.method),
            added_at=rung.added_at,
        )
        for rung in own
    )
