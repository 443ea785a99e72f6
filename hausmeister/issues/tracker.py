"""What the room asks of a tracker. A connector speaks it in the tracker's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hausmeister.issues.rules.mirror import Remote
from hausmeister.outbox.delivery import Refused


class Gone(Refused):
    """The issue is not there any more: deleted, or moved to where we may not look."""


@dataclass(frozen=True)
class Wanted:
    """What an issue there is to be. None leaves a part as it is."""

    title: str | None = None
    body: str | None = None
    labels: tuple[str, ...] | None = None
    is_open: bool | None = None


@dataclass(frozen=True)
class Changes:
    """What a look brought: issues in the order of their last change. `etag` makes the next look cheap.

    `upto` is the last change that was read, None when nothing was; `is_all` is False when there is more to read.
    """

    issues: Sequence[Remote]
    etag: str
    upto: datetime | None
    is_all: bool = True


class Tracker(Protocol):
    """One tracker, reached with one token. Every call raises TryLater or Refused, and Gone where it fits."""

    # as rows of the outbox and of our tables name it, and as people do
    name: str
    label: str

    def create(self, repository: str, wanted: Wanted) -> Remote:
        """Make an issue; all of `wanted` but `is_open` is given."""
        ...

    def update(self, repository: str, number: int, wanted: Wanted) -> Remote:
        """Change those parts of an issue that `wanted` gives."""
        ...

    def find(self, repository: str, marker: str, *, since: datetime) -> Remote | None:
        """Return the issue made at or after `since` whose text holds our `marker`, None when there is none."""
        ...

    def comment(self, repository: str, number: int, text: str, *, marker: str, look_first: bool) -> str:
        """Add a comment that holds `marker`; return its address. `look_first`: it may be there already."""
        ...

    def changes(self, repository: str, labels: Sequence[str], *, since: datetime | None, etag: str) -> Changes:
        """Return what changed at or after `since`; without it, every open issue with all of `labels`."""
        ...

    def check(self) -> str:
        """Return in a few words that the tracker knows our token; nothing is changed."""
        ...


@dataclass(frozen=True)
class Offer:
    """A file offered to a repository on a branch of its own. `title` and `body` are what a reviewer reads first."""

    branch: str
    path: str
    text: str
    title: str
    body: str


@dataclass(frozen=True)
class Pull:
    """A pull request as a tracker has it. `state`: open, merged or closed (without being merged)."""

    number: int
    url: str
    state: str


class PullRequests(Protocol):
    """What else some trackers can do: take a file for review. Every call raises TryLater or Refused."""

    label: str

    def offer(self, repository: str, offer: Offer) -> Pull:
        """Open a pull request with the file; the same branch a second time is the same pull request."""
        ...

    def look(self, repository: str, number: int) -> Pull:
        """Return a pull request as it is now. Raises Gone when it is not there any more."""
        ...
