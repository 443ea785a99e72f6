"""Who is on duty: the questions that every surface asks, answered by the one resolver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, Max, Min, OuterRef

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.models import Override, OverrideQuerySet, Shift
from hausmeister.rota.planning.bars import bars_of
from hausmeister.rota.rules.resolving import Facts, OnDuty, PlannedShift, Substitution, resolve
from hausmeister.rota.rules.rotation import Candidate, RotationRule, Turn, share_out
from hausmeister.rota.rules.slots import Post, Slot, WeeklyDuty, slot_at, slots_between
from hausmeister.rota.rules.tenure import Stand, most_of
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Away, Role

FARTHEST_AHEAD = timedelta(days=2 * 366)
# how long somebody is away who left the team
_FOR_GOOD = timedelta(days=36_500)


class TooFarAhead(Exception):
    """Nobody can say yet who is on duty then."""


@dataclass(frozen=True)
class PostNow:
    """One post at one instant: who, and why."""

    title: str
    person: Person | None
    why: str
    is_planned: bool


@dataclass(frozen=True)
class DutyNow:
    """The answer to "who is on call": duty, its holder, the backstop, until when."""

    team: Team
    duty: str
    title: str
    triage: bool
    starts_at: datetime
    ends_at: datetime
    until: datetime
    primary: PostNow
    backstop: PostNow

    def post_of(self, person: Person) -> Post | None:
        """Return the post that `person` holds, None for neither."""
        if self.primary.person == person:
            return Post.PRIMARY
        return Post.BACKSTOP if self.backstop.person == person else None


@dataclass(frozen=True)
class Segment:
    """A stretch of time in which the answer stays the same."""

    starts_at: datetime
    ends_at: datetime
    duty: DutyNow


def weekly_duties(policy: Policy) -> tuple[WeeklyDuty, ...]:
    """Return the policy's duties as the rota's rules take them."""
    return tuple(WeeklyDuty(d.name, d.starts.day, d.starts.at, d.ends.day, d.ends.at, d.triage) for d in policy.duties)


def on_duty(team: Team, *, at: datetime) -> DutyNow:
    """Return who is on duty for `team` at `at`, and who stands behind them.

    Raises TooFarAhead more than two years after the last planned duty.
    """
    return timeline(team, starts_at=at, ends_at=at + timedelta(microseconds=1))[0].duty


def timeline(team: Team, *, starts_at: datetime, ends_at: datetime) -> list[Segment]:
    """Return who is on duty from `starts_at` up to `ends_at`, in stretches without a change."""
    return Book.load(team, starts_at=starts_at, ends_at=ends_at).timeline(starts_at, ends_at)


def _joined(segments: list[Segment]) -> list[Segment]:
    """Join neighbours with the same answer: somebody else's leave begins without a change here."""
    joined: list[Segment] = []
    for one in segments:
        last = joined[-1] if joined else None
        if last and (last.duty.starts_at, last.duty.primary, last.duty.backstop) == (
            one.duty.starts_at, one.duty.primary, one.duty.backstop,
        ):  # fmt: skip
            joined[-1] = Segment(last.starts_at, one.ends_at, last.duty)
        else:
            joined.append(one)
    return joined


