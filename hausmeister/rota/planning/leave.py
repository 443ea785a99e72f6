"""The instant answer to "may I be away then?": fine, needs these changes, or a question to the planner.

Two cases need no solver and are answered at once, exactly: no duty of the person is touched and the days lie within
the weeks that are planned (the plan that stands is then a valid plan without them); or each touched duty can be taken
by somebody else, alone or by a chain of at most three changes. Whatever needs more, or weeks not planned yet, goes to
the planner with a small budget, off the web process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.covering import cover
from hausmeister.rota.planner.instance import Role
from hausmeister.rota.planning import drafts, replanning, snapshot
from hausmeister.rota.planning.drafts import DraftRefused, Wanted
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.states import Flavour
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import away

BUDGET_S = 5


class Verdict(StrEnum):
    """What is known at once."""

    FINE = "fine"
    CHANGES = "changes"
    ASKED = "asked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cover:
    """A duty that the days touch, and who could take it."""

    title: str
    week: date
    name: str


@dataclass(frozen=True)
class Answer:
    """The answer for one team. `draft` is the question to the planner, where one was needed."""

    team: Team
    verdict: Verdict
    covers: tuple[Cover, ...] = ()
    draft: Draft | None = None
    reason: str = ""


def answers(person: Person, *, starts_on: date, ends_on: date, by: Actor, now: datetime) -> list[Answer]:
    """Return the answer of each team whose duties `person` shares. Writes nothing but questions to the planner."""
    teams = Team.objects.filter(
        memberships__person=person, memberships__left_on=None, memberships__takes_duty=True
    ).order_by("name", "id")
    return [_answer(team, person, starts_on, ends_on, by=by, now=now) for team in teams]


@transaction.atomic
def _answer(team: Team, person: Person, starts_on: date, ends_on: date, *, by: Actor, now: datetime) -> Answer:
    first, weeks = replanning.span(team, now=now)
    bend = {
        "kind": "leave", "person": person.pk, "name": person.name, "from": starts_on.isoformat(),
        "to": ends_on.isoformat(),
    }  # fmt: skip
    try:
        found = snapshot.inputs(team, first_week=first, weeks=weeks, now=now, bends=[bend])
    except CannotPlan as error:
        return Answer(team, Verdict.UNKNOWN, reason=str(error))
    span = away(starts_on, ends_on, person.zone)
    touched = Shift.objects.filter(team=team, person=person, starts_at__gt=now).touching(span.starts_at, span.ends_at)
    ends = first + timedelta(weeks=weeks)
    if not touched.exists() and ends_on < ends:
        return Answer(team, Verdict.FINE)
    covers = _covers(found, team, first, list(touched))
    if covers is not None and ends_on < ends:
        return Answer(team, Verdict.CHANGES, tuple(covers))
    return _ask(team, person, bend, max(weeks, _weeks_to(ends_on, first)), first, by=by, now=now)


def _weeks_to(ends_on: date, first: date) -> int:
    return min(drafts.MOST_WEEKS, (ends_on - first).days // 7 + 2)


def _covers(
    found: snapshot.Inputs, team: Team, first: date, touched: Sequence[Shift]
) -> list[Cover] | None:  # fmt: skip
    """Return what must change hands for each touched duty, the least first; None where three changes do not do."""
    roles = snapshot.roles_of_team(snapshot.policy_in_force(team))
    plan, changed = found.stands, []
    for shift in touched:
        role, week = roles.role(shift.duty, shift.post), (shift.week - first).days // 7
        if role is None or not 0 <= week < found.instance.weeks:
            return None
        offers = cover(instance=found.instance, plan=plan, week=week, role=Role(role), most_chains=1)
        best = next(iter((*offers.people, *offers.chains)), None)
        if best is None:
            return None
        plan = best.applied(plan)
        changed += [
            Cover(found.titles[step.role.value], first + timedelta(weeks=step.week), found.names[step.taker])
            for step in best.steps
        ]
    return changed


def _ask(
    team: Team, person: Person, bend: dict[str, Any], weeks: int, first: date, *, by: Actor, now: datetime
) -> Answer:
    wanted = Wanted(first, weeks, budget_s=BUDGET_S, flavour=Flavour.FEWEST, bends=(bend,))
    try:
        draft = drafts.ask_about_leave(team, wanted, by=by, person=person, now=now)
    except DraftRefused as problem:
        return Answer(team, Verdict.UNKNOWN, reason=str(problem))
    return Answer(team, Verdict.ASKED, draft=draft)
