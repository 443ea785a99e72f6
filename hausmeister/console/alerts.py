"""`hausmeister alert`: send, list, show, acknowledge and close alerts."""

from typing import TYPE_CHECKING

import click

from hausmeister.base.untrusted import one_line
from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.texts import Text

if TYPE_CHECKING:
    from hausmeister.alerts.models import Alert
    from hausmeister.team.models import Person

_team = click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
_as = click.option("--as", "email", required=True, help="E-mail address of the person who does it.")
_number = click.argument("number", type=click.IntRange(1, 2**63 - 1))


@click.group()
def alert() -> None:
    """Send, list, show, acknowledge and close alerts."""


@alert.command()
@click.argument("title")
@click.option("--text", default="", help="More, for whoever is called.")
@click.option("--key", default="", help="Tells alerts apart; the same key again is counted, not paged.")
@click.option("--severity", default="", help="The sender's word, such as critical; the policy translates it.")
@click.option("--priority", default="", help="Ours: P4 (very high) to P1 (low). Wins over the severity.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="May be repeated.")
@click.option("--source", default="console", show_default=True, type=Text(most=100), help="The sender it speaks for.")
@click.option("--resolve", is_flag=True, help="Say that it is over.")
@_team
@as_json_option
@needs_database
def send(
    title: str,
    text: str,
    key: str,
    severity: str,
    priority: str,
    labels: tuple[str, ...],
    source: str,
    slug: str,
    *,
    resolve: bool,
    as_json: bool,
) -> None:
    """Store an alert, as if a monitoring system had sent it; whoever is on duty is called."""
    from hausmeister.alerts import operations
    from hausmeister.alerts.rules import fitted
    from hausmeister.base import clock
    from hausmeister.base.problem import Problem
    from hausmeister.connectors.native import wire
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import chosen_team
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations as team_operations

    team, now = chosen_team(slug), clock.now()
    given = {
        "title": title, "text": text, "key": key, "severity": severity, "priority": priority, "labels": _pairs(labels),
        "action": "resolve" if resolve else "fire",
    }  # fmt: skip
    try:
        signal = fitted(wire.signal(given))
    except Problem as problem:
        raise NotReady(problem.message) from problem
    sender = team_operations.make_source(team, name=source, by=CONSOLE, now=now)
    taken = operations.receive([operations.Incoming(signal, sender.pk, sender.name, team.pk)], now=now)[0]
    if as_json:
        echo_json(operations.as_dict(taken))
    elif taken.alert_id is None:
        click.echo("Nothing with this key is open; nothing was changed.")
    else:
        click.echo(f"Alert {taken.alert_id} {taken.happened.value}, page {taken.page_id}.")


def _pairs(labels: tuple[str, ...]) -> dict[str, str]:
    wrong = [label for label in labels if "=" not in label]
    if wrong:
        raise NotReady(f"--label {wrong[0]!r} must be written NAME=VALUE.")
    return dict(label.split("=", 1) for label in labels)


@alert.command(name="list")
@click.option("--all", "with_closed", is_flag=True, help="Closed ones too.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@_team
@as_json_option
@needs_database
def list_(limit: int, slug: str, *, with_closed: bool, as_json: bool) -> None:
    """List open alerts, the newest first."""
    from hausmeister.alerts.api import AlertOut
    from hausmeister.alerts.models import Alert
    from hausmeister.console.printing import clock_time, columns, echo_json
    from hausmeister.console.teams import chosen_team

    team = chosen_team(slug)
    found = Alert.objects.filter(team=team).select_related("source", "page__acked_by").order_by("-id")
    rows = list((found if with_closed else found.open())[:limit])
    if as_json:
        echo_json([AlertOut.of(one).model_dump(mode="json") for one in rows])
        return
    if not rows:
        click.echo(f"{team.name} has no open alert." if not with_closed else f"{team.name} has had no alert yet.")
        return
    lines = [("alert", "page", "priority", "state", "since", "times", "title")]
    for one in rows:
        since = clock_time(one.first_seen_at, team.zone)
        lines.append((str(one.pk), str(one.page_id), one.rank.label, _state(one), since, str(one.count), one.title))
    click.echo(columns(lines))


def _state(one: "Alert") -> str:
    return "closed" if one.closed_at is not None else one.page.state.value


@alert.command()
@_number
@as_json_option
@needs_database
def show(number: int, *, as_json: bool) -> None:
    """Show one alert with its page: whom it called, what happens next, what happened so far."""
    from hausmeister.alerts.api import AlertOut
    from hausmeister.base import clock
    from hausmeister.console.printing import echo_json
    from hausmeister.pager.shapes import whole

    found = _alert(number)
    page = whole(found.page, now=clock.now())
    if as_json:
        echo_json({**AlertOut.of(found).model_dump(mode="json"), "page": page.model_dump(mode="json")})
        return
    click.echo("\n".join(_told(found)))


def _told(one: "Alert") -> list[str]:
    from hausmeister.base import clock
    from hausmeister.console.printing import clock_time
    from hausmeister.journal import queries as journal
    from hausmeister.pager import queries

    page, zone = one.page, one.team.zone
    plan = queries.plan(page, now=clock.now())
    kind = "hard" if one.is_hard else "soft"
    since = f"{clock_time(one.first_seen_at, zone)} ({one.team.zone_name})"
    lines = [one.title, f"  {one.rank.label}, {kind}; {_state(one)}; from {one.source.name}"]
    lines.append(f"  since {since}, seen {'once' if one.count == 1 else f'{one.count} times'}")
    # what a sender wrote must not steer the terminal
    lines += [f"  {one_line(line, 400)}" for line in one.text.splitlines()]
    lines += ["", f"Page {page.pk}: what happens next"]
    lines += [f"  {clock_time(line.at, zone)}  {line.who}, {line.how}" for line in plan.lines]
    lines += [f"  {plan.ends}", "", "What happened, newest first"]
    lines += [
        f"  {clock_time(entry.at, zone)}  {entry.actor_name}: {entry.verb.replace('.', ' ')}{_said(entry.facts)}"
        for entry in journal.timeline(page.subject, most=40)
    ]
    return lines


def _said(facts: dict[str, object]) -> str:
    said = [str(facts[name]) for name in ("person", "channel", "text", "reason") if facts.get(name)]
    return f" ({one_line(', '.join(said), 400)})" if said else ""


@alert.command()
@_number
@_as
@needs_database
def ack(number: int, email: str) -> None:
    """Acknowledge the alert's page: nobody is called any more."""
    from hausmeister.base import clock
    from hausmeister.pager.operations import acting

    found, person = _for(number, email)
    try:
        done = acting.acknowledge(found.page_id, by=person, now=clock.now(), via="the console")
    except (acting.PageAlreadyTaken, acting.PageIsClosed) as error:
        raise NotReady(str(error)) from error
    late = f" {done.in_flight} messages were on their way already." if done.in_flight else ""
    click.echo(f"{person.name} has page {done.page.pk}.{late}")


@alert.command()
@_number
@_as
@click.option("--reason", default="", type=Text(most=200, may_be_empty=True), help="Why it is over.")
@needs_database
def close(number: int, email: str, reason: str) -> None:
    """Close the alert's page and every alert on it."""
    from hausmeister.alerts import operations
    from hausmeister.base import clock
    from hausmeister.pager.operations.acting import PageIsClosed
    from hausmeister.team.operations import as_actor

    found, person = _for(number, email)
    try:
        page = operations.close_page(
            found.page_id, by=as_actor(person), person=person, reason=reason or f"closed by {person.name}",
            now=clock.now(), via="the console",
        )  # fmt: skip
    except PageIsClosed as error:
        raise NotReady(str(error)) from error
    click.echo(f"Page {page.pk} is closed.")


def _alert(number: int) -> "Alert":
    from hausmeister.alerts.models import Alert

    found = Alert.objects.filter(pk=number).select_related("team", "source", "page__team", "page__acked_by").first()
    if found is None:
        raise NotReady(f"There is no alert {number}; `hausmeister alert list --all` shows which there are.")
    return found


def _for(number: int, email: str) -> "tuple[Alert, Person]":
    """Return the alert, and the person who acts, who must be allowed to. Raises NotReady."""
    from hausmeister.console.teams import check, person_named
    from hausmeister.team.rules import Capability

    person = person_named(email)
    found = _alert(number)
    check(person, Capability.ACT_ON_PAGES, team=found.team)
    return found, person
