"""The terms on which a member shares the duties, and whether they make sense."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from hausmeister.base.words import listed
from hausmeister.team.rules import wrong_with_days

MOST_AREAS = 30
LONGEST_AREA = 60
MOST_TIMES = 12
WORKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")


class BadTerms(Exception):
    """The terms make no sense; `field` says where, the text what came and what is allowed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Goal:
    """An area to learn: so many own weekday duties, with somebody behind who knows it."""

    area: str
    times: int = 1


@dataclass(frozen=True)
class Terms:
    """How much of the duties is somebody's share, and what the planner should know of them.

    `fte_percent` is the part of a full share; `off_weekdays` are the usual free days (0 is Monday); `country` and
    `subdivision` are codes of ISO 3166 whose public holidays count; `from_on` and `until_on` bound the time in
    which duties are taken, both included.
    """

    fte_percent: int = 100
    off_weekdays: tuple[int, ...] = ()
    country: str = ""
    subdivision: str = ""
    knows: tuple[str, ...] = ()
    learns: tuple[Goal, ...] = ()
    from_on: date | None = None
    until_on: date | None = None

    @property
    def calendar(self) -> str:
        """The name of the calendar of public holidays: "DE-BE", "DE", or "" for none."""
        return "-".join(filter(None, (self.country, self.subdivision)))


def checked(terms: Terms) -> Terms:
    """Return `terms`, its areas trimmed and each once. Raises BadTerms."""
    if not 1 <= terms.fte_percent <= 100:
        raise BadTerms("fte_percent", f"The share is {terms.fte_percent} %; it must be from 1 to 100.")
    if not set(terms.off_weekdays) <= set(range(5)) or len(set(terms.off_weekdays)) > 4:
        raise BadTerms("off_weekdays", f"Free weekdays are some of {listed(list(WORKDAYS))}, four at most.")
    first, last = terms.from_on or terms.until_on, terms.until_on or terms.from_on
    wrong = wrong_with_days(first, last) if first and last else ""
    if wrong:
        raise BadTerms("until_on" if terms.until_on else "from_on", wrong)
    knows = _areas(terms.knows, "knows")
    learns = _areas([goal.area for goal in terms.learns], "learns")
    both = sorted(set(knows) & set(learns))
    if both:
        raise BadTerms("learns", f"{listed(both)}: what is known already cannot be a goal to learn.")
    times = {goal.area.strip(): goal.times for goal in terms.learns}
    if any(not 1 <= count <= MOST_TIMES for count in times.values()):
        raise BadTerms("learns", f"A goal is met after 1 to {MOST_TIMES} duties.")
    return replace(
        terms,
        off_weekdays=tuple(sorted(set(terms.off_weekdays))),
        country=terms.country.strip().upper(),
        subdivision=terms.subdivision.strip(),
        knows=knows,
        learns=tuple(Goal(area, times[area]) for area in learns),
    )


def _areas(names: Sequence[str], field: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(found) > MOST_AREAS:
        raise BadTerms(field, f"{len(found)} areas are named; {MOST_AREAS} are the most.")
    too_long = [name for name in found if len(name) > LONGEST_AREA]
    if too_long:
        raise BadTerms(field, f"{too_long[0][:20]!r}… is longer than {LONGEST_AREA} characters.")
    return found


def suggested_level(*, duties_served: int, areas_known: int) -> int:
    """Return the experience that the written rule suggests; what counts is the level that a lead sets.

    One to begin with, one for every ten duties served, one for each area known.
    """
    return 1 + duties_served // 10 + areas_known
