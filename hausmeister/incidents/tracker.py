"""How a follow-up becomes an issue: the room of issues is plugged in here by the wiring, once it is there."""

from datetime import datetime
from typing import Protocol

from hausmeister.incidents.models import FollowUp
from hausmeister.incidents.telling import link
from hausmeister.team.models import Person, Team


class IssueMaker(Protocol):
    """Makes an issue in the caller's transaction and returns where it is: an address, or a name such as "issue 12"."""

    def make_issue(
        self, team: Team, *, title: str, text: str, owner: Person | None, by: Person, now: datetime
    ) -> str: ...


_connected: list[IssueMaker] = []


def connect(maker: IssueMaker | None) -> None:
    """Let `maker` make the issues from now on; None: nobody does."""
    _connected[:] = [] if maker is None else [maker]


def connected() -> IssueMaker | None:
    """Return what makes issues, None while no tracker is connected."""
    return _connected[0] if _connected else None


def why(one: FollowUp) -> str:
    """Return what an issue says of where it comes from."""
    if one.incident is not None:
        return f"Follow-up of incident {one.incident_id}, {one.incident.title}: {link(one.incident)}"
    return f"From the log book: {one.failure}"
