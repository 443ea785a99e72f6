"""The index: for each host and service the newest event, until its time to live is over.

An entry lives from the moment its event arrived, by our clock: a sender whose clock is wrong neither lives for
ever nor dies at once. What expired is kept apart for a while, to be shown as such.
"""

import heapq
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hausmeister.base.event import EXPIRED, Event
from hausmeister.base.event_query import Test

Key = tuple[str, str]

# Riemann's own: what gives no time to live holds for a minute
TTL_S = 60.0
LONGEST_TTL_S = 30 * 86_400.0
KEEP_EXPIRED_S = 3_600.0
ENTRIES_MOST = 500_000
# a sender's clock that is further off than this is shown as wrong
SKEW_S = 60.0

# a sparkline: so many numbers, at least so far apart
POINTS = 24
POINT_EVERY_S = 10.0


class IndexIsFull(Exception):
    """A new key does not fit; the keys that are there are updated all the same."""


class Entry:
    """What the index knows of one host and service: the newest event, when it came, and its last numbers."""

    __slots__ = ("_drawn_at_s", "event", "expires_at_s", "points", "seen_at_s", "since_s", "wakes_at_s")

    def __init__(self, event: Event, *, now_s: float) -> None:
        self.event = event
        self.seen_at_s = now_s
        # since when it has been in this state
        self.since_s = now_s
        self.expires_at_s = now_s + _ttl(event)
        self.wakes_at_s = self.expires_at_s
        self.points: array[float] | None = None
        self._drawn_at_s = 0.0
        self._draw(event, now_s)

    def update(self, event: Event, *, now_s: float) -> None:
        """Take a newer event."""
        if event.state != self.event.state:
            self.since_s = now_s
        self.event = event
        self.seen_at_s = now_s
        self.expires_at_s = now_s + _ttl(event)
        self._draw(event, now_s)

    def _draw(self, event: Event, now_s: float) -> None:
        if event.metric is None or now_s - self._drawn_at_s < POINT_EVERY_S:
            return
        self._drawn_at_s = now_s
        if self.points is None:
            self.points = array("f")
        if len(self.points) == POINTS:
            del self.points[0]
        self.points.append(_as_point(event.metric))

    @property
    def skew_s(self) -> float:
        """How far the sender's clock is ahead of ours (behind: negative), 0 within a minute or without a time."""
        if self.event.time_s is None:
            return 0.0
        off = self.event.time_s - self.seen_at_s
        return off if abs(off) > SKEW_S else 0.0


def _as_point(metric: float) -> float:
    # a number that a small float cannot hold is drawn at the edge; the entry keeps it as it came
    return min(max(float(metric), -3.0e38), 3.0e38)


def _ttl(event: Event) -> float:
    ttl = TTL_S if event.ttl_s is None or not event.ttl_s > 0 else event.ttl_s
    return min(ttl, LONGEST_TTL_S)


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry whose time to live is over: the last event it had, and when that was."""

    event: Event
    seen_at_s: float
    expired_at_s: float


class Index:
    """The events of one shard. Not for several threads at once: whoever shares it brings the lock."""

    def __init__(self, *, entries_most: int = ENTRIES_MOST, keep_expired_s: float = KEEP_EXPIRED_S) -> None:
        self._entries: dict[Key, Entry] = {}
        self._gone: dict[Key, Gone] = {}
        # (when to look, key): at most one place for each entry that is not yet due earlier
        self._wakes: list[tuple[float, Key]] = []
        self._entries_most = entries_most
        self._keep_expired_s = keep_expired_s
        self.refused = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, host: str, service: str) -> Entry | None:
        """Return the entry of this host and service, None when there is none."""
        return self._entries.get((host, service))

    def update(self, event: Event, *, now_s: float) -> Event | None:
        """Take `event`; return the one that it replaces, None for a new key. Raises IndexIsFull.

        An event in the state "expired" takes its entry out, as Riemann does.
        """
        key = event.key
        entry = self._entries.get(key)
        if event.state == EXPIRED:
            if entry is not None:
                self._let_go(key, entry, now_s)
            return None if entry is None else entry.event
        if entry is None:
            self._add(key, event, now_s)
            return None
        before = entry.event
        entry.update(event, now_s=now_s)
        if entry.expires_at_s < entry.wakes_at_s:
            entry.wakes_at_s = entry.expires_at_s
            heapq.heappush(self._wakes, (entry.expires_at_s, key))
        return before

    def _add(self, key: Key, event: Event, now_s: float) -> None:
        if len(self._entries) >= self._entries_most:
            self.refused += 1
            raise IndexIsFull(f"The index holds {self._entries_most} entries; {event.service!r} is not taken.")
        host, service = sys.intern(event.host), sys.intern(event.service)
        event = replace(event, host=host, service=service, state=sys.intern(event.state))
        entry = Entry(event, now_s=now_s)
        self._entries[host, service] = entry
        self._gone.pop(key, None)
        heapq.heappush(self._wakes, (entry.expires_at_s, (host, service)))

    def expire(self, *, now_s: float) -> list[Gone]:
        """Take out what nobody kept alive; return it, longest over first."""
        over: list[Gone] = []
        while self._wakes and self._wakes[0][0] <= now_s:
            at_s, key = heapq.heappop(self._wakes)
            entry = self._entries.get(key)
            if entry is None or entry.wakes_at_s != at_s:
                continue
            if entry.expires_at_s > now_s:
                entry.wakes_at_s = entry.expires_at_s
                heapq.heappush(self._wakes, (entry.expires_at_s, key))
                continue
            over.append(self._let_go(key, entry, now_s))
        self._forget(now_s)
        return over

    def _let_go(self, key: Key, entry: Entry, now_s: float) -> Gone:
        del self._entries[key]
        gone = Gone(entry.event, entry.seen_at_s, now_s)
        self._gone.pop(key, None)
        self._gone[key] = gone
        return gone

    def _forget(self, now_s: float) -> None:
        """Drop what expired long ago, and the oldest of too many: both stand at the front."""
        while self._gone:
            key = next(iter(self._gone))
            is_old = self._gone[key].expired_at_s < now_s - self._keep_expired_s
            if not is_old and len(self._gone) <= self._entries_most // 5 + 1_000:
                return
            del self._gone[key]

    def entries(self) -> Iterator[Entry]:
        """Yield every entry that lives."""
        return iter(self._entries.values())

    def gone(self) -> list[Gone]:
        """Return what expired lately, newest first."""
        return list(reversed(self._gone.values()))

    def matching(self, test: Test, *, most: int | None = None) -> list[Event]:
        """Return the living events that pass `test`, in the order in which their keys came."""
        found: list[Event] = []
        for entry in self._entries.values():
            if test(entry.event):
                found.append(entry.event)
                if most is not None and len(found) >= most:
                    break
        return found
