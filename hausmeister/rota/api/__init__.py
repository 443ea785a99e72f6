"""The rota over the JSON API: who is on call, the weeks around now, the people."""

from datetime import date, datetime, timedelta
from typing import Annotated

from ninja import Query, Router, Schema

from hausmeister.base import clock
from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.problem import Problem
from hausmeister.base.wall_time import monday_of
from hausmeister.rota import backlog, queries
from hausmeister.rota.planning.rules.horizon import Firmness, horizon
from hausmeister.rota.queries import DutyNow, PostNow, TooFarAhead
from hausmeister.team import queries as team_queries
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut, check_team
from hausmeister.team.models import Membership, Team
from hausmeister.team.queries import Reach
from hausmeister.team.rules import Away, Scope

router = Router(tags=["rota"])

LONGEST_SPAN = timedelta(days=366)

TeamSlug = Annotated[str, Query(description="The team's short name; the key's own team if left out.")]
_MOMENT = (
    'ISO 8601, or as people write it: "fri 18:00", "tomorrow 9:00", "in 3h"; without an offset in the team\'s zone.'
)
Moment = Annotated[str, Query(max_length=80, description=f"A moment: {_MOMENT}")]


class PostOut(Schema):
    """One post of a duty: who holds it, and why it is them."""

    title: str
    person: int | None
    name: str
    email: str
    why: str
    is_planned: bool

    @staticmethod
    def of(post: PostNow) -> "PostOut":
        """Return `post` as the API words it."""
        person = post.person
        return PostOut(
            title=post.title,
            person=person.pk if person else None,
            name=person.name if person else "",
            email=person.email if person else "",
            why=post.why,
            is_planned=post.is_planned,
        )


class OnCallOut(Schema):
    """Who is on call at `at`, and who stands behind them. The answer stays the same until `until`."""

    team: str
    zone: str
    at: datetime
    duty: str
    title: str
    takes_triage: bool
    starts_at: datetime
    ends_at: datetime
    until: datetime
    primary: PostOut
    backstop: PostOut

    @staticmethod
    def of(duty: DutyNow, *, at: datetime) -> "OnCallOut":
        """Return `duty` as the API words it."""
        return OnCallOut(
            team=duty.team.slug,
            zone=duty.team.zone_name,
            at=at,
            duty=duty.duty,
            title=duty.title,
            takes_triage=duty.triage,
            starts_at=duty.starts_at,
            ends_at=duty.ends_at,
            until=duty.until,
            primary=PostOut.of(duty.primary),
            backstop=PostOut.of(duty.backstop),
        )


class StretchOut(Schema):
    """A stretch of time in which nobody changes. `firmness`: frozen, published or tentative, by its duty's week."""

    starts_at: datetime
    ends_at: datetime
    duty: str
    title: str
    firmness: Firmness
    primary: PostOut
    backstop: PostOut


class BacklogOut(Schema):
    """Whose backlog week it is: the week after theirs on duty, by its Monday."""

    week: date
    person: int
    name: str


class RotaOut(Schema):
    """The duties of a span, in the order of time, without a hole; backlog weeks where the policy has them."""

    team: str
    zone: str
    stretches: list[StretchOut]
    backlog: list[BacklogOut]


class AwayOut(Schema):
    """A span in which somebody is away; the end itself is not part of it."""

    starts_at: datetime
    ends_at: datetime


class PersonOut(Schema):
    """A member of the team. How to reach them is theirs to know; that they can be reached is everybody's."""

    person: int
    name: str
    email: str
    role: str
    zone: str
    experience: int
    takes_duty: bool
    joined_on: date
    can_be_reached: bool
    last_tested_at: datetime | None
    away: list[AwayOut]


class PeopleOut(Schema):
    """The members of the key's team, by name."""

    items: list[PersonOut]


