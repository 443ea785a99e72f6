"""Who had most of a turn, once it was cut by overrides and by people who left: whom the ledger credits with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class Stand:
    """Somebody who held a post instead of the planned person. Among those that overlap the one with the newest wins."""

    number: int
    starts_at: datetime
    ends_at: datetime
    person_id: int


def most_of(starts_at: datetime, ends_at: datetime, *, planned: int | None, stands: Sequence[Stand]) -> int | None:
    """Return who held more of the span than anybody else, None for nobody; the planned person at a tie.

    As in the resolver, an empty stand (one that ended as it began) counts for nothing.
    """
    inside = sorted((one for one in stands if one.starts_at < ends_at and one.ends_at > starts_at), key=_newest_first)
    if not inside:
        return planned
    edges = sorted({starts_at, ends_at, *(at for one in inside for at in (one.starts_at, one.ends_at))})
    held: Counter[int | None] = Counter()
    for begins, ends in pairwise(edges):
        if starts_at <= begins < ends_at:
            who = next((one.person_id for one in inside if one.starts_at <= begins < one.ends_at), planned)
            held[who] += (ends - begins) // timedelta(seconds=1)
    longest = max(held.values())
    return planned if held[planned] == longest else max(held, key=lambda who: held[who])


def _newest_first(one: Stand) -> int:
    return -one.number
