"""`hausmeister handoff` and `hausmeister report`: what is handed over with the duty, and the weekly report."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option

if TYPE_CHECKING:
    from hausmeister.handoff.models import Handoff, Report
    from hausmeister.team.models import Person, Team

_number = click.argument("number", metavar="NUMBER", type=click.IntRange(1))
_maybe = click.argument("number", metavar="[NUMBER]", type=click.IntRange(1), required=False)


@contextmanager
def _refusals_told() -> Iterator[None]:
    from hausmeister.handoff.models import HandoffItem
    from hausmeister.handoff.operations.accepting import HandoffRefused

    try:
        yield
    except HandoffItem.DoesNotExist as error:
        raise NotReady(
            "One of these items is not part of the hand-off; `hausmeister handoff show` lists them."
        ) from error
    except HandoffRefused as error:
        raise NotReady(str(error)) from error


def _acting(email: str, team: "Team") -> "Person":
    from hausmeister.console.teams import check, person_named
    from hausmeister.team.rules import Capability

    person = person_named(email)
    check(person, Capability.ACT_ON_PAGES, team=team)
    return person


# ---- hand-offs ----


@click.group()
def handoff() -> None:
    """What goes along when the duty changes hands: read it, accept it, write what to know."""


def _found(number: int | None, slug: str) -> "Handoff":
    from hausmeister.console.teams import chosen_team
    from hausmeister.handoff import queries

    team = chosen_team(slug)
    found = queries.of_team(team.pk).filter(pk=number).first() if number else queries.standing_now(team)
    if found is None:
        what = f"no hand-off {number}" if number else "no hand-off yet"
        raise NotReady(f"There is {what} in {team.name}; `hausmeister handoff list` lists them.")
    return found


def _print(one: "Handoff", *, as_json: bool) -> None:
    from hausmeister.handoff import queries
    from hausmeister.handoff.operations import telling
    from hausmeister.handoff.rules import words
    from hausmeister.handoff.shapes import WholeHandoffOut

    told = WholeHandoffOut.whole(one)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    zone = one.team.zone
    who = [person.name if person else "nobody" for person in (told.outgoing, told.incoming)]
    late = ", written late" if told.late else ""
    click.echo(f"Hand-off {told.id}: {who[0]} → {who[1]}, {words.clock(told.at, zone)}, {told.state.value}{late}")
    click.echo(f"  {told.title_from} → {told.title_to}; times in {zone.key}")
    if told.accepted_by and told.accepted_at:
        click.echo(f"  accepted by {told.accepted_by.name}, {words.clock(told.accepted_at, zone)}")
    if told.note:
        click.echo(f"  what to know: {' '.join(told.note.split())}")
    numbers = iter([row.pk for row in queries.items_of(one) if row.gone_at is None])
    for section in words.sections(telling.lines_of(one), zone=zone):
        click.echo(f"  {section.heading}:")
        for line in section.lines:
            click.echo(f"    {next(numbers, '')}  {line}")


@handoff.command("show")
@_maybe
@team_option
@as_json_option
@needs_database
def show(number: int | None, slug: str, *, as_json: bool) -> None:
    """Show one hand-off; without a number the one that matters now."""
    _print(_found(number, slug), as_json=as_json)


@handoff.command("list")
@click.option("--find", default="", metavar="WORDS", help="Only those in which all of these words stand.")
@team_option
@as_json_option
@needs_database
def list_handoffs(find: str, slug: str, *, as_json: bool) -> None:
    """List the hand-offs so far, the newest first."""
    from hausmeister.console.printing import clock_time, columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.handoff import queries
    from hausmeister.handoff.shapes import HandoffOut, HandoffsOut

    team = chosen_team(slug)
    rows = queries.archive(queries.of_team(team.pk), find)
    if as_json:
        click.echo(HandoffsOut(items=[HandoffOut.of(one) for one in rows]).model_dump_json(indent=2))
        return
    told = [
        (
            str(one.pk), clock_time(one.at, team.zone), one.state.value,
            f"{one.outgoing.name if one.outgoing else 'nobody'} → {one.incoming.name if one.incoming else 'nobody'}",
        )
        for one in rows
    ]  # fmt: skip
    click.echo(columns(told) if told else "No hand-off fits.")


@handoff.command("write")
@team_option
@as_option
@as_json_option
@needs_database
def write(slug: str, email: str, *, as_json: bool) -> None:
    """Write the draft of the next change now, and send it to both."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.handoff.operations import editing

    team = chosen_team(slug)
    person = _acting(email, team)
    with _refusals_told():
        made = editing.write_now(team, by=person, now=clock.now())
    _print(_found(made.pk, slug), as_json=as_json)