@router.get("/oncall", auth=Key(Scope.READ), response={200: OnCallOut, REFUSALS: ProblemOut}, summary="Who is on call")
def on_call(request: ApiRequest, at: Moment = "now", team: TeamSlug = "") -> OnCallOut:
    """Who has the duty at `at`, who backs them, why it is them, and until when."""
    check_team(request.auth, team)
    own = Team.objects.get(pk=request.auth.team_id)
    now = clock.now()
    moment = _moment(at, "at", own, now)
    try:
        return OnCallOut.of(queries.on_duty(own, at=moment), at=moment)
    except TooFarAhead as error:
        raise Problem(422, "too_far_ahead", str(error), "at") from error


@router.get("/rota", auth=Key(Scope.READ), response={200: RotaOut, REFUSALS: ProblemOut}, summary="The coming weeks")
def rota(
    request: ApiRequest,
    starts: Annotated[str, Query(max_length=80, alias="from", description=f"Where to begin: {_MOMENT}")] = "now",
    until: Annotated[
        str, Query(max_length=80, description="Where to end, at most 366 days later: a moment; four weeks if left out.")
    ] = "",
    team: TeamSlug = "",
) -> RotaOut:
    """Who has each duty in a span of time, with every override and everybody's leave taken in."""
    check_team(request.auth, team)
    own = Team.objects.get(pk=request.auth.team_id)
    now = clock.now()
    starts_at = _moment(starts, "from", own, now)
    ends_at = _moment(until, "until", own, now) if until else starts_at + timedelta(weeks=4)
    if not starts_at < ends_at <= starts_at + LONGEST_SPAN:
        raise Problem(422, "bad_span", "The span must end after it begins, and last 366 days at most.", "until")
    try:
        segments = queries.timeline(own, starts_at=starts_at, ends_at=ends_at)
    except TooFarAhead as error:
        raise Problem(422, "too_far_ahead", str(error), "until") from error
    policy = team_queries.policy_of(own.pk)
    firm = horizon(
        now.astimezone(own.zone).date(),
        frozen_weeks=policy.rota.frozen_weeks,
        published_weeks=policy.rota.weeks_ahead,
    )
    return RotaOut(
        team=own.slug,
        zone=own.zone_name,
        stretches=[
            StretchOut(
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                duty=one.duty.duty,
                title=one.duty.title,
                firmness=firm.of(monday_of(one.duty.starts_at.astimezone(own.zone).date())),
                primary=PostOut.of(one.duty.primary),
                backstop=PostOut.of(one.duty.backstop),
            )
            for one in segments
        ],
        backlog=_backlog(own, starts_at, ends_at),
    )


def _backlog(team: Team, starts_at: datetime, ends_at: datetime) -> list[BacklogOut]:
    first = monday_of(starts_at.astimezone(team.zone).date())
    weeks = (ends_at - starts_at).days // 7 + 1
    found = backlog.weeks(team, first=first, weeks=weeks)
    return [BacklogOut(week=week, person=person.pk, name=person.name) for week, person in found.items()]


@router.get("/people", auth=Key(Scope.READ), response={200: PeopleOut, REFUSALS: ProblemOut}, summary="The team")
def people(request: ApiRequest) -> PeopleOut:
    """The members of the key's team: what they are, whether they can be reached, when they are away."""
    members = team_queries.members(request.auth.team_id)
    ids = [member.person_id for member in members]
    reach = team_queries.reach(ids)
    away = team_queries.absences(ids, after=clock.now())
    return PeopleOut(items=[_person(one, reach[one.person_id], away.get(one.person_id, [])) for one in members])


def _person(member: Membership, reach: Reach, away: list[Away]) -> PersonOut:
    tested = [method.tested_at for method in reach.methods if method.tested_at is not None]
    return PersonOut(
        person=member.person_id,
        name=member.person.name,
        email=member.person.email,
        role=member.role,
        zone=member.person.zone_name,
        experience=member.experience,
        takes_duty=member.takes_duty,
        joined_on=member.joined_on,
        can_be_reached=bool(reach.methods),
        last_tested_at=max(tested, default=None),
        away=[AwayOut(starts_at=span.starts_at, ends_at=span.ends_at) for span in away],
    )


def _moment(text: str, field: str, team: Team, now: datetime) -> datetime:
    try:
        return read_moment(text, now=now, zone=team.zone)
    except NoMoment as error:
        raise Problem(422, "no_moment", str(error), field) from error
