"""`hausmeister policy`: check, show and apply a team's rules."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database

if TYPE_CHECKING:
    from hausmeister.team.models import Team
    from hausmeister.team.policy.shape import Policy

_team = click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
_file = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group()
def policy() -> None:
    """Check, show and apply a team's policy, one TOML file."""


@policy.command()
@click.argument("file", type=_file, required=False)
@_team
def check(file: Path | None, slug: str) -> None:
    """Say whether FILE can be used, with everything that is wrong in it; without FILE, what is in force."""
    from hausmeister.console.deployment import check_policies, check_tables, set_up
    from hausmeister.team.policy import reading

    if file is None:
        set_up()
        check_tables()
        check_policies()
        click.echo("Every policy in force can be used.")
        return
    try:
        read = reading.read(_text(file), file=str(file))
        _check_schedules(file, slug, read)
    except reading.BadPolicy as error:
        count = len(error.problems)
        raise NotReady(
            f"{file} cannot be used; {count} {'thing is' if count == 1 else 'things are'} wrong:\n{error}"
        ) from error
    duties = ", ".join(duty.title for duty in read.duties)
    click.echo(f"{file} can be used: duties {duties}; ladders {', '.join(read.ladders)}.")


def _check_schedules(file: Path, slug: str, read: "Policy") -> None:
    """Raise BadPolicy where a ladder calls a schedule that the team does not have: only the database knows."""
    if not any(step.call.startswith("schedule ") for ladder in read.ladders.values() for step in ladder.steps):
        return
    from hausmeister.console.deployment import check_tables, set_up

    set_up()
    check_tables()
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.queries.policy import unknown_schedules
    from hausmeister.team.policy.reading import BadPolicy

    problems = unknown_schedules(chosen_team(slug), text=_text(file), file=str(file))
    if problems:
        raise BadPolicy(problems)


@policy.command()
@_team
@needs_database
def show(slug: str) -> None:
    """Print the policy in force, as a file that `apply` takes back."""
    from hausmeister.console.teams import chosen_team

    click.echo(_in_force(chosen_team(slug)), nl=False)


@policy.command()
@click.argument("file", type=_file)
@_team
@needs_database
def apply(file: Path, slug: str) -> None:
    """Put FILE in force for a team, whole or not at all, and print what differs."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.operations import policy as operations
    from hausmeister.team.policy.reading import BadPolicy

    team, text = chosen_team(slug), _text(file)
    before = _in_force(team)
    try:
        version = operations.apply_policy(team, text=text, file=str(file), by=CONSOLE, now=clock.now())
    except BadPolicy as error:
        raise NotReady(f"{file} cannot be used; the policy of {team.name} stays as it was.\n{error}") from error
    difference = list(difflib.unified_diff(before.splitlines(), text.splitlines(), "before", "now", n=1, lineterm=""))
    click.echo("\n".join(difference) if difference else "The text is the one that was in force already.")
    click.echo(f"In force for {team.name} as version {version.pk}.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotReady(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise NotReady(f"{file} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#x}.") from error


def _in_force(team: "Team") -> str:
    from hausmeister.team import queries

    version = queries.version_in_force(team.pk)
    return version.text if version else queries.default_policy_text()[0]
