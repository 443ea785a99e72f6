"""Recording who worked on what, and placing it in areas; the caller's transaction is this one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hausmeister.base.untrusted import one_line
from hausmeister.familiarity import rules
from hausmeister.familiarity.models import Touch
from hausmeister.familiarity.rules import Kind
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

CLUES_MOST = 1000
A_BATCH = 1000


@dataclass(frozen=True)
class Work:
    """A piece of work: what was done to which thing, by whom. `clues` are titles, labels, services and headings."""

    kind: Kind
    subject: str
    people: tuple[int, ...]
    clues: tuple[str, ...]
    at: datetime


def record(team_id: int, work: Iterable[Work]) -> int:
    """Store who did `work`, each person once for each thing and kind; return how many touches were tried."""
    areas = team_queries.policy_of(team_id).familiarity.areas
    mark = rules.mark_of(areas)
    touches = []
    for one in work:
        clues = _kept(one.clues)
        area = rules.area_of([clues], areas)
        touches += [
            Touch(
                team_id=team_id, person_id=person_id, area=area, kind=one.kind, subject=one.subject, clues=clues,
                at=one.at, placed_by=mark,
            )
            for person_id in dict.fromkeys(one.people)
        ]  # fmt: skip
    Touch.objects.bulk_create(touches, ignore_conflicts=True, batch_size=A_BATCH)
    return len(touches)


def _kept(clues: Sequence[str]) -> str:
    return "\n".join(filter(None, dict.fromkeys(one_line(clue, 300) for clue in clues)))[:CLUES_MOST]


def place(now: datetime) -> int:  # noqa: ARG001 - a job of the engine
    """Place anew what was placed under other areas than the policies name now; return how much."""
    return sum(_place(team.pk) for team in Team.objects.order_by("id"))


@transaction.atomic
def _place(team_id: int) -> int:
    """Place one batch of a team's touches; the next run takes the next one."""
    areas = team_queries.policy_of(team_id).familiarity.areas
    mark = rules.mark_of(areas)
    old = list(Touch.objects.filter(team_id=team_id).exclude(placed_by=mark).order_by("id")[:A_BATCH])
    for touch in old:
        touch.area, touch.placed_by = rules.area_of([touch.clues], areas), mark
    Touch.objects.bulk_update(old, ["area", "placed_by"])
    return len(old)
