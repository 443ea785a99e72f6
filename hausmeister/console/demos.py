"""`hausmeister demo`: load the demo teams, or load them afresh."""

import click

from hausmeister.console.deployment import NotReady, migrate, set_up


@click.command()
@click.option("--reset", is_flag=True, help="Empty a database that holds the demo, and load it afresh.")
@click.option("--year", is_flag=True, help="One team with a whole year behind it: one to two minutes.")
def demo(*, reset: bool, year: bool) -> None:
    """Load two demo teams with a week behind them, or one with a year, into an empty database."""
    set_up()
    migrate()
    from hausmeister.base import clock
    from hausmeister.console import first_start
    from hausmeister.console.demo import loading
    from hausmeister.console.demo.year import loading as year_loading

    if reset:
        _empty()
    try:
        if year:
            click.echo("A year is lived through; that takes one to two minutes.")
            year_loading.load(now=clock.now())
        else:
            loading.load(now=clock.now())
    except loading.DatabaseNotEmpty as error:
        raise NotReady("There are people or teams in this database; the demo goes into an empty one.") from error
    click.echo(first_start.greeting())


def _empty() -> None:
    """Empty the database, if it holds nothing but the demo and nobody uses it. Raises NotReady."""
    from django.core.management import call_command

    from hausmeister.console.backups import check_nobody_else_runs
    from hausmeister.console.serve import only_engine
    from hausmeister.team.models import Installation

    if not Installation.objects.filter(id=1, is_demo=True).exists():
        raise NotReady("This database does not hold the demo; it is not emptied.")
    only_engine().close()
    check_nobody_else_runs()
    call_command("flush", interactive=False, verbosity=0)
