"""Alarms to mend for good: what nobody acts on, what flaps, what comes most."""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# an alert that is back so soon after its end was never over
FLAPS_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Raised:
    """One alert, from its first signal to its end. `is_untouched`: nobody acknowledged or closed its page."""

    alert_id: int
    source_id: int
    key: str
    title: str
    page_id: int
    first_seen_at: datetime
    closed_at: datetime | None
    is_untouched: bool


@dataclass(frozen=True)
class Noise:
    """Everything that one alarm of one source did: how often it came, how often nobody acted, how often it flapped."""

    source_id: int
    key: str
    title: str
    count: int
    untouched: int
    flaps: int
    page_id: int


def noises(raised: Iterable[Raised]) -> list[Noise]:
    """Return the alarms, the noisiest first: by what nobody acted on, then by flapping, then by how often it came."""
    groups: dict[tuple[int, str], list[Raised]] = defaultdict(list)
    for one in raised:
        groups[one.source_id, one.key].append(one)
    found = [_noise(sorted(group, key=lambda one: (one.first_seen_at, one.alert_id))) for group in groups.values()]
    return sorted(found, key=lambda one: (-one.untouched, -one.flaps, -one.count, one.source_id, one.key))


def _noise(group: list[Raised]) -> Noise:
    flaps = sum(
        before.closed_at is not None and after.first_seen_at - before.closed_at <= FLAPS_WITHIN
        for before, after in itertools.pairwise(group)
    )
    last = group[-1]
    return Noise(
        last.source_id, last.key, last.title, len(group), sum(one.is_untouched for one in group), flaps, last.page_id
    )
