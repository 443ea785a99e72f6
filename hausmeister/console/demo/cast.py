"""Who is in the demo: the handbook's team, and a second one in another zone, so that nothing assumes one."""

from dataclasses import dataclass

from hausmeister.team.rules import Role


@dataclass(frozen=True)
class Member:
    """One person of the demo. `experience` decides whose backstop they may be; `weeks_there` how long they served."""

    name: str
    role: Role
    experience: int
    zone_name: str = "Europe/Berlin"
    takes_duty: bool = True
    weeks_there: int = 120

    @property
    def email(self) -> str:
        """The address, at a domain that belongs to nobody (RFC 2606)."""
        return f"{self.name.lower().replace(' ', '.')}@example.org"


@dataclass(frozen=True)
class Cast:
    """One team of the demo."""

    slug: str
    name: str
    zone_name: str
    members: tuple[Member, ...]


DATA_INFRA = Cast(
    slug="data-infra",
    name="Data Infra",
    zone_name="Europe/Berlin",
    members=(
        Member("Ada Okafor", Role.RESPONDER, 2),
        Member("Bo Lindqvist", Role.RESPONDER, 3),
        Member("Chidi Eze", Role.RESPONDER, 2),
        Member("Dunya Sahin", Role.RESPONDER, 3, zone_name="Europe/Istanbul"),
        Member("Eero Virtanen", Role.RESPONDER, 5, zone_name="Europe/Helsinki"),
        Member("Gil Moreau", Role.RESPONDER, 1, weeks_there=9),
        Member("Mirela Sand", Role.LEAD, 6),
        # one of the clients: sees the status, is never called (H8)
        Member("Imani Cole", Role.VIEWER, 1, takes_duty=False),
    ),
)

STREAMING = Cast(
    slug="streaming",
    name="Streaming",
    zone_name="America/Sao_Paulo",
    members=(
        Member("Rui Tavares", Role.LEAD, 5, zone_name="America/Sao_Paulo"),
        Member("Lia Campos", Role.RESPONDER, 3, zone_name="America/Sao_Paulo"),
        Member("Otto Brandt", Role.RESPONDER, 2, zone_name="America/Sao_Paulo"),
        Member("Noor Haddad", Role.RESPONDER, 1, zone_name="America/Sao_Paulo"),
    ),
)

TEAMS = (DATA_INFRA, STREAMING)
