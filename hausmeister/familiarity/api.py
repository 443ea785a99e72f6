"""Who knows which area, over the JSON API."""

from datetime import datetime

from ninja import Router, Schema

from hausmeister.base import clock
from hausmeister.familiarity import queries
from hausmeister.familiarity.queries import FamiliarityMap
from hausmeister.familiarity.rules import AreaRow
from hausmeister.team.asking import REFUSALS, ApiRequest, Key, ProblemOut
from hausmeister.team.models import Membership, Team
from hausmeister.team.rules import Scope

router = Router(tags=["familiarity"])


class KnownOut(Schema):
    """How well somebody knows an area: `step` from 0 to 3, and when they last worked there."""

    person: int
    name: str
    step: int
    step_in_words: str
    is_fading: bool
    last_at: datetime | None


class AreaOut(Schema):
    """One area. `bus_factor` is how many know it; `is_thin` that it is one or none."""

    area: str
    bus_factor: int
    is_thin: bool
    people: list[KnownOut]


class UnplacedOut(Schema):
    """Words that no area fits."""

    clues: str
    times: int
    last_at: datetime


class MapOut(Schema):
    """The areas by name, in each everybody by name."""

    team: str
    areas: list[AreaOut]
    unplaced: list[UnplacedOut]

    @staticmethod
    def of(found: FamiliarityMap) -> "MapOut":
        """Return `found` as API and console show it."""
        return MapOut(
            team=found.team.slug,
            areas=[
                AreaOut(
                    area=row.name,
                    bus_factor=len(row.knowing),
                    is_thin=row.is_thin,
                    people=[_known(row, one) for one in found.members],
                )
                for row in found.areas
            ],
            unplaced=[
                UnplacedOut(clues=one.clues, times=one.times, last_at=one.last_at)
                for one in queries.unplaced(found.team)
            ],
        )


def _known(row: AreaRow, member: Membership) -> KnownOut:
    how = row.of(member.person_id)
    return KnownOut(
        person=member.person_id,
        name=member.person.name,
        step=int(how.step),
        step_in_words=how.step.words,
        is_fading=how.is_fading,
        last_at=how.last_at,
    )


@router.get(
    "/familiarity",
    auth=Key(Scope.READ),
    response={200: MapOut, REFUSALS: ProblemOut},
    summary="Who knows which area",
)
def of_team(request: ApiRequest) -> MapOut:
    """A map of learning, never a ranking: areas and people by name, the steps never summed up."""
    team = Team.objects.get(pk=request.auth.team_id)
    return MapOut.of(queries.map_of(team, now=clock.now()))
