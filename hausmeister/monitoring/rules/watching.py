"""When an event, an expiry or silence becomes an alert, and when that alert is over.

A watch has a query. It *matches*: an alert for each host and service whose event passes, over when a later event
of the same key does not. It *expires*: an alert when an entry that passed is kept alive no longer, over when it
comes back. It is *silent*: one alert when no event at all has passed for so long, over with the next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hausmeister.base.event import Event
from hausmeister.base.event_query import Test
from hausmeister.monitoring.rules.index import Gone, Key

# what is still on is said again so often: it raises its alert, and opens a new page for one that was closed
AGAIN_S = 300.0


class When(StrEnum):
    """What a watch waits for."""

    MATCHES = "matches"
    EXPIRES = "expires"
    SILENT = "silent"


@dataclass(frozen=True)
class Watch:
    """One rule of one team, for one shard. `lasts_s`: so long it must match, or be silent, before it fires."""

    team_id: int
    name: str
    shard: str
    query: str
    test: Test = field(compare=False)
    when: When = When.MATCHES
    lasts_s: float = 0.0
    severity: str = ""


@dataclass(frozen=True)
class Change:
    """An alert to be made (`is_on`) or to be closed. `event` is the last one known, None after silence."""

    watch: Watch
    host: str
    service: str
    is_on: bool
    event: Event | None
    because: str

    @property
    def key(self) -> str:
        """Return the alert's key within its source."""
        return hit_key(self.watch, (self.host, self.service))


def hit_key(watch: Watch, key: Key) -> str:
    """Return the key of the alert that `watch` makes of one host and service."""
    return "/".join(("riemann", watch.shard, watch.name, *key))


Place = tuple[int, str, Key]


class Judge:
    """Holds the watches of one shard against its events; says what changed. What is on is given at the start.

    A hit that has not lasted long enough waits in `_waiting`; `tick` fires it.
    """

    def __init__(self, watches: Iterable[Watch], *, on: Iterable[Place] = (), now_s: float) -> None:
        self._watches = tuple(watches)
        self._on = set(on)
        # what was told last of each place that is on, and when: it is told again when it changes, or after a while
        self._told: dict[Place, tuple[str, float]] = {}
        self._waiting: dict[Place, tuple[float, Watch, Event]] = {}
        self._heard_at_s: dict[tuple[int, str], float] = {
            (one.team_id, one.name): now_s for one in self._watches if one.when is When.SILENT
        }

    def hear(self, event: Event, *, now_s: float) -> list[Change]:
        """Judge an event that has arrived."""
        changes: list[Change] = []
        for watch in self._watches:
            passes = watch.test(event)
            if watch.when is When.MATCHES:
                changes += self._matched(watch, event, now_s) if passes else self._unmatched(watch, event)
            elif passes and watch.when is When.EXPIRES:
                changes += self._off(watch, event.key, event, "it is heard again")
            elif passes:
                self._heard_at_s[watch.team_id, watch.name] = now_s
                changes += self._off(watch, ("", ""), event, "it is heard again")
        return changes

    def _matched(self, watch: Watch, event: Event, now_s: float) -> list[Change]:
        place = _place(watch, event.key)
        if place in self._on:
            state, at_s = self._told.get(place, ("", 0.0))
            if state == event.state and now_s - at_s < AGAIN_S:
                return []
            self._told[place] = (event.state, now_s)
            return [Change(watch, *event.key, True, event, _words(event))]
        if watch.lasts_s:
            since_s, _, _ = self._waiting.get(place, (now_s, watch, event))
            self._waiting[place] = (since_s, watch, event)
            if now_s - since_s < watch.lasts_s:
                return []
        return [self._fire(watch, event.key, event, _words(event), now_s)]

    def _unmatched(self, watch: Watch, event: Event) -> list[Change]:
        self._waiting.pop(_place(watch, event.key), None)
        return self._off(watch, event.key, event, _words(event))

    def lose(self, gone: Gone) -> list[Change]:
        """Judge an entry that expired: what matched is not over by silence, it only waits no longer."""
        changes = []
        for watch in self._watches:
            self._waiting.pop(_place(watch, gone.event.key), None)
            place = _place(watch, gone.event.key)
            if watch.when is When.EXPIRES and place not in self._on and watch.test(gone.event):
                quiet_s = round(gone.expired_at_s - gone.seen_at_s)
                changes.append(
                    self._fire(watch, gone.event.key, gone.event, f"no event for {quiet_s} s", gone.expired_at_s)
                )
        return changes

    def tick(self, *, now_s: float) -> list[Change]:
        """Fire what has lasted long enough, and what is silent for too long."""
        changes = []
        for place, (since_s, watch, event) in list(self._waiting.items()):
            if now_s - since_s >= watch.lasts_s:
                changes.append(self._fire(watch, place[2], event, _words(event), now_s))
        for watch in self._watches:
            if watch.when is not When.SILENT or _place(watch, ("", "")) in self._on:
                continue
            quiet_s = now_s - self._heard_at_s[watch.team_id, watch.name]
            if quiet_s >= watch.lasts_s:
                changes.append(self._fire(watch, ("", ""), None, f"no event for {round(quiet_s)} s", now_s))
        return changes

    def _fire(self, watch: Watch, key: Key, event: Event | None, because: str, now_s: float) -> Change:
        place = _place(watch, key)
        self._on.add(place)
        self._told[place] = (event.state if event is not None else "", now_s)
        self._waiting.pop(place, None)
        return Change(watch, *key, True, event, because)

    def _off(self, watch: Watch, key: Key, event: Event, because: str) -> list[Change]:
        place = _place(watch, key)
        if place not in self._on:
            return []
        self._on.discard(place)
        self._told.pop(place, None)
        return [Change(watch, *key, False, event, because)]

    def replace(self, watches: Iterable[Watch], *, now_s: float) -> list[Change]:
        """Judge by other watches from now on; what no watch asks for any more is over."""
        kept = tuple(watches)
        by_name = {(one.team_id, one.name): one for one in kept}
        changes = []
        for watch in self._watches:
            if by_name.get((watch.team_id, watch.name)) == watch:
                continue
            for place in [one for one in self._on if one[:2] == (watch.team_id, watch.name)]:
                self._on.discard(place)
                self._told.pop(place, None)
                changes.append(Change(watch, *place[2], False, None, "the rule was changed"))
            for place in [one for one in self._waiting if one[:2] == (watch.team_id, watch.name)]:
                del self._waiting[place]
        self._watches = kept
        self._heard_at_s = {
            (one.team_id, one.name): self._heard_at_s.get((one.team_id, one.name), now_s)
            for one in kept
            if one.when is When.SILENT
        }
        return changes


def _place(watch: Watch, key: Key) -> Place:
    return (watch.team_id, watch.name, key)


def _words(event: Event) -> str:
    said = [event.state] if event.state else []
    if event.metric is not None:
        said.append(f"{event.metric:g}" if isinstance(event.metric, float) else str(event.metric))
    return ", ".join(said) or "an event"


def watches_of(named: Mapping[str, Iterable[Watch]]) -> dict[str, tuple[Watch, ...]]:
    """Return the watches of each shard, in the order of their teams and names."""
    return {shard: tuple(sorted(some, key=lambda one: (one.team_id, one.name))) for shard, some in named.items()}
