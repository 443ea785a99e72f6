"""`hausmeister check`: what is wrong with the coming duties, and which of the planner's rules they break."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option

if TYPE_CHECKING:
    from hausmeister.pager.foresight_api import FindingsOut
    from hausmeister.team.models import Team

_RULES_SHOWN = 12


@click.command()
@click.option("--team", "slug", default="", help="The team's short name; every team if left out.")
@as_json_option
@needs_database
@click.pass_context
def check(context: click.Context, slug: str, *, as_json: bool) -> None:
    """Say what is wrong with the coming duties. Exit code 1 if anything is; it changes nothing."""
    from hausmeister.base import clock
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.pager.foresight_api import FindingsOut
    from hausmeister.rota.queries import TooFarAhead
    from hausmeister.team.models import Team

    now = clock.now()
    teams = [chosen_team(slug)] if slug or not Team.objects.exists() else list(Team.objects.order_by("id"))
    try:
        found = [(team, FindingsOut.of(team.pk, now=now), _rules(team, now)) for team in teams]
    except TooFarAhead as error:
        raise NotReady(str(error)) from error
    if as_json:
        echo_json([one.model_dump(mode="json") | rules for _, one, rules in found])
    else:
        for team, one, rules in found:
            _say(team, one, rules)
    if any(one.findings or one.unconfirmed or rules["broken"] for _, one, rules in found):
        context.exit(1)


def _rules(team: "Team", now: datetime) -> dict[str, Any]:
    """Return the planner's hard rules that what stands breaks, or why the planner cannot judge these weeks."""
    from hausmeister.rota.planning.rules.roles import CannotPlan
    from hausmeister.rota.planning.standing import broken_rules

    try:
        found = broken_rules(team, now=now)
    except CannotPlan as error:
        return {"broken": [], "not_judged": str(error)}
    rows = [{"rule": one.rule, "week": one.week, "people": one.people, "words": one.words} for one in found]
    return {"broken": rows, "not_judged": ""}


def _say(team: "Team", one: "FindingsOut", rules: dict[str, Any]) -> None:
    from hausmeister.console.printing import clock_time

    click.echo(f"{team.name}, up to {clock_time(one.until, team.zone)} ({team.zone_name})")
    for finding in one.findings:
        click.echo(f"  {finding.severity:<5}  {finding.says}\n         → {finding.mended_by}: {finding.mended_at}")
    for waiting in one.unconfirmed:
        begins = clock_time(waiting.starts_at, team.zone)
        click.echo(f"  test   {waiting.name} has not confirmed the test page; duty begins {begins}")
    for tested in one.rehearsed:
        if tested.confirmed_at is not None:
            at, begins = (clock_time(moment, team.zone) for moment in (tested.confirmed_at, tested.starts_at))
            click.echo(f"  ready  {tested.name} confirmed the test page {at}; duty begins {begins}")
    if not one.findings and not one.unconfirmed:
        click.echo("  nothing is wrong")
    for broken in rules["broken"][:_RULES_SHOWN]:
        click.echo(f"  rule   {broken['week']} {broken['rule']}: {broken['words']}")
    if len(rules["broken"]) > _RULES_SHOWN:
        click.echo(f"         and {len(rules['broken']) - _RULES_SHOWN} more; --json has them all")
    if rules["not_judged"]:
        click.echo(f"  the planner's rules were not judged: {rules['not_judged']}")
    elif not rules["broken"]:
        click.echo("  what stands keeps every rule of the planner")
