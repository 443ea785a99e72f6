"""`hausmeister oncall`: who is on call, now or at any moment."""

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option


@click.command()
@click.option("--at", "at_text", default="now", help='A moment: "fri 18:00", "tomorrow 9:00", "2026-12-24 18:00".')
@click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
@as_json_option
@needs_database
def oncall(at_text: str, slug: str, *, as_json: bool) -> None:
    """Say who is on call, who stands behind them, until when, and why it is them."""
    from hausmeister.base import clock
    from hausmeister.base.moments import NoMoment, read_moment
    from hausmeister.console.printing import clock_time, columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota import backlog, queries
    from hausmeister.rota.api import OnCallOut

    team = chosen_team(slug)
    try:
        moment = read_moment(at_text, now=clock.now(), zone=team.zone)
        duty = queries.on_duty(team, at=moment)
    except (NoMoment, queries.TooFarAhead) as error:
        raise NotReady(str(error)) from error
    if as_json:
        click.echo(OnCallOut.of(duty, at=moment).model_dump_json(indent=2))
        return
    click.echo(f"{team.name}, {clock_time(moment, team.zone)} ({team.zone_name})")
    posts = [
        (post.title, post.person.name if post.person else "nobody", post.why) for post in (duty.primary, duty.backstop)
    ]
    click.echo(columns([(f"  {title}", name, f"({why})") for title, name, why in posts]))
    click.echo(f"  until {clock_time(duty.until, team.zone)}")
    for person in backlog.weeks(team, first=moment.astimezone(team.zone).date(), weeks=1).values():
        click.echo(f"  Backlog week: {person.name}")
