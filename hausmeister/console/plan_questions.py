"""`hausmeister load`, `leave` and `replan`: questions to a plan in a file that may need the solver. No database."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hausmeister.console.deployment import NotReady
from hausmeister.console.plan_files import (
    day,
    instance_option,
    offer_document,
    offer_lines,
    path_type,
    plan_option,
    read_files,
    write_document,
)
from hausmeister.console.printing import as_json_option, echo_json

if TYPE_CHECKING:
    from hausmeister.rota.planner.instance import Instance

IMPOSSIBLE = 3
_T = TypeVar("_T")


@click.command()
@click.argument("person")
@click.argument("category", type=click.Choice(["D", "W", "B"]))
@instance_option
@plan_option
@click.option("--limits", "with_limits", is_flag=True, help="Also the fewest and the most that any plan could give.")
@as_json_option
def load(
    person: str, category: str, instance_file: Path, plan_file: Path | None, with_limits: bool, as_json: bool
) -> None:
    """Why PERSON has as many duties of CATEGORY as they have."""
    from hausmeister.rota.planner import asking
    from hausmeister.rota.planner.explaining_load import explain_load
    from hausmeister.rota.planner.instance import Category

    instance, plan = read_files(instance_file, plan_file)
    _check_person(instance, person)
    asked: dict[str, Any] = {"instance": instance, "plan": plan, "person": person, "category": Category(category)}
    limits = _solved(lambda: asking.limits_in_child(**asked)) if with_limits else None
    told = explain_load(**asked, limits=limits)
    if as_json:
        row = told.row
        echo_json({
            "share": row.share, "target": row.target_tenths / 10, "done": row.done, "planned": row.planned,
            "deviation": row.deviation_tenths / 10, "reasons": list(told.reasons),
            "floor": limits.floor if limits else None, "ceiling": limits.ceiling if limits else None,
        })  # fmt: skip
    else:
        click.echo("\n".join(told.reasons))


@click.command()
@click.argument("person")
@click.argument("starts", type=day)
@click.argument("ends", type=day)
@instance_option
@plan_option
@as_json_option
def leave(
    person: str, starts: datetime, ends: datetime, instance_file: Path, plan_file: Path | None, as_json: bool
) -> None:
    """Whether PERSON may be away from STARTS to ENDS: fine, with these changes, or impossible."""
    from hausmeister.rota.planner import asking
    from hausmeister.rota.planner.instance import Absence

    instance, plan = read_files(instance_file, plan_file)
    _check_person(instance, person)
    if ends < starts:
        raise NotReady(f"The leave goes from {starts.date()} to {ends.date()}; it must not end before it begins.")
    absence = Absence(starts.date(), ends.date(), "leave")
    answer = _solved(lambda: asking.leave_in_child(instance=instance, plan=plan, person=person, absence=absence))
    if as_json:
        echo_json({
            "verdict": answer.verdict.value,
            "touched": [{"week": slot.week, "role": slot.role.value} for slot in answer.touched],
            "repair": offer_document(answer.repair) if answer.repair else None,
            "reasons": list(answer.reasons),
        })  # fmt: skip
        return
    click.echo("\n".join([answer.verdict.value, *answer.reasons]))
    if answer.repair:
        click.echo(offer_lines([answer.repair]))


@click.command()
@instance_option
@click.option("--take", type=click.Choice(["fewest", "a few more", "free"]), default="fewest", show_default=True)
@click.option("--out", "out_file", type=path_type, help="Where to write the plan that is taken.")
@click.option("--budget-s", type=click.FloatRange(1, 3600), default=20, show_default=True, help="Seconds it may take.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@as_json_option
def replan(instance_file: Path, take: str, out_file: Path | None, budget_s: float, seed: int, as_json: bool) -> None:
    """Three plans after something happened, side by side: fewest changes, a few more, free.

    Exit codes: 0 there are plans, 1 none was found, 2 wrong use or a bad file, 3 no plan is possible (`plan` says why).
    """
    from hausmeister.rota.planner import asking
    from hausmeister.rota.planner.replanning import option_document

    instance, _ = read_files(instance_file, None)
    found = _solved(lambda: asking.compare_in_child(instance=instance, budget_s=budget_s, seed=seed))
    if found.is_impossible:
        click.echo("No plan is possible; `hausmeister plan` on the same file says why.", err=True)
        sys.exit(IMPOSSIBLE)
    if not found.options:
        raise NotReady(f"No plan was found in {budget_s:.0f} s, and none was proven impossible.")
    documents = [option_document(one) for one in found.options]
    if out_file is not None:
        taken = next(one for one in documents if one["name"] == take)
        write_document(out_file, {"format": "rota-plan/1", "assignments": taken["assignments"]})
    if as_json:
        echo_json(documents)
        return
    for one in found.options:
        proof = ", proven the fewest" if one.changes_proven else ""
        click.echo(f"{one.name}{proof}: FAIR {one.costs.fair.total}, COMFORT {one.costs.comfort.total}. {one.buys}")
        for change in one.changes:
            click.echo(f"  week {change.slot.week} {change.slot.role}: {change.before} to {change.after}")


def _solved(question: Callable[[], _T]) -> _T:
    """Return the answer of the child process. Raises NotReady where it gives none."""
    from hausmeister.rota.planner.asking import NoAnswer

    try:
        return question()
    except NoAnswer as error:
        raise NotReady(str(error)) from error


def _check_person(instance: "Instance", person: str) -> None:
    if person not in instance.person:
        raise NotReady(f"There is no {person!r} among the people: {', '.join(instance.person)}.")
