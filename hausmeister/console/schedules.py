"""`hausmeister schedule`: list, show, create, override, and who is on by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import team_option

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from hausmeister.rota.models import Schedule, ScheduleOverride
    from hausmeister.rota.shapes import LayerOut
    from hausmeister.team.models import Team


@click.group()
def schedule() -> None:
    """List, show, create and override the schedules of a team, and say who is on by one."""


@schedule.command("list")
@team_option
@as_json_option
@needs_database
def list_(slug: str, *, as_json: bool) -> None:
    """List the schedules of a team, and who is on by each now."""
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time, columns, echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.queries import schedules as queries
    from hausmeister.rota.shapes import ScheduleOut

    team, now = chosen_team(slug), clock.now()
    found = queries.schedules_of(team)
    with _refusals_told():
        on = queries.on_call(found, at=now)
        if as_json:
            echo_json([ScheduleOut.of(one, on[one.pk], now=now).model_dump(mode="json") for one in found])
            return
        if not found:
            click.echo(f"{team.name} has no schedules; `hausmeister schedule create --template our-week` makes some.")
            return
        rows = [("schedule", "name", "on now", "until")]
        rows += [
            (one.slug, one.name, on[one.pk].names, f"{clock_time(on[one.pk].ends_at, one.zone)} ({one.zone_name})")
            for one in found
        ]
    click.echo(columns(rows))


@schedule.command()
@click.argument("name")
@click.option("--weeks", default=2, show_default=True, type=click.IntRange(1, 52), help="So far ahead.")
@team_option
@as_json_option
@needs_database
def show(name: str, weeks: int, slug: str, *, as_json: bool) -> None:
    """Show the layers of the schedule NAME, and who is on in the coming weeks."""
    from datetime import timedelta

    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time, columns, echo_json
    from hausmeister.rota.queries import schedules as queries
    from hausmeister.rota.shapes import LayerOut, ScheduleOut, ScheduleTimelineOut

    found, now = _named(slug, name), clock.now()
    with _refusals_told():
        told = queries.schedule_timeline(found, starts_at=now, ends_at=now + timedelta(weeks=weeks))
        layers = queries.layers_in_force(found, now=now)
        if as_json:
            whole = ScheduleOut.of(found, queries.schedule_on_call(found, at=now), now=now).model_dump(mode="json")
            echo_json({**whole, "timeline": ScheduleTimelineOut.of(told).model_dump(mode="json")})
            return
        click.echo(f"{found.name} ({found.slug}), {found.zone_name}. {found.description}".rstrip())
        click.echo("Layers, the topmost first:")
        for layer in reversed(layers):
            click.echo(f"  {_in_words(LayerOut.of(layer, now=now))}")
        rows = [
            (
                f"  {clock_time(one.starts_at, found.zone)}",
                f"to {clock_time(one.ends_at, found.zone)}",
                one.names,
                one.why,
            )
            for one in told.final
        ]
    click.echo(columns(rows))


def _in_words(layer: "LayerOut") -> str:
    what = {
        "rotation": f"{layer.every}, {layer.length} at a time, handed off {layer.day} {layer.hand_off}".replace(
            "  ", " "
        ),
        "duty": f"the rota's {layer.duty}, {layer.post}",
        "entries": "entries with dates",
    }[layer.content]
    who = f": {', '.join(layer.participants)}" if layer.participants else ""
    only = f"; only {', '.join(layer.only)}" if layer.only else ""
    return f"{layer.name} ({layer.layer}), {what}{who}{only}"


@schedule.command()
@click.option(
    "--template", "template", required=True, help="our-week, follow-the-sun, daily-support, primary-secondary."
)
@click.option("--person", "emails", multiple=True, metavar="EMAIL", help="Who takes turns, in order; may be repeated.")
@click.option("--slug", "short", default="", help="Short name; the template's own if left out.")
@click.option("--name", "title", default="", help="Name; the template's own if left out.")
@click.option("--zone", "zone", default="", help="Time zone; the team's if left out.")
@click.option("--hand-off", "hand_off", default="09:00", show_default=True, help="Time of day of the hand-off.")
@team_option
@as_json_option
@needs_database
def create(
    template: str,
    emails: tuple[str, ...],
    short: str,
    title: str,
    zone: str,
    hand_off: str,
    slug: str,
    *,
    as_json: bool,
) -> None:
    """Create schedules from a ready-made template."""
    from hausmeister.base import clock
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.api.drafts import people_named
    from hausmeister.rota.operations import schedules as operations
    from hausmeister.rota.queries import schedules as queries
    from hausmeister.rota.rules.definitions import read_clock
    from hausmeister.rota.rules.templates import TEMPLATES
    from hausmeister.rota.shapes import ScheduleOut

    team, now = chosen_team(slug), clock.now()
    if template not in TEMPLATES:
        raise NotReady(f"There is no template {template!r}; there are: {', '.join(TEMPLATES)}.")
    with _refusals_told():
        made = operations.create_from_template(
            team, TEMPLATES[template], people=people_named(team, emails), begins_on=now.astimezone(team.zone).date(),
            by=CONSOLE, now=now, zone_name=zone, slug=short, name=title, hand_off=read_clock(hand_off, "hand-off"),
        )  # fmt: skip
        on = queries.on_call(made, at=now)
    if as_json:
        echo_json([ScheduleOut.of(one, on[one.pk], now=now).model_dump(mode="json") for one in made])
        return
    for one in made:
        click.echo(f"Created {one.slug} ({one.name}): {on[one.pk].names} now.")


@schedule.command()
@click.argument("name", required=False, default="")
@click.option("--all", "for_all", is_flag=True, help="On all of the team's schedules, its duties among them.")
@click.option("--kind", type=click.Choice(["replace", "add", "remove"]), default="replace", show_default=True)
@click.option("--person", "email", default="", metavar="EMAIL", help="Who is on by it.")
@click.option("--instead-of", "other", default="", metavar="EMAIL", help="Who is not; left out: whoever is on.")
@click.option("--from", "starts", default="now", show_default=True, help='A moment: "fri 18:00", "2026-12-24 18:00".')
@click.option("--until", "ends", default="", help="A moment; must be given.")
@click.option("--reason", default="", help="Why.")
@click.option(
    "--end", "number", type=click.IntRange(1, 2**63 - 1), default=None, help="End the override of this number."
)
@team_option
@as_json_option
@needs_database
def override(
    name: str, kind: str, email: str, other: str, starts: str, ends: str, reason: str, number: int | None, slug: str,
    *, for_all: bool, as_json: bool,
) -> None:  # fmt: skip
    """Override the schedule NAME for a span, or all with --all; or end an override."""
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.shapes import ScheduleOverrideOut

    team = chosen_team(slug)
    if number is not None:
        _end(team, number)
        return
    if bool(name) == for_all:
        raise NotReady("Name one schedule, or say --all.")
    if not ends:
        raise NotReady('Say how long: --until with a moment, such as "fri 18:00".')
    found = _named(slug, name) if name else None
    with _refusals_told():
        stored = _add(team, found, kind=kind, email=email, other=other, starts=starts, ends=ends, reason=reason)
        told = ScheduleOverrideOut.of(stored)
    if as_json:
        echo_json(told.model_dump(mode="json"))
        return
    click.echo(f"Stored as override {told.override}: {told.words}.")


def _add(
    team: "Team", found: "Schedule | None", *, kind: str, email: str, other: str, starts: str, ends: str, reason: str
) -> "ScheduleOverride":
    from hausmeister.base import clock
    from hausmeister.base.untrusted import storable
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.api.drafts import somebody_named
    from hausmeister.rota.operations import schedule_overrides
    from hausmeister.rota.rules.layers import Change, Kind

    now, zone = clock.now(), found.zone if found else team.zone
    change = Change(
        id=0,
        kind=Kind(kind),
        starts_at=_moment(starts, now, zone),
        ends_at=_moment(ends, now, zone),
        person_id=somebody_named(team, email, "person"),
        instead_of=somebody_named(team, other, "instead_of"),
    )
    return schedule_overrides.add_schedule_override(
        team, found, change, reason=storable(reason), by=CONSOLE, now=now
    )  # fmt: skip


def _end(team: "Team", number: int) -> None:
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.models import ScheduleOverride
    from hausmeister.rota.operations import schedule_overrides

    one = ScheduleOverride.objects.filter(team=team, pk=number).select_related("person", "instead_of").first()
    if one is None:
        raise NotReady(f"There is no override {number} on a schedule of {team.name}.")
    schedule_overrides.cancel_schedule_override(one, by=CONSOLE, now=clock.now())
    click.echo(f"Override {number} is over; the plan holds again.")


@schedule.command()
@click.argument("name")
@click.option("--at", "at_text", default="now", help='A moment: "fri 18:00", "tomorrow 9:00", "2026-12-24 18:00".')
@team_option
@as_json_option
@needs_database
def oncall(name: str, at_text: str, slug: str, *, as_json: bool) -> None:
    """Say who is on by the schedule NAME, why, and until when at least."""
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time
    from hausmeister.rota.queries import schedules as queries
    from hausmeister.rota.shapes import ScheduleOnCallOut

    found = _named(slug, name)
    with _refusals_told():
        moment = _moment(at_text, clock.now(), found.zone)
        one = queries.schedule_on_call(found, at=moment)
    if as_json:
        click.echo(ScheduleOnCallOut.of(found, one, at=moment).model_dump_json(indent=2))
        return
    click.echo(f"{found.name}, {clock_time(moment, found.zone)} ({found.zone_name})")
    click.echo(f"  {one.names} ({one.why})")
    click.echo(f"  until {clock_time(one.ends_at, found.zone)}")


def _named(team_slug: str, name: str) -> "Schedule":
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.models import Schedule

    team = chosen_team(team_slug)
    found = Schedule.objects.filter(team=team, slug=name).select_related("team").first()
    if found is None:
        known = list(Schedule.objects.filter(team=team).order_by("slug").values_list("slug", flat=True))
        there = f"there are: {', '.join(known)}" if known else "there is none yet"
        raise NotReady(f"{team.name} has no schedule {name!r}; {there}.")
    return found


def _moment(text: str, now: "datetime", zone: "ZoneInfo") -> "datetime":
    from hausmeister.base.moments import NoMoment, read_moment

    try:
        return read_moment(text, now=now, zone=zone)
    except NoMoment as error:
        raise NotReady(str(error)) from error


@contextmanager
def _refusals_told() -> Iterator[None]:
    """Turn what rules and operations refuse into the console's last word."""
    from hausmeister.rota.models import ZoneIsGone
    from hausmeister.rota.operations import OverrideRefused
    from hausmeister.rota.queries import TooFarAhead
    from hausmeister.rota.queries.schedules import TooManyTurns
    from hausmeister.rota.rules.definitions import BadDefinition

    try:
        yield
    except (BadDefinition, OverrideRefused, TooFarAhead, TooManyTurns, ZoneIsGone) as error:
        raise NotReady(str(error)) from error
