"""`hausmeister insights`: the figures of a span, to read, as CSV or as JSON."""

import click

from hausmeister.console.deployment import needs_database
from hausmeister.console.printing import as_json_option, columns, echo_json
from hausmeister.console.teams import chosen_team, team_option


@click.command()
@click.option("--since", default="", help="The first day, as 2026-11-24.")
@click.option("--until", default="", help="The last day. Without both: the span of --period.")
@click.option("--period", type=click.Choice(["weeks", "quarter", "year"]), default="weeks", show_default=True)
@click.option("--csv", "csv_of", default="", help="Print one figure as CSV: load, hours, weeks, response, noise …")
@team_option
@as_json_option
@needs_database
def insights(*, since: str, until: str, period: str, csv_of: str, slug: str, as_json: bool) -> None:
    """Print load per person, response times, noise, questions and limits. People are listed by name."""
    from hausmeister.base import clock
    from hausmeister.insights import queries
    from hausmeister.insights.rules import period as periods

    team, now = chosen_team(slug), clock.now()
    today = now.astimezone(team.zone).date()
    try:
        span = (
            periods.between(since, until, today=today, zone=team.zone)
            if since or until
            else periods.named(period, today=today, zone=team.zone)
        )
    except periods.BadPeriod as error:
        raise click.UsageError(str(error)) from error
    figures = queries.report(team, span, now=now).figures()
    if csv_of:
        if csv_of not in figures:
            raise click.UsageError(f"There is no figure {csv_of!r}; there are {', '.join(figures)}.")
        click.echo(figures[csv_of].as_csv(), nl=False)
        return
    if as_json:
        echo_json([one.as_json() for one in figures.values()])
        return
    click.echo(f"{team.name}, {span.since} to {span.until}")
    for one in figures.values():
        click.echo(f"\n{one.title}")
        rows = [one.headings, *(tuple("not known" if cell is None else str(cell) for cell in row) for row in one.rows)]
        click.echo(columns(rows))
