"""`hausmeister people`: who there is, whether they can be reached, and adding somebody."""

from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.texts import Text

if TYPE_CHECKING:
    from datetime import datetime

    from hausmeister.team.models import Membership
    from hausmeister.team.queries import Reach

_team = click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")


@click.group(invoke_without_command=True)
@_team
@as_json_option
@click.pass_context
def people(context: click.Context, slug: str, *, as_json: bool) -> None:
    """List the people of a team, and who of them cannot be reached. `people add` adds one."""
    if context.invoked_subcommand is None:
        _list(slug, as_json=as_json)


@needs_database
def _list(slug: str, *, as_json: bool) -> None:
    from hausmeister.base import clock
    from hausmeister.console.printing import columns, echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.team import queries

    team, now = chosen_team(slug), clock.now()
    members = queries.members(team.pk)
    reach = queries.reach(member.person_id for member in members)
    rows = [_row(member, reach[member.person_id], now) for member in members]
    if as_json:
        echo_json(rows)
        return
    lines = [("name", "address", "role", "experience", "reachable")]
    lines += [(r["name"], r["email"], r["role"], str(r["experience"]), r["reachable_in_words"]) for r in rows]
    click.echo(columns(lines))


def _row(member: "Membership", reach: "Reach", now: "datetime") -> dict[str, Any]:
    return {
        "name": member.person.name,
        "email": member.person.email,
        "role": member.role,
        "experience": member.experience,
        "takes_duty": member.takes_duty,
        "can_be_reached": bool(reach.methods),
        "reachable_in_words": in_words(reach, now=now, is_called=member.role != "viewer"),
    }


def in_words(reach: "Reach", *, now: "datetime", is_called: bool = True) -> str:
    """Return whether and how somebody can be reached, and when that was last shown to work."""
    from hausmeister.base.words import duration, listed

    if not is_called:
        return "is never called"
    if not reach.methods:
        return "NO: no contact method that is verified and switched on"
    how = listed(list(dict.fromkeys(method.label for method in reach.methods)))
    tested = max((method.tested_at for method in reach.methods if method.tested_at), default=None)
    return f"by {how}, " + (f"tested {duration(now - tested)} ago" if tested else "never tested")


@people.command()
@click.argument("email", type=Text(most=254))
@click.option("--name", required=True, type=Text(most=100), help="The person's name, as others see it.")
@click.option("--role", type=click.Choice(["lead", "responder", "viewer"]), default="responder", show_default=True)
@click.option("--experience", type=click.IntRange(1, 100), default=1, show_default=True, help="A backstop needs more.")
@click.option("--admin", is_flag=True, help="Also an admin of the installation; asks for a password.")
@_team
@needs_database
def add(email: str, name: str, role: str, experience: int, slug: str, *, admin: bool) -> None:
    """Invite somebody: prints a link that makes the account, once, within 72 hours."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from hausmeister.console.teams import chosen_team
    from hausmeister.team.models import Person

    team = chosen_team(slug)
    try:
        validate_email(email)
    except ValidationError as error:
        raise NotReady(f"{email!r} is no e-mail address.") from error
    if Person.objects.filter(email__iexact=email).exists():
        raise NotReady(f"{email} has an account already; the team's lead changes roles under People.")
    if admin:
        _make_admin(team, email, name, role, experience)
    else:
        _invite(team, email, name, role, experience)


def _invite(team: Any, email: str, name: str, role: str, experience: int) -> None:
    from django.conf import settings

    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations
    from hausmeister.team.rules import Role

    token = operations.invite(
        team=team, email=email, name=name, role=Role(role), experience=experience, by=CONSOLE, now=clock.now(),
        person=None,
    )  # fmt: skip
    click.echo(f"Send {name} this link; it makes the account, once, within 72 hours:", err=True)
    click.echo(f"{settings.HAUSMEISTER_BASE_URL}/invitation/{token}")


def _make_admin(team: Any, email: str, name: str, role: str, experience: int) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations
    from hausmeister.team.rules import Role

    password = click.prompt("Password, at least 12 characters", hide_input=True, confirmation_prompt=True)
    try:
        validate_password(password)
    except ValidationError as error:
        raise NotReady(" ".join(error.messages)) from error
    now = clock.now()
    with transaction.atomic():
        person = operations.make_person(
            email=email, name=name, zone_name=team.zone_name, by=CONSOLE, now=now, password=password, is_admin=True
        )
        operations.join(
            team, person, role=Role(role), experience=experience, joined_on=now.astimezone(team.zone).date(),
            by=CONSOLE, now=now,
        )  # fmt: skip
    click.echo(f"{name} can sign in.")
