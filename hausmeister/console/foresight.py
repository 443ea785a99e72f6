"""`hausmeister check`: what is wrong with the coming duties, as far as they are looked at ahead of time."""

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option


@click.command()
@click.option("--team", "slug", default="", help="The team's short name; every team if left out.")
@as_json_option
@needs_database
@click.pass_context
def check(context: click.Context, slug: str, *, as_json: bool) -> None:
    """Say what is wrong with the coming duties. Exit code 1 if anything is; it changes nothing."""
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time, echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.pager.foresight_api import FindingsOut
    from hausmeister.rota.queries import TooFarAhead
    from hausmeister.team.models import Team

    now = clock.now()
    teams = [chosen_team(slug)] if slug or not Team.objects.exists() else list(Team.objects.order_by("id"))
    try:
        found = [(team, FindingsOut.of(team.pk, now=now)) for team in teams]
    except TooFarAhead as error:
        raise NotReady(str(error)) from error
    if as_json:
        echo_json([one.model_dump(mode="json") for _, one in found])
    else:
        for team, one in found:
            click.echo(f"{team.name}, up to {clock_time(one.until, team.zone)} ({team.zone_name})")
            for finding in one.findings:
                click.echo(
                    f"  {finding.severity:<5}  {finding.says}\n         → {finding.mended_by}: {finding.mended_at}"
                )
            for waiting in one.unconfirmed:
                begins = clock_time(waiting.starts_at, team.zone)
                click.echo(f"  test   {waiting.name} has not confirmed the test page; duty begins {begins}")
            if not one.findings and not one.unconfirmed:
                click.echo("  nothing is wrong")
    if any(one.findings or one.unconfirmed for _, one in found):
        context.exit(1)
