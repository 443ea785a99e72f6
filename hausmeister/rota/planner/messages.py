"""What the child process is asked and what it answers, as JSON documents."""

from dataclasses import asdict
from typing import Any

from hausmeister.rota.planner import files
from hausmeister.rota.planner.costs import Comfort, Costs, Fair
from hausmeister.rota.planner.files import PLAN_FORMAT, assignments_document
from hausmeister.rota.planner.instance import Assignment, Instance, Plan, Role
from hausmeister.rota.planner.outcome import Conflict, Fact, Lift, Lifting, Outcome, Progress, Tier, Wishes


def request_document(instance: Instance, wishes: Wishes, *, by_hand: bool) -> dict[str, Any]:
    """Return the request: plan `instance`; `by_hand` without the solver."""
    return {"instance": files.instance_document(instance), "wishes": asdict(wishes), "by_hand": by_hand}


def wishes_from(document: dict[str, Any]) -> Wishes:
    """Return the wishes of a request."""
    return Wishes(**document)


def progress_document(progress: Progress) -> dict[str, Any]:
    """Return a step as a line of the child's answer."""
    return {
        "event": progress.event,
        "seconds": round(progress.seconds, 3),
        "plan": None if progress.plan is None else assignments_document(progress.plan),
        "tier": None if progress.tier is None else asdict(progress.tier),
    }


def progress_from(document: dict[str, Any]) -> Progress:
    """Return the step that a line tells."""
    tier = document["tier"]
    plan = None if document["plan"] is None else plan_from(document["plan"])
    return Progress(document["event"], document["seconds"], plan, None if tier is None else Tier(**tier))


def plan_from(document: list[dict[str, Any]]) -> Plan:
    """Return the plan of a line; the child is trusted to write the format."""
    return Plan(tuple(Assignment(one["week"], Role(one["role"]), one["person"]) for one in document))


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as the last line."""
    return {
        "event": "outcome",
        "plan": None if outcome.plan is None else assignments_document(outcome.plan),
        "costs": None if outcome.costs is None else asdict(outcome.costs),
        "tiers": [asdict(one) for one in outcome.tiers],
        "first_plan_s": outcome.first_plan_s,
        "seconds": outcome.seconds,
        "inputs": outcome.inputs,
        "wishes": asdict(outcome.wishes),
        "is_by_hand": outcome.is_by_hand,
        "conflict": None if outcome.conflict is None else asdict(outcome.conflict),
        "remarks": list(outcome.remarks),
    }


def outcome_from(document: dict[str, Any]) -> Outcome:
    """Return the outcome that the last line tells."""
    found, conflict = document["costs"], document["conflict"]
    return Outcome(
        plan=None if document["plan"] is None else plan_from(document["plan"]),
        costs=None
        if found is None
        else Costs(Fair(**found["fair"]), Comfort(**found["comfort"]), found["changed_slots"]),
        tiers=tuple(Tier(**one) for one in document["tiers"]),
        first_plan_s=document["first_plan_s"],
        seconds=document["seconds"],
        inputs=document["inputs"],
        wishes=Wishes(**document["wishes"]),
        is_by_hand=document["is_by_hand"],
        conflict=None if conflict is None else conflict_from(conflict),
        remarks=tuple(document["remarks"]),
    )


def conflict_from(document: dict[str, Any]) -> Conflict:
    """Return the conflict that a document tells."""
    return Conflict(
        first=document["first"],
        last=document["last"],
        facts=tuple(_fact(one) for one in document["facts"]),
        cheapest=tuple(_fact(one) for one in document["cheapest"]),
        is_smallest=document["is_smallest"],
    )


def _fact(document: dict[str, Any]) -> Fact:
    told = document["lift"]
    lift = Lift(**{**told, "how": Lifting(told["how"]), "weeks": tuple(told["weeks"])})
    return Fact(**{**document, "people": tuple(document["people"]), "lift": lift})


def conflict_document(conflict: Conflict) -> dict[str, Any]:
    """Return the conflict for scripts: `conflict` has one entry for each person that a fact concerns."""
    return {
        "feasible": False,
        "weeks": [conflict.first, conflict.last],
        "smallest": conflict.is_smallest,
        "conflict": [
            {"rule": fact.rule, "week": fact.week, "person": person, "words": fact.words, "way_out": fact.way_out}
            for fact in conflict.facts
            for person in (fact.people or (None,))
        ],
        "cheapest_way_out": [
            {"rule": fact.rule, "week": fact.week, "people": list(fact.people), "way_out": fact.way_out}
            for fact in conflict.cheapest
        ],
    }


def plan_document(outcome: Outcome) -> dict[str, Any]:
    """Return the plan file: the assignments, and what they were made from."""
    return {
        "format": PLAN_FORMAT,
        "inputs_sha256": outcome.inputs,
        "seed": outcome.wishes.seed,
        "tiers": [
            {"name": one.name, "value": one.value, "bound": one.bound, "proven": one.is_proven} for one in outcome.tiers
        ],
        "assignments": [] if outcome.plan is None else assignments_document(outcome.plan),
    }
