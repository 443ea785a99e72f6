"""`hausmeister cover`, `swap` and `why`: questions to a slot of a plan in a file. No database is needed."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import NotReady
from hausmeister.console.printing import as_json_option, columns, echo_json

if TYPE_CHECKING:
    from hausmeister.rota.planner.instance import Instance, Plan
    from hausmeister.rota.planner.offers import Offer

path_type = click.Path(dir_okay=False, path_type=Path)
instance_option = click.option(
    "--instance", "instance_file", type=path_type, required=True, help="The team and its weeks."
)
plan_option = click.option(
    "--plan", "plan_file", type=path_type, help="The plan; the instance's current plan if left out."
)
_week = click.argument("week", type=click.IntRange(min=0))
_role = click.argument("role", type=click.Choice(["D", "W", "BD", "BW"]))
day = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@_week
@_role
@instance_option
@plan_option
@click.option("--chains", default=20, show_default=True, help="How many chains to show.")
@click.option("--from", "starts", type=day, help="Only from this day of the slot on.")
@click.option("--to", "ends", type=day, help="Only until this day of the slot.")
@as_json_option
def cover(
    week: int, role: str, instance_file: Path, plan_file: Path | None, chains: int,
    starts: datetime | None, ends: datetime | None, as_json: bool,
) -> None:  # fmt: skip
    """Who could take ROLE of WEEK: everybody who can, and chains of up to three moves."""
    instance, plan = read_files(instance_file, plan_file)
    if starts or ends:
        _cover_days(instance, plan, week, role, starts, ends, as_json=as_json)
        return
    from hausmeister.rota.planner.covering import cover as covers

    found = _asked(lambda slot: covers(instance=instance, plan=plan, most_chains=chains, **slot), week, role)
    if as_json:
        echo_json({
            "people": [offer_document(one) for one in found.people],
            "chains": [offer_document(one) for one in found.chains],
            "chains_found": found.chains_found,
        })  # fmt: skip
        return
    click.echo(offer_lines(found.people) or "Nobody can take it with everything else staying.")
    if found.chains:
        click.echo(f"\nChains, the best {len(found.chains)} of {found.chains_found}:\n{offer_lines(found.chains)}")


def _cover_days(
    instance: "Instance", plan: "Plan", week: int, role: str, starts: datetime | None, ends: datetime | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    from hausmeister.rota.planner.covering_days import cover_days
    from hausmeister.rota.planner.instance import Role, Slot

    dates = instance.dates(Slot(week, Role(role)))
    first, last = (starts.date() if starts else dates[0]), (ends.date() if ends else dates[-1])
    found = _asked(
        lambda slot: cover_days(instance=instance, plan=plan, starts_on=first, ends_on=last, **slot), week, role
    )
    if as_json:
        echo_json([
            {"person": one.person, "near_weeks": list(one.near_weeks), "is_on_duty_that_week": one.is_on_duty_that_week,
             "deviation_tenths": one.owed.deviation_tenths}
            for one in found
        ])  # fmt: skip
        return
    near = "has a duty near"
    rows = [(one.person, f"{one.owed.deviation_tenths / 10:+.1f}", near if one.burdens else "") for one in found]
    click.echo(columns(rows) or "Nobody can stand in on these days.")


@click.command()
@_week
@_role
@instance_option
@plan_option
@as_json_option
def swap(week: int, role: str, instance_file: Path, plan_file: Path | None, as_json: bool) -> None:
    """Every swap of ROLE of WEEK against another slot that keeps all rules."""
    from hausmeister.rota.planner.swapping import swaps

    instance, plan = read_files(instance_file, plan_file)
    found = _asked(lambda slot: swaps(instance=instance, plan=plan, **slot), week, role)
    if as_json:
        echo_json([offer_document(one) for one in found])
    else:
        click.echo(offer_lines(found) or "There is no valid swap.")


@click.command()
@_week
@_role
@instance_option
@plan_option
@as_json_option
def why(week: int, role: str, instance_file: Path, plan_file: Path | None, as_json: bool) -> None:
    """Why the holder has ROLE of WEEK: who else was barred by what, and what choosing them would cost."""
    from hausmeister.rota.planner.explaining import explain_slot

    instance, plan = read_files(instance_file, plan_file)
    told = _asked(lambda slot: explain_slot(instance=instance, plan=plan, **slot), week, role)
    if as_json:
        echo_json({
            "holder": told.holder,
            "kept": told.kept,
            "blocked": [
                {"person": one.person, "rule": one.rule.value, "fact": one.fact, "is_final": one.is_final}
                for one in told.blocked
            ],
            "priced": [
                {"person": one.person, "d_fair": one.d_fair, "d_comfort": one.d_comfort, "changes": one.changes,
                 "words": one.words, "steps": _steps_document(one.offer)}
                for one in told.priced
            ],
        })  # fmt: skip
        return
    click.echo(f"Week {week} {role} is with {told.holder or 'nobody'}. {told.kept}".rstrip())
    for line in [*(one.fact for one in told.blocked), *(_priced(one.words, one.offer) for one in told.priced)]:
        click.echo(f"  {line}")


def read_files(instance_file: Path, plan_file: Path | None) -> "tuple[Instance, Plan]":
    """Return what the files hold, or end with code 2 and what is wrong with them."""
    from hausmeister.rota.planner.files import read_instance, read_plan
    from hausmeister.rota.planner.shapes import BadFile

    file = instance_file
    try:
        instance = read_instance(text_of(file))
        if plan_file is None:
            if instance.current is None:
                raise click.UsageError(f"{file} has no current plan; name one with --plan.")
            return instance, instance.current
        file = plan_file
        return instance, read_plan(text_of(file))
    except BadFile as error:
        raise click.UsageError(f"{file}: {error}") from error


def text_of(file: Path) -> str:
    """Return what is in the file, or end with code 2."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}.") from error


