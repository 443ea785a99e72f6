"""`hausmeister runs`: how DAG runs and their service levels stand, from a shell."""

import click

from hausmeister.console.deployment import needs_database
from hausmeister.console.printing import as_json_option, columns
from hausmeister.console.teams import team_option


@click.command()
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="So many runs at most.")
@team_option
@as_json_option
@needs_database
def runs(limit: int, slug: str, *, as_json: bool) -> None:
    """Print how the service levels stand, and the newest DAG runs."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.monitoring.runs import queries, words
    from hausmeister.monitoring.runs.api import runs_out

    team, now = chosen_team(slug), clock.now()
    told = runs_out(team, now, most=limit)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    blind = queries.blind_since(now)
    if blind is not None:
        click.echo(words.of_blindness(blind, team.zone))
    for level in told.levels:
        click.echo(f"{level.day}  {level.says}")
    rows = [(str(run.day), run.dag, words.state(run.state), run.name) for run in told.runs]
    click.echo(columns(rows) if rows else "No run has been heard of.")
