"""What other rooms add to a hand-off: whoever knows of a risk says so here, and `wiring` says who is asked.

A provider that fails stops no hand-off: that it could not be asked is then what stands in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hausmeister.base import log
from hausmeister.team.models import Team

_log = log.get(__name__)


@dataclass(frozen=True)
class Risk:
    """Something that may go wrong in the coming duty. `key` stays the same while it is the same risk."""

    key: str
    title: str
    detail: str = ""
    path: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Provider:
    """Somebody who knows of risks: what they watch, in two or three words, and how they are asked."""

    name: str
    ask: Callable[[Team, datetime], Sequence[Risk]]


_providers: list[Provider] = []


def use(*providers: Provider) -> None:
    """Say who is asked from now on."""
    _providers[:] = providers


def of_team(team: Team, *, now: datetime) -> list[Risk]:
    """Return every risk that is known for the team."""
    return [risk for provider in _providers for risk in _asked(provider, team, now)]


def _asked(provider: Provider, team: Team, now: datetime) -> Sequence[Risk]:
    try:
        return provider.ask(team, now)
    except Exception as error:  # noqa: BLE001 - what one room cannot say must not keep the rest from the next person
        _log.error("handoff.risks_unknown", provider=provider.name, error=f"{type(error).__name__}: {error}"[:300])
        return [Risk(f"unknown:{provider.name}"[:60], f"What {provider.name} knows could not be read.")]
