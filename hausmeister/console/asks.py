"""`hausmeister swap` and `hausmeister cover`: who could, ask, answer, from a shell."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option

if TYPE_CHECKING:
    from hausmeister.rota.asks.asking import Wanted
    from hausmeister.rota.models.asks import Ask
    from hausmeister.team.models import Team

_week = click.argument("week", metavar="WEEK", type=click.DateTime(["%Y-%m-%d"]))
_role = click.argument("role", type=click.Choice(["D", "W", "BD", "BW"]))
_ask_id = click.argument("ask_id", metavar="ASK", type=click.IntRange(1))
_key = click.option("--key", "keys", multiple=True, help="An option to ask for, as listed; may be given several times.")
_reason = click.option("--reason", default="", help="Whoever is asked reads it.")
_from = click.option("--from", "starts", default="", help="For a part: where it begins, such as 'fri 18:00'.")
_until = click.option("--until", "ends", default="", help="For a part: where it ends.")


@click.group()
def swap() -> None:
    """Swap a duty against another; WEEK is the Monday of its week, ROLE one of D, W, BD, BW."""


@click.group()
def cover() -> None:
    """Have a duty, or a part of it, covered; WEEK is the Monday of its week, ROLE one of D, W, BD, BW."""


def _wanted(kind: str, team: "Team", week: date, role: str, starts: str, ends: str, reason: str) -> "Wanted":
    from hausmeister.base import clock
    from hausmeister.base.moments import NoMoment, read_moment
    from hausmeister.rota.asks.asking import Wanted
    from hausmeister.rota.asks.rules import AskKind

    try:
        first, last = (read_moment(one, now=clock.now(), zone=team.zone) if one else None for one in (starts, ends))
    except NoMoment as error:
        raise NotReady(str(error)) from error
    return Wanted(AskKind(kind), week, role, first, last, reason)


def _options(wanted: "Wanted", team: "Team", *, as_json: bool) -> None:
    from hausmeister.base import clock
    from hausmeister.console.printing import columns
    from hausmeister.rota.asks import asking
    from hausmeister.rota.asks.shapes import QuestionOut

    try:
        told = QuestionOut.of(asking.look(team, wanted, now=clock.now()))
    except asking.AskRefused as error:
        raise NotReady(str(error)) from error
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    click.echo(f"{told.title} of {told.asker}, week of {told.week}:")
    rows = [(f"  {' + '.join(one.must_agree)}", f"fairness {one.fair:+d}", one.key) for one in told.options]
    click.echo(columns(rows) if rows else "  Nobody can, keeping all rules.")


def _ask(wanted: "Wanted", team: "Team", email: str, keys: tuple[str, ...], *, as_json: bool) -> None:
    from hausmeister.base import clock
    from hausmeister.console.teams import check, person_named
    from hausmeister.rota.asks import asking
    from hausmeister.team import permissions
    from hausmeister.team.operations import as_actor
    from hausmeister.team.rules import Capability

    person = person_named(email)
    check(person, Capability.ACT_ON_PAGES, team=team)
    leads = permissions.can(person, Capability.CHANGE_ROTA, team_id=team.pk)
    try:
        made = asking.ask(
            team, wanted, asker=None if leads else person, keys=keys, by=as_actor(person), person=person,
            now=clock.now(),
        )  # fmt: skip
    except asking.AskRefused as error:
        raise NotReady(str(error)) from error
    _tell(made, as_json=as_json)


def _tell(ask: "Ask", *, as_json: bool) -> None:
    from hausmeister.rota.asks.shapes import AskOut

    told = AskOut.of(ask)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    click.echo(
        f"Ask {told.id}: {told.kind.value} of {told.role}, week of {told.week}, {told.asker}: {told.state.value}"
    )
    for one in told.offers:
        said = ", ".join(f"{found.name}: {found.answer or 'no answer yet'}" for found in one.answers)
        click.echo(f"  offer {one.id}, {one.state.value}: {said}")


def _answer(ask_id: int, email: str, act: Callable[..., Any], *, as_json: bool, **more: Any) -> None:
    from hausmeister.base import clock
    from hausmeister.console.teams import person_named
    from hausmeister.rota.asks import queries
    from hausmeister.rota.asks.asking import AskRefused
    from hausmeister.team.operations import as_actor

    person = person_named(email)
    ask = queries.visible_to(person).filter(pk=ask_id).first()
    if ask is None:
        raise NotReady(f"There is no ask {ask_id} that concerns {person.name}.")
    try:
        act(ask, person=person, by=as_actor(person), now=clock.now(), **more)
    except AskRefused as error:
        raise NotReady(str(error)) from error
    ask.refresh_from_db()
    _tell(ask, as_json=as_json)


def _list(slug: str, *, as_json: bool) -> None:
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.asks import queries
    from hausmeister.rota.asks.shapes import AskOut, AsksOut

    found = queries.open_of(chosen_team(slug))
    if as_json:
        click.echo(AsksOut(items=[AskOut.of(one) for one in found]).model_dump_json(indent=2))
        return
    for one in found:
        _tell(one, as_json=False)
    if not found:
        click.echo("Nothing is asked for.")


@swap.command("list")
@team_option
@as_json_option
@needs_database
def swap_list(slug: str, *, as_json: bool) -> None:
    """List every open ask of the team, swaps and cover."""
    _list(slug, as_json=as_json)


@swap.command("who")
@_week
@_role
@team_option
@as_json_option
@needs_database
def swap_who(week: Any, role: str, slug: str, *, as_json: bool) -> None:
    """List the valid swaps of a duty, the best first."""
    from hausmeister.console.teams import chosen_team

    team = chosen_team(slug)
    _options(_wanted("swap", team, week.date(), role, "", "", ""), team, as_json=as_json)


@swap.command("ask")
@_week
@_role
@_key
@_reason
@team_option
@as_option
@as_json_option
@needs_database
def swap_ask(week: Any, role: str, keys: tuple[str, ...], reason: str, slug: str, email: str, *, as_json: bool) -> None:
    """Ask for swaps, by the keys that `swap who` lists."""
    from hausmeister.console.teams import chosen_team

    team = chosen_team(slug)
    _ask(_wanted("swap", team, week.date(), role, "", "", reason), team, email, keys, as_json=as_json)


@cover.command("who")
@_week
@_role
@_from
@_until
@team_option
@as_json_option
@needs_database
def cover_who(week: Any, role: str, starts: str, ends: str, slug: str, *, as_json: bool) -> None:
    """List who could cover a duty or a part of it, the best first."""
    from hausmeister.console.teams import chosen_team

    team = chosen_team(slug)
    _options(_wanted("cover", team, week.date(), role, starts, ends, ""), team, as_json=as_json)


@cover.command("ask")
@_week
@_role
@_from
@_until
@_key
@_reason
@team_option
@as_option
@as_json_option
@needs_database
def cover_ask(
    week: Any, role: str, starts: str, ends: str, keys: tuple[str, ...], reason: str, slug: str, email: str, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Ask everybody who could cover, or those with the keys given."""
    from hausmeister.console.teams import chosen_team

    team = chosen_team(slug)
    _ask(_wanted("cover", team, week.date(), role, starts, ends, reason), team, email, keys, as_json=as_json)


def _accept(ask_id: int, offer: int | None, email: str, *, as_json: bool) -> None:
    """Agree; once everybody of the offer has, the duties change hands."""
    from hausmeister.rota.asks import answering

    _answer(ask_id, email, answering.accept, as_json=as_json, offer_id=offer)


def _decline(ask_id: int, email: str, *, as_json: bool) -> None:
    """Decline all that is offered in the ask."""
    from hausmeister.rota.asks import answering

    _answer(ask_id, email, answering.decline, as_json=as_json)


for _group in (swap, cover):
    _offer = click.option(
        "--offer", type=click.IntRange(1), default=None, help="Which offer; the only one if left out."
    )
    _group.command("accept")(_ask_id(_offer(as_option(as_json_option(needs_database(_accept))))))
    _group.command("decline")(_ask_id(as_option(as_json_option(needs_database(_decline)))))
