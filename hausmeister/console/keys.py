"""`hausmeister key`: keys for the systems that send alerts."""

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.texts import Text


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command()
@click.option(
    "--name",
    required=True,
    type=Text(most=100),
    help="What the key is for; also the name of the source unless --source is given.",
)
@click.option("--scope", "scopes", multiple=True, default=("alerts:write",), show_default=True, help="May be repeated.")
@click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
@click.option("--source", default="", type=Text(most=100, may_be_empty=True), help="The sender it speaks for.")
@needs_database
def create(name: str, scopes: tuple[str, ...], slug: str, source: str) -> None:
    """Make a key and print it, alone, on standard output. It cannot be shown again."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations
    from hausmeister.team.rules import Scope

    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown:
        raise NotReady(f"{unknown[0]!r} is no scope; it must be one of {', '.join(Scope)}.")
    team = chosen_team(slug)
    made = operations.make_key(
        team=team,
        name=name,
        source_name=source or name,
        scopes=[Scope(one) for one in scopes],
        by=CONSOLE,
        now=clock.now(),
    )
    click.echo(made.text)


@key.command(name="list")
@click.option("--all", "with_revoked", is_flag=True, help="Revoked ones too.")
@as_json_option
@needs_database
def list_(*, with_revoked: bool, as_json: bool) -> None:
    """List the keys of every team; their texts are not kept anywhere."""
    from hausmeister.base import clock
    from hausmeister.console.printing import columns, echo_json
    from hausmeister.team.models import ApiKey

    now = clock.now()
    found = ApiKey.objects.all() if with_revoked else ApiKey.objects.valid(now)
    rows = [
        {
            "key": one.pk,
            "ends": f"…{one.last_four}",
            "name": one.name,
            "team": one.source.team.slug,
            "source": one.source.name,
            "scopes": one.scopes,
            "made_at": one.created_at,
            "revoked_at": one.revoked_at,
        }
        for one in found.select_related("source__team").order_by("id")
    ]
    if as_json:
        echo_json(rows)
        return
    lines = [("key", "ends", "name", "team", "source", "scopes", "made")]
    for row in rows:
        made = f"{row['made_at']:%Y-%m-%d}" + (" revoked" if row["revoked_at"] else "")
        scopes = " ".join(row["scopes"])
        lines.append((str(row["key"]), row["ends"], row["name"], row["team"], row["source"], scopes, made))
    click.echo(columns(lines))


@key.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@needs_database
def revoke(number: int) -> None:
    """End a key, by its number in the list. Every node refuses it within five seconds."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations
    from hausmeister.team.models import ApiKey

    found = ApiKey.objects.select_related("source").filter(pk=number).first()
    if found is None:
        raise NotReady(f"There is no key {number}; `hausmeister key list` shows which there are.")
    if found.revoked_at is not None:
        raise NotReady(f"Key {number} was revoked already, on {found.revoked_at:%Y-%m-%d}.")
    operations.revoke_key(found, by=CONSOLE, now=clock.now())
    click.echo(f"Key {number}, {found.name} …{found.last_four}, opens nothing any more.")
