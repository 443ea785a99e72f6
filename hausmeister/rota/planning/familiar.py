"""Who knows an area by work done there counts as knowing it for those who want to learn it (H17)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hausmeister.familiarity import queries as familiarity
from hausmeister.familiarity.rules import AreaRow, Step
from hausmeister.rota.planning.rules.instance import Candidate
from hausmeister.team.models import Team


def known_by_work(team: Team, people: Sequence[Candidate], *, now: datetime) -> list[Candidate]:
    """Return `people`, who know by work what others want to learn added to what they are said to know.

    Areas that nobody wants to learn are left out: they change no plan, and a draft must not grow stale by them.
    Whoever wants to learn an area themselves is not its expert.
    """
    goals = {goal.area.casefold(): goal.area for one in people for goal in one.terms.learns}
    if not goals:
        return list(people)
    found = familiarity.map_of(team, now=now)
    rows = [(goals[row.name.casefold()], row) for row in found.areas if row.name.casefold() in goals]
    return [_with(one, rows) for one in people]


def _with(one: Candidate, rows: Sequence[tuple[str, AreaRow]]) -> Candidate:
    wished = {goal.area for goal in one.terms.learns}
    knows = [area for area, row in rows if area not in wished and row.of(one.person_id).step is Step.KNOWS]
    return replace(one, terms=replace(one.terms, knows=tuple(dict.fromkeys((*one.terms.knows, *knows)))))
