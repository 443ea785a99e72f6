"""The life of a draft until it is published: asked, taken by an engine, answered, discarded; all conditional."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from hausmeister.base import chance, wake
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.states import OPEN, DraftState, Flavour, Purpose
from hausmeister.team.models import Person, Team

MOST_WEEKS = 52
LONGEST_BUDGET_S = 120
GREATEST_TOLERANCE = 10
# how many drafts of a team may wait for the solver at once
MOST_OPEN = 6
# an engine that works on a draft says so this often, and is given up this long after it last did
BEAT = timedelta(seconds=10)
LEASE = timedelta(seconds=45)
MOST_ATTEMPTS = 3


class DraftRefused(Exception):
    """The draft cannot be asked for; `field` says where, the text what came and what is allowed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class DraftMoved(Exception):
    """The draft is not any more what the form was drawn from; the text says what it is."""


@dataclass(frozen=True)
class Wanted:
    """What a lead asks the planner for."""

    first_week: date
    weeks: int
    seed: int = 1
    budget_s: int = 30
    tolerance_percent: int = 0
    flavour: Flavour = Flavour.FEWEST
    bends: tuple[dict[str, Any], ...] = ()


def check(wanted: Wanted, team: Team, *, now: datetime) -> None:
    """Raise DraftRefused when `wanted` makes no sense for `team` at `now`."""
    first = snapshot.next_week(team, now=now)
    if wanted.first_week.weekday():
        raise DraftRefused("first_week", f"{wanted.first_week:%a %d %b} is no Monday; a plan begins with a Monday.")
    if wanted.first_week < first:
        raise DraftRefused(
            "first_week",
            f"The week of {wanted.first_week:%d %b %Y} has begun; a plan begins on {first:%d %b %Y} at the earliest.",
        )
    if wanted.first_week > first + timedelta(weeks=MOST_WEEKS):
        raise DraftRefused("first_week", "A plan begins within a year.")
    if not 1 <= wanted.weeks <= MOST_WEEKS:
        raise DraftRefused("weeks", f"A plan has 1 to {MOST_WEEKS} weeks; {wanted.weeks} were asked for.")
    if not 1 <= wanted.budget_s <= LONGEST_BUDGET_S:
        raise DraftRefused("budget_s", f"The planner gets 1 to {LONGEST_BUDGET_S} seconds.")
    if not 0 <= wanted.tolerance_percent <= GREATEST_TOLERANCE:
        raise DraftRefused("tolerance_percent", f"Fairness may give way by 0 to {GREATEST_TOLERANCE} %.")
    if not 0 <= wanted.seed <= 2**31 - 1:
        raise DraftRefused("seed", "The seed is a whole number from 0 on.")


@transaction.atomic
def ask(team: Team, wanted: Wanted, *, by: Actor, person: Person | None, now: datetime) -> Draft:
    """Store a question to the planner, with the facts as they are now. Raises DraftRefused."""
    return _ask(team, [wanted], Purpose.PLAN, by=by, person=person, now=now)[0]


@transaction.atomic
def compare(team: Team, wanted: Wanted, *, by: Actor, person: Person | None, now: datetime) -> list[Draft]:
    """Ask for three plans side by side: with the fewest changes, with a few more, free. Raises DraftRefused."""
    three = [
        Wanted(
            wanted.first_week, wanted.weeks, wanted.seed, wanted.budget_s, wanted.tolerance_percent, flavour,
            wanted.bends,
        )
        for flavour in Flavour
    ]  # fmt: skip
    return _ask(team, three, Purpose.PLAN, by=by, person=person, now=now)


@transaction.atomic
def ask_about_leave(team: Team, wanted: Wanted, *, by: Actor, person: Person | None, now: datetime) -> Draft:
    """Store the question whether the team can plan with the days away that `wanted` imagines. Raises DraftRefused."""
    return _ask(team, [wanted], Purpose.LEAVE, by=by, person=person, now=now)[0]


def _ask(
    team: Team, all_wanted: Sequence[Wanted], purpose: Purpose, *, by: Actor, person: Person | None, now: datetime
) -> list[Draft]:
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    first = all_wanted[0]
    check(first, team, now=now)
    if Draft.objects.filter(team=team, state__in=OPEN).count() + len(all_wanted) > MOST_OPEN:
        raise DraftRefused("", f"{MOST_OPEN} plans of {team.name} wait for the planner already; discard one, or wait.")
    try:
        found = snapshot.inputs(team, first_week=first.first_week, weeks=first.weeks, now=now, bends=first.bends)
    except CannotPlan as error:
        raise DraftRefused("", str(error)) from error
    bundle = chance.text(12)
    drafts = [_row(team, one, purpose, found, bundle, person, now) for one in all_wanted]
    for draft in drafts:
        draft.save()
    facts = {
        "drafts": [draft.pk for draft in drafts], "from": first.first_week.isoformat(), "weeks": first.weeks,
        "inputs": found.hash[:16], "purpose": purpose.value,
    }  # fmt: skip
    journal.record(Fact(now, "rota.plan_asked", f"team:{team.pk}", by, team.pk, facts))
    wake.soon()
    return drafts


