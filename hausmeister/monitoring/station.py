"""The shards of this process: their indexes, their watches, and what waits to be stored.

Events come from the thread that listens, pages are read by others: each shard has a lock. What changed waits in
order until a transaction has taken it; while the database is away nothing is lost but memory.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from hausmeister.base.event import Event
from hausmeister.base.event_query import Test
from hausmeister.monitoring.rules.board import Board, board_of
from hausmeister.monitoring.rules.index import Gone, Index, IndexIsFull
from hausmeister.monitoring.rules.watching import Change, Judge, Place, Watch

# told with each event that changed the index, and with each that left it
Listener = Callable[[Event], None]
STORED_AT_ONCE = 200


class UnknownShard(Exception):
    """There is no such shard in this process."""


class Shard:
    """One shard: what arrives is put into the index and judged."""

    def __init__(self, name: str, *, index: Index, judge: Judge) -> None:
        self.name = name
        self.index = index
        self.judge = judge
        self.lock = threading.Lock()
        self.listeners: list[Listener] = []
        self.taken = 0
        self.malformed = 0
        self.last_event_at_s: float | None = None

    def take(self, events: Sequence[Event], *, now_s: float) -> list[Change]:
        """Take what one sender says at once; return what it changed."""
        changes: list[Change] = []
        # an event that names no time was made when it arrived, as Riemann has it
        events = [one if one.time_s is not None else replace(one, time_s=now_s) for one in events]
        with self.lock:
            self.taken += len(events)
            if events:
                self.last_event_at_s = now_s
            for event in events:
                # one that does not fit is counted by the index, shown on the board, and judged all the same
                with suppress(IndexIsFull):
                    self.index.update(event, now_s=now_s)
                changes += self.judge.hear(event, now_s=now_s)
        for listener in tuple(self.listeners):
            for event in events:
                listener(event)
        return changes

    def tick(self, *, now_s: float) -> list[Change]:
        """Let expire what is over, and fire what has lasted long enough; return what changed."""
        with self.lock:
            gone: list[Gone] = self.index.expire(now_s=now_s)
            changes = [change for one in gone for change in self.judge.lose(one)]
            changes += self.judge.tick(now_s=now_s)
        for listener in tuple(self.listeners):
            for one in gone:
                listener(one.event.expired(at_s=now_s))
        return changes

    def ask(self, test: Test, *, most: int | None = None) -> list[Event]:
        """Return the living events that pass `test`."""
        with self.lock:
            return self.index.matching(test, most=most)

    def board(self, test: Test, *, now_s: float) -> Board:
        """Return the shard as its page shows it, of the events that pass `test`."""
        with self.lock:
            entries, gone = list(self.index.entries()), self.index.gone()
        return board_of(
            self.name,
            [entry for entry in entries if test(entry.event)],
            [one for one in gone if test(one.event)],
            as_of_s=now_s,
            last_event_at_s=self.last_event_at_s,
            refused=self.index.refused,
            malformed=self.malformed,
        )


class Station:
    """All shards of this process. `store` is called with what changed, by `keep` alone."""

    def __init__(self, names: Iterable[str], *, store: Callable[[Sequence[Change], datetime], None]) -> None:
        self._store = store
        self._shards = {name: Shard(name, index=Index(), judge=Judge((), now_s=0.0)) for name in dict.fromkeys(names)}
        self._waiting: deque[Change] = deque()
        self._storing = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The shards, in the order of the settings."""
        return tuple(self._shards)

    def shard(self, name: str) -> Shard:
        """Return the shard of that name. Raises UnknownShard."""
        try:
            return self._shards[name]
        except KeyError:
            raise UnknownShard(name) from None

    def begin(self, watches: Mapping[str, Sequence[Watch]], on: Mapping[str, set[Place]], *, now_s: float) -> None:
        """Judge by `watches` from the start; `on` are the hits that were open when the process ended.

        A hit whose rule is gone is closed: nothing would ever say that it is over.
        """
        for name, shard in self._shards.items():
            mine, open_ones = tuple(watches.get(name, ())), on.get(name, set())
            rules = {(one.team_id, one.name) for one in mine}
            for place in sorted(one for one in open_ones if one[:2] not in rules):
                self._waiting.append(_orphan(name, place))
            with shard.lock:
                shard.judge = Judge(mine, on=[one for one in open_ones if one[:2] in rules], now_s=now_s)

    def use(self, watches: Mapping[str, Sequence[Watch]], *, now_s: float) -> None:
        """Judge by other watches from now on: a policy has changed."""
        for name, shard in self._shards.items():
            with shard.lock:
                self._waiting.extend(shard.judge.replace(watches.get(name, ()), now_s=now_s))

    def take(self, name: str, events: Sequence[Event], *, now_s: float) -> None:
        """Take events for the shard of that name. Raises UnknownShard."""
        self._waiting.extend(self.shard(name).take(events, now_s=now_s))

    def tick(self, *, now_s: float) -> None:
        """Move every shard's clock."""
        for shard in self._shards.values():
            self._waiting.extend(shard.tick(now_s=now_s))

    def keep(self, *, now: datetime) -> int:
        """Store what changed, in its order; return how many changes. What the database does not take stays.

        Raises what the database raises.
        """
        stored = 0
        with self._storing:
            while self._waiting:
                batch = [self._waiting[place] for place in range(min(len(self._waiting), STORED_AT_ONCE))]
                self._store(batch, now)
                for _ in batch:
                    self._waiting.popleft()
                stored += len(batch)
        return stored


def _orphan(shard: str, place: Place) -> Change:
    team_id, rule, (host, service) = place
    watch = Watch(team_id, rule, shard, "", lambda _event: False)
    return Change(watch, host, service, False, None, "the rule was taken out")
