"""`hausmeister issue`: the one list of all open issues, making one, and working on it from a shell."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option
from hausmeister.console.texts import Text

if TYPE_CHECKING:
    from hausmeister.issues.models import Issue
    from hausmeister.team.models import Person, Team

_RANKS = click.Choice(["P4", "P3", "P2", "P1"], case_sensitive=False)
_issue_id = click.argument("issue_id", metavar="ISSUE", type=click.IntRange(1, 2**63 - 1))


@click.group()
def issue() -> None:
    """Service issues: list, make, prioritise, hand over, close. P4 is the most urgent."""


@issue.command("list")
@click.option("--priority", type=_RANKS, default=None, help="Only those of this priority.")
@click.option("--closed", "is_closed", is_flag=True, help="Those that are over, the newest first.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="So many at most.")
@team_option
@as_json_option
@needs_database
def issue_list(priority: str | None, limit: int, slug: str, *, is_closed: bool, as_json: bool) -> None:
    """List the open issues by priority, the oldest first, with age and owner."""
    from hausmeister.base import clock
    from hausmeister.base.priority import Priority
    from hausmeister.base.words import duration
    from hausmeister.console.printing import columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.issues import queries
    from hausmeister.issues.models import Issue
    from hausmeister.issues.shapes import IssuesOut, brief

    found = queries.with_everything(Issue.objects.filter(team=chosen_team(slug)))
    if priority is not None:
        found = found.filter(priority=int(Priority[priority.upper()]))
    ordered = (
        found.filter(closed_at__isnull=False).order_by("-closed_at", "-id") if is_closed else found.open().worst_first()
    )
    items = [brief(one) for one in ordered[:limit]]
    if as_json:
        click.echo(IssuesOut(items=items, next=None).model_dump_json(indent=2))
        return
    now = clock.now()
    rows = [
        (str(one.issue), one.priority_in_words, duration(now - one.opened_at), one.owner or "nobody", one.title)
        for one in items
    ]
    click.echo(columns([("issue", "priority", "age", "owner", "title"), *rows]) if rows else "No issue.")


@issue.command("show")
@_issue_id
@as_json_option
@needs_database
def issue_show(issue_id: int, *, as_json: bool) -> None:
    """Show one issue with its text and timeline."""
    _show(_found(issue_id), as_json=as_json, with_all=True)


@issue.command("new")
@click.argument("title", type=Text(most=200))
@click.option("--priority", type=_RANKS, required=True, help="P4 pages at once; P2 and P1 need a why.")
@click.option("--text", default="", help="What was seen, since when, what was tried.")
@click.option("--why", type=Text(most=500, may_be_empty=True), default="", help="For P2 and P1: why it is worth doing.")
@click.option("--area", "areas", type=Text(most=50), multiple=True, help="A label; may be given several times.")
@click.option("--owner", "owner", default="", help="E-mail address of who works on it.")
@click.option("--bites-back/--bites-not", "bites_back", default=None, help="Whether it will come back to bite.")
@click.option("--link", "links", type=Text(most=80), multiple=True, help="What it is about, such as page:12.")
@team_option
@as_option
@as_json_option
@needs_database
def issue_new(
    title: str, priority: str, text: str, why: str, areas: tuple[str, ...], owner: str, links: tuple[str, ...],
    slug: str, email: str, *, bites_back: bool | None, as_json: bool,
) -> None:  # fmt: skip
    """Make an issue, here and in the tracker. Those that may be the same are named on standard error."""
    from hausmeister.base import clock
    from hausmeister.base.priority import Priority
    from hausmeister.console.teams import chosen_team, person_named
    from hausmeister.issues import queries
    from hausmeister.issues.operations import working
    from hausmeister.issues.operations.working import Wish

    team, now = chosen_team(slug), clock.now()
    person = _worker(email, team)
    for like in queries.likely_duplicates(title, text, team_id=team.pk, now=now):
        click.echo(f"Perhaps the same: issue {like.issue.pk}, {like.issue.rank.label}: {like.issue.title}", err=True)
    wish = Wish(
        title=title, text=text, priority=Priority[priority.upper()], areas=areas, why=why, bites_back=bites_back,
        owner=person_named(owner) if owner else None, subjects=links,
    )  # fmt: skip
    from hausmeister.team.operations import as_actor

    made = _told(lambda: working.open_issue(team, wish, by=as_actor(person), person=person, now=now))
    _show(_found(made.pk), as_json=as_json)


@issue.command("priority")
@_issue_id
@click.argument("priority", type=_RANKS)
@click.option("--why", type=Text(most=500, may_be_empty=True), default="", help="For P2 and P1, unless it has one.")
@as_option
@as_json_option
@needs_database
def issue_priority(issue_id: int, priority: str, why: str, email: str, *, as_json: bool) -> None:
    """Say how bad it is. P4 pages whoever is on duty, and asks others to come."""
    from hausmeister.base import clock
    from hausmeister.base.priority import Priority
    from hausmeister.issues.operations import working
    from hausmeister.team.operations import as_actor

    person, now = _worker(email, _found(issue_id).team), clock.now()
    rank = Priority[priority.upper()]
    _told(lambda: working.set_priority(issue_id, rank, by=as_actor(person), person=person, now=now, why=why))
    _show(_found(issue_id), as_json=as_json)


@issue.command("handover")
@_issue_id
@click.argument("to")
@click.option("--note", required=True, help="What is known so far, and what comes next.")
@as_option
@as_json_option
@needs_database
def issue_hand_over(issue_id: int, to: str, note: str, email: str, *, as_json: bool) -> None:
    """Give it to the person with the e-mail address TO, who is told what is known."""
    from hausmeister.base import clock
    from hausmeister.console.teams import person_named
    from hausmeister.issues.operations import working
    from hausmeister.team.operations import as_actor

    person, now = _worker(email, _found(issue_id).team), clock.now()
    _told(lambda: working.hand_over(issue_id, person_named(to), note=note, by=as_actor(person), now=now))
    _show(_found(issue_id), as_json=as_json)


@issue.command("close")
@_issue_id
@click.option("--reason", type=Text(most=200, may_be_empty=True), default="", help="Why it is over.")
@as_option
@as_json_option
@needs_database
def issue_close(issue_id: int, reason: str, email: str, *, as_json: bool) -> None:
    """End it, here and in the tracker."""
    from hausmeister.base import clock
    from hausmeister.issues.operations import working
    from hausmeister.team.operations import as_actor

    person, now = _worker(email, _found(issue_id).team), clock.now()
    _told(lambda: working.close(issue_id, reason=reason, by=as_actor(person), now=now))
    _show(_found(issue_id), as_json=as_json)


def _found(issue_id: int) -> "Issue":
    from hausmeister.issues import queries
    from hausmeister.issues.models import Issue

    found = queries.with_everything(Issue.objects.filter(pk=issue_id)).first()
    if found is None:
        raise NotReady(f"There is no issue {issue_id}; `hausmeister issue list` says which there are.")
    return found


def _worker(email: str, team: "Team") -> "Person":
    from hausmeister.console.teams import check, person_named
    from hausmeister.team.rules import Capability

    person = person_named(email)
    check(person, Capability.WORK_ON_ISSUES, team=team)
    return person


def _told(act: Callable[[], Any]) -> Any:
    from hausmeister.issues.operations.storing import IssueRefused

    try:
        return act()
    except IssueRefused as error:
        raise NotReady(str(error)) from error


def _show(found: "Issue", *, as_json: bool, with_all: bool = False) -> None:
    from hausmeister.console.printing import clock_time
    from hausmeister.issues.shapes import whole

    told = whole(found)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    state = "open" if told.open else f"closed: {told.close_reason}"
    place = f", {told.mirror.repository}#{told.mirror.number or '(not made yet)'}" if told.mirror else ""
    click.echo(f"Issue {told.issue}: {told.title}")
    click.echo(f"  {told.priority_in_words}, {state}, owner {told.owner or 'nobody'}{place}")
    if told.mirror and not told.mirror.in_sync:
        click.echo(f"  not in sync: {told.mirror.out_why}")
    if with_all:
        for line in filter(None, [told.why and f"  Why: {told.why}", told.text]):
            click.echo(line)
        for entry in told.timeline:
            click.echo(f"  {clock_time(entry.at, found.team.zone)}  {entry.who}  {entry.verb}")
