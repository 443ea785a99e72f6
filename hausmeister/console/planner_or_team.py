"""Commands with two forms: on files without a database, and for a team of ours. What is given says which is meant."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

About = Callable[[list[str]], bool]


class _Either(click.Command):
    """Hands its arguments to the form that they are written for; `--help` shows both.

    `on_files` and `for_team` are the modules of the console with a command of that name each.
    """

    def __init__(self, name: str, text: str, *, on_files: str, for_team: str, is_about_files: About) -> None:
        super().__init__(name, help=text)
        self.on_files: click.Command = getattr(import_module(f"hausmeister.console.{on_files}"), name)
        self.for_team: click.Command = getattr(import_module(f"hausmeister.console.{for_team}"), name)
        self._is_about_files = is_about_files

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the form that is meant: the command that is then invoked is that one."""
        if args in (["--help"], ["-h"]):
            return super().make_context(info_name, args, parent=parent, **extra)
        form = self.on_files if self._is_about_files(args) else self.for_team
        return form.make_context(info_name, args, parent=parent, **extra)

    def get_help(self, ctx: click.Context) -> str:
        """Return the help of both forms."""
        contexts = [click.Context(form, info_name=self.name, parent=ctx.parent) for form in self._forms]
        return "\n\n".join(one.get_help() for one in contexts)

    @property
    def _forms(self) -> tuple[click.Command, click.Command]:
        return self.for_team, self.on_files


class _EitherGroup(_Either, click.Group):
    """The same where the form for a team has commands of its own."""

    for_team: click.Group

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self.for_team.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.for_team.get_command(ctx, cmd_name)


def _names(*options: str) -> About:
    """Return what says whether one of `options` is given."""
    return lambda given: any(one.split("=")[0] in options for one in given)


def _begins_with_a_file(given: list[str]) -> bool:
    return any(not one.startswith("-") for one in given[:1])


plan = _Either(
    "plan",
    "Plan the duties of a team, or with --instance those of a file.",
    on_files="planner",
    for_team="planning",
    is_about_files=_names("--instance", "--out"),
)
check = _Either(
    "check",
    "Say what is wrong with the coming duties, or with INSTANCE and PLAN judge a plan in a file.",
    on_files="planner",
    for_team="foresight",
    is_about_files=_begins_with_a_file,
)
why = _Either(
    "why",
    "Say why a duty is with whom it is, in a team or with --instance in a file.",
    on_files="plan_files",
    for_team="planning",
    is_about_files=_names("--instance"),
)
cover = _EitherGroup(
    "cover",
    "Have a duty covered; with --instance, see who could take a slot of a file.",
    on_files="plan_files",
    for_team="asks",
    is_about_files=_names("--instance"),
)
swap = _EitherGroup(
    "swap",
    "Swap a duty against another; with --instance, see which swaps of a file are valid.",
    on_files="plan_files",
    for_team="asks",
    is_about_files=_names("--instance"),
)