@dataclass(frozen=True)
class Book:
    """Everything the resolver needs for a span of one team, loaded once.

    It stays true for as long as the revision of `team.revision` stands.
    """

    team: Team
    policy: Policy
    duties: tuple[WeeklyDuty, ...]
    facts: Facts
    people: dict[int, Person]
    starts_at: datetime
    ends_at: datetime
    overrides: tuple[Override, ...] = ()

    @staticmethod
    def load(team: Team, *, starts_at: datetime, ends_at: datetime) -> "Book":
        """Return the book of `team` for the span. Raises TooFarAhead."""
        policy = team_queries.policy_of(team.pk)
        duties = weekly_duties(policy)
        planned = _planned(team, policy, duties, starts_at, ends_at)
        overrides = list(overrides_of(team).touching(starts_at - timedelta(days=8), ends_at + timedelta(days=8)))
        members = team_queries.members(team.pk)
        reserves = _reserves(policy, members)
        ids = {one.person_id for one in planned if one.person_id} | {one.person_id for one in overrides} | set(reserves)
        absences = team_queries.absences(ids, after=starts_at)
        left = team_queries.departures(team, ids)
        for person_id, left_at in left.items():
            # who left the team in the middle of a turn is away from that day on
            absences.setdefault(person_id, []).append(Away(left_at, left_at + _FOR_GOOD))
        people = {member.person_id: member.person for member in members}
        people.update(team_queries.people_by_id(ids - people.keys()))
        gone = {person_id for person_id in ids if person_id not in people or not people[person_id].is_active}
        ended = team_queries.endings(gone)
        for person_id, ended_at in ended.items():
            # what they did until then stays theirs: a year's figures count it
            absences.setdefault(person_id, []).append(Away(ended_at, ended_at + _FOR_GOOD))
            left[person_id] = min(ended_at, left.get(person_id, ended_at))
        facts = Facts(
            planned=[
                one
                if one.person_id not in gone or _began_before(one.slot, ended.get(one.person_id))
                else PlannedShift(one.slot, one.post, None)
                for one in planned
            ],
            substitutions=[
                _substitution(one, left.get(one.person_id))
                for one in overrides
                if one.person_id not in gone or one.person_id in ended
            ],
            away={person: tuple(spans) for person, spans in absences.items()},
            reserves=reserves,
        )
        return Book(team, policy, duties, facts, people, starts_at, ends_at, tuple(overrides))

    def away(self, starts_at: datetime, ends_at: datetime) -> list[tuple[Person, Away]]:
        """Return who is away at any time of the span, of those who have or could have a duty."""
        return [
            (self.people[person_id], span)
            for person_id, spans in self.facts.away.items()
            if person_id in self.people
            for span in spans
            if span.touches(starts_at, ends_at) and span.ends_at - span.starts_at != _FOR_GOOD
        ]

    def covers(self, moment: datetime) -> bool:
        """Say whether `moment` lies within the book's span."""
        return self.starts_at <= moment < self.ends_at

    def timeline(self, starts_at: datetime, ends_at: datetime) -> list[Segment]:
        """Return who is on duty from `starts_at` up to `ends_at`, both inside the span."""
        segments: list[Segment] = []
        moment = starts_at
        while moment < ends_at:
            answer = self.at(moment)
            segments.append(Segment(moment, min(answer.until, ends_at), answer))
            moment = answer.until
        return _joined(segments)

    def at(self, moment: datetime) -> DutyNow:
        """Return who is on duty at `moment`, inside the span."""
        slot = slot_at(self.duties, self.team.zone, moment)
        answer = resolve(slot, self.facts, moment)
        rule = next(duty for duty in self.policy.duties if duty.name == slot.duty)
        return DutyNow(
            team=self.team,
            duty=slot.duty,
            title=rule.title,
            triage=rule.triage,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            until=answer.until,
            primary=self._post(rule.title, answer, Post.PRIMARY),
            backstop=self._post(self.policy.rota.backstop_title, answer, Post.BACKSTOP),
        )

    def _post(self, title: str, answer: OnDuty, post: Post) -> PostNow:
        holder = answer.primary if post is Post.PRIMARY else answer.backstop
        person = self.people.get(holder.person_id) if holder.person_id is not None else None
        return PostNow(title, person, holder.why, holder.is_planned)


def _began_before(slot: Slot, ended_at: datetime | None) -> bool:
    return ended_at is not None and slot.starts_at < ended_at


def _substitution(one: Override, left_at: datetime | None) -> Substitution:
    ends_at = one.ends_at if left_at is None else max(one.starts_at, min(one.ends_at, left_at))
    return Substitution(one.pk, Post(one.post), one.starts_at, ends_at, one.person_id, one.reason)


def _reserves(policy: Policy, members: Sequence[Membership]) -> list[int]:
    """Return whom to fall back on: the named last resort, then everybody on the rota, the seasoned first."""
    named = [one.person_id for one in last_resort_members(policy, members)]
    rest = [m for m in members if m.role != Role.VIEWER]
    rest.sort(key=lambda member: (-member.experience, member.person_id))
    return list(dict.fromkeys([*named, *(member.person_id for member in rest)]))


def last_resort_members(policy: Policy, members: Sequence[Membership]) -> list[Membership]:
    """Return the members that the policy names as last resort, in its order."""
    found: list[Membership] = []
    for name in policy.pager.last_resort:
        if name == "leads":
            found += [member for member in members if member.role == Role.LEAD]
        else:
            found += [member for member in members if member.person.email.lower() == name.lower()]
    return found


def _planned(
    team: Team, policy: Policy, duties: tuple[WeeklyDuty, ...], starts_at: datetime, ends_at: datetime
) -> list[PlannedShift]:
    """Return the stored shifts of the span, and beyond the stored ones what the rotation would decide."""
    slots = list(slots_between(duties, team.zone, starts_at, ends_at))
    if not slots:
        return []
    stored = {
        (shift.duty, shift.week, shift.post): shift
        for shift in Shift.objects.filter(team=team, week__gte=slots[0].week, week__lte=slots[-1].week)
    }
    planned = [
        PlannedShift(slot, post, shift.person_id, tuple(shift.bent))
        for slot in slots
        for post in Post
        if (shift := stored.get((slot.duty, slot.week, post.value)))
    ]
    missing = [slot for slot in slots if (slot.duty, slot.week, Post.PRIMARY.value) not in stored]
    return planned + (_tentative(team, policy, duties, missing) if missing else [])