def _row(
    team: Team, wanted: Wanted, purpose: Purpose, found: snapshot.Inputs, bundle: str, person: Person | None,
    now: datetime,
) -> Draft:  # fmt: skip
    return Draft(
        team=team,
        purpose=purpose,
        flavour=wanted.flavour,
        bundle=bundle,
        first_week=wanted.first_week,
        weeks=wanted.weeks,
        seed=wanted.seed,
        budget_s=wanted.budget_s,
        tolerance_percent=wanted.tolerance_percent,
        bends=list(wanted.bends),
        inputs=found.as_json(),
        inputs_hash=found.hash,
        asked_by=person,
        asked_at=now,
    )


# ---- an engine works on it ----


def claim(*, by: str, now: datetime) -> Draft | None:
    """Take the oldest draft that nobody works on, for the length of a lease; None when there is none.

    A draft whose engine died is taken again; after three engines it has failed.
    """
    for draft in Draft.objects.to_solve(now)[:8]:
        mine = Draft.objects.filter(pk=draft.pk, version=draft.version)
        if draft.attempts >= MOST_ATTEMPTS:
            text = (
                f"The planner was started {MOST_ATTEMPTS} times and never came to an end. Ask again with fewer weeks."
            )
            fail(draft, text, by=draft.claimed_by, now=now)
        elif mine.update(
            state=DraftState.SOLVING, claimed_by=by, claimed_until=now + LEASE, attempts=F("attempts") + 1,
            version=F("version") + 1, progress={},
        ):  # fmt: skip
            draft.refresh_from_db()
            return draft
    return None


def claim_beside(draft: Draft, *, by: str, now: datetime) -> list[Draft]:
    """Take the other drafts of the comparison that `draft` is of, as far as nobody works on them."""
    beside = Draft.objects.to_solve(now).filter(team=draft.team_id, bundle=draft.bundle).exclude(pk=draft.pk)
    taken = []
    for one in beside:
        mine = Draft.objects.filter(pk=one.pk, version=one.version)
        if mine.update(
            state=DraftState.SOLVING, claimed_by=by, claimed_until=now + LEASE, version=F("version") + 1, progress={},
        ):  # fmt: skip
            one.refresh_from_db()
            taken.append(one)
    return taken


def release(draft: Draft, *, by: str) -> None:
    """Give back a draft that was taken beside another and not answered with it."""
    _mine(draft.pk, by).update(
        state=DraftState.ASKED, claimed_by="", claimed_until=None, version=F("version") + 1
    )  # fmt: skip


def beat(draft_id: int, *, by: str, now: datetime, progress: Mapping[str, Any] | None = None) -> bool:
    """Say that `by` still works on the draft, and how far it is; return whether it is still theirs."""
    changed: dict[str, Any] = {"claimed_until": now + LEASE}
    if progress is not None:
        changed["progress"] = dict(progress)
    return bool(_mine(draft_id, by).update(**changed))


def _mine(draft_id: int, by: str) -> Any:
    return Draft.objects.filter(pk=draft_id, state=DraftState.SOLVING, claimed_by=by)


@transaction.atomic
def finish(draft: Draft, result: Mapping[str, Any], *, by: str, now: datetime) -> bool:
    """Store the planner's plan; return False when the draft was discarded or taken over meanwhile."""
    return _end(draft, DraftState.READY, by=by, now=now, result=dict(result))


@transaction.atomic
def give_up(draft: Draft, result: Mapping[str, Any], problem: str, *, by: str, now: datetime) -> bool:
    """Store that no plan exists, and which facts conflict; return False when the draft is not `by`'s any more."""
    return _end(draft, DraftState.IMPOSSIBLE, by=by, now=now, result=dict(result), problem=problem)


@transaction.atomic
def fail(draft: Draft, problem: str, *, by: str, now: datetime) -> bool:
    """Store that the planner broke; return False when the draft is not `by`'s any more."""
    return _end(draft, DraftState.FAILED, by=by, now=now, problem=problem)


def _end(draft: Draft, state: DraftState, *, by: str, now: datetime, **fields: Any) -> bool:
    ended = _mine(draft.pk, by).update(
        state=state, claimed_by="", claimed_until=None, finished_at=now, version=F("version") + 1, **fields
    )
    if ended:
        facts = {"draft": draft.pk, "state": state.value}
        journal.record(Fact(now, "rota.plan_answered", f"team:{draft.team_id}", ENGINE, draft.team_id, facts))
    return bool(ended)


@transaction.atomic
def discard(draft: Draft, *, by: Actor, now: datetime) -> None:
    """Throw a draft away; whoever works on it stops. Raises DraftMoved when it is published already."""
    alive = Draft.objects.filter(pk=draft.pk).exclude(state__in=[DraftState.PUBLISHED, DraftState.DISCARDED])
    if alive.update(state=DraftState.DISCARDED, claimed_by="", claimed_until=None, version=F("version") + 1):
        facts = {"draft": draft.pk}
        journal.record(Fact(now, "rota.plan_discarded", f"team:{draft.team_id}", by, draft.team_id, facts))
    elif Draft.objects.filter(pk=draft.pk, state=DraftState.PUBLISHED).exists():
        raise DraftMoved("This plan is published; it can be replaced by another one, and not discarded.")