def write_document(file: Path, document: dict[str, Any]) -> None:
    """Write the plan beside its place and move it there: nobody reads half a plan."""
    partial = file.with_name(file.name + ".partial")
    try:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error}.") from error


def _asked(question: Any, week: int, role: str) -> Any:
    from hausmeister.rota.planner.covering import NoSuchSlot
    from hausmeister.rota.planner.instance import Role

    try:
        return question({"week": week, "role": Role(role)})
    except NoSuchSlot as error:
        raise NotReady(str(error)) from error


def offer_lines(offers: "Iterable[Offer]") -> str:
    """Return the offers, one a line: fairness, comfort, moves, whom to ask."""
    return columns([
        (f"{one.d_fair:+d}", f"{one.d_comfort:+d}", _moves(one), f"asks {', '.join(one.must_agree)}") for one in offers
    ])  # fmt: skip


def _moves(offer: "Offer") -> str:
    return ", ".join(f"week {one.week} {one.role}: {one.giver or 'nobody'} to {one.taker}" for one in offer.steps)


def _priced(words: str, offer: "Offer") -> str:
    return f"{words} Fairness {offer.d_fair:+d}, comfort {offer.d_comfort:+d}, changes {offer.changed_slots}."


def _steps_document(offer: "Offer") -> list[dict[str, Any]]:
    return [{"week": one.week, "role": one.role.value, "from": one.giver, "to": one.taker} for one in offer.steps]


def offer_document(offer: "Offer") -> dict[str, Any]:
    """Return an offer for scripts."""
    return {
        "steps": _steps_document(offer),
        "d_fair": offer.d_fair,
        "d_comfort": offer.d_comfort,
        "changed_slots": offer.changed_slots,
        "must_accept": list(offer.must_agree),
        "ledgers": [
            {
                "person": one.person,
                "category": one.category,
                "planned": [one.planned_before, one.planned_after],
                "deviation_tenths": [one.deviation_before_tenths, one.deviation_after_tenths],
            }
            for one in offer.shifts
        ],
    }
