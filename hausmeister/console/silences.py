"""`hausmeister silence`: rules under which new alerts call nobody until they end, from a shell."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import team_option

if TYPE_CHECKING:
    from datetime import datetime

    from hausmeister.alerts.models import Silence
    from hausmeister.alerts.silences.operations import Wanted, Who
    from hausmeister.team.models import Team

_as = click.option("--as", "email", default="", help="E-mail address of the person who does it; else the console.")
_number = click.argument("number", type=click.IntRange(1, 2**63 - 1))
_until = click.option("--until", default="", help='When it ends: "18:00", "fri 18:00", "2026-11-27 18:00".')
_for = click.option("--for", "length", default="", help="Or for how long: 2h, 1d.")


@click.group()
def silence() -> None:
    """Silences and maintenance: new alerts that fit are stored and call nobody until the end."""


@silence.command("list")
@click.option("--all", "with_over", is_flag=True, help="Those that are over too.")
@team_option
@as_json_option
@needs_database
def list_(slug: str, *, with_over: bool, as_json: bool) -> None:
    """Print the silences of a team, those that end first first."""
    from hausmeister.alerts.silences import queries
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time, columns
    from hausmeister.console.teams import chosen_team

    team, now = chosen_team(slug), clock.now()
    found = queries.of_team(team)
    rows = list(found.ahead(now)) + (list(found.over(now)[:100]) if with_over else [])
    if as_json:
        _echo(rows, now)
        return
    if not rows:
        click.echo(f"{team.name} silences nothing.")
        return
    lines = [("silence", "state", "from", "until", "by", "what", "why")]
    for one in rows:
        begins, ends = clock_time(one.starts_at, team.zone), clock_time(one.over_at, team.zone)
        lines.append((
            str(one.pk), one.standing(now).value, begins, ends, one.made_by_name, _words(one), one.reason
        ))  # fmt: skip
    click.echo(columns(lines))


@silence.command()
@click.argument("reason")
@click.option("--where", "conditions", multiple=True, help='"FIELD is|is not|contains|matches VALUE"; may be repeated.')
@_until
@_for
@click.option("--from", "begins", default="", help="When it begins; at once if left out.")
@click.option("--p4", "covers_p4", is_flag=True, help="P4 very high too.")
@click.option("--everything", is_flag=True, help="It is meant to cover everything.")
@click.option("--dry-run", is_flag=True, help="Only say what it would have covered.")
@_as
@team_option
@as_json_option
@needs_database
def add(
    reason: str,
    conditions: tuple[str, ...],
    until: str,
    length: str,
    begins: str,
    email: str,
    slug: str,
    *,
    covers_p4: bool,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Silence what fits every --where, because of REASON."""
    from hausmeister.alerts.silences import operations
    from hausmeister.alerts.silences.rules import read, row_of
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team

    team, now = chosen_team(slug), clock.now()
    by = _who(email, team)
    with _refusals_told():
        asked = read([row_of(one) for one in conditions])
        starts_at = _moment(begins, team, now) if begins else None
        wanted = operations.Wanted(asked, _end(until, length, team, starts_at or now), reason, starts_at, covers_p4)
        if dry_run:
            _preview(team, wanted, now, as_json=as_json)
            return
        made = operations.make(team, wanted, by=by, now=now, is_meant=everything)
    _tell(made, now, as_json=as_json)


def _preview(team: "Team", wanted: "Wanted", now: "datetime", *, as_json: bool) -> None:
    from hausmeister.alerts.silences import queries
    from hausmeister.console.printing import echo_json
    from hausmeister.pager.context import TeamContext

    found = queries.preview(TeamContext.load(team.pk, at=now), wanted.rule(now), now=now)
    if as_json:
        echo_json({"alerts": found.alerts, "looked_at": found.looked_at, "titles": list(found.titles)})
        return
    click.echo(f"Of {found.looked_at} alerts of the last 7 days, {found.alerts} would have been silent.")
    for title in found.titles:
        click.echo(f"  {title}")


@silence.command()
@_number
@_until
@_for
@_as
@as_json_option
@needs_database
def change(number: int, until: str, length: str, email: str, *, as_json: bool) -> None:
    """Let a silence end at another time."""
    from hausmeister.alerts.silences import operations
    from hausmeister.base import clock

    found, now = _found(number), clock.now()
    by = _who(email, found.team)
    with _refusals_told():
        changed = operations.move_end(found.pk, _end(until, length, found.team, now), by=by, now=now)
    _tell(changed, now, as_json=as_json)


@silence.command()
@_number
@_as
@as_json_option
@needs_database
def end(number: int, email: str, *, as_json: bool) -> None:
    """End a silence now, or call off a planned one; what is still open under it calls at once."""
    from hausmeister.alerts.silences import operations
    from hausmeister.base import clock

    found, now = _found(number), clock.now()
    by = _who(email, found.team)
    with _refusals_told():
        ended = operations.end(found.pk, by=by, now=now)
    _tell(ended, now, as_json=as_json)


def _found(number: int) -> "Silence":
    from hausmeister.alerts.models import Silence

    found = Silence.objects.filter(pk=number).select_related("team").first()
    if found is None:
        raise NotReady(f"There is no silence {number}; `hausmeister silence list` names them.")
    return found


def _who(email: str, team: "Team") -> "Who":
    from hausmeister.alerts.silences.operations import Who
    from hausmeister.console.teams import check, person_named
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations as team_operations
    from hausmeister.team.rules import Capability

    if not email:
        return Who(CONSOLE)
    person = person_named(email)
    check(person, Capability.SILENCE_ALERTS, team=team)
    return Who(team_operations.as_actor(person), person)


def _end(until: str, length: str, team: "Team", begins: "datetime") -> "datetime":
    from hausmeister.base.words import read_duration

    if bool(until) is bool(length):
        raise NotReady("Say when it ends: --until, or --for, and not both.")
    if until:
        return _moment(until, team, begins)
    try:
        return begins + read_duration(length)
    except (ValueError, OverflowError) as error:
        raise NotReady(f"{error}.") from error


def _moment(text: str, team: "Team", now: "datetime") -> "datetime":
    from hausmeister.base.moments import NoMoment, read_moment

    try:
        return read_moment(text, now=now, zone=team.zone)
    except NoMoment as error:
        raise NotReady(str(error)) from error


@contextmanager
def _refusals_told() -> Iterator[None]:
    from hausmeister.alerts.silences.operations import SilenceIsOver, SilenceTooWide
    from hausmeister.alerts.silences.rules import SilenceRefused

    try:
        yield
    except (SilenceRefused, SilenceIsOver) as error:
        raise NotReady(str(error)) from error
    except SilenceTooWide as error:
        raise NotReady(f"{error} Say so with --everything.") from error


def _tell(one: "Silence", now: "datetime", *, as_json: bool) -> None:
    from hausmeister.console.printing import clock_time

    if as_json:
        _echo([one], now)
        return
    ends = clock_time(one.over_at, one.team.zone)
    click.echo(f"{one.kind.capitalize()} {one.pk}, {one.standing(now).value}, until {ends}: {_words(one)}.")


def _words(one: "Silence") -> str:
    return ", ".join(map(str, one.asked)) or "everything"


def _echo(rows: "list[Silence]", now: "datetime") -> None:
    from hausmeister.alerts.silences.api import told
    from hausmeister.console.printing import echo_json

    echo_json([one.model_dump(mode="json") for one in told(rows, now=now)])
