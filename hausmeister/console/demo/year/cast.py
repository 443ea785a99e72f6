"""Who is in the year's demo: twelve people, of whom one came in spring, one in autumn, and one left."""

from dataclasses import dataclass
from datetime import date, timedelta

from hausmeister.console.demo import cast
from hausmeister.console.demo.cast import Cast, Member
from hausmeister.team.rules import Role


@dataclass(frozen=True)
class Stay:
    """Until or from when somebody is there, in days since the year began. `leaves` None: for good."""

    joins: int = 0
    leaves: int | None = None

    def is_there(self, on: date, *, began_on: date) -> bool:
        """Say whether the person is in the team on that day."""
        day = (on - began_on) / timedelta(days=1)
        return self.joins <= day and (self.leaves is None or day <= self.leaves)


TEAM = Cast(
    slug=cast.DATA_INFRA.slug,
    name=cast.DATA_INFRA.name,
    zone_name=cast.DATA_INFRA.zone_name,
    members=(
        *(one for one in cast.DATA_INFRA.members if one.role is not Role.VIEWER),
        Member("Hana Kovac", Role.RESPONDER, 4, zone_name="Europe/Prague", weeks_there=90),
        Member("Ines Duarte", Role.RESPONDER, 5, zone_name="Europe/Lisbon", weeks_there=160),
        # the two who came during the year, and the one who left
        Member("Kofi Mensah", Role.RESPONDER, 1, weeks_there=0),
        Member("Lotte Brouwer", Role.RESPONDER, 2, zone_name="Europe/Amsterdam", weeks_there=0),
        Member("Otis Grant", Role.RESPONDER, 4, zone_name="Europe/London", weeks_there=200),
    ),
)

STAYS = {"Kofi Mensah": Stay(joins=104), "Lotte Brouwer": Stay(joins=251), "Otis Grant": Stay(leaves=216)}

# the data scientists who ask (H8); they have no account
CLIENTS = (
    "Imani Cole", "Tomas Novak", "Yuki Arai", "Petra Lang", "Samir Haddad", "Freya Olsen", "Marco Bianchi",
    "Nadia Rahman", "Viktor Toth", "Clara Weiss", "Diego Ruiz", "Anouk Perrin", "Sven Berg", "Aisha Diallo",
)  # fmt: skip


def stay_of(name: str) -> Stay:
    """Return when the person with this name is there."""
    return STAYS.get(name, Stay())
