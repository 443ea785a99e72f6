"""`hausmeister key`: keys for the systems that send alerts."""

import click

from hausmeister.console.deployment import NotReady, needs_database


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command()
@click.option(
    "--name", required=True, help="What the key is for; also the name of the source unless --source is given."
)
@click.option("--scope", "scopes", multiple=True, default=("alerts:write",), show_default=True, help="May be repeated.")
@click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
@click.option("--source", default="", help="The sender it speaks for.")
@needs_database
def create(name: str, scopes: tuple[str, ...], slug: str, source: str) -> None:
    """Make a key and print it, alone, on standard output. It cannot be shown again."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations, queries
    from hausmeister.team.models import Team
    from hausmeister.team.rules import Scope

    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown:
        raise NotReady(f"{unknown[0]!r} is no scope; it must be one of {', '.join(Scope)}.")
    try:
        team = queries.team_named(slug)
    except Team.DoesNotExist:
        raise NotReady(f"There is no team {slug or 'yet'}; make one under {_welcome()}.") from None
    made = operations.make_key(
        team=team,
        name=name,
        source_name=source or name,
        scopes=[Scope(one) for one in scopes],
        by=CONSOLE,
        now=clock.now(),
    )
    click.echo(made.text)


def _welcome() -> str:
    from django.conf import settings

    return f"{settings.HAUSMEISTER_BASE_URL}/welcome"
