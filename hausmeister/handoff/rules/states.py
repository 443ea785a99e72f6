"""The words for where a hand-off stands, and for what stands in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HandoffState(StrEnum):
    """Where a hand-off stands; computed, never stored."""

    DRAFT = "draft"
    WAITING = "waiting"
    RAISED = "raised"
    ACCEPTED = "accepted"
    KEPT = "kept"
    OVERTAKEN = "overtaken"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to accept it."""
        return self in {HandoffState.DRAFT, HandoffState.WAITING, HandoffState.RAISED}


@dataclass(frozen=True)
class Moments:
    """The moments that decide where a hand-off stands."""

    moved_at: datetime | None
    accepted_at: datetime | None
    raised_at: datetime | None
    overtaken_at: datetime | None
    cancelled_at: datetime | None
    is_kept: bool


def state_of(moments: Moments) -> HandoffState:
    """Return where a hand-off with these moments stands."""
    if moments.cancelled_at is not None:
        return HandoffState.CANCELLED
    if moments.accepted_at is not None:
        return HandoffState.ACCEPTED
    if moments.is_kept:
        return HandoffState.KEPT
    if moments.overtaken_at is not None:
        return HandoffState.OVERTAKEN
    if moments.raised_at is not None:
        return HandoffState.RAISED
    return HandoffState.DRAFT if moments.moved_at is None else HandoffState.WAITING


class ThingKind(StrEnum):
    """What stands in a hand-off, in the order in which it is read."""

    ISSUE = "issue"
    PAGE = "page"
    INCIDENT = "incident"
    QUESTION = "question"
    QUIET = "quiet"
    FLAPPING = "flapping"
    RISK = "risk"
    MONITORING = "monitoring"
    LEAVE = "leave"


# what the next person has to do something about; the rest they have to know
TO_DO = frozenset({ThingKind.ISSUE, ThingKind.PAGE, ThingKind.INCIDENT, ThingKind.QUESTION})


@dataclass(frozen=True)
class Found:
    """Something open, as it is found. `subject` is its name in the journal, such as "issue:12".

    `owner` has it now; `goes_to` has it after the change, None where it stays as it is. `detail` is one line.
    """

    kind: ThingKind
    subject: str
    title: str
    detail: str = ""
    path: str = ""
    rank: int | None = None
    owner: int | None = None
    goes_to: int | None = None
    ends_at: datetime | None = None
