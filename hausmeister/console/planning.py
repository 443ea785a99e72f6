"""`hausmeister plan`, `diff`, `publish`, `why`, `ledger`, `check`: the planner from a shell."""

import threading
from datetime import date
from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady, needs_database
from hausmeister.console.printing import as_json_option
from hausmeister.console.teams import as_option, team_option

if TYPE_CHECKING:
    from hausmeister.rota.models.planning import Draft

POLL_S = 0.5
# how much longer than its budget a plan is waited for: an engine may have others to do first
PATIENCE_S = 60.0
_draft = click.argument("plan_id", metavar="PLAN", type=click.IntRange(1))


@click.command()
@team_option
@as_option
@click.option(
    "--from", "first_week", metavar="DATE", default="", help="The first week's Monday; next Monday if left out."
)
@click.option("--weeks", type=click.IntRange(1, 52), default=26, show_default=True)
@click.option("--flavour", type=click.Choice(["fewest", "few", "free"]), default="fewest", show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--budget-s", type=click.IntRange(1, 120), default=30, show_default=True)
@click.option("--tolerance", type=click.IntRange(0, 10), default=0, show_default=True, help="Per cent of fairness.")
@click.option("--wait/--no-wait", default=True, help="Wait for a running engine to answer.")
@as_json_option
@needs_database
def plan(
    slug: str, email: str, first_week: str, weeks: int, flavour: str, seed: int, budget_s: int, tolerance: int, *,
    wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask the planner for the duties of a team. Nothing is written before `hausmeister publish`."""
    from hausmeister.base import clock
    from hausmeister.console.teams import check as check_right
    from hausmeister.console.teams import chosen_team, person_named
    from hausmeister.rota.planning import drafts, snapshot
    from hausmeister.rota.planning.rules.states import Flavour
    from hausmeister.team.operations import as_actor
    from hausmeister.team.rules import Capability

    team, person, now = chosen_team(slug), person_named(email), clock.now()
    check_right(person, Capability.CHANGE_ROTA, team=team)
    first = _date(first_week) if first_week else snapshot.next_week(team, now=now)
    wanted = drafts.Wanted(first, weeks, seed, budget_s, tolerance, Flavour(flavour))
    try:
        draft = drafts.ask(team, wanted, by=as_actor(person), person=person, now=now)
    except drafts.DraftRefused as error:
        raise NotReady(str(error)) from error
    if wait:
        _wait_for(draft)
    _tell(draft, as_json=as_json)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotReady(f"{text!r} is no date; write for example 2027-01-04.") from error


def _wait_for(draft: "Draft") -> None:
    """Look at the draft until an engine has answered it. Raises NotReady when none does."""
    from hausmeister.base import clock

    until_s = clock.monotonic_s() + draft.budget_s + PATIENCE_S
    while draft.is_open:
        if clock.monotonic_s() > until_s:
            raise NotReady(f"Plan {draft.pk} is asked for and not answered yet; is an engine running?")
        threading.Event().wait(POLL_S)
        draft.refresh_from_db()


def _tell(draft: "Draft", *, as_json: bool) -> None:
    from hausmeister.rota.planning.shapes import DraftOut

    told = DraftOut.of(draft)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    click.echo(f"Plan {draft.pk}: {told.state.value}, from {told.first_week}, {told.weeks} weeks.")
    for tier in told.tiers:
        proof = (
            "proven" if tier.proven else f"not proven, bound {tier.bound}" if tier.bound is not None else "not proven"
        )
        click.echo(f"  {tier.name} {tier.value} ({proof})")
    for line in (told.problem, *told.conflict, *(f"way out: {one.words}" for one in told.ways_out)):
        if line:
            click.echo(f"  {line}")
    if told.state.value == "ready":
        click.echo(f"Look: hausmeister diff {draft.pk}. Publish: hausmeister publish {draft.pk} --as EMAIL.")


def _found(plan_id: int) -> "Draft":
    from hausmeister.rota.models.planning import Draft

    draft = Draft.objects.plans().filter(pk=plan_id).select_related("team").first()
    if draft is None:
        raise NotReady(f"There is no plan {plan_id}.")
    return draft


@click.command()
@_draft
@as_json_option
@needs_database
def diff(plan_id: int, *, as_json: bool) -> None:
    """Say what publishing PLAN would change now, for whom and why."""
    from hausmeister.base import clock
    from hausmeister.console.printing import columns
    from hausmeister.rota.planning import snapshot
    from hausmeister.rota.planning.publishing import PublishRefused
    from hausmeister.rota.planning.rules.roles import CannotPlan
    from hausmeister.rota.planning.shapes import DiffOut

    draft, now = _found(plan_id), clock.now()
    firm = snapshot.horizon_of(draft.team, snapshot.policy_in_force(draft.team), now=now)
    try:
        told = DiffOut.of(draft, now=now, firm=firm)
    except (PublishRefused, CannotPlan) as error:
        raise NotReady(str(error)) from error
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    rows = [(str(one.week), one.title, one.before or "nobody", "->", one.after, one.cause) for one in told.changes]
    click.echo(columns(rows) if rows else "Nothing changes.")
    click.echo(
        f"Fairness {told.before.fair} -> {told.after.fair}, comfort {told.before.comfort} -> {told.after.comfort}."
    )
    for line in told.changed_since:
        click.echo(f"Changed since: {line}")


@click.command()
@_draft
@as_option
@as_json_option
@needs_database
def publish(plan_id: int, email: str, *, as_json: bool) -> None:
    """Put PLAN in force, and tell everybody whose duty changes."""
    from hausmeister.base import clock
    from hausmeister.console.printing import echo_json
    from hausmeister.console.teams import check as check_right
    from hausmeister.console.teams import person_named
    from hausmeister.rota.planning import publishing
    from hausmeister.rota.planning.drafts import DraftMoved
    from hausmeister.team.operations import as_actor
    from hausmeister.team.rules import Capability

    draft, person = _found(plan_id), person_named(email)
    check_right(person, Capability.CHANGE_ROTA, team=draft.team)
    try:
        done = publishing.publish(
            draft, version=draft.version, by=as_actor(person), person=person, now=clock.now()
        )  # fmt: skip
    except (publishing.PublishRefused, DraftMoved) as error:
        raise NotReady(str(error)) from error
    names = [one.name for one in done.told]
    if as_json:
        echo_json({"plan": draft.pk, "changes": len(done.changes), "told": names})
        return
    click.echo(f"Published: {len(done.changes)} duties changed. Told: {', '.join(names) or 'nobody'}.")


@click.command()
@click.argument("week", metavar="MONDAY")
@click.argument("role", type=click.Choice(["D", "W", "BD", "BW"]))
@team_option
@as_json_option
@needs_database
def why(week: str, role: str, slug: str, *, as_json: bool) -> None:
    """Say why a duty is with whom it is: D weekday, W weekend, BD and BW their backstops."""
    from hausmeister.base import clock
    from hausmeister.console.printing import columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.rota.planning import why as reasons
    from hausmeister.rota.planning.rules.roles import CannotPlan
    from hausmeister.rota.planning.shapes import WhyOut

    try:
        found = reasons.of_standing(chosen_team(slug), monday=_date(week), role=role, now=clock.now())
    except (reasons.NothingToExplain, CannotPlan) as error:
        raise NotReady(str(error)) from error
    told = WhyOut.of(found)
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    click.echo(f"{told.title}, week of {told.week}: {told.holder}")
    for line in told.decided:
        click.echo(f"  {line}")
    rows = [("  " + one.name, "could:", one.words) for one in told.priced]
    rows += [("  " + one.name, "cannot:", one.why) for one in told.barred]
    click.echo(columns(rows))


@click.command()
@team_option
@as_json_option
@needs_database
def ledger(slug: str, *, as_json: bool) -> None:
    """Print everybody's share, target, done, planned and deviation, by name, and call-outs beside."""
    from hausmeister.base import clock
    from hausmeister.console.printing import columns
    from hausmeister.console.teams import chosen_team
    from hausmeister.pager.ledger_api import both
    from hausmeister.rota.planning.ledger import ledger as read
    from hausmeister.rota.planning.rules.roles import CannotPlan

    team = chosen_team(slug)
    try:
        told = both(team, read(team, now=clock.now()))
    except CannotPlan as error:
        raise NotReady(str(error)) from error
    if as_json:
        click.echo(told.model_dump_json(indent=2))
        return
    rows: list[tuple[str, ...]] = [
        ("name", "share", "weekdays", "weekends", "backstops", "holidays", "called", "at night")
    ]
    for one in told.items:
        kinds = (one.weekdays, one.weekends, one.backstops, one.public_holidays)
        cells = [_cell(kind.done, kind.planned, kind.target_tenths) for kind in kinds]
        rows.append((one.name, f"{one.share / 100:.1f}", *cells, str(one.called), str(one.called_at_night)))
    click.echo(columns(rows))


def _cell(done: int, planned: int, target_tenths: int | None) -> str:
    """Return one kind of duty as a cell: done, planned, and of how many a fair share is."""
    target = "" if target_tenths is None else f" of {target_tenths / 10:.1f}"
    return f"{done}+{planned}{target}"