def _tentative(
    team: Team, policy: Policy, duties: tuple[WeeklyDuty, ...], missing: Sequence[Slot]
) -> list[PlannedShift]:
    """Return what the rotation would decide for turns that are not planned yet; none for turns in the past."""
    last = Shift.objects.filter(team=team).order_by("-ends_at").values_list("ends_at", flat=True).first()
    if last and missing[-1].starts_at < last:
        # turns before the first plan: nobody had them
        return []
    begin = last or missing[0].starts_at
    if missing[-1].starts_at > begin + FARTHEST_AHEAD:
        raise TooFarAhead(f"The rota of {team.name} is not known beyond {begin + FARTHEST_AHEAD:%d %b %Y}.")
    ahead = [slot for slot in slots_between(duties, team.zone, begin, missing[-1].ends_at) if slot.starts_at >= begin]
    if not last:
        ahead = list(missing)
    wanted = set(missing)
    return [
        PlannedShift(one.slot, one.post, one.person_id, one.bent)
        for one in share_out(
            ahead,
            candidates(team),
            past=turns_served(team),
            began_on=began_on(team, default=ahead[0].week if ahead else missing[0].week),
            rule=rotation_rule(policy),
        )
        if one.slot in wanted
    ]


def rotation_rule(policy: Policy) -> RotationRule:
    """Return what the policy says of the rotation."""
    return RotationRule(policy.rota.strictly_more_experience, policy.rota.weeks_between)


def candidates(team: Team) -> list[Candidate]:
    """Return the people who share the duties of `team`, with their leave."""
    members = [member for member in team_queries.members(team.pk) if member.takes_duty and member.role != Role.VIEWER]
    # every leave counts, old ones too: it is the planner's question whether they touch a turn
    absences = team_queries.absences(
        (member.person_id for member in members), after=team.created_at - timedelta(days=400)
    )
    bars = bars_of(members)
    return [
        Candidate(
            member.person_id, member.person.name, member.experience, member.joined_on,
            (*absences.get(member.person_id, ()), *bars.get(member.person_id, ())),
        )
        for member in members
    ]  # fmt: skip


def began_on(team: Team, *, default: date) -> date:
    """Return the Monday from which the team's fairness counts."""
    first: date | None = Shift.objects.filter(team=team).aggregate(first=Min("week"))["first"]
    return first or monday_of(default)


def turns_served(team: Team) -> list[Turn]:
    """Return every planned turn with the person who has, or had, most of it: overrides count, up to who left."""
    overrides = list(Override.objects.filter(team=team, cancelled_at=None))
    left = team_queries.departures(team, {one.person_id for one in overrides})
    stands: dict[str, list[Stand]] = {}
    for one in overrides:
        until = min(one.ends_at, left.get(one.person_id, one.ends_at))
        stands.setdefault(one.post, []).append(Stand(one.pk, one.starts_at, until, one.person_id))
    turns = []
    for shift in Shift.objects.filter(team=team).order_by("starts_at", "id"):
        holder = most_of(
            shift.starts_at, shift.ends_at, planned=shift.person_id, stands=stands.get(shift.post, ())
        )  # fmt: skip
        if holder is not None:
            slot = Slot(shift.duty, shift.week, shift.starts_at, shift.ends_at)
            turns.append(Turn(slot, Post(shift.post), holder))
    return turns


def upcoming_overrides(team: Team, *, now: datetime, until: datetime) -> list[Override]:
    """Return the overrides in force at any time from `now` to `until`, oldest first."""
    return list(Override.objects.filter(team=team).touching(now, until).select_related("person", "created_by"))


def planned_until(team: Team) -> datetime | None:
    """Return up to when duties are shared out, None while none is."""
    newest: datetime | None = Shift.objects.filter(team=team).aggregate(until=Max("ends_at"))["until"]
    return newest


def overrides_of(team: Team) -> OverrideQuerySet:
    """Return the team's overrides with their people."""
    return Override.objects.filter(team=team).select_related("person", "created_by")


def newest_override(team: Team) -> int:
    """Return the number of the team's newest override, 0 while it has none; two who change the rota compare it."""
    newest: int | None = Override.objects.filter(team=team).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def next_duty_of(person: Person, *, now: datetime) -> list[Shift]:
    """Return the planned duties that `person` has now or next, the soonest first, at most five.

    One that somebody else has for the whole of its length, by an override, is left out; of one that is given away in
    part, `given_away` tells which part.
    """
    same_post = Override.objects.filter(team=OuterRef("team"), post=OuterRef("post"), cancelled_at=None)
    # the newest override wins: what came back to the person is theirs
    back = Override.objects.filter(
        team=OuterRef("team"), post=OuterRef("post"), cancelled_at=None, person=person, pk__gt=OuterRef("pk"),
        starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"),
    )  # fmt: skip
    whole = same_post.filter(starts_at__lte=OuterRef("starts_at"), ends_at__gte=OuterRef("ends_at"))
    gone = whole.exclude(person=person).exclude(Exists(back))
    mine = Shift.objects.filter(person=person, ends_at__gt=now).exclude(Exists(gone))
    return list(mine.select_related("team").order_by("starts_at", "id")[:5])


def away_between(team: Team, *, starts_at: datetime, ends_at: datetime) -> dict[int, list[Away]]:
    """Return the leave of the team's people that touches the span."""
    ids = [member.person_id for member in team_queries.members(team.pk)]
    found = team_queries.absences(ids, after=starts_at)
    return {
        person: touching
        for person, spans in found.items()
        if (touching := [span for span in spans if span.touches(starts_at, ends_at)])
    }
