"""`hausmeister familiarity`: who knows which area, what has no area yet, and looking into the past."""

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import team_option
from hausmeister.console.texts import Text


@click.group()
def familiarity() -> None:
    """Who knows which area of the platform: a map of learning, never a ranking of people."""


@familiarity.command("map")
@click.option("--area", type=Text(most=60, may_be_empty=True), default="", help="Only this area, with when it was.")
@team_option
@as_json_option
@needs_database
def familiarity_map(area: str, slug: str, *, as_json: bool) -> None:
    """Print the areas by name with everybody by name: 0 never, 1 has seen it, 2 handles it, 3 knows it."""
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time_or, columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.familiarity import queries
    from hausmeister.familiarity.api import MapOut

    team = chosen_team(slug)
    found = queries.map_of(team, now=clock.now())
    row = found.area(area)
    if area and row is None:
        raise NotReady(f"There is no area {area!r}; the policy names {', '.join(one.name for one in found.areas)}.")
    if as_json:
        click.echo(MapOut.of(found).model_dump_json(indent=2))
    elif row:
        rows = [
            (one.person.name, row.of(one.person_id).step.words,
             clock_time_or(row.of(one.person_id).last_at, team.zone, "-"))
            for one in found.members
        ]  # fmt: skip
        click.echo(columns([("name", "step", "last"), *rows]))
    else:
        names = [one.person.name for one in found.members]
        rows_of = [
            (one.name, *(str(int(one.of(member.person_id).step)) for member in found.members), _thin(len(one.knowing)))
            for one in found.areas
        ]
        click.echo(columns([("area", *names, ""), *rows_of]))


def _thin(knowing: int) -> str:
    return ("nobody knows it", "only one knows it")[knowing] if knowing < 2 else ""


@familiarity.command("unplaced")
@team_option
@needs_database
def familiarity_unplaced(slug: str) -> None:
    """List what was worked on and has no area: a lead puts a word of it into the policy, under familiarity.areas."""
    from hausmeister.console.printing import clock_time, columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.familiarity import queries

    team = chosen_team(slug)
    rows = [(str(one.times), clock_time(one.last_at, team.zone), one.clues[:100]) for one in queries.unplaced(team)]
    click.echo(columns([("times", "last", "what"), *rows]) if rows else "Everything has an area.")


@familiarity.command("backfill")
@team_option
@needs_database
def familiarity_backfill(slug: str) -> None:
    """Record what was done before familiarity was kept. A second time changes nothing."""
    from hausmeister.console.teams import chosen_team
    from hausmeister.engine import past

    looked_at = past.backfill(chosen_team(slug))
    click.echo(f"{looked_at} pieces of work are on the map.")
