"""`hausmeister calendar`: feeds of the rota for calendar programs, and calendars that are read into the rota."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option

if TYPE_CHECKING:
    from datetime import datetime

    from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport

_team = click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
_number = click.argument("number", type=click.IntRange(1, 2**63 - 1))
_name = click.option("--name", default="calendar", show_default=True, help="What it is called in lists.")


@click.group()
def calendar() -> None:
    """Show the rota in calendar programs, and read other calendars into it."""


@calendar.group()
def feed() -> None:
    """Make, list and revoke calendar feeds."""


@calendar.group(name="import")
def import_() -> None:
    """Read leave, or a schedule, from somebody else's calendar."""


# ---- feeds ----


@feed.command(name="create")
@click.argument("email")
@click.option("--rota", "whole", is_flag=True, help="The team's whole rota, instead of the person's own duties.")
@click.option("--duty", default="", help="One duty of the team, by its name; or backstop.")
@click.option("--schedule", default="", help="One of the team's schedules, by its short name.")
@_team
@_name
@as_json_option
@needs_database
def create_feed(email: str, duty: str, schedule: str, slug: str, name: str, *, whole: bool, as_json: bool) -> None:
    """Make a feed for a device of the person with this address, and print its secret address. It is shown once."""
    from hausmeister.base import clock
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import chosen_team, person_named
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.calendars import feeds
    from hausmeister.rota.rules.calendars.subjects import FeedKind

    asked = {FeedKind.SCHEDULE: schedule, FeedKind.DUTY: duty, FeedKind.ROTA: whole}
    kinds = [kind for kind, value in asked.items() if value] or [FeedKind.PERSON]
    if len(kinds) > 1:
        raise NotReady("Give one of --rota, --duty and --schedule, or none.")
    kind = kinds[0]
    # one's own duties are those of all teams, unless one is named
    team = chosen_team(slug) if slug or kind is not FeedKind.PERSON else None
    now = clock.now()
    try:
        person, what = person_named(email), schedule or duty
        made = feeds.make_feed(person, kind=kind, team=team, what=what, name=name, by=CONSOLE, now=now)
    except feeds.FeedRefused as error:
        raise NotReady(str(error)) from error
    if as_json:
        echo_json({**_feed_row(made.feed), "url": made.url})
        return
    click.echo(made.url)


@feed.command(name="list")
@as_json_option
@needs_database
def list_feeds(*, as_json: bool) -> None:
    """List the feeds that work; their addresses are not kept anywhere."""
    from hausmeister.base import clock
    from hausmeister.console.printing import columns, echo_json
    from hausmeister.rota.calendars.models import CalendarFeed

    found = CalendarFeed.objects.alive(clock.now()).select_related("person", "team").order_by("id")
    rows = [_feed_row(one) for one in found]
    if as_json:
        echo_json(rows)
        return
    lines = [("feed", "ends", "name", "person", "shows", "last used")]
    lines += [
        (str(row["feed"]), row["ends"], row["name"], row["person"], row["shows"], _day(row["last_used_at"], "never"))
        for row in rows
    ]
    click.echo(columns(lines))


def _feed_row(one: "CalendarFeed") -> dict[str, Any]:
    return {
        "feed": one.pk,
        "ends": f"…{one.last_four}",
        "name": one.name,
        "person": one.person.email,
        "team": one.team.slug if one.team else "",
        "kind": one.kind,
        "shows": " ".join(part for part in (one.kind, one.what, one.team.slug if one.team else "") if part),
        "made_at": one.created_at,
        "last_used_at": one.last_used_at,
    }


def _day(at: "datetime | None", otherwise: str) -> str:
    return f"{at:%Y-%m-%d}" if at else otherwise


@feed.command(name="revoke")
@_number
@needs_database
def revoke_feed(number: int) -> None:
    """End a feed, by its number in the list."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.calendars import feeds
    from hausmeister.rota.calendars.models import CalendarFeed

    found = CalendarFeed.objects.filter(pk=number).first()
    if found is None or found.revoked_at is not None:
        raise NotReady(f"There is no feed {number} that works; `hausmeister calendar feed list` shows which there are.")
    feeds.revoke_feed(found, by=CONSOLE, now=clock.now())
    click.echo(f"Feed {number}, {found.name} …{found.last_four}, answers nobody any more.")


# ---- imports ----


@import_.command(name="leave")
@click.argument("email")
@click.argument("url")
@click.option("--words", default="", help="Only events with one of these words in the title, separated by commas.")
@_name
@as_json_option
@needs_database
def import_leave(email: str, url: str, words: str, name: str, *, as_json: bool) -> None:
    """Read the leave of the person with this address from a calendar, now and from now on."""
    from hausmeister.console.teams import person_named
    from hausmeister.rota.rules.calendars.importing import read_words

    _import("leave", url, as_json=as_json, name=name, person=person_named(email), words=read_words(words))


@import_.command(name="schedule")
@click.argument("url", default="")
@click.option("--file", "path", type=click.Path(path_type=Path), help="An .ics file instead of an address; read once.")
@_team
@_name
@as_json_option
@needs_database
def import_schedule(url: str, path: Path | None, slug: str, name: str, *, as_json: bool) -> None:
    """Read a team's schedule from a calendar: each event is a turn, its attendee or title says whose."""
    from hausmeister.console.teams import chosen_team

    if bool(url) == bool(path):
        raise NotReady("Give either an address or --file.")
    try:
        body = path.read_bytes() if path else b""
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}.") from error
    _import("schedule", url, as_json=as_json, name=name, team=chosen_team(slug), body=body)


