"""What the planner's answers take: cover with chains, swaps, why, leave, loads, and replans after four kinds of events.

Run by hand:
    python -m bench.planner_why [--only cover load replan] [--seed 1]
Teams are drawn from the seed; their published plan is the fairest that a few seconds find.
"""

import argparse
import random
import statistics
import time
from dataclasses import replace
from datetime import timedelta

from hausmeister.rota.planner.asking import NoAnswer, limits_in_child
from hausmeister.rota.planner.covering import cover
from hausmeister.rota.planner.explaining import explain_slot
from hausmeister.rota.planner.instance import Absence, Category, Instance, Plan, Planned, Role, Slot
from hausmeister.rota.planner.leave_check import Verdict, check_leave
from hausmeister.rota.planner.swapping import swaps
from tests.rota.planner import plans, teams

SIZES = ((6, 26), (12, 26), (12, 52), (30, 26), (30, 52), (100, 52))
REPLANS = (
    (8, 26, ("sick",)),
    (12, 26, ("trip",)),
    (12, 26, ("sick", "leaves")),
    (30, 26, ("trip",)),
    (30, 52, ("sick", "leaves", "joins", "trip", "trip", "trip")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["cover", "load", "replan"])
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if "cover" in args.only:
        for size, weeks in SIZES:
            _ask(size, weeks, args.seed)
    if "load" in args.only:
        for size, weeks in SIZES:
            _prove(size, weeks, args.seed)
    if "replan" in args.only:
        for size, weeks, events in REPLANS:
            _replan(size, weeks, events, args.seed)


def _ask(size: int, weeks: int, seed: int) -> None:
    """Ask eight slots; each time the instance is fresh, as a request finds it."""
    task = teams.team(size, weeks, seed=seed, busy=0.6)
    plan = plans.drawn(task, seed=seed)
    slots = [Slot(week, role) for week in (weeks // 3, weeks // 2) for role in Role]
    took: dict[str, list[float]] = {}
    for slot in slots:
        for name in ("cover", "chains", "swaps", "why", "leave"):
            fresh = replace(task)
            begun = time.perf_counter()
            _question(name, fresh, plan, slot)
            took.setdefault(name, []).append(time.perf_counter() - begun)
    told = "  ".join(
        f"{name} {statistics.median(all_of):.3f} (most {max(all_of):.3f})" for name, all_of in took.items()
    )
    print(f"{size} x {weeks}: seconds  {told}", flush=True)


def _question(name: str, task: Instance, plan: Plan, slot: Slot) -> None:
    week, role = slot
    if name == "leave":
        _leave(task, plan, slot)
    elif name == "swaps":
        swaps(instance=task, plan=plan, week=week, role=role)
    elif name == "why":
        explain_slot(instance=task, plan=plan, week=week, role=role)
    else:
        cover(instance=task, plan=plan, week=week, role=role, longest=1 if name == "cover" else 3)


def _leave(task: Instance, plan: Plan, slot: Slot) -> Verdict | None:
    if slot not in plan.holders:
        return None
    absence = Absence(task.monday(slot.week), task.monday(slot.week) + timedelta(days=11))
    return check_leave(instance=task, plan=plan, person=plan.holders[slot], absence=absence).verdict


def _prove(size: int, weeks: int, seed: int) -> None:
    """Ask for the fewest and the most that any plan could give somebody in the middle, the child process included."""
    task = teams.team(size, weeks, seed=seed, busy=0.6)
    plan = plans.drawn(task, seed=seed)
    person = task.people[size // 2].id
    told = []
    for category in Category:
        begun = time.perf_counter()
        try:
            found = limits_in_child(instance=task, plan=plan, person=person, category=category)
        except NoAnswer as error:
            told.append(f"{category.value} {error}")
            continue
        exact = "exact" if found.are_exact else "not exact"
        told.append(f"{category.value} {found.floor} to {found.ceiling}, {exact}, {time.perf_counter() - begun:.2f} s")
    print(f"{size} x {weeks}, load of one: {'; '.join(told)}", flush=True)


def _replan(size: int, weeks: int, events: tuple[str, ...], seed: int) -> None:
    from hausmeister.rota.planner.candidates import candidates
    from hausmeister.rota.planner.solving.model import Model
    from hausmeister.rota.planner.solving.replanning import Effort, compare, fewest_changes

    task = _disturbed(_published(size, weeks, seed), events, seed)
    begun = time.perf_counter()
    fewest = fewest_changes(Model(task, candidates(task)), effort=Effort(budget_s=5))
    fewest_s = time.perf_counter() - begun
    begun = time.perf_counter()
    found = compare(instance=task, effort=Effort())
    told = "; ".join(
        f"{one.name} {one.costs.changed_slots} -> FAIR {one.costs.fair.total}{' proven' if one.fair_proven else ''}"
        for one in found.options
    )
    proven = "proven" if fewest.proven else "not proven"
    print(
        f"{size} x {weeks}, {' + '.join(events)}: fewest {proven} in {fewest_s:.2f} s; "
        f"three plans in {time.perf_counter() - begun:.1f} s: {told}",
        flush=True,
    )


def _published(size: int, weeks: int, seed: int) -> Instance:
    from hausmeister.rota.planner.candidates import candidates
    from hausmeister.rota.planner.solving.model import Model
    from hausmeister.rota.planner.solving.replanning import fairest

    for one in range(seed, seed + 50):
        task = teams.team(size, weeks, seed=one, busy=0.6)
        plan = fairest(Model(task, candidates(task)), budget_s=15)
        if plan is not None:
            return replace(task, current=plan, frozen_weeks=2)
    raise SystemExit("No drawn team has a plan.")


def _disturbed(task: Instance, events: tuple[str, ...], seed: int) -> Instance:
    chance = random.Random(seed)
    people = list(task.people)
    for event in events:
        place, week = chance.randrange(len(people)), chance.randrange(2, task.weeks // 2)
        one, monday = people[place], task.monday(week)
        if event == "joins":
            joins = task.monday(task.weeks // 3)
            people.append(Planned("joiner", experience=one.experience, employed_from=joins))
        elif event == "leaves":
            people[place] = replace(one, employed_to=task.monday(task.weeks // 2))
        else:
            days, kind = (55, "leave") if event == "sick" else (11, "holiday")
            people[place] = replace(one, away=(*one.away, Absence(monday, monday + timedelta(days=days), kind)))
    return replace(task, people=tuple(people))


if __name__ == "__main__":
    main()
