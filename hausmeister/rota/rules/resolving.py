"""Who, at this instant, and why: the one answer that web, API, console, calendar and pager give.

A duty's holder is the last override that covers the instant, else the planned person. Somebody who is away
or missing is stood in for: the backstop takes the duty, the last resort stands behind. Never nobody, as long
as the team has two people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hausmeister.rota.rules.slots import Post, Slot
from hausmeister.team.rules import Away


@dataclass(frozen=True)
class PlannedShift:
    """A planned duty: who has which post in which turn; nobody when the rotation found no one."""

    slot: Slot
    post: Post
    person_id: int | None
    bent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Substitution:
    """An override: `person_id` holds `post` in the span, whatever is planned (L11). The newest wins."""

    id: int
    post: Post
    starts_at: datetime
    ends_at: datetime
    person_id: int
    reason: str = ""

    def contains(self, at: datetime) -> bool:
        """Say whether `at` lies within; the end itself does not."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True)
class Holder:
    """Who holds a post and why, in words that need no explanation."""

    person_id: int | None
    why: str
    is_planned: bool = True


@dataclass(frozen=True)
class OnDuty:
    """The answer for one instant. `until` is when anything in it may change next."""

    slot: Slot
    primary: Holder
    backstop: Holder
    until: datetime


@dataclass(frozen=True)
class Facts:
    """What the resolver looks at. `reserves` are people to fall back on, in order: the named last resort."""

    planned: Sequence[PlannedShift]
    substitutions: Sequence[Substitution] = ()
    away: dict[int, tuple[Away, ...]] = field(default_factory=dict)
    reserves: Sequence[int] = ()


def resolve(slot: Slot, facts: Facts, at: datetime) -> OnDuty:
    """Return who holds both posts of `slot` at `at`, an instant inside it."""
    primary = _holder(slot, Post.PRIMARY, facts, at)
    backstop = _holder(slot, Post.BACKSTOP, facts, at)
    if primary.person_id is None and backstop.person_id is not None:
        primary, backstop = (
            _stand_in(primary, backstop),
            Holder(None, "the backstop has taken the duty", is_planned=False),
        )
    if primary.person_id is None:
        primary = _reserve(primary, facts, at, barred=None)
    if backstop.person_id is None or backstop.person_id == primary.person_id:
        backstop = _reserve(backstop, facts, at, barred=primary.person_id)
    return OnDuty(slot, primary, backstop, _until(slot, facts, at))


def _holder(slot: Slot, post: Post, facts: Facts, at: datetime) -> Holder:
    over = [one for one in facts.substitutions if one.post is post and one.contains(at)]
    if over:
        newest = max(over, key=lambda one: one.id)
        reason = f": {newest.reason}" if newest.reason else ""
        return Holder(newest.person_id, f"an override{reason}", is_planned=False)
    planned = next((one for one in facts.planned if one.slot == slot and one.post is post), None)
    if planned is None or planned.person_id is None:
        return Holder(None, "nobody is planned", is_planned=False)
    if any(span.contains(at) for span in facts.away.get(planned.person_id, ())):
        return Holder(None, "the planned person is away", is_planned=False)
    bent = f"; {'; '.join(planned.bent)}" if planned.bent else ""
    return Holder(planned.person_id, f"planned{bent}")


def _stand_in(primary: Holder, backstop: Holder) -> Holder:
    return Holder(backstop.person_id, f"{primary.why}, so the backstop has the duty", is_planned=False)


def _reserve(holder: Holder, facts: Facts, at: datetime, *, barred: int | None) -> Holder:
    """Return the first reserve who is not `barred`, preferring those who are not away."""
    others = [person for person in facts.reserves if person != barred]
    present = [p for p in others if not any(span.contains(at) for span in facts.away.get(p, ()))]
    for person in present or others:
        return Holder(person, f"{holder.why}, so the last resort stands in", is_planned=False)
    return Holder(None, f"{holder.why}, and there is nobody to stand in", is_planned=False)


def _until(slot: Slot, facts: Facts, at: datetime) -> datetime:
    moments = [slot.ends_at]
    for one in facts.substitutions:
        moments += [one.starts_at, one.ends_at]
    for spans in facts.away.values():
        for span in spans:
            moments += [span.starts_at, span.ends_at]
    return min(moment for moment in moments if moment > at)
