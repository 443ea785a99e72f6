"""What is wrong with the coming duties, over the JSON API."""

from datetime import datetime

from django.conf import settings
from ninja import Router, Schema

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.pager import foresight
from hausmeister.pager.foresight import Foreseen
from hausmeister.rota.api import TeamSlug
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.rules.foresight import Finding
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut, check_team
from hausmeister.team.rules import Scope

router = Router(tags=["rota"])


class FindingOut(Schema):
    """One thing that is wrong. `key` stays the same while it is; `severity` says how soon: day, week, later.

    `in_hand`: cover is asked for it, and the ask tells whom it concerns.
    """

    key: str
    kind: str
    severity: str
    starts_at: datetime
    ends_at: datetime
    says: str
    people: list[int]
    mended_by: str
    mended_at: str
    in_hand: bool

    @staticmethod
    def of(one: Finding, found: Foreseen, *, now: datetime) -> "FindingOut":
        """Return `one` as API and console word it, on the team's clocks."""
        return FindingOut(
            key=one.key,
            kind=one.kind.value,
            severity=one.severity(now).word,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            says=one.says(found.outlook.team.zone, now=now),
            people=list(one.people),
            mended_by=one.mender,
            mended_at=f"{settings.HAUSMEISTER_BASE_URL}{one.path}",
            in_hand=one.is_in_hand,
        )


class UnconfirmedOut(Schema):
    """Somebody whose duty begins soon and who has not confirmed the test page."""

    person: int
    name: str
    starts_at: datetime
    asked_at: datetime


class RehearsedOut(UnconfirmedOut):
    """Somebody whose duty begins soon and who was sent a test page for it; confirmed when, None for not yet."""

    confirmed_at: datetime | None


class FindingsOut(Schema):
    """What is wrong with a team's duties up to `until`, the soonest first; nothing is an empty list."""

    team: str
    until: datetime
    findings: list[FindingOut]
    unconfirmed: list[UnconfirmedOut]
    rehearsed: list[RehearsedOut] = []

    @staticmethod
    def of(team_id: int, *, now: datetime) -> "FindingsOut":
        """Return what is found for the team with this id. Raises TooFarAhead."""
        found = foresight.foresee(team_id, now=now)
        return FindingsOut(
            team=found.outlook.team.slug,
            until=found.until,
            findings=[FindingOut.of(one, found, now=now) for one in found.findings],
            unconfirmed=[
                UnconfirmedOut(
                    person=one.person.pk, name=one.person.name, starts_at=one.row.starts_at, asked_at=one.row.asked_at
                )
                for one in found.unconfirmed
            ],
            rehearsed=[
                RehearsedOut(
                    person=one.person.pk,
                    name=one.person.name,
                    starts_at=one.row.starts_at,
                    asked_at=one.row.asked_at,
                    confirmed_at=one.confirmed_at,
                )
                for one in found.rehearsed
            ],
        )


@router.get(
    "/rota/findings",
    auth=Key(Scope.READ),
    response={200: FindingsOut, REFUSALS: ProblemOut},
    summary="What is wrong with the coming duties",
)
def findings(request: ApiRequest, team: TeamSlug = "") -> FindingsOut:
    """Gaps, absences, backstops without more experience, conflicts with other teams, phones that do not answer."""
    check_team(request.auth, team)
    try:
        return FindingsOut.of(request.auth.team_id, now=clock.now())
    except TooFarAhead as error:
        raise Problem(422, "too_far_ahead", str(error), "team") from error