def _import(kind: str, url: str, *, as_json: bool, body: bytes = b"", **given: Any) -> None:
    """Store an import and take what it says; of a file that cannot be taken nothing is stored."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.calendars import fetching, imports
    from hausmeister.rota.rules.calendars.importing import BadCalendar, ImportKind

    now = clock.now()
    try:
        address = imports.fitting_address(url) if url else ""
        one = imports.add_import(ImportKind(kind), url=address, by=CONSOLE, now=now, **given)
    except imports.ImportRefused as error:
        raise NotReady(str(error)) from error
    if url:
        fetching.look(one, now=now, by=CONSOLE)
    else:
        try:
            fetching.take_body(one, body, now=now, by=CONSOLE)
        except BadCalendar as error:
            imports.remove_import(one, by=CONSOLE, now=now)
            raise NotReady(str(error)) from error
    one.refresh_from_db()
    _say(one, as_json=as_json)


def _say(one: "CalendarImport", *, as_json: bool) -> None:
    from hausmeister.console.printing import echo_json

    if as_json:
        echo_json(_import_row(one))
    elif one.problem:
        raise NotReady(f"Import {one.pk}: {one.problem}")
    else:
        click.echo(f"Import {one.pk}, {one.name}: {_in_words(one)}.")


def _import_row(one: "CalendarImport") -> dict[str, Any]:
    return {
        "import": one.pk,
        "kind": one.kind,
        "name": one.name,
        "of": one.person.email if one.person else one.team.slug if one.team else "",
        "words": one.words,
        "looked_at": one.looked_at,
        "taken_at": one.taken_at,
        "problem": one.problem,
        "awaits_word": one.awaits_word,
        "found": one.found,
        "schedule": one.schedule.slug if one.schedule else "",
    }


def _in_words(one: "CalendarImport") -> str:
    if one.problem:
        return one.problem
    if one.taken_at is None:
        return "not read yet"
    if one.kind == "leave":
        return f"{one.found.get('ahead', 0)} leaves ahead"
    where = f"; schedule {one.schedule.slug}" if one.schedule else ""
    return f"{one.found.get('turns', 0)} turns, {one.found.get('unmatched', 0)} of them fit nobody{where}"


@import_.command(name="list")
@as_json_option
@needs_database
def list_imports(*, as_json: bool) -> None:
    """List the calendars that are read, and what their last look found. Their addresses are not shown."""
    from hausmeister.console.printing import columns, echo_json
    from hausmeister.rota.calendars.models import CalendarImport

    found = list(CalendarImport.objects.select_related("person", "team", "layer__schedule").order_by("id"))
    rows = [_import_row(one) for one in found]
    if as_json:
        echo_json(rows)
        return
    lines = [("import", "kind", "name", "of", "last look", "found")]
    lines += [
        (str(row["import"]), row["kind"], row["name"], row["of"], _day(one.looked_at, "never"), _in_words(one))
        for row, one in zip(rows, found, strict=True)
    ]
    click.echo(columns(lines))


@import_.command()
@_number
@click.option("--may-be-empty", is_flag=True, help="It is meant that nothing is in it any more.")
@as_json_option
@needs_database
def read(number: int, *, may_be_empty: bool, as_json: bool) -> None:
    """Look at a calendar now, by its number in the list."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.calendars import fetching, imports

    one, now = _found(number), clock.now()
    if not one.url:
        raise NotReady(f"Import {number} came from a file; import the new file, and remove this one.")
    imports.ask_again(one, by=CONSOLE, now=now, may_be_empty=may_be_empty)
    one.refresh_from_db()
    fetching.look(one, now=now, by=CONSOLE)
    one.refresh_from_db()
    _say(one, as_json=as_json)


@import_.command()
@_number
@needs_database
def remove(number: int) -> None:
    """Read a calendar no more, by its number in the list. What came from it stays: leave, a schedule."""
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.rota.calendars import imports

    one = _found(number)
    stays = f" The schedule {schedule.slug} stays as it is." if (schedule := one.schedule) else ""
    imports.remove_import(one, by=CONSOLE, now=clock.now())
    click.echo(f"Import {number}, {one.name}, is read no more.{stays}")


def _found(number: int) -> "CalendarImport":
    from hausmeister.rota.calendars.models import CalendarImport

    one = CalendarImport.objects.select_related("person", "team", "layer__schedule").filter(pk=number).first()
    if one is None:
        raise NotReady(f"There is no import {number}; `hausmeister calendar import list` shows which there are.")
    return one
