"""Silences over the JSON API: reading them, and making, changing and ending them in somebody's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema, Status
from pydantic import Field

from hausmeister.alerts.silences import operations, queries
from hausmeister.alerts.silences.models import Silence
from hausmeister.alerts.silences.operations import SilenceChanged, SilenceIsOver, SilenceTooWide, Wanted, Who
from hausmeister.alerts.silences.rules import (
    CONDITIONS_MOST,
    REASON_MOST,
    Condition,
    Rule,
    SilenceRefused,
    Standing,
    read,
)
from hausmeister.base import clock
from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.problem import Problem
from hausmeister.pager.api import Body
from hausmeister.pager.context import TeamContext
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Before,
    Id,
    Key,
    Limit,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Scope

router = Router(tags=["silences"])


class ConditionIn(Body):
    """One thing that must be so of an alert."""

    field: str = Field(
        max_length=200, description="source, title, text, severity, priority, where, area, or label:NAME."
    )
    how: str = Field("is", max_length=20, description="is, is not, contains, or matches (a regular expression).")
    value: str = Field(min_length=1, max_length=200)


Conditions = Annotated[list[ConditionIn], Field(max_length=CONDITIONS_MOST)]


class LookIn(Body):
    """What a silence would look at."""

    conditions: Conditions = []
    covers_p4: bool = False


class SilenceIn(LookIn):
    """A silence as it shall be: all of `conditions` must be so."""

    until: str = Field(max_length=80, description='When it ends: ISO 8601, "tomorrow 9:00" or "in 2h".')
    reason: str = Field(max_length=REASON_MOST)
    begins: str = Field("", alias="from", max_length=80, description="When it begins; empty: at once.")
    everything: bool = Field(False, description="True if it is meant to cover everything.")
    version: int | None = Field(None, ge=0, le=2**31 - 1, description="What was read, where one is changed.")

    def wanted(self, team: Team, now: datetime) -> Wanted:
        """Return it as the operations take it. Raises Problem, SilenceRefused."""
        return Wanted(
            _read(self.conditions),
            _moment(self.until, "until", team, now),
            self.reason,
            _moment(self.begins, "from", team, now) if self.begins.strip() else None,
            self.covers_p4,
        )


def _read(conditions: list[ConditionIn]) -> tuple[Condition, ...]:
    return read([(one.field, one.how, one.value) for one in conditions])


def _moment(text: str, field: str, team: Team, now: datetime) -> datetime:
    try:
        return read_moment(text, now=now, zone=team.zone)
    except NoMoment as error:
        raise Problem(422, "no_moment", str(error), field) from error


class ConditionOut(Schema):
    """One thing that must be so of an alert."""

    field: str
    how: str
    value: str


class SilenceOut(Schema):
    """A rule under which new alerts call nobody. `alerts` are open under it and silent now."""

    id: int
    kind: str
    state: Standing
    conditions: list[ConditionOut]
    covers_p4: bool
    reason: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    made_by: str
    made_at: datetime
    alerts: int
    version: int

    @staticmethod
    def of(one: Silence, *, alerts: int, now: datetime) -> "SilenceOut":
        """Return `one` as the API words it."""
        return SilenceOut(
            id=one.pk,
            kind=one.kind,
            state=one.standing(now),
            conditions=[ConditionOut(field=c.field, how=c.how.value, value=c.value) for c in one.asked],
            covers_p4=one.covers_p4,
            reason=one.reason,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            ended_at=one.ended_at,
            made_by=one.made_by_name,
            made_at=one.made_at,
            alerts=alerts,
            version=one.version,
        )


class SilencesOut(Schema):
    """Silences, the newest first. `next` goes into `before` for the next lot; null at the end."""

    items: list[SilenceOut]
    next: int | None


class PreviewOut(Schema):
    """What a silence would have covered: so many of the alerts of the last seven days that were looked at.

    `urgent` more would fit and are P4. `open_pages` are alike and go on calling. `is_all` is false where there were too
    many alerts to look at them all.
    """

    alerts: int
    looked_at: int
    is_all: bool
    urgent: int
    titles: list[str]
    open_pages: list[int]


def told(rows: list[Silence], *, now: datetime) -> list[SilenceOut]:
    """Return silences as the API words them."""
    counts = queries.silenced_by(rows)
    return [SilenceOut.of(one, alerts=counts.get(one.pk, 0), now=now) for one in rows]


@router.get("/silences", auth=Key(Scope.READ), response={200: SilencesOut, REFUSALS: ProblemOut}, summary="Silences")
def silences(
    request: ApiRequest,
    state: Annotated[Standing | None, Query(description="Only active, planned or over ones.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> SilencesOut:
    """Silences and maintenance of the key's team, the newest first."""
    now, found = clock.now(), Silence.objects.filter(team_id=request.auth.team_id)
    if state is not None:
        found = {Standing.ACTIVE: found.active, Standing.PLANNED: found.planned, Standing.OVER: found.over}[state](now)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found.order_by("-id")[: limit + 1])
    return SilencesOut(items=told(rows[:limit], now=now), next=rows[limit - 1].pk if len(rows) > limit else None)