@handoff.command("accept")
@_number
@click.option("--item", "items", multiple=True, type=click.IntRange(1), help="Only this one; may be repeated.")
@team_option
@as_option
@as_json_option
@needs_database
def accept(number: int, items: tuple[int, ...], slug: str, email: str, *, as_json: bool) -> None:
    """Accept what is open; without --item everything."""
    from hausmeister.base import clock
    from hausmeister.handoff.operations import accepting

    one = _found(number, slug)
    person = _acting(email, one.team)
    with _refusals_told():
        accepting.accept(one.pk, by=person, now=clock.now(), item_ids=list(items) or None)
    _print(_found(number, slug), as_json=as_json)


@handoff.command("note")
@_number
@click.argument("text")
@click.option("--item", type=click.IntRange(1), default=None, help="As the next step of this one.")
@team_option
@as_option
@as_json_option
@needs_database
def note(number: int, text: str, item: int | None, slug: str, email: str, *, as_json: bool) -> None:
    """Write what the next person should know, or the next step of one thing."""
    from hausmeister.base import clock
    from hausmeister.handoff.models import HandoffItem
    from hausmeister.handoff.operations import editing

    one = _found(number, slug)
    person, now = _acting(email, one.team), clock.now()
    with _refusals_told():
        if item is None:
            editing.write_note(one.pk, text, seen=None, by=person, now=now)
        else:
            row = HandoffItem.objects.get(pk=item, handoff=one)
            editing.edit_item(row.pk, note=row.note, next_step=text, seen=None, by=person, now=now)
    _print(_found(number, slug), as_json=as_json)


# ---- the weekly report ----


@click.group()
def report() -> None:
    """The weekly report to the clients: read it, draft it, post it."""


def _report(number: int | None, slug: str) -> "Report":
    from hausmeister.console.teams import chosen_team
    from hausmeister.handoff import queries

    team = chosen_team(slug)
    rows = queries.reports().filter(team=team).order_by("-ends_at", "-id")
    found = (rows.filter(pk=number) if number else rows).first()
    if found is None:
        raise NotReady(f"There is no such report in {team.name}; `hausmeister report write` drafts one.")
    return found


def _print_report(one: "Report", *, as_json: bool) -> None:
    from hausmeister.handoff.shapes import ReportOut

    if as_json:
        click.echo(ReportOut.of(one).model_dump_json(indent=2))
        return
    state = f"posted to {one.channel}" if one.posted_at else "not posted"
    click.echo(f"Report {one.pk}, version {one.version}, {state}\n\n{one.text}")


@report.command("show")
@_maybe
@team_option
@as_json_option
@needs_database
def show_report(number: int | None, slug: str, *, as_json: bool) -> None:
    """Show a report; without a number the newest."""
    _print_report(_report(number, slug), as_json=as_json)


@report.command("write")
@team_option
@as_option
@as_json_option
@needs_database
def write_report(slug: str, email: str, *, as_json: bool) -> None:
    """Draft the report of the time since the last one, up to now."""
    from hausmeister.base import clock
    from hausmeister.console.teams import chosen_team
    from hausmeister.handoff.operations import reporting
    from hausmeister.team.operations import as_actor

    team, now = chosen_team(slug), clock.now()
    person = _acting(email, team)
    _print_report(reporting.draft(team, ends_at=now, now=now, by=as_actor(person)), as_json=as_json)


@report.command("post")
@_number
@click.option("--version", type=click.IntRange(1), required=True, help="The version that you read.")
@team_option
@as_option
@as_json_option
@needs_database
def post(number: int, version: int, slug: str, email: str, *, as_json: bool) -> None:
    """Post a report in the clients' channel, once. They cannot unread it."""
    from hausmeister.base import clock
    from hausmeister.handoff.operations import reporting

    one = _report(number, slug)
    person = _acting(email, one.team)
    with _refusals_told():
        reporting.post(one.pk, seen=version, by=person, now=clock.now())
    _print_report(_report(number, slug), as_json=as_json)
