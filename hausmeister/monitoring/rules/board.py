"""A shard as its page shows it: what is not well in words, then how much is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from hausmeister.monitoring.rules.index import Entry, Gone

ROWS_MOST = 200
SERVICES_MOST = 200

# words that senders use; whatever is not listed and not good is taken for bad
_GOOD = frozenset({"", "ok", "okay", "up", "info", "notice", "debug", "none"})
_WARN = frozenset({"warning", "warn"})


class Health(IntEnum):
    """How an entry stands; the worst is greatest."""

    GOOD = 0
    WARN = 1
    BAD = 2


def health_of(state: str) -> Health:
    """Return how good a sender's word for its state is."""
    word = state.strip().lower()
    if word in _GOOD:
        return Health.GOOD
    return Health.WARN if word in _WARN else Health.BAD


@dataclass(frozen=True)
class Row:
    """One entry. Times are seconds since 1970 by our clock; `points` are its last numbers, oldest first."""

    host: str
    service: str
    state: str
    health: Health
    description: str
    metric: float | int | None
    points: tuple[float, ...]
    tags: tuple[str, ...]
    seen_at_s: float
    since_s: float
    expires_at_s: float
    skew_s: float
    is_expired: bool = False


@dataclass(frozen=True)
class ServiceCount:
    """A service with how many hosts say something of it, and how many of those are not good."""

    service: str
    hosts: int
    not_good: int


@dataclass(frozen=True)
class Board:
    """A shard. `not_good` is worst first and cut at ROWS_MOST; `counts` are of all entries."""

    shard: str
    as_of_s: float
    entries: int
    counts: dict[Health, int]
    not_good: tuple[Row, ...]
    expired: tuple[Row, ...]
    expired_count: int
    services: tuple[ServiceCount, ...]
    services_count: int
    last_event_at_s: float | None
    refused: int
    malformed: int

    @property
    def not_good_count(self) -> int:
        """How many entries are not good, also those that are not among the rows."""
        return self.counts[Health.BAD] + self.counts[Health.WARN]

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come at all: missing is neither good nor bad."""
        return not self.entries


def board_of(
    shard: str,
    entries: Sequence[Entry],
    gone: Sequence[Gone],
    *,
    as_of_s: float,
    last_event_at_s: float | None,
    refused: int = 0,
    malformed: int = 0,
) -> Board:
    """Return the board of these entries and of what expired lately (newest first)."""
    counts = dict.fromkeys(Health, 0)
    by_service: dict[str, list[int]] = {}
    wrong: list[tuple[Health, Entry]] = []
    for entry in entries:
        health = health_of(entry.event.state)
        counts[health] += 1
        numbers = by_service.setdefault(entry.event.service, [0, 0])
        numbers[0] += 1
        if health is not Health.GOOD:
            numbers[1] += 1
            wrong.append((health, entry))
    wrong.sort(key=lambda one: (-one[0], one[1].since_s, one[1].event.key))
    services = [ServiceCount(name, *numbers) for name, numbers in by_service.items()]
    services.sort(key=lambda one: (-one.not_good, one.service))
    return Board(
        shard=shard,
        as_of_s=as_of_s,
        entries=len(entries),
        counts=counts,
        not_good=tuple(row_of(entry) for _, entry in wrong[:ROWS_MOST]),
        expired=tuple(_gone_row(one) for one in gone[:ROWS_MOST]),
        expired_count=len(gone),
        services=tuple(services[:SERVICES_MOST]),
        services_count=len(services),
        last_event_at_s=last_event_at_s,
        refused=refused,
        malformed=malformed,
    )


def row_of(entry: Entry) -> Row:
    """Return one living entry as a row."""
    event = entry.event
    return Row(
        host=event.host,
        service=event.service,
        state=event.state,
        health=health_of(event.state),
        description=event.description,
        metric=event.metric,
        points=tuple(entry.points or ()),
        tags=event.tags,
        seen_at_s=entry.seen_at_s,
        since_s=entry.since_s,
        expires_at_s=entry.expires_at_s,
        skew_s=entry.skew_s,
    )


def _gone_row(gone: Gone) -> Row:
    event = gone.event
    return Row(
        host=event.host,
        service=event.service,
        state=event.state,
        health=health_of(event.state),
        description=event.description,
        metric=event.metric,
        points=(),
        tags=event.tags,
        seen_at_s=gone.seen_at_s,
        since_s=gone.expired_at_s,
        expires_at_s=gone.expired_at_s,
        skew_s=0.0,
        is_expired=True,
    )
