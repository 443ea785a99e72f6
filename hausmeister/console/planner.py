"""`hausmeister plan` and `hausmeister check`: the planner on files. They need no database and no settings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.plan_files import text_of, write_document
from hausmeister.console.printing import as_json_option, columns, echo_json

if TYPE_CHECKING:
    from hausmeister.rota.planner.instance import Instance
    from hausmeister.rota.planner.outcome import Conflict, Outcome, Progress

IMPOSSIBLE = 3
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--instance", "instance_file", type=_FILE, required=True, help="What to plan: a rota-instance/1 file.")
@click.option("--out", "plan_file", type=_FILE, required=True, help="Where to write the plan.")
@click.option("--budget-s", type=click.FloatRange(1, 3600), default=30, show_default=True, help="Seconds it may take.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option(
    "--fair-tolerance", type=click.IntRange(0, 10), default=0, help="Percent by which FAIR may rise for COMFORT."
)
@click.option("--extra-changes", default="0", help='In a replan: changed slots beyond the fewest, or "any".')
@click.option("--by-hand", is_flag=True, help="Plan without the solver; nothing is proven then.")
@as_json_option
def plan(
    *,
    instance_file: Path,
    plan_file: Path,
    budget_s: float,
    seed: int,
    fair_tolerance: int,
    extra_changes: str,
    by_hand: bool,
    as_json: bool,
) -> None:
    """Plan a rota: every hard rule, then FAIR, then COMFORT. A file with a current plan is replanned.

    Exit codes: 0 the plan is written and valid, 1 no plan was found, 2 wrong use or a bad file, 3 no plan is
    possible (the facts that conflict are named).
    """
    from hausmeister.rota.planner.child import PlannerFailed, plan_in_child
    from hausmeister.rota.planner.messages import plan_document
    from hausmeister.rota.planner.outcome import Wishes

    instance = _instance(instance_file)
    wishes = Wishes(seed, budget_s, fair_tolerance, _changes(extra_changes))
    tell = _silent if as_json else _tell
    try:
        outcome = plan_in_child(instance, wishes, by_hand=by_hand, tell=tell)
    except PlannerFailed as error:
        raise click.ClickException(str(error)) from error
    if outcome.conflict is not None:
        _say_impossible(outcome.conflict, as_json=as_json)
        sys.exit(IMPOSSIBLE)
    if outcome.plan is None:
        raise click.ClickException(f"No plan was found in {outcome.seconds:.0f} s, and none was proven impossible.")
    write_document(plan_file, plan_document(outcome))
    if as_json:
        echo_json(_document(outcome, plan_file))
    else:
        _say(outcome, plan_file)


@click.command()
@click.argument("instance_file", metavar="INSTANCE", type=_FILE)
@click.argument("plan_file", metavar="PLAN", type=_FILE)
@as_json_option
def check(instance_file: Path, plan_file: Path, *, as_json: bool) -> None:
    """Judge a plan: every hard rule that it breaks, and what it costs. The solver has no part in it.

    Exit codes: 0 the plan is valid, 1 it breaks a rule, 2 a file cannot be read.
    """
    from dataclasses import asdict

    from hausmeister.rota.planner import checker, files
    from hausmeister.rota.planner.costs import costs
    from hausmeister.rota.planner.shapes import BadFile

    instance = _instance(instance_file)
    try:
        judged = files.read_plan(text_of(plan_file))
    except BadFile as error:
        raise click.UsageError(f"{plan_file}: {error}") from error
    broken, found = checker.check(instance, judged), costs(instance, judged)
    if as_json:
        fair, comfort = asdict(found.fair), asdict(found.comfort)
        echo_json({
            "valid": not broken, "violations": [asdict(one) for one in broken], "FAIR": found.fair.total,
            "COMFORT": found.comfort.total, "changed_slots": found.changed_slots, "parts": {**fair, **comfort},
        })  # fmt: skip
    else:
        for one in broken:
            click.echo(f"{one.rule}  {one.words}")
        verdict = f"{len(broken)} rules broken" if broken else "valid"
        click.echo(f"{verdict}; FAIR {found.fair.total}, COMFORT {found.comfort.total}")
    sys.exit(1 if broken else 0)


def _instance(path: Path) -> "Instance":
    """Return the instance in the file, or end with code 2 and what is wrong with it."""
    from hausmeister.rota.planner import files
    from hausmeister.rota.planner.shapes import BadFile

    text = text_of(path)
    try:
        instance = files.read_instance(text)
    except BadFile as error:
        raise click.UsageError(f"{path}: {error}") from error
    for note in files.notes(text):
        click.echo(note, err=True)
    return instance


def _changes(text: str) -> int | None:
    if text == "any":
        return None
    if text.isdecimal():
        return int(text)
    raise click.UsageError(f'--extra-changes is {text!r}; it must be a whole number from 0, or "any".')


def _silent(progress: "Progress") -> None:
    """Say nothing of the way: scripts get the end."""


def _tell(progress: "Progress") -> None:
    if progress.tier is None:
        click.echo(f"{progress.seconds:6.2f} s  {progress.event}")
    else:
        tier = progress.tier
        proof = "proven the best" if tier.is_proven else f"best found; proven not under {tier.bound}"
        click.echo(f"{progress.seconds:6.2f} s  {tier.name} {tier.value}, {proof}")


def _say(outcome: "Outcome", plan_file: Path) -> None:
    for remark in outcome.remarks:
        click.echo(remark)
    click.echo(f"Every hard rule is kept. The plan is in {plan_file}.")
    click.echo(columns([("inputs", outcome.inputs), ("seed", str(outcome.wishes.seed))]))


def _document(outcome: "Outcome", plan_file: Path) -> dict[str, Any]:
    return {
        "feasible": True,
        "out": str(plan_file),
        "tiers": [
            {"name": one.name, "value": one.value, "bound": one.bound, "proven": one.is_proven, "seconds": one.seconds}
            for one in outcome.tiers
        ],
        "first_plan_s": outcome.first_plan_s,
        "seconds": outcome.seconds,
        "by_hand": outcome.is_by_hand,
        "remarks": list(outcome.remarks),
        "inputs_sha256": outcome.inputs,
        "seed": outcome.wishes.seed,
    }


def _say_impossible(conflict: "Conflict", *, as_json: bool) -> None:
    from hausmeister.rota.planner.messages import conflict_document

    if as_json:
        echo_json(conflict_document(conflict))
        return
    weeks = (
        f"week {conflict.first}" if conflict.first == conflict.last else f"weeks {conflict.first} to {conflict.last}"
    )
    click.echo(f"No plan is possible: in {weeks} these facts cannot all hold.")
    for fact in conflict.facts:
        click.echo(f"- {fact.words}\n    Way out: {fact.way_out}")
    if conflict.cheapest:
        click.echo("The cheapest way out:")
        for fact in conflict.cheapest:
            click.echo(f"- {fact.way_out}")
