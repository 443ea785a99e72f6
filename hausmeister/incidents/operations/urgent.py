"""An issue that is P4 is an incident too (H11, H13): opened once for each, by whichever way the issue became one.

The room of issues is plugged in by the wiring; what it has to offer is said here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import InterfaceError, OperationalError, transaction

from hausmeister.base import database, log
from hausmeister.incidents.models import Incident, Linked
from hausmeister.incidents.operations.opening import NobodyToAct, NoTitle, UnknownLevel, open_incident
from hausmeister.journal.rules import ENGINE, Actor
from hausmeister.pager.models import Page
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

_log = log.get(__name__)


@dataclass(frozen=True)
class UrgentIssue:
    """An open P4, who works on it, and the numbers of the pages that belong to it."""

    number: int
    team: Team
    title: str
    owner: Person | None = None
    pages: tuple[int, ...] = ()


class UrgentIssues(Protocol):
    """What the room of issues offers."""

    def without_incident(self) -> Sequence[UrgentIssue]:
        """Return the open P4s that belong to no incident, the oldest first."""
        ...

    def join(self, number: int, subject: str, *, by: Actor, now: datetime) -> None:
        """Say that the issue belongs to the incident called `subject`, such as "incident:4"."""
        ...


def follow(issues: UrgentIssues, *, now: datetime) -> int:
    """Open an incident for every P4 that has none; return how many. One that cannot be stops no other."""
    opened = 0
    for one in issues.without_incident():
        try:
            opened += _open_for(one, issues, now=now)
        except (OperationalError, InterfaceError):
            raise
        except (UnknownLevel, NobodyToAct, NoTitle) as error:
            _log.warning("incident.not_opened", issue=one.number, reason=str(error))
        except Exception as error:  # noqa: BLE001 - one P4 that cannot be computed must not stop the others
            _log.error("incident.not_opened", issue=one.number, reason=f"{type(error).__name__}: {error}"[:500])
    return opened


@database.tried_again
@transaction.atomic
def _open_for(one: UrgentIssue, issues: UrgentIssues, *, now: datetime) -> int:
    running = Incident.objects.running().filter(linked__page_id__in=one.pages, team=one.team).first()
    if running is not None:
        # somebody opened it from the page before the issue was urgent
        issues.join(one.number, running.subject, by=ENGINE, now=now)
        return 0
    level = team_queries.policy_of(one.team.pk).incidents.p4_level
    if not level:
        return 0
    made = open_incident(
        one.team, one.title, level, opened_from=f"issue:{one.number}", actor=ENGINE, now=now, point=one.owner
    )
    known = Page.objects.filter(pk__in=one.pages, team=one.team).values_list("id", flat=True)
    for page_id in known:
        Linked.objects.get_or_create(incident=made, page_id=page_id)
    issues.join(one.number, made.subject, by=ENGINE, now=now)
    return 1
