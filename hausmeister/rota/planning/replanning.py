"""After leave, sickness, leaving and joining: the safety net has filled the holes; this plans the rest anew."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, Subquery

from hausmeister.journal.models import Entry
from hausmeister.journal.rules import Actor
from hausmeister.outbox import operations as outbox
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning import asking, drafts, snapshot
from hausmeister.rota.planning.drafts import DraftRefused, Wanted
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

BUDGET_S = 20
# what moves duties without a plan
_MOVED = "shift.moved"
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class Offer:
    """Why a replan is worth a look: the duties that the safety net moved since the last plan, newest first."""

    moved: int
    reasons: tuple[str, ...]
    since: datetime | None


def offer(team: Team, *, now: datetime) -> Offer | None:
    """Return what the safety net moved since the team's last plan or replan; None when it moved nothing."""
    plans = Draft.objects.plans().filter(team=team).exclude(state=DraftState.FAILED).order_by()
    last = Subquery(plans.values("team_id").annotate(at=Max("asked_at")).values("at"))
    # one query: the rota asks it on every view of a lead
    found = Entry.objects.filter(team_id=team.pk, verb=_MOVED, at__gt=now - LOOK_BACK).annotate(last=last)
    since_then = found.filter(Q(last=None) | Q(at__gt=F("last")))
    rows = list(since_then.order_by("-id").values_list("facts", "last")[:200])
    if not rows:
        return None
    reasons = dict.fromkeys(str(facts.get("reason", "")) for facts, _ in rows)
    return Offer(len(rows), tuple(reasons)[:4], rows[0][1])


def span(team: Team, *, now: datetime) -> tuple[date, int]:
    """Return the first week and the number of weeks that a replan covers: from next Monday to the last planned one."""
    first = snapshot.next_week(team, now=now)
    last: date | None = Shift.objects.filter(team=team).aggregate(last=Max("week"))["last"]
    policy = team_queries.policy_of(team.pk)
    weeks = policy.rota.weeks_ahead if last is None else (last - first).days // 7 + 1
    return first, min(max(1, weeks), drafts.MOST_WEEKS)


@transaction.atomic
def replan(team: Team, *, by: Actor, person: Person | None, now: datetime) -> list[Draft]:
    """Ask for three plans of the weeks that are planned: fewest changes, a few more, free. Raises DraftRefused."""
    first, weeks = span(team, now=now)
    return drafts.compare(team, Wanted(first, weeks, budget_s=BUDGET_S), by=by, person=person, now=now)


@transaction.atomic
def take_way_out(draft: Draft, way: str, *, by: Actor, person: Person | None, now: datetime) -> Draft:
    """Ask again with the way out called `way` of an impossible draft; whoever must move a leave is asked by mail.

    Raises DraftRefused.
    """
    ways = {one["id"]: one for one in (draft.result or {}).get("ways_out", ())}
    if way not in ways:
        raise DraftRefused("way", "This way out is not one of this plan's; look at the plan again.")
    bends = (*draft.bends, *ways[way]["bends"])
    wanted = Wanted(
        draft.first_week,
        draft.weeks,
        draft.seed,
        draft.budget_s,
        draft.tolerance_percent,
        Flavour(draft.flavour),
        bends,
    )
    made = drafts.ask(draft.team, wanted, by=by, person=person, now=now)
    letters = [letter for bend in ways[way]["bends"] if (letter := asking.to_move(bend, draft, made, by=by, now=now))]
    outbox.enqueue(letters, now=now)
    return made
