"""The coming duties as the rules of foresight take them: read once, and kept for as long as the revision stands."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hausmeister.base.wall_time import monday_of
from hausmeister.rota import queries, schedules_ahead
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models import Override
from hausmeister.rota.models import Shift as PlannedTurn
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.roles import CannotPlan, Roles
from hausmeister.rota.queries import Book, PostNow, Segment
from hausmeister.rota.rules import beside, foresight
from hausmeister.rota.rules.foresight import Finding, Held, Stretch, Way, Who
from hausmeister.rota.rules.in_hand import Asked, with_asks
from hausmeister.rota.rules.shifts import Shift, shifts
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.schedules_ahead import SchedulesAhead
from hausmeister.team import queries as team_queries
from hausmeister.team import revision
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Away, Role

# turns last a week at most: so far back the one that runs now has its beginning
_BEFORE = timedelta(days=8)
_AT_LEAST = timedelta(days=14)
# what is kept moves with the clock: it is read anew after this
_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Outlook:
    """One team's duties from a week ago up to its horizon, and what must be known beside them."""

    team: Team
    policy: Policy
    experience: Mapping[int, int]
    people: Mapping[int, Person]
    away: Mapping[int, Sequence[Away]]
    stretches: tuple[Stretch, ...]
    until: datetime
    schedules: SchedulesAhead

    def ahead(self, now: datetime) -> list[Stretch]:
        """Return the stretches that are not over."""
        return [one for one in self.stretches if one.ends_at > now]

    def shifts(self) -> list[Shift]:
        """Return everybody's shifts, also those that are over: in the duties, and by schedules that ladders call."""
        return [*shifts(self.stretches), *self.schedules.shifts]


@dataclass(frozen=True)
class _Kept:
    mark: str
    at: datetime
    outlook: Outlook


_kept: dict[int, _Kept] = {}
_kept_lock = threading.Lock()


def outlook(team_id: int, *, now: datetime) -> Outlook:
    """Return the outlook of the team with this id. Raises Team.DoesNotExist."""
    mark = revision.current()
    with _kept_lock:
        kept = _kept.get(team_id)
    if kept is None or kept.mark != mark or not kept.at <= now < kept.at + _KEPT_FOR:
        kept = _Kept(mark, now, _read(Team.objects.get(pk=team_id), now))
        with _kept_lock:
            _kept[team_id] = kept
    return kept.outlook


def _read(team: Team, now: datetime) -> Outlook:
    policy = team_queries.policy_of(team.pk)
    until = _horizon(team, policy, now)
    book = Book.load(team, starts_at=now - _BEFORE, ends_at=until)
    experience = {one.person_id: one.experience for one in team_queries.members(team.pk) if one.role != Role.VIEWER}
    ways = _Ways.of(team, policy, now=now)
    stretches = tuple(_stretch(one, book, experience, ways) for one in book.timeline(now - _BEFORE, until))
    schedules = schedules_ahead.look(team, policy, now=now)
    people = {**schedules.people, **book.people}
    return Outlook(team, policy, experience, people, book.facts.away, stretches, until, schedules)


def _horizon(team: Team, policy: Policy, now: datetime) -> datetime:
    """Return how far is looked ahead: as far as the policy says, by default as far as duties are shared out."""
    if policy.foresight.weeks:
        return now + timedelta(weeks=policy.foresight.weeks)
    return max(queries.planned_until(team) or now, now + _AT_LEAST)


@dataclass(frozen=True)
class _Ways:
    """How turns are given away: a swap of a week that is not frozen, else cover; none where the planner knows none."""

    team: Team
    roles: Roles | None
    thaws_on: date

    @staticmethod
    def of(team: Team, policy: Policy, *, now: datetime) -> "_Ways":
        try:
            roles = snapshot.roles_of_team(policy)
        except CannotPlan:
            roles = None
        return _Ways(team, roles, snapshot.horizon_of(team, policy, now=now).thaws_on)

    def of_turn(self, duty: str, starts_at: datetime) -> dict[Post, Way]:
        week = monday_of(starts_at.astimezone(self.team.zone).date())
        word, screen = ("a swap", "swap") if week >= self.thaws_on else ("cover", "cover")
        return {
            post: Way(word, f"/rota/{screen}?team={self.team.slug}&week={week:%Y-%m-%d}&role={role}")
            for post in Post
            if self.roles is not None and (role := self.roles.role(duty, post))
        }


