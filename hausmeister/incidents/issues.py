"""What incidents ask of the room of issues below them: follow-ups become issues, and a P4 an incident."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hausmeister.base.priority import Priority
from hausmeister.incidents.operations.urgent import UrgentIssue
from hausmeister.issues import queries
from hausmeister.issues.operations import working
from hausmeister.journal.rules import Actor
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor

# a follow-up is worth somebody's time, and nobody is woken for it
FOLLOW_UP = Priority.P2
WHY = "A follow-up of an incident: it would come back."


class IssueRoom:
    """The issues of this installation, as `tracker.IssueMaker` and `urgent.UrgentIssues` ask of them."""

    def make_issue(
        self, team: Team, *, title: str, text: str, owner: Person | None, by: Person, now: datetime
    ) -> str:  # fmt: skip
        """Make an issue in the backlog and return its name. Raises IssueRefused."""
        wish = working.Wish(title, text, FOLLOW_UP, owner=owner, why=WHY, bites_back=True)
        made = working.open_issue(team, wish, by=as_actor(by), person=by, now=now)
        return f"issue {made.pk}"

    def without_incident(self) -> Sequence[UrgentIssue]:
        """Return the open P4s that belong to no incident, the oldest first."""
        return [
            UrgentIssue(one.pk, one.team, one.title, one.owner, _pages(one.links.values_list("subject", flat=True)))
            for one in queries.urgent_without("incident")
        ]

    def join(self, number: int, subject: str, *, by: Actor, now: datetime) -> None:
        """Say that the issue belongs to the incident called `subject`."""
        working.link(number, subject, by=by, now=now)


def _pages(subjects: Iterable[str]) -> tuple[int, ...]:
    parts = [subject.partition(":") for subject in subjects]
    return tuple(int(number) for kind, _, number in parts if kind == "page" and number.isdecimal())
