"""`hausmeister incident`: what runs, opening, telling, handing over and ending, from a shell."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option

if TYPE_CHECKING:
    from datetime import datetime

    from hausmeister.incidents.models import Incident
    from hausmeister.team.models import Person

_number = click.argument("number", metavar="NUMBER", type=click.IntRange(1))
_to = click.option("--to", "rooms", multiple=True, metavar="CHANNEL", help="A channel of the policy; may be repeated.")


@click.group()
def incident() -> None:
    """Incidents: who acts, who tells, what was told, and the end of it."""


def _print(one: "Incident", *, as_json: bool) -> None:
    from hausmeister.base import clock
    from hausmeister.incidents.shapes import WholeIncidentOut

    told = WholeIncidentOut.whole(one, now=clock.now())
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    from hausmeister.console.printing import clock_time

    zone = one.team.zone
    click.echo(f"Incident {told.id}: {told.level} {told.word}, {told.state.value}: {told.title}")
    comms = told.comms.name if told.comms else f"nobody yet, {told.point.name} tells as well"
    click.echo(f"  point {told.point.name}, comms {comms}; times in {zone.key}")
    for offer in told.offers:
        click.echo(f"  {offer.person.name} is asked to be {offer.post}")
    if told.update_due_at:
        click.echo(f"  next update due {clock_time(told.update_due_at, zone)}")
    if told.crash_channel_problem:
        click.echo(f"  the crash channel was not told: {told.crash_channel_problem}")
    for line in told.timeline[:20]:
        note = f" {' '.join(line.note.split())}" if line.note else ""
        click.echo(f"  {clock_time(line.at, zone)}  {line.words}{note}")


def _found(number: int, person: "Person | None" = None) -> "Incident":
    """Return the incident with this number, for `person` only one that they may see. Raises NotReady."""
    from hausmeister.incidents import queries
    from hausmeister.incidents.models import Incident

    if person is not None:
        found = queries.visible_to(person).filter(pk=number).first()
    else:
        found = Incident.objects.select_related("team", "point", "comms").filter(pk=number).first()
    if found is None:
        whose = f" that {person.name} may see" if person else ""
        raise NotReady(f"There is no incident {number}{whose}; `hausmeister incident list` lists them.")
    return found


def _act(number: int, email: str, act: "Callable[[Person, datetime], object]", *, as_json: bool) -> None:
    """Let the person with this address do `act`, and print the incident as it is then. Raises NotReady."""
    from hausmeister.base import clock
    from hausmeister.base.problem import Problem
    from hausmeister.console.teams import check, person_named
    from hausmeister.incidents.api import refusals_told
    from hausmeister.team.rules import Capability

    person = person_named(email)
    one = _found(number, person)
    check(person, Capability.ACT_ON_INCIDENTS, team=one.team)
    try:
        with refusals_told():
            act(person, clock.now())
    except Problem as problem:
        raise NotReady(problem.message) from problem
    _print(_found(number), as_json=as_json)


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are closed.")
@team_option
@as_json_option
@needs_database
def list_incidents(slug: str, *, everything: bool, as_json: bool) -> None:
    """List what runs, and what is over and not closed."""
    from hausmeister.console.printing import clock_time, columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.incidents import queries
    from hausmeister.incidents.shapes import IncidentOut, IncidentsOut

    team = chosen_team(slug)
    found = queries.of_team(team.pk)
    rows = list((found if everything else found.open()).newest_first()[:100])
    if as_json:
        click.echo(IncidentsOut(items=[IncidentOut.of(one) for one in rows], next=None).model_dump_json(indent=2))
        return
    told = [
        (str(one.pk), one.label, one.state.value, clock_time(one.opened_at, team.zone), one.point.name, one.title)
        for one in rows
    ]
    click.echo(columns(told) if told else "No incident is running, and none waits to be closed.")


@incident.command("show")
@_number
@as_json_option
@needs_database
def show(number: int, *, as_json: bool) -> None:
    """Show one incident with its timeline."""
    _print(_found(number), as_json=as_json)


@incident.command("open")
@click.argument("title")
@click.option("--level", required=True, help="A severity level of the policy, such as SEV2.")
@click.option("--from", "opened_from", default="", metavar="ORIGIN", help='What set it off, such as "page:12".')
@team_option
@as_option
@as_json_option
@needs_database
def open_one(title: str, level: str, opened_from: str, slug: str, email: str, *, as_json: bool) -> None:
    """Open an incident; whoever gives the command is point."""
    from hausmeister.base import clock
    from hausmeister.base.problem import Problem
    from hausmeister.console.teams import check, chosen_team, person_named
    from hausmeister.incidents.api import refusals_told
    from hausmeister.incidents.operations import open_incident
    from hausmeister.team.operations import as_actor
    from hausmeister.team.rules import Capability

    person, team = person_named(email), chosen_team(slug)
    check(person, Capability.ACT_ON_INCIDENTS, team=team)
    try:
        with refusals_told():
            made = open_incident(team, title, level, opened_from=opened_from, actor=as_actor(person), now=clock.now())
    except Problem as problem:
        raise NotReady(problem.message) from problem
    _print(_found(made.pk), as_json=as_json)


@incident.command("update")
@_number
@click.argument("text")
@_to
@as_option
@as_json_option
@needs_database
def update(number: int, text: str, rooms: tuple[str, ...], email: str, *, as_json: bool) -> None:
    """Tell the news; without --to it stands on the incident alone. What clients read cannot be taken back."""
    from hausmeister.incidents.operations import updating
    from hausmeister.incidents.operations.updating import Said

    said = Said(text, rooms)
    _act(number, email, lambda by, now: updating.post_update(number, said, by=by, now=now), as_json=as_json)


def _hand_over(number: int, person: str, email: str, post: str, *, ask: bool, as_json: bool) -> None:
    from hausmeister.console.teams import person_named
    from hausmeister.incidents.operations import roles
    from hausmeister.incidents.rules.kinds import Post

    def act(by: "Person", now: "datetime") -> None:
        to, which = person_named(person), Post(post)
        if ask:
            roles.offer(number, which, to=to, by=by, now=now)
            return
        holder = roles.holder_of(_found(number), which)
        roles.assign(number, which, to=to, by=by, seen=holder.pk if holder else None, now=now)

    _act(number, email, act, as_json=as_json)


def _point(number: int, person: str, email: str, *, ask: bool, as_json: bool) -> None:
    """Give point to PERSON (an e-mail address), or ask them."""
    _hand_over(number, person, email, "point", ask=ask, as_json=as_json)


def _comms(number: int, person: str, email: str, *, ask: bool, as_json: bool) -> None:
    """Give comms to PERSON (an e-mail address), or ask them."""
    _hand_over(number, person, email, "comms", ask=ask, as_json=as_json)


_person = click.argument("person", metavar="PERSON")
_ask = click.option("--ask", is_flag=True, help="Ask them; nothing changes before they accept.")
for _name, _function in (("point", _point), ("comms", _comms)):
    incident.command(_name)(_number(_person(_ask(as_option(as_json_option(needs_database(_function)))))))


@incident.command("close")
@_number
@click.option("--say", default="", metavar="TEXT", help="What those who wait are told, if it is still running.")
@click.option("--helped", default="", help="What helped, in a sentence, for the log book.")
@_to
@as_option
@as_json_option
@needs_database
def close(
    number: int, say: str, helped: str, rooms: tuple[str, ...], email: str, *, as_json: bool
) -> None:  # fmt: skip
    """Give the all clear to an incident that runs; close one that is over.

    One that asks for a review is closed once the review is written, on its screen.
    """
    from hausmeister.incidents.operations import closing
    from hausmeister.incidents.operations.updating import Said

    def act(by: "Person", now: "datetime") -> Any:
        if not _found(number).is_running:
            return closing.close(number, by=by, now=now)
        over = closing.all_clear(number, Said(say, rooms), by=by, now=now, helped=helped)
        return over if over.needs_review else closing.close(number, by=by, now=now)

    _act(number, email, act, as_json=as_json)
