"""When the duty changes hands, read from who holds it from when to when. Nothing here knows a weekday."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Held:
    """A stretch of one turn of a duty with one holder, None for nobody. `triage`: they take questions too (H3)."""

    starts_at: datetime
    ends_at: datetime
    turn_starts_at: datetime
    duty: str
    title: str
    triage: bool
    person: int | None


@dataclass(frozen=True)
class Change:
    """The duty goes from one person to another, or one turn ends and the next begins, at `at`.

    `former` are those who had the duty before: whoever leaves now, and who last had one with triage. Questions that
    they still hold wait for the next person who takes questions.
    """

    at: datetime
    outgoing: int | None
    incoming: int | None
    title_from: str
    title_to: str
    triage_from: bool
    triage_to: bool
    former: frozenset[int] = frozenset()

    @property
    def is_kept(self) -> bool:
        """Whether the same person goes on: there is nothing to accept."""
        return self.outgoing is not None and self.outgoing == self.incoming

    @property
    def ends_the_day_shift(self) -> bool:
        """Whether a duty with triage ends and one without begins (the handbook's Friday)."""
        return self.triage_from and not self.triage_to

    @property
    def begins_the_day_shift(self) -> bool:
        """Whether a duty with triage begins (the handbook's Monday)."""
        return self.triage_to and not self.triage_from


def changes(stretches: Iterable[Held]) -> list[Change]:
    """Return every change in `stretches`, which follow on each other, in the order of time."""
    ordered = list(stretches)
    found = []
    for place, (before, after) in enumerate(itertools.pairwise(ordered)):
        is_same_turn = before.turn_starts_at == after.turn_starts_at
        if is_same_turn and before.person == after.person:
            continue
        found.append(between(ordered[: place + 1], after))
    return found


def between(before: Sequence[Held], after: Held, *, at: datetime | None = None) -> Change:
    """Return the change from the last of `before` to `after`, when that begins or at `at`."""
    last = before[-1]
    day_shift = next((one for one in reversed(before) if one.triage and one.person is not None), None)
    former = {one.person for one in (last, day_shift) if one is not None and one.person is not None}
    return Change(
        at=at or after.starts_at,
        outgoing=last.person,
        incoming=after.person,
        title_from=last.title,
        title_to=after.title,
        triage_from=last.triage,
        triage_to=after.triage,
        former=frozenset(former),
    )


def held_at(stretches: Iterable[Held], moment: datetime) -> Held | None:
    """Return the stretch that holds `moment`, None when none does."""
    return next((one for one in stretches if one.starts_at <= moment < one.ends_at), None)


def has_passed_over(changes_of_team: Sequence[Change], change: Change, *, now: datetime) -> bool:
    """Say whether a later change has happened already: then nobody waits for this one any more."""
    return any(change.at < later.at <= now for later in changes_of_team)
