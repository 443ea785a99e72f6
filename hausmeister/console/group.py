"""The group that holds every command, and loads each only when it is asked for."""

import importlib

import click

from hausmeister import __version__

# command → (module, its function)
_COMMANDS = {
    "up": ("serve", "up"),
    "web": ("serve", "web"),
    "engine": ("serve", "engine"),
    "oncall": ("oncall", "oncall"),
    "schedule": ("schedules", "schedule"),
    "alert": ("alerts", "alert"),
    "silence": ("silences", "silence"),
    "issue": ("issues", "issue"),
    "policy": ("policies", "policy"),
    "people": ("people", "people"),
    "key": ("keys", "key"),
    "calendar": ("calendars", "calendar"),
    "familiarity": ("familiarity", "familiarity"),
    "heartbeat": ("heartbeats", "heartbeat"),
    "probe": ("probes", "probe"),
    "runbook": ("runbooks", "runbook"),
    "runs": ("runs", "runs"),
    "incident": ("incidents", "incident"),
    "handoff": ("handoffs", "handoff"),
    "report": ("handoffs", "report"),
    "insights": ("insights", "insights"),
    "doctor": ("doctor.command", "doctor"),
    "backup": ("backups", "backup"),
    "restore": ("backups", "restore"),
    "plan": ("planner_or_team", "plan"),
    "diff": ("planning", "diff"),
    "publish": ("planning", "publish"),
    "why": ("planner_or_team", "why"),
    "load": ("plan_questions", "load"),
    "leave": ("plan_questions", "leave"),
    "replan": ("plan_questions", "replan"),
    "ledger": ("planning", "ledger"),
    "check": ("planner_or_team", "check"),
    "swap": ("planner_or_team", "swap"),
    "cover": ("planner_or_team", "cover"),
    "triage": ("triage", "triage"),
    "questions": ("questions", "questions"),
    "demo": ("demos", "demo"),
}


class _Lazy(click.Group):
    """Imports a command's module when the command is used: `--help` of one does not load all."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, function = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"hausmeister.console.{module}"), function)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name=None, version=__version__, prog_name="hausmeister")
def commands() -> None:
    """Hausmeister runs a data-infrastructure team's ops week.

    Exit codes: 0 done (doctor, check: all is well), 1 it could not be done and the message says why (doctor, check:
    something must be mended), 2 the command line or a setting is wrong, 3 (plan,
    replan) no plan is possible.
    """
