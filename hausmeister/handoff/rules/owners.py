"""To whom each open thing goes when the duty changes hands (H4, H11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hausmeister.base.priority import Priority
from hausmeister.handoff.rules.changes import Change

EVERY, OWN = "every", "own"


@dataclass(frozen=True)
class Ruling:
    """What decides to whom things go: the change, what the policy says of issues, who may have something.

    `able` are the team's responders. `backstop` has it when the incoming person may not, or is nobody. `had_before`
    says who gave an issue of the backlog away at the last hand-off: they get it back when the day shift begins.
    """

    change: Change
    issues: str = EVERY
    able: frozenset[int] = frozenset()
    backstop: int | None = None
    had_before: Mapping[int, int] = field(default_factory=dict)

    @property
    def receiver(self) -> int | None:
        """Who gets what is open: the incoming person, else the backstop; None where neither can have it."""
        return next((one for one in (self.change.incoming, self.backstop) if one in self.able), None)

    @property
    def leavers(self) -> frozenset[int]:
        """Those whose things move on: whoever had the duty and does not have it from now on."""
        return self.change.former - {self.change.incoming}


@dataclass(frozen=True)
class OpenIssue:
    """An open issue: its priority and who works on it."""

    number: int
    priority: Priority
    owner: int | None


def is_pending(issue: OpenIssue, ruling: Ruling) -> bool:
    """Say whether the issue stands in the hand-off: every P4 and P3, and of the backlog what somebody leaving has."""
    return issue.priority >= Priority.P3 or issue.owner in ruling.leavers


def issue_goes_to(issue: OpenIssue, ruling: Ruling) -> int | None:
    """Return who has the issue after the change, None where it stays with whoever has it.

    At the end of the day shift every pending one goes along; else P4 and P3 do. By the policy's "own", what somebody
    else works on stays with them.
    """
    to = ruling.receiver
    if issue.priority < Priority.P3:
        to = _backlog_goes_to(issue, ruling)
    elif ruling.issues == OWN and issue.owner in ruling.able and issue.owner not in ruling.leavers:
        to = None
    return to if to != issue.owner else None


def _backlog_goes_to(issue: OpenIssue, ruling: Ruling) -> int | None:
    if issue.owner not in ruling.leavers:
        return None
    if ruling.change.ends_the_day_shift:
        return ruling.receiver
    if ruling.change.begins_the_day_shift:
        before = ruling.had_before.get(issue.number)
        return before if before in ruling.able else None
    return None


def question_goes_to(holder: int | None, ruling: Ruling) -> int | None:
    """Return who has a question after the change, None where it stays: pager duty takes none (H3).

    One that nobody has taken is asked of whoever is on duty, and needs no owner here.
    """
    if not ruling.change.triage_to or holder not in ruling.leavers:
        return None
    return ruling.receiver


def page_goes_to(holder: int | None, others: frozenset[int], ruling: Ruling) -> int | None:
    """Return who is called for an acknowledged page: the next person if the one who leaves is alone on it (H7)."""
    if holder is None or holder != ruling.change.outgoing or ruling.change.is_kept:
        return None
    return None if others - {holder} else ruling.receiver