# before the silences by number: the first path that fits is taken
@router.post("/silences/preview", auth=Key(Scope.MANAGE), response={200: PreviewOut, REFUSALS: ProblemOut})
def preview(request: ApiRequest, asked: LookIn) -> PreviewOut:
    """What a silence would have covered of the last seven days' alerts; nothing is stored."""
    now = clock.now()
    context = TeamContext.load(request.auth.team_id, at=now)
    with refusals_told():
        found = queries.preview(context, Rule(0, now, now, _read(asked.conditions), asked.covers_p4), now=now)
    return PreviewOut(
        alerts=found.alerts,
        looked_at=found.looked_at,
        is_all=found.is_all,
        urgent=found.urgent,
        titles=list(found.titles),
        open_pages=[page.pk for page in found.pages],
    )


@router.get("/silences/{silence_id}", auth=Key(Scope.READ), response={200: SilenceOut, REFUSALS: ProblemOut})
def silence(request: ApiRequest, silence_id: Id) -> SilenceOut:
    """One silence."""
    return told([_found(request, silence_id)], now=clock.now())[0]


_ACTED = {200: SilenceOut, 409: ProblemOut, REFUSALS: ProblemOut}


@router.post("/silences", auth=Key(Scope.MANAGE), response={201: SilenceOut, REFUSALS: ProblemOut})
def make(request: ApiRequest, named: Named, asked: SilenceIn) -> Status[SilenceOut]:
    """Silence what fits from now on, or later: new alerts are stored and call nobody until it ends."""
    team, now = Team.objects.get(pk=request.auth.team_id), clock.now()
    by = _who(named_person(request.auth, named))
    with refusals_told():
        made = operations.make(team, asked.wanted(team, now), by=by, now=now, is_meant=asked.everything)
    return Status(201, told([made], now=now)[0])


@router.put("/silences/{silence_id}", auth=Key(Scope.MANAGE), response=_ACTED)
def change(request: ApiRequest, silence_id: Id, named: Named, asked: SilenceIn) -> SilenceOut:
    """Change a silence that is not over. What it covers no more calls at once."""
    found, now = _found(request, silence_id), clock.now()
    by = _who(named_person(request.auth, named))
    with refusals_told():
        changed = operations.change(
            found.pk, asked.wanted(found.team, now), version=asked.version, by=by, now=now, is_meant=asked.everything
        )
    return told([changed], now=now)[0]


@router.post("/silences/{silence_id}/end", auth=Key(Scope.MANAGE), response=_ACTED)
def end(request: ApiRequest, silence_id: Id, named: Named) -> SilenceOut:
    """End it now, or call it off before it begins. What is still open under it calls at once."""
    found, now = _found(request, silence_id), clock.now()
    by = _who(named_person(request.auth, named))
    with refusals_told():
        ended = operations.end(found.pk, by=by, now=now)
    return told([ended], now=now)[0]


def _who(person: Person) -> Who:
    return Who(team_operations.as_actor(person), person)


def _found(request: ApiRequest, silence_id: int) -> Silence:
    found = Silence.objects.filter(team_id=request.auth.team_id, pk=silence_id).select_related("team").first()
    if found is None:
        raise not_found("silence")
    return found


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what an operation refuses into the API's words."""
    try:
        yield
    except SilenceRefused as error:
        field = {"ends_at": "until", "starts_at": "from"}.get(error.field, error.field)
        raise Problem(422, "silence_refused", str(error), field) from error
    except SilenceTooWide as error:
        raise Problem(422, "silences_everything", str(error), "everything") from error
    except SilenceIsOver as error:
        raise Problem(409, "silence_is_over", str(error)) from error
    except SilenceChanged as error:
        raise Problem(409, "silence_changed", str(error)) from error
