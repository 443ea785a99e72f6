"""Whether what stands keeps the hard rules: the checker's eye on shifts, whoever gave them out."""

from dataclasses import dataclass
from datetime import date, datetime

from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.instance import Rule
from hausmeister.rota.planning import replanning, snapshot
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.team.models import Team


@dataclass(frozen=True)
class Broken:
    """A hard rule that what stands breaks: which, in the week of which Monday, whose duty, in one sentence."""

    rule: str
    week: date
    people: tuple[str, ...]
    words: str


def broken_rules(team: Team, *, now: datetime) -> list[Broken]:
    """Return every hard rule that the planned weeks from next Monday on break. Raises CannotPlan."""
    first, weeks = replanning.span(team, now=now)
    found = snapshot.inputs(team, first_week=first, weeks=weeks, now=now)
    return [
        Broken(
            one.rule.value,
            found.instance.monday(one.week),
            tuple(found.names.get(key, key) for key in one.people),
            for_people(one.words, found.instance, found.titles),
        )
        for one in check(found.instance, found.stands)
        if one.rule is not Rule.R7
    ]
