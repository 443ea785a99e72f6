"""`hausmeister heartbeat`: what must be heard of, from a shell."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option, columns
from hausmeister.console.teams import team_option

if TYPE_CHECKING:
    from hausmeister.monitoring.models import Heartbeat


@click.group()
def heartbeat() -> None:
    """Heartbeats: addresses that jobs call; when the call does not come, somebody is told."""


@heartbeat.command("list")
@team_option
@as_json_option
@needs_database
def listed(slug: str, *, as_json: bool) -> None:
    """Print the heartbeats of a team, with when the next is expected."""
    from hausmeister.console.teams import chosen_team
    from hausmeister.monitoring import queries
    from hausmeister.monitoring.api import HeartbeatOut, HeartbeatsOut

    found = queries.heartbeats(chosen_team(slug).pk)
    if as_json:
        click.echo(HeartbeatsOut(items=[HeartbeatOut.of(one) for one in found]).model_dump_json(indent=2))
        return
    rows = [(one.name, one.state, f"{one.expected_at:%Y-%m-%d %H:%M} UTC" if one.expected_at else "") for one in found]
    click.echo(columns(rows) if rows else "No heartbeat yet.")


@heartbeat.command("add")
@click.argument("name")
@click.option("--every", default="", help="How often: 1h, 1d, …")
@click.option("--cron", default="", help='Or a cron expression: "30 5 * * 1-5".')
@click.option("--zone", "zone_name", default="", help="The zone of the cron expression; the team's if left out.")
@click.option("--grace", default="5m", show_default=True, help="How much later is still in time.")
@click.option("--severity", default="", help="The severity of its alert; the policy translates it.")
@click.option("--what", default="", help="What to do when it is missing.")
@team_option
@as_json_option
@needs_database
def add(
    name: str, every: str, cron: str, zone_name: str, grace: str, severity: str, what: str, slug: str, *, as_json: bool
) -> None:
    """Make a heartbeat and print its address."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import heartbeats

    team = chosen_team(slug)
    period = _length(every) if every else None
    wanted = heartbeats.Wanted(name, _length(grace), period, cron, zone_name or str(team.zone), severity, what)
    try:
        made = heartbeats.make(team, wanted, by=CONSOLE, now=clock.now())
    except heartbeats.HeartbeatRefused as error:
        raise NotReady(str(error)) from error
    _tell(made, as_json=as_json)


def _length(text: str) -> timedelta:
    from hausmeister.base.words import read_duration

    try:
        return read_duration(text)
    except ValueError as error:
        raise NotReady(f"{error}.") from error


def _tell(made: "Heartbeat", *, as_json: bool) -> None:
    from hausmeister.monitoring.api import HeartbeatOut, address_of

    click.echo(HeartbeatOut.of(made).model_dump_json(indent=2) if as_json else address_of(made))


def _named(name: str, slug: str) -> "Heartbeat":
    from hausmeister.console.teams import chosen_team
    from hausmeister.monitoring import queries

    found = queries.heartbeats(chosen_team(slug).pk).filter(name=name).first()
    if found is None:
        raise NotReady(f"There is no heartbeat named {name!r}; `hausmeister heartbeat list` names them.")
    return found


@heartbeat.command("pause")
@click.argument("name")
@team_option
@needs_database
def pause(name: str, slug: str) -> None:
    """Miss nothing of NAME until it is heard again, or resumed."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import heartbeats

    heartbeats.pause(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is paused.")


@heartbeat.command("resume")
@click.argument("name")
@team_option
@needs_database
def resume(name: str, slug: str) -> None:
    """Watch NAME again from now on."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import heartbeats

    heartbeats.resume(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is watched again.")


@heartbeat.command("remove")
@click.argument("name")
@team_option
@needs_database
def remove(name: str, slug: str) -> None:
    """Take NAME out: its address answers no more."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import heartbeats

    heartbeats.remove(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is taken out.")
