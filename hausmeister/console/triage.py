"""`hausmeister triage`: the inbox from a shell."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option

if TYPE_CHECKING:
    from hausmeister.triage.models import Item

_item_id = click.argument("item_id", metavar="ITEM", type=click.IntRange(1))
_KINDS = ("question", "issue", "incident", "not ours")
_STATES = ("open", "claimed", "waiting", "answered", "closed")


@click.group()
def triage() -> None:
    """The one inbox: what waits for a word, and every act on it."""


@triage.command("list")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only these; else what waits for the team.")
@team_option
@as_json_option
@needs_database
def list_items(state: str | None, slug: str, *, as_json: bool) -> None:
    """List what waits for the team, the oldest promise first."""
    from hausmeister.console.printing import columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.triage.api_shapes import ItemOut, ItemsOut
    from hausmeister.triage.models import Item

    team = chosen_team(slug)
    found = Item.objects.filter(team=team).select_related("holder", "answered_by")
    found = found.unfinished().oldest_promise_first() if state is None else found.filter(state=state).order_by("-id")
    items = list(found[:100])
    if as_json:
        click.echo(ItemsOut(items=[ItemOut.of(one) for one in items]).model_dump_json(indent=2))
        return
    rows = [
        (
            str(one.pk),
            f"due {one.due_at.astimezone(team.zone):%a %H:%M}" if one.due_at else "",
            one.sort.words + ("?" if one.is_unsure else ""),
            one.holder.name if one.holder else "",
            one.title[:70],
        )
        for one in items
    ]
    click.echo(columns(rows) if rows else "Nothing waits.")


@triage.command("show")
@_item_id
@team_option
@as_json_option
@needs_database
def show(item_id: int, slug: str, *, as_json: bool) -> None:
    """Show one item with its thread and history."""
    _tell(_found(item_id, slug), as_json=as_json)


def _found(item_id: int, slug: str) -> "Item":
    from hausmeister.console.teams import chosen_team
    from hausmeister.triage.models import Item

    team = chosen_team(slug)
    item = Item.objects.select_related("team", "holder", "answered_by").filter(pk=item_id, team=team).first()
    if item is None:
        raise NotReady(f"There is no item {item_id} in {team.name}.")
    return item


def _tell(item: "Item", *, as_json: bool) -> None:
    from hausmeister.base import clock
    from hausmeister.triage.api_shapes import whole

    told = whole(item, now=clock.now())
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    due = f", due {item.due_at.astimezone(item.team.zone):%a %H:%M}" if item.due_at else ""
    click.echo(f"{told.item}: {told.title}")
    click.echo(f"  {item.sort.words}, {told.state}{f' ({told.reason})' if told.reason else ''}{due}")
    click.echo(f"  from {told.asker or 'nobody named'}{f', {told.place}' if told.place else ''}")
    if told.holder:
        click.echo(f"  {told.holder} has it")
    for one in told.thread:
        click.echo(f"  {one.at.astimezone(item.team.zone):%a %H:%M} {one.author}: {one.text[:500]}")
    for suggestion in told.suggestions:
        click.echo(f"  {suggestion.confidence}: {suggestion.title}")


@triage.command("add")
@click.argument("title")
@click.option("--text", default="", help="More about it.")
@click.option("--kind", type=click.Choice(_KINDS[:3]), default=None, help="What it is; else the text decides.")
@click.option("--place", default="", help="Where it was seen.")
@click.option("--link", default="", help="A link to it.")
@team_option
@as_option
@as_json_option
@needs_database
def add(
    title: str, text: str, kind: str | None, place: str, link: str, slug: str, email: str, *, as_json: bool
) -> None:  # fmt: skip
    """Put something seen on a dashboard into the inbox."""
    from hausmeister.base import clock
    from hausmeister.console.teams import check, chosen_team, person_named
    from hausmeister.team.operations import as_actor
    from hausmeister.team.rules import Capability
    from hausmeister.triage import operations
    from hausmeister.triage.rules.states import ItemKind, Source
    from hausmeister.triage.shapes import Taken

    team, person = chosen_team(slug), person_named(email)
    check(person, Capability.ACT_ON_PAGES, team=team)
    if not title.strip():
        raise NotReady("It needs a title.")
    taken = Taken(
        source=Source.DASHBOARD, title=title, text=text, kind=ItemKind(kind) if kind else None, asker_name=person.name,
        place=place, link=link,
    )  # fmt: skip
    item = operations.take(team.pk, taken, now=clock.now(), by=as_actor(person))
    _tell(_found(item.pk, slug), as_json=as_json)


def _act(item_id: int, slug: str, email: str, act: Callable[..., Any], *, as_json: bool, **more: Any) -> None:
    from hausmeister.base import clock
    from hausmeister.console.teams import check, person_named
    from hausmeister.team.rules import Capability
    from hausmeister.triage.operations import TriageRefused

    item, person = _found(item_id, slug), person_named(email)
    check(person, Capability.ACT_ON_PAGES, team=item.team)
    try:
        act(item.pk, person, clock.now(), **more)
    except TriageRefused as error:
        raise NotReady(str(error)) from error
    _tell(_found(item_id, slug), as_json=as_json)


def _plain(name: str, words: str) -> None:
    """Add the command `name` that does the operation of the same name and takes nothing besides."""

    def run(item_id: int, slug: str, email: str, *, as_json: bool) -> None:
        from hausmeister.triage import operations

        _act(item_id, slug, email, getattr(operations, name), as_json=as_json)

    run.__doc__ = words
    triage.command(name)(_item_id(team_option(as_option(as_json_option(needs_database(run))))))


_plain("claim", "Take the item.")
_plain("release", "Give it back; its clock goes on.")
_plain("answered", "Say that it is answered.")
_plain("reopen", "Bring a finished item back.")
_plain("undo", "Take your last act back.")


@triage.command("assign")
@_item_id
@click.argument("to", metavar="EMAIL")
@click.option("--note", default="", help="What they should know.")
@team_option
@as_option
@as_json_option
@needs_database
def assign(item_id: int, to: str, note: str, slug: str, email: str, *, as_json: bool) -> None:
    """Hand the item to somebody of the team."""
    from hausmeister.console.teams import person_named
    from hausmeister.triage import operations

    _act(item_id, slug, email, operations.assign, as_json=as_json, to=person_named(to), note=note)


@triage.command("answer")
@_item_id
@click.argument("text")
@team_option
@as_option
@as_json_option
@needs_database
def answer(item_id: int, text: str, slug: str, email: str, *, as_json: bool) -> None:
    """Answer the asker, in the thread or by mail."""
    from hausmeister.triage import operations

    _act(item_id, slug, email, operations.answer, as_json=as_json, text=text)


@triage.command("kind")
@_item_id
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--priority", type=click.Choice(["P4", "P3", "P2", "P1"]), default=None)
@team_option
@as_option
@as_json_option
@needs_database
def kind(item_id: int, kind: str, priority: str | None, slug: str, email: str, *, as_json: bool) -> None:
    """Say what the item is, and how urgent."""
    from hausmeister.base.priority import Priority
    from hausmeister.triage import operations
    from hausmeister.triage.rules.states import ItemKind

    found = Priority[priority] if priority else None
    _act(item_id, slug, email, operations.reclassify, as_json=as_json, kind=ItemKind(kind), priority=found)


@triage.command("issue")
@_item_id
@click.argument("priority", type=click.Choice(["P4", "P3", "P2", "P1"]))
@click.option("--why", default="", help="Why it is worth anybody's time; a backlog issue needs it.")
@team_option
@as_option
@as_json_option
@needs_database
def issue(item_id: int, priority: str, why: str, slug: str, email: str, *, as_json: bool) -> None:
    """Make a service issue of the item."""
    from hausmeister.base.priority import Priority
    from hausmeister.triage import operations

    _act(item_id, slug, email, operations.promote, as_json=as_json, priority=Priority[priority], why=why)


@triage.command("close")
@_item_id
@click.argument("reason")
@team_option
@as_option
@as_json_option
@needs_database
def close(item_id: int, reason: str, slug: str, email: str, *, as_json: bool) -> None:
    """End the item, with the reason that the asker reads."""
    from hausmeister.triage import operations

    _act(item_id, slug, email, operations.close, as_json=as_json, reason=reason)


@triage.command("rooms")
@team_option
@as_json_option
@needs_database
def rooms(slug: str, *, as_json: bool) -> None:
    """List the watched rooms, and which cannot be heard."""
    from hausmeister.console.printing import columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.triage import operations
    from hausmeister.triage.api_shapes import RoomOut, RoomsOut

    found = [RoomOut.of(one) for one in operations.watching(chosen_team(slug).pk)]
    if as_json:
        click.echo(RoomsOut(items=found).model_dump_json(indent=2))
        return
    rows = [(f"#{one.name}", one.service, one.use.value, one.state.value, one.problem) for one in found]
    click.echo(columns(rows) if rows else "No room is watched.")
