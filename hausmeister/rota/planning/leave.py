"""The instant answer to "may I be away then?": fine, needs these changes, or a question to the planner.

Three cases need no solver and are answered at once, exactly (`planner/leave_check.py`): no duty of the person is
touched and the days lie within the weeks that are planned (the plan that stands is then a valid plan without them);
others can take the touched duties with a few changes, the fewest there can be; or nobody at all would be there.
Whatever needs more, or weeks not planned yet, goes to the planner with a small budget, off the web process.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner import leave_check as planner
from hausmeister.rota.planner.leave_check import check_away
from hausmeister.rota.planning import drafts, replanning, snapshot
from hausmeister.rota.planning.drafts import DraftRefused, Wanted
from hausmeister.rota.planning.publishing import preview
from hausmeister.rota.planning.rules.instance import key_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.rota.planning.rules.states import Flavour
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import away

BUDGET_S = 5


class Verdict(StrEnum):
    """What is known at once."""

    FINE = "fine"
    CHANGES = "changes"
    IMPOSSIBLE = "impossible"
    ASKED = "asked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cover:
    """A duty that would change hands, and who could take it."""

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


@dataclass(frozen=True)
class Move:
    """A duty that the planner would give to somebody else because of days away; `before` "" where nobody has it."""

    title: str
    week: date
    before: str
    after: str


def moves(draft: Draft, *, now: datetime) -> list[Move]:
    """Return what would change for the days away that `draft`, which is ready, asks about; [] is fine as it is.

    Raises PublishRefused, CannotPlan.
    """
    found = preview(draft, now=now)
    names, titles = found.inputs.names, found.inputs.titles
    return [
        Move(
            titles[one.slot.role.value], found.inputs.instance.monday(one.slot.week),
            names.get(one.before or "", ""), names.get(one.after or "", ""),
        )
        for one in found.changes if one.before is not None
    ]  # fmt: skip


def answers(person: Person, *, starts_on: date, ends_on: date, by: Actor, now: datetime) -> list[Answer]:
    """Return the answer of each team whose duties `person` shares. Writes nothing but questions to the planner."""
    teams = Team.objects.filter(
        memberships__person=person, memberships__left_on=None, memberships__takes_duty=True
    ).order_by("name", "id")
    return [answer(team, person, starts_on=starts_on, ends_on=ends_on, by=by, now=now) for team in teams]


@transaction.atomic
def answer(team: Team, person: Person, *, starts_on: date, ends_on: date, by: Actor, now: datetime) -> Answer:
    """Return the answer of one team. Writes nothing but a question to the planner."""
    first, weeks = replanning.span(team, now=now)
    bend = {
        "kind": "leave", "person": person.pk, "name": person.name, "from": starts_on.isoformat(),
        "to": ends_on.isoformat(),
    }  # fmt: skip
    try:
        plain, asked = (
            snapshot.inputs(team, first_week=first, weeks=weeks, now=now, bends=bends) for bends in ((), (bend,))
        )
    except CannotPlan as error:
        return Answer(team, Verdict.UNKNOWN, reason=str(error))
    span = away(starts_on, ends_on, person.zone)
    touched = Shift.objects.filter(team=team, person=person, starts_at__gt=now).touching(span.starts_at, span.ends_at)
    if ends_on < first + timedelta(weeks=weeks):
        if not touched.exists():
            return Answer(team, Verdict.FINE)
        # of the running week no plan is made
        if not touched.filter(week__lt=first).exists() and (known := _at_once(plain, asked, team, person)):
            return known
    return _ask(team, person, bend, max(weeks, _weeks_to(ends_on, first)), first, by=by, now=now)


def _weeks_to(ends_on: date, first: date) -> int:
    return min(drafts.MOST_WEEKS, (ends_on - first).days // 7 + 2)


def _at_once(plain: snapshot.Inputs, asked: snapshot.Inputs, team: Team, person: Person) -> Answer | None:
    """Return what the planner finds without the solver, exactly; None where it cannot."""
    found = check_away(plain.instance, asked.instance, asked.stands, key_of(person.pk))
    if found.verdict is planner.Verdict.IMPOSSIBLE:
        words = [for_people(one, asked.instance, asked.titles) for one in found.reasons]
        return Answer(team, Verdict.IMPOSSIBLE, reason=" ".join(words))
    if found.repair is None:
        return None
    covers = [
        Cover(asked.titles[step.role.value], asked.instance.monday(step.week), asked.names[step.taker])
        for step in found.repair.steps
    ]
    return Answer(team, Verdict.CHANGES, tuple(covers))


def _ask(
    team: Team, person: Person, bend: dict[str, Any], weeks: int, first: date, *, by: Actor, now: datetime
) -> Answer:
    wanted = Wanted(first, weeks, budget_s=BUDGET_S, flavour=Flavour.FEWEST, bends=(bend,))
    try:
        draft = drafts.ask_about_leave(team, wanted, by=by, person=person, now=now)
    except DraftRefused as problem:
        return Answer(team, Verdict.UNKNOWN, reason=str(problem))
    return Answer(team, Verdict.ASKED, draft=draft)
