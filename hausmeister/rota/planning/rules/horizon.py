"""How firm a week is: frozen, published or tentative; people plan their lives by the first two."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from hausmeister.base.wall_time import monday_of


class Firmness(StrEnum):
    """Frozen weeks change only when somebody cannot; published ones at a price; tentative ones freely."""

    FROZEN = "frozen"
    PUBLISHED = "published"
    TENTATIVE = "tentative"


@dataclass(frozen=True)
class Horizon:
    """The two borders, as Mondays: the first week that is not frozen, and the first that is tentative."""

    thaws_on: date
    tentative_on: date

    def of(self, week: date) -> Firmness:
        """Return how firm the week of `week` is."""
        if week < self.thaws_on:
            return Firmness.FROZEN
        return Firmness.PUBLISHED if week < self.tentative_on else Firmness.TENTATIVE


def horizon(today: date, *, frozen_weeks: int, published_weeks: int) -> Horizon:
    """Return the horizon as it is on `today`; the running week is the first that counts."""
    monday = monday_of(today)
    return Horizon(monday + timedelta(weeks=frozen_weeks), monday + timedelta(weeks=published_weeks))
