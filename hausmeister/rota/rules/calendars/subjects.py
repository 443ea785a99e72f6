"""What a feed can be about, who it is for, and how long its secret address lives (S14)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# 32 letters and figures of this alphabet are 160 bits
TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # noqa: S105 - what tokens are made of
TOKEN_LENGTH = 32
UNUSED_LIFE = timedelta(days=400)
FETCHES_AN_HOUR = 60
HOUR = timedelta(hours=1)
MOST_FEEDS = 30

WEEKS_BACK = 13
# counted from this week's Monday, so that from any day of it 26 weeks are ahead
WEEKS_AHEAD = 27

BACKSTOP = "backstop"


class FeedKind(StrEnum):
    """The kinds of feed. A further one needs a member here and its line in `calendars.sheets.SHEETS`."""

    # somebody's own duties: in all their teams, or in one
    PERSON = "person"
    # everything of a team's rota
    ROTA = "rota"
    # one duty of a team, by its name; "backstop" is the post behind every duty
    DUTY = "duty"
    # one of a team's general schedules
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Subject:
    """What one feed is about. `name` says which of the team's, for kinds that need it: a duty's name, an id."""

    kind: FeedKind
    team_id: int | None = None
    person_id: int | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """The subject as one text. Feeds of the same subject tell the same."""
        return f"{self.kind}:{self.team_id or ''}:{self.person_id or ''}:{self.name}"


@dataclass(frozen=True)
class Window:
    """The weeks that a feed shows, as Mondays; it moves on once a week, so that a feed changes no oftener."""

    first: date
    until: date


def window(today: date) -> Window:
    """Return what a feed shows on `today`: at least 90 days back and 26 weeks ahead."""
    monday = today - timedelta(days=today.weekday())
    return Window(monday - timedelta(weeks=WEEKS_BACK), monday + timedelta(weeks=WEEKS_AHEAD))
