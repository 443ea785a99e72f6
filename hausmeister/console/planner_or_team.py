"""`hausmeister plan` and `hausmeister check` have two forms: on files without a database, and for a team of ours."""

from collections.abc import Callable
from importlib import import_module

import click

_AS_IT_COMES = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def _either(name: str, of_team: str, is_about_files: Callable[[list[str]], bool], text: str) -> click.Command:
    """Return the command `name` that passes its arguments on to the form that they are written for.

    `of_team` is the module of the form for a team.
    """

    @click.command(name, context_settings=_AS_IT_COMES, help=text, add_help_option=False)
    @click.pass_context
    def command(ctx: click.Context) -> None:
        given = list(ctx.args)
        files, team = (getattr(import_module(f"hausmeister.console.{module}"), name) for module in ("planner", of_team))
        if given == ["--help"]:
            for form in (team, files):
                click.echo(form.get_help(click.Context(form, info_name=name, parent=ctx.parent)))
                click.echo()
            return
        form = files if is_about_files(given) else team
        with form.make_context(name, given, parent=ctx.parent) as own:
            form.invoke(own)

    return command


plan = _either(
    "plan",
    "planning",
    lambda given: any(one.split("=")[0] in {"--instance", "--out"} for one in given),
    "Plan the duties of a team, or with --instance those of a file.",
)
check = _either(
    "check",
    "foresight",
    lambda given: any(not one.startswith("-") for one in given[:1]),
    "Say what is wrong with the coming duties, or with INSTANCE and PLAN judge a plan in a file.",
)
