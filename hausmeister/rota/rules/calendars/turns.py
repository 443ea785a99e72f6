"""From the stretches of a general schedule to the events of a feed: one as long as the same people have a turn."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from hausmeister.rota.rules.calendars.stretches import whole_second


@dataclass(frozen=True)
class Together:
    """A stretch in which the same people, by name, are on. Times in UTC.

    `turn` are the bounds of the whole of which it is a part, None where several overlap. `is_duty`: it only repeats
    one of the team's duties; `is_tentative`: and nobody has planned that one yet.
    """

    starts_at: datetime
    ends_at: datetime
    people: tuple[int, ...]
    names: tuple[str, ...]
    turn: tuple[datetime, datetime] | None = None
    is_duty: bool = False
    is_tentative: bool = False

    def continues(self, before: "Together") -> bool:
        """Say whether this is `before` going on: the same people in the same turn, without a pause."""
        return self == replace(before, starts_at=before.ends_at, ends_at=self.ends_at)


def joined_turns(parts: Iterable[Together]) -> list[Together]:
    """Join the parts that go on with the same people, in the order of time; where nobody is on, there is no event.

    A calendar knows no fractions of a second: they are cut off, and a stretch without a whole second vanishes.
    """
    found: list[Together] = []
    for part in parts:
        if found and part.continues(found[-1]):
            found[-1] = replace(found[-1], ends_at=part.ends_at)
        elif part.people:
            found.append(part)
    whole = [replace(one, starts_at=whole_second(one.starts_at), ends_at=whole_second(one.ends_at)) for one in found]
    return [one for one in whole if one.starts_at < one.ends_at]


def uid_of_turn(one: Together, schedule_id: int, *, of: str, host: str) -> str:
    """Return the identity of an event: its schedule, its turn, and how far into the turn it begins."""
    begins_at = whole_second(one.turn[0]) if one.turn else one.starts_at
    after_s = int((one.starts_at - begins_at).total_seconds())
    return f"schedule-{schedule_id}-{begins_at:%Y%m%dT%H%M%SZ}-{after_s}.{of}@{host}"
