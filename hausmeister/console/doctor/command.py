"""The command itself: what is looked at, in which order, and how it is printed."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import set_up
from hausmeister.console.printing import as_json_option

if TYPE_CHECKING:
    from hausmeister.console.doctor.findings import Finding

_MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command()
@as_json_option
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Say what is wrong with this deployment. Exit code 1 if anything must be mended; it changes nothing."""
    set_up()
    from hausmeister.console.doctor.findings import Verdict
    from hausmeister.console.printing import echo_json

    found: list[Finding] = []
    for one in _findings():
        found.append(one)
        if not as_json:
            click.echo(
                f"{_MARKS[one.verdict]}  {one.about}: {one.says}" + (f"\n       → {one.mend}" if one.mend else "")
            )
    if as_json:
        echo_json([asdict(one) for one in found])
    count = sum(one.verdict is Verdict.WRONG for one in found)
    if count:
        click.echo(f"\n{count} {'thing' if count == 1 else 'things'} to mend.", err=True)
        context.exit(1)
    click.echo("\nAll is well.", err=True)


def _findings() -> "Iterator[Finding]":
    from hausmeister.console.doctor import duty, ground, outside
    from hausmeister.console.doctor.findings import Verdict, run

    yield from run("settings", ground.deployment)
    yield from run("data folder", ground.data_folder)
    database = list(run("database", ground.database))
    yield from database
    if any(one.verdict is Verdict.WRONG for one in database):
        # without its tables nothing else can be known
        return
    for about, check in (
        ("policy", ground.policy),
        ("clock", ground.time),
        ("channels", outside.channels),
        ("trackers", outside.trackers),
        ("chat", outside.chat),
        ("mailbox", outside.mailbox),
        ("engine", duty.engine),
        ("pages", duty.auditor),
        ("hand-offs", duty.handoffs),
        ("rota", duty.rotas),
        ("people", duty.readiness),
    ):
        yield from run(about, check)
