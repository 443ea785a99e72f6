"""The figures over the JSON API: all of a span at once."""

from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.insights import queries
from hausmeister.insights.rules import period as periods
from hausmeister.insights.rules.period import BadPeriod
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["insights"])


class FigureOut(Schema):
    """One table; a cell that is missing is null, which is not zero."""

    name: str
    title: str
    headings: list[str]
    rows: list[list[Any]]


class InsightsOut(Schema):
    """Every figure of a span; people are listed by name."""

    since: str = Field(description="The first day, on the team's clock.")
    until: str = Field(description="The last day; never later than today.")
    figures: list[FigureOut]


@router.get("/insights", auth=Key(Scope.READ), response={200: InsightsOut, REFUSALS: ProblemOut}, summary="Insights")
def insights(
    request: ApiRequest,
    since: Annotated[str, Query(max_length=10, description="The first day, as 2026-11-24.")] = "",
    until: Annotated[str, Query(max_length=10, description="The last day. Without both: the last four weeks.")] = "",
) -> InsightsOut:
    """Load, response times, noise, questions and limits of the key's team."""
    team, now = Team.objects.get(pk=request.auth.team_id), clock.now()
    today = now.astimezone(team.zone).date()
    try:
        span = (
            periods.between(since, until, today=today, zone=team.zone)
            if since or until
            else periods.named("weeks", today=today, zone=team.zone)
        )
    except BadPeriod as error:
        raise Problem(422, "bad_period", str(error), "since") from error
    found = queries.report(team, span, now=now)
    figures = [FigureOut.model_validate(one.as_json()) for one in found.figures().values()]
    return InsightsOut(since=span.since.isoformat(), until=span.until.isoformat(), figures=figures)
