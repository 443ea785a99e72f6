"""What happens on an empty database, and what is said once the program answers."""

import shlex
import sys
from datetime import datetime
from pathlib import Path

import click
from django.conf import settings

from hausmeister.base import clock
from hausmeister.console.demo import loading
from hausmeister.rota import queries as rota
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Installation, Team


def fill(when_empty: str) -> None:
    """Load the demo into a database without people, if that is what `when_empty` says."""
    if when_empty == "demo" and loading.is_empty():
        click.echo("The database is empty: loading the demo, two teams with a week behind them …")
        loading.load(now=clock.now())


def greeting() -> str:
    """Return where Hausmeister is, and what somebody needs who sees it for the first time."""
    now = clock.now()
    lines = ["", f"Hausmeister is ready at {settings.HAUSMEISTER_BASE_URL}", ""]
    installation = Installation.objects.filter(id=1).first()
    if installation is not None and installation.is_demo:
        return "\n".join(lines + _demo(now))
    token = team_operations.open_welcome(now=now)
    if token is not None:
        lines += [
            "  Nobody is here yet. This link sets up your team; it works once, and until the next start:",
            f"  {settings.HAUSMEISTER_BASE_URL}/welcome?token={token}",
            "",
            f"  What is wrong with this installation, at any time: {command_line()} doctor",
            "",
        ]
    return "\n".join(lines)


def _demo(now: datetime) -> list[str]:
    secrets = loading.kept_secrets()
    if secrets is None:
        return [
            f"  This database holds the demo, but {loading.secrets_file()} is missing: its password and key",
            "  are where it was loaded. `hausmeister demo --reset` loads it afresh.",
            "",
        ]
    lines = []
    duty = rota.on_duty(Team.objects.order_by("id")[0], at=now)
    person = duty.primary.person
    if person is not None:
        until = duty.until.astimezone(person.zone)
        lines.append(f"  Sign in as   {person.email}  (on call as {duty.title} until {until:%A %H:%M})")
        lines.append(
            "          or   mirela.sand@example.org (leads the team), imani.cole@example.org (sees the status)"
        )
    lines.append(f"  Password     {secrets.password}  (the same for everybody in the demo)")
    if settings.HAUSMEISTER_EMAIL is None:
        lines.append(f"  Mails        no mail server is set, so they are written to {_mail_folder()}")
    lines.append(f"  Commands     {command_line()} --help  (doctor, oncall, alert …)")
    return [*lines, "", "  Page whoever is on call:", "", f"    {page_line(secrets.key)}", ""]


def command_line() -> str:
    """Return how the console command is called so that it finds this database."""
    data = Path(settings.HAUSMEISTER_DATA).absolute()
    program = _relative(Path(sys.executable).with_name("hausmeister"))
    # the checkout's own folder is what the command finds by itself
    return program if data == Path.cwd() / "var" else f"HAUSMEISTER_DATA={shlex.quote(str(data))} {program}"


def _relative(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def page_line(key: str) -> str:
    """Return a line for the shell that pages somebody."""
    return (
        f"curl {settings.HAUSMEISTER_BASE_URL}/api/v1/alerts -H 'Authorization: Bearer {key}'"
        " -d title='Dataset billing_cycles built with 0 rows' -d severity=critical -d source=airflow-s1"
    )


def _mail_folder() -> Path:
    return Path(settings.HAUSMEISTER_DATA) / "mail"
