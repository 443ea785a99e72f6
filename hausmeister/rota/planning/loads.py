"""Why somebody's load is what it is, and the planner's proof of it: the fewest and the most that any plan could give.

The proof needs the solver, so it is a question to the planner like any draft: stored here, answered by an engine's
child process, shown when it is there. It is good for exactly the facts it was asked about, and asked anew for others.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hausmeister.base import chance, wake
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota.models.planning import Draft, DraftQuerySet
from hausmeister.rota.planner import files
from hausmeister.rota.planner.explaining_load import Limits, LoadWhy, explain_load
from hausmeister.rota.planner.instance import Category
from hausmeister.rota.planning.drafts import MOST_OPEN, DraftRefused
from hausmeister.rota.planning.ledger import Ledger, ledger
from hausmeister.rota.planning.rules.states import OPEN, DraftState, Flavour, Purpose
from hausmeister.team.models import Person, Team

# half of it for the fewest, half for the most
BUDGET_S = 10


class NobodyWithThatLoad(Exception):
    """The person has no account in the team's ledger."""


@dataclass(frozen=True)
class Load:
    """Why somebody has so much: reasons as sentences, with what is proven once `proof` is answered."""

    name: str
    title: str
    why: LoadWhy
    proof: Draft | None

    @property
    def is_proven(self) -> bool:
        """Whether the planner has said what any plan must leave them."""
        return self.why.limits is not None


def load(team: Team, *, person: str, category: Category, now: datetime) -> Load:
    """Return why `person` (as the ledger calls them) has as many duties of `category` as they have.

    Raises CannotPlan, NobodyWithThatLoad.
    """
    found = _ledger(team, person, now=now)
    proof = _questions(team, person, category).filter(inputs_hash=_hash(found)).order_by("-id").first()
    told = explain_load(
        instance=found.instance, plan=found.plan, person=person, category=category, limits=_limits(proof)
    )  # fmt: skip
    return Load(found.instance.person[person].called, found.titles.get(category.value, ""), told, proof)


@transaction.atomic
def ask(
    team: Team, *, person: str, category: Category, by: Actor, asked_by: Person | None, now: datetime
) -> Draft:  # fmt: skip
    """Ask the planner for the fewest and the most; return the question, the same one while its facts still hold.

    One that failed is asked again. Raises CannotPlan, NobodyWithThatLoad, and DraftRefused when too much waits.
    """
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    found = _ledger(team, person, now=now)
    questions = _questions(team, person, category)
    standing = questions.filter(inputs_hash=_hash(found), state__in=[*OPEN, DraftState.READY]).first()
    if standing is not None:
        return standing
    if Draft.objects.filter(team=team, state__in=OPEN).count() >= MOST_OPEN:
        raise DraftRefused("", f"{MOST_OPEN} questions of {team.name} wait for the planner already; try again soon.")
    # what was proven of other facts is of no use any more
    questions.delete()
    made = _row(team, found, _bend(person, category), asked_by, now)
    facts = {"drafts": [made.pk], "person": person, "category": category.value, "purpose": Purpose.LOAD.value}
    journal.record(Fact(now, "rota.plan_asked", f"team:{team.pk}", by, team.pk, facts))
    wake.soon()
    return made


def question_of(draft: Draft) -> dict[str, Any] | None:
    """Return what the planner's process is asked for a draft that is a question about a load; None for others."""
    if draft.purpose != Purpose.LOAD:
        return None
    (bend,) = draft.bends
    return {
        "question": "limits", "plan": draft.inputs["stands"], "person": bend["person"], "category": bend["category"],
    }  # fmt: skip


def _row(team: Team, found: Ledger, bend: dict[str, str], asked_by: Person | None, now: datetime) -> Draft:
    return Draft.objects.create(
        team=team,
        purpose=Purpose.LOAD,
        flavour=Flavour.FREE,
        bundle=chance.text(12),
        first_week=found.today_week,
        weeks=(found.until - found.today_week).days // 7,
        budget_s=BUDGET_S,
        bends=[bend],
        inputs={
            "instance": files.instance_document(found.instance), "names": found.names, "titles": found.titles,
            "stands": files.assignments_document(found.plan),
        },
        inputs_hash=_hash(found),
        asked_by=asked_by,
        asked_at=now,
    )  # fmt: skip


def _ledger(team: Team, person: str, *, now: datetime) -> Ledger:
    found = ledger(team, now=now)
    if person not in found.instance.person:
        raise NobodyWithThatLoad(person)
    return found


def _hash(found: Ledger) -> str:
    return files.fingerprint(found.instance)


def _bend(person: str, category: Category) -> dict[str, str]:
    return {"kind": "load", "person": person, "category": category.value}


def _questions(team: Team, person: str, category: Category) -> DraftQuerySet:
    return Draft.objects.all().filter(team=team, purpose=Purpose.LOAD, bends=[_bend(person, category)])


def _limits(proof: Draft | None) -> Limits | None:
    return Limits(**proof.result["limits"]) if proof and proof.state == DraftState.READY and proof.result else None
