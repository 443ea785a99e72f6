"""`hausmeister runbook`: look at a folder of runbooks before alerts do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import needs_database
from hausmeister.console.printing import as_json_option, columns, echo_json
from hausmeister.console.teams import team_option

if TYPE_CHECKING:
    from hausmeister.runbooks.checking import AlertSeen, Checked, HeadingSeen


@click.group()
def runbook() -> None:
    """Runbooks: Markdown whose headings are the texts of alerts."""


@runbook.command("check")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@team_option
@as_json_option
@needs_database
def check(folder: Path, slug: str, *, as_json: bool) -> None:
    """Say which headings FOLDER has, what is wrong with it, and which open alerts match, and how.

    Nothing is stored. Exit code 1: a heading stands twice, or a file could not be read as it was meant.
    """
    from hausmeister.console.teams import chosen_team
    from hausmeister.runbooks import checking
    from hausmeister.runbooks.operations import FolderUnreadable

    try:
        found = checking.check(folder.resolve(), chosen_team(slug))
    except (FolderUnreadable, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        echo_json(_as_json(found))
    else:
        _tell(found)
    if not found.is_well:
        raise SystemExit(1)


@runbook.command("missing")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 400), help="Of the last so many days.")
@team_option
@needs_database
def missing(days: int, slug: str) -> None:
    """List the alerts that no heading means, the commonest first."""
    from datetime import timedelta

    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.runbooks import queries

    found = queries.missing(chosen_team(slug), since=clock.now() - timedelta(days=days))
    rows = [(f"{one.times} times", f"last {one.last_at:%Y-%m-%d %H:%M} UTC", one.title) for one in found]
    click.echo(columns(rows) if rows else "Every alert has a section.")


@runbook.command("read")
@team_option
@needs_database
def read(slug: str) -> None:
    """Read the folders that the policy names now; the engine does it each minute."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.runbooks import operations, queries

    team = chosen_team(slug)
    changed = operations.read_team(team, now=clock.now(), by=CONSOLE)
    known = queries.folders(team.pk)
    if not known:
        click.echo("The policy names no folder: put one under [[runbooks.folders]].")
        return
    click.echo(f"{changed} files had changed.")
    for one in known:
        click.echo(f"{one.path}: {one.problem or 'read'}")
    if any(one.problem for one in known):
        raise SystemExit(1)


def _tell(found: "Checked") -> None:
    click.echo(f"{found.files} files, {len(found.headings)} headings.")
    click.echo(columns([(_place(one), f"{'#' * one.level} {one.words}") for one in found.headings]))
    for group in found.repeated:
        click.echo(f"Twice: {group[0].words!r} stands in {', '.join(map(_place, group))}; an alert shows both.")
    for file, note in found.notes:
        click.echo(f"{file}: {note}")
    if found.alerts:
        click.echo("\nOpen alerts:")
        click.echo(columns([(_how(one), one.alert.title, _said(one)) for one in found.alerts]))


def _place(one: "HeadingSeen") -> str:
    return f"{one.file}:{one.line}"


def _how(one: "AlertSeen") -> str:
    if one.found is None:
        return "no section"
    return f"similar {one.found.likeness:.0%}" if one.found.how == "similar" else one.found.how.value


def _said(one: "AlertSeen") -> str:
    return ", ".join(f"{_place(heading)} {heading.words}" for heading in one.headings)


def _as_json(found: "Checked") -> dict[str, object]:
    def heading(one: "HeadingSeen") -> dict[str, object]:
        return {"file": one.file, "line": one.line, "level": one.level, "heading": one.words}

    return {
        "files": found.files,
        "headings": [heading(one) for one in found.headings],
        "repeated": [[heading(one) for one in group] for group in found.repeated],
        "notes": [{"file": file, "note": note} for file, note in found.notes],
        "alerts": [
            {
                "alert": one.alert.pk,
                "title": one.alert.title,
                "how": one.found.how.value if one.found else None,
                "likeness": round(one.found.likeness, 3) if one.found else None,
                "headings": [heading(each) for each in one.headings],
            }
            for one in found.alerts
        ],
    }
