"""Reading the map: who knows which area, what has no area yet, whom to ask."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.db.models.functions import TruncMonth

from hausmeister.familiarity import rules
from hausmeister.familiarity.models import Touch
from hausmeister.familiarity.rules import UNKNOWN, AreaRow, Known, Worked
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Membership, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Role


@dataclass(frozen=True)
class FamiliarityMap:
    """A team's areas by name, and the people of the team now by name. Who left is in no row."""

    team: Team
    areas: tuple[AreaRow, ...]
    members: tuple[Membership, ...]

    def area(self, name: str) -> AreaRow | None:
        """Return the area called `name`, None where there is none."""
        return next((one for one in self.areas if one.name.casefold() == name.strip().casefold()), None)

    @property
    def thin(self) -> list[AreaRow]:
        """Areas that one person or nobody knows, the barest first."""
        return rules.by_thinness(self.areas)

    def name_of(self, person_id: int) -> str:
        """Return the name of somebody of the map."""
        return next(one.person.name for one in self.members if one.person_id == person_id)


def map_of(team: Team, *, now: datetime, policy: Policy | None = None) -> FamiliarityMap:
    """Return who of `team` knows what at `now`: three questions to the database, however many people there are.

    `policy` is the one in force, where the caller has it. Work of one month and kind fades as if all of it were
    done at its last time.
    """
    policy = policy or team_queries.policy_of(team.pk)
    members = [one for one in team_queries.members(team.pk) if one.role != Role.VIEWER]
    members.sort(key=lambda one: (one.person.name.casefold(), one.person_id))
    found = _known(team.pk, policy, [one.person_id for one in members], now=now)
    names = sorted(policy.familiarity.areas, key=str.casefold)
    return FamiliarityMap(team, tuple(AreaRow(name, found.get(name, {})) for name in names), tuple(members))


def _known(
    team_id: int, policy: Policy, person_ids: Sequence[int], *, now: datetime, area: str = ""
) -> dict[str, dict[int, Known]]:
    touches = Touch.objects.filter(team_id=team_id, person_id__in=person_ids, at__lte=now)
    touches = touches.filter(area=area) if area else touches.exclude(area="")
    grouped = (
        touches.annotate(month=TruncMonth("at"))
        .values("area", "person_id", "kind", "month")
        .annotate(times=Count("id"), last_at=Max("at"))
        .order_by("area", "person_id")
    )
    work: dict[str, dict[int, list[Worked]]] = defaultdict(lambda: defaultdict(list))
    for one in grouped:
        work[one["area"]][one["person_id"]].append(Worked(one["kind"], one["last_at"], one["times"]))
    half_life = policy.familiarity.half_life
    return {
        name: {person: rules.known(done, half_life=half_life, now=now) for person, done in people.items()}
        for name, people in work.items()
    }


@dataclass(frozen=True)
class Familiar:
    """Which area something is about, and how well each of some people knows it."""

    area: str
    row: AreaRow

    def of(self, person_id: int) -> Known:
        """Return how well this person knows the area; with no area, nobody does."""
        return self.row.of(person_id) if self.area else UNKNOWN


def familiar(team_id: int, clues: Sequence[str], person_ids: Iterable[int], *, now: datetime) -> Familiar:
    """Return how well `person_ids` know the area that `clues` are about: one question to the database."""
    policy = team_queries.policy_of(team_id)
    area = rules.area_of(clues, policy.familiarity.areas)
    if not area:
        return Familiar("", AreaRow(""))
    found = _known(team_id, policy, list(person_ids), now=now, area=area)
    return Familiar(area, AreaRow(area, found.get(area, {})))


@dataclass(frozen=True)
class Unplaced:
    """Words that no area fits, and how much work was done under them."""

    clues: str
    times: int
    last_at: datetime


def unplaced(team: Team, *, most: int = 20) -> list[Unplaced]:
    """Return what has no area yet, the commonest first: a lead puts a word of it into the policy."""
    grouped = (
        Touch.objects.filter(team=team, area="")
        .values("clues")
        .annotate(times=Count("subject", distinct=True), last_at=Max("at"))
        .order_by("-times", "-last_at", "clues")[:most]
    )
    return [Unplaced(one["clues"].replace("\n", " · "), one["times"], one["last_at"]) for one in grouped]