def _stretch(one: Segment, book: Book, experience: Mapping[int, int], ways: _Ways) -> Stretch:
    duty = one.duty
    return Stretch(
        team_id=book.team.pk,
        team=book.team.name,
        slug=book.team.slug,
        turn_starts_at=duty.starts_at,
        turn_ends_at=duty.ends_at,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        primary=_held(one, Post.PRIMARY, duty.primary, book, experience),
        backstop=_held(one, Post.BACKSTOP, duty.backstop, book, experience),
        ways=ways.of_turn(duty.duty, duty.starts_at),
    )


def _held(one: Segment, post: Post, now_held: PostNow, book: Book, experience: Mapping[int, int]) -> Held:
    planned = next(
        (
            plan.person_id for plan in book.facts.planned
            if plan.post is post and (plan.slot.duty, plan.slot.starts_at) == (one.duty.duty, one.duty.starts_at)
        ),
        None,
    )  # fmt: skip
    is_override = any(sub.post is post and sub.contains(one.starts_at) for sub in book.facts.substitutions)
    planned_person = book.people.get(planned) if planned is not None else None
    if planned_person is not None and not planned_person.is_active and planned_person != now_held.person:
        # whose account has ended does not come back: what is left of their turn is nobody's by plan
        planned_person = None
    return Held(
        post, now_held.title, _who(now_held.person, experience), _who(planned_person, experience), is_override
    )  # fmt: skip


def _who(person: Person | None, experience: Mapping[int, int]) -> Who | None:
    return Who(person.pk, person.name, experience.get(person.pk)) if person is not None else None


def duty_findings(of: Outlook, *, now: datetime) -> list[Finding]:
    """Return what is wrong with the team's coming duties and schedules.

    Who has a duty of another team, or is on by a schedule, at the same time is among it, and for what cover is asked.
    """
    ahead = of.ahead(now)
    strictly = of.policy.rota.strictly_more_experience
    found = foresight.duty_findings(ahead, of.away, strictly=strictly, now=now)
    neighbours = [outlook(team_id, now=now) for team_id in _neighbours(of)]
    others = [one for there in neighbours for one in there.ahead(now)]
    found += foresight.conflicts(ahead, others, now=now)
    on = [*of.schedules.on, *(one for there in neighbours for one in there.schedules.on)]
    found += beside.schedule_conflicts(ahead, on, now=now)
    found += beside.duty_conflicts(of.schedules.on, others, now=now)
    found += [one for one in of.schedules.findings if one.ends_at > now]
    return with_asks(found, _asked(of), ahead, now=now)


def _asked(of: Outlook) -> list[Asked]:
    """Return the cover that is asked for in the team and not agreed to."""
    asks = Ask.objects.open().filter(team=of.team, kind=AskKind.COVER).select_related("asker")
    return [
        Asked(
            one.pk, Who(one.asker_id, one.asker.name),
            Post.BACKSTOP if one.role.startswith("B") else Post.PRIMARY, one.starts_at, one.ends_at,
        )
        for one in asks
    ]  # fmt: skip


def _neighbours(of: Outlook) -> list[int]:
    """Return the other teams of the people who have a duty here, or are on by a schedule."""
    ids = {held.person.person_id for one in of.stretches for held in one.posts if held.person is not None}
    ids |= {person for one in of.schedules.on for person in one.spans}
    teams = Membership.objects.filter(person_id__in=ids, left_on=None).exclude(team_id=of.team.pk)
    return sorted(set(teams.values_list("team_id", flat=True)))


def came_about_at(shift: Shift) -> datetime | None:
    """Return when the shift became this person's: by the plan, by an override, or by the end of one.

    None where that is not known, as in schedules: their turns follow from a list.
    """
    if shift.schedule_id is not None:
        return None
    planned = (
        PlannedTurn.objects.filter(team_id=shift.team_id, post=shift.post.value, starts_at=shift.turn_starts_at)
        .values_list("planned_at", flat=True)
        .first()
    )
    overrides = Override.objects.filter(
        team_id=shift.team_id, post=shift.post.value, starts_at__lt=shift.ends_at, ends_at__gte=shift.starts_at
    ).values_list("created_at", "cancelled_at")
    moments = [planned, *(moment for pair in overrides for moment in pair)]
    return max((moment for moment in moments if moment is not None), default=None)
