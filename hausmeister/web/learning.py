"""What would help whom next: an area that somebody could learn in their coming duty, from whoever backs them then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.familiarity import queries as familiarity
from hausmeister.familiarity import rules
from hausmeister.familiarity.queries import FamiliarityMap
from hausmeister.pager.context import TeamContext
from hausmeister.rota.models.planning import DutyTerms
from hausmeister.rota.queries import DutyNow
from hausmeister.team.models import Person, Team

AHEAD = timedelta(days=8)


@dataclass(frozen=True)
class Chance:
    """In a duty of theirs in `team`, `learner` could learn `area` from `behind`, the backstop of it."""

    team: Team
    learner: Person
    behind: Person
    area: str
    starts_at: datetime
    is_new: bool


def next_for(team: Team, *, now: datetime) -> tuple[FamiliarityMap, list[Chance]]:
    """Return the map, and the chances in the duties of the coming week, the soonest first, one for each learner."""
    context = TeamContext.load(team.pk, at=now)
    found = familiarity.map_of(team, now=now, policy=context.policy)
    return found, chances(found, [one.duty for one in context.timeline(AHEAD)])


def chances(found: FamiliarityMap, duties: Iterable[DutyNow]) -> list[Chance]:
    """Return what the holders of `duties` could learn from who backs them, one chance for each learner."""
    wished = _wished(found.team)
    made: dict[int, Chance] = {}
    for duty in duties:
        learner, behind = duty.primary.person, duty.backstop.person
        if learner is None or behind is None or learner.pk in made:
            continue
        own = wished.get(learner.pk, frozenset())
        area = rules.to_learn(found.areas, learner=learner.pk, behind=behind.pk, wished=own)
        row = found.area(area)
        if row is not None:
            is_new = not row.of(learner.pk).step
            made[learner.pk] = Chance(found.team, learner, behind, area, duty.starts_at, is_new)
    return list(made.values())


def _wished(team: Team) -> dict[int, frozenset[str]]:
    """Return the areas that people want to learn, by person."""
    terms = DutyTerms.objects.filter(membership__team=team, membership__left_on=None)
    return {
        person_id: frozenset(str(goal["area"]).casefold() for goal in goals)
        for person_id, goals in terms.values_list("membership__person_id", "learns")
    }
