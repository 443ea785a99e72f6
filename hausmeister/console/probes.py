"""`hausmeister probe`: our own checks by HTTP and TCP, from a shell."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option, columns
from hausmeister.console.teams import team_option

if TYPE_CHECKING:
    from hausmeister.monitoring.models import Probe


@click.group()
def probe() -> None:
    """Checks of our own: a page is asked for, or a port connected to; when it fails, somebody is told."""


@probe.command("list")
@team_option
@as_json_option
@needs_database
def listed(slug: str, *, as_json: bool) -> None:
    """Print the checks of a team, with how the last look went."""
    from hausmeister.console.teams import chosen_team
    from hausmeister.monitoring import queries
    from hausmeister.monitoring.probe_api import ProbeOut, ProbesOut

    found = queries.probes(chosen_team(slug).pk)
    if as_json:
        click.echo(ProbesOut(items=[ProbeOut.of(one) for one in found]).model_dump_json(indent=2))
        return
    rows = [
        (one.name, one.state, "" if one.slow_ms is None else f"{one.slow_ms} ms", one.problem or one.target)
        for one in found
    ]
    click.echo(columns(rows) if rows else "No check yet.")


@probe.command("add")
@click.argument("name")
@click.argument("target")
@click.option("--every", default="1m", show_default=True, help="How often: 30s or more.")
@click.option("--timeout", default="10s", show_default=True, help="How long one look may take: 1s to 30s.")
@click.option("--after", "enough", default=2, show_default=True, help="So many failures in a row open the alert.")
@click.option("--status", default="200-399", show_default=True, help="The status, or the range, that is good.")
@click.option("--text", default="", help="Must be in the first 64 KB.")
@click.option("--days-left", type=int, default=None, help="How many days the certificate must last at least.")
@click.option("--priority", type=click.Choice(["P1", "P2", "P3", "P4"]), default="P3", show_default=True)
@click.option("--what", default="", help="What to do when it fails.")
@team_option
@needs_database
def add(
    name: str, target: str, every: str, timeout: str, enough: int, status: str, text: str, days_left: int | None,
    priority: str, what: str, slug: str,
) -> None:  # fmt: skip
    """Make a check of TARGET: a URL, or HOST:PORT."""
    from hausmeister.base import clock
    from hausmeister.base.priority import Priority
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import probes

    try:
        made = probes.make(
            chosen_team(slug),
            probes.typed(
                name, target, status=status, text=text, days_left=days_left, every=_length(every),
                timeout=_length(timeout), enough=enough, priority=Priority[priority], what=what,
            ),
            by=CONSOLE,
            now=clock.now(),
        )  # fmt: skip
    except probes.ProbeRefused as error:
        raise NotReady(str(error)) from error
    click.echo(f"{made.name} is looked at every {made.every_s} s: {made.target}")


def _length(text: str) -> timedelta:
    from hausmeister.base.words import read_duration

    try:
        return read_duration(text)
    except ValueError as error:
        raise NotReady(f"{error}.") from error


def _named(name: str, slug: str) -> "Probe":
    from hausmeister.console.teams import chosen_team
    from hausmeister.monitoring import queries

    found = queries.probes(chosen_team(slug).pk).filter(name=name).first()
    if found is None:
        raise NotReady(f"There is no check named {name!r}; `hausmeister probe list` names them.")
    return found


@probe.command("pause")
@click.argument("name")
@team_option
@needs_database
def pause(name: str, slug: str) -> None:
    """Look at NAME no more until it is resumed; its alert is over."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import probes

    probes.pause(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is paused.")


@probe.command("resume")
@click.argument("name")
@team_option
@needs_database
def resume(name: str, slug: str) -> None:
    """Look at NAME again, at once."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import probes

    probes.resume(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is looked at again.")


@probe.command("remove")
@click.argument("name")
@team_option
@needs_database
def remove(name: str, slug: str) -> None:
    """Take NAME out; its alert is over."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.monitoring.operations import probes

    probes.remove(_named(name, slug), by=CONSOLE, now=clock.now())
    click.echo(f"{name} is taken out.")
