"""Familiarity: thin areas first, then the map of areas by people, then what would help whom next (H17)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.familiarity import queries as familiarity
from hausmeister.familiarity.queries import FamiliarityMap
from hausmeister.familiarity.rules import AreaRow, Known, Step
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web import learning
from hausmeister.web.access import Request, needs
from hausmeister.web.teams import chosen

WORDS: dict[Step, Promise | str] = {
    Step.NEVER: gettext_lazy("never"),
    Step.SEEN: gettext_lazy("has seen it"),
    Step.HANDLES: gettext_lazy("handles it"),
    Step.KNOWS: gettext_lazy("knows it"),
}


@dataclass(frozen=True)
class Cell:
    """How well one person knows one area, as it is drawn: dots, and words for whoever does not see them."""

    person: Person
    known: Known

    @property
    def dots(self) -> str:
        """Full and hollow dots."""
        return "●" * self.known.step + "○" * (3 - self.known.step)

    @property
    def words(self) -> str:
        """The step in words."""
        return str(WORDS[self.known.step])


@dataclass(frozen=True)
class Line:
    """One area with everybody by name."""

    area: AreaRow
    cells: tuple[Cell, ...]

    @property
    def knowing(self) -> list[Person]:
        """Who knows it."""
        return [one.person for one in self.cells if one.known.step is Step.KNOWS]

    @property
    def touched(self) -> list[Cell]:
        """Those who ever worked there."""
        return [one for one in self.cells if one.known.step]


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the map of one team, or what one person of it knows."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team, now = chosen(request, teams), clock.now()
    found, coming = learning.next_for(team, now=now)
    lines = {one.name: _line(found, one) for one in found.areas}
    context: dict[str, Any] = {
        "team": team,
        "teams": teams,
        "members": found.members,
        "lines": list(lines.values()),
        "thin": [lines[one.name] for one in found.thin],
        "people": _by_person(list(lines.values())) if request.GET.get("by") == "person" else None,
        "unplaced": familiarity.unplaced(team, most=10),
        "next": coming,
        "mine": next((one for one in coming if one.learner == request.user), None),
        "may_change": permissions.can(request.user, Capability.CHANGE_POLICY, team_id=team.pk),
    }
    return render(request, "web/familiarity/familiarity.html", context)


@needs(Capability.SEE_PAGES)
@require_safe
def chance(request: Request) -> HttpResponse:
    """Show what the signed-in person can learn in their duty: a part of Now that is fetched when all else stands."""
    now = clock.now()
    for team in permissions.teams(request.user, Capability.SEE_PAGES):
        _found, coming = learning.next_for(team, now=now)
        mine = next((one for one in coming if one.learner == request.user), None)
        if mine is not None:
            return render(request, "web/familiarity/next.html", {"chance": mine})
    return HttpResponse("")


def _line(found: FamiliarityMap, area: AreaRow) -> Line:
    return Line(area, tuple(Cell(one.person, area.of(one.person_id)) for one in found.members))


def _by_person(lines: list[Line]) -> list[tuple[Person, list[tuple[AreaRow, Cell]]]]:
    """Turn the map: each person with the areas they ever worked in, both by name."""
    turned: dict[int, tuple[Person, list[tuple[AreaRow, Cell]]]] = {}
    for line in lines:
        for cell in line.cells:
            _person, cells = turned.setdefault(cell.person.pk, (cell.person, []))
            if cell.known.step:
                cells.append((line.area, cell))
    return list(turned.values())
