"""When the tasks of a run will be done, from how long they took before. Pure.

Each task's earlier durations make a distribution; at ten equally likely depths of it (its 5th, 15th … 95th
percentile) the remaining tasks are laid out one behind the other as they depend on each other, every task at the same
depth: a slow night is slow for all. The share of the ten that come too late is the risk. It takes for granted that
there are enough workers; where the dependencies are unknown, a task begins as long after the start as it did before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from hausmeister.monitoring.runs.rules.states import DONE, State, Unit

DEPTHS = tuple(0.05 + step / 10 for step in range(10))
# with fewer earlier runs a forecast is told as a guess
ENOUGH_RUNS = 5
_STUCK_FAILED = frozenset({State.FAILED, State.BLOCKED})


@dataclass(frozen=True)
class Past:
    """How long a task took in one earlier run, and how long after the run's start it began; in seconds."""

    began_s: float
    took_s: float


# what earlier runs say, by task: one entry for each run in which it was done
History = Mapping[str, Sequence[Past]]


@dataclass(frozen=True)
class Forecast:
    """When as many as are needed will be done: `likely_at` in the middle, `slow_at` when it goes slowly.

    Both are None where it never will be unless something is done: `in_the_way` names what. `chance_late` is from 0
    to 1, None where nothing is known of earlier runs. `runs` is how many earlier runs this rests on.
    """

    likely_at: datetime | None
    slow_at: datetime | None
    chance_late: float | None
    runs: int
    in_the_way: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """A run as the forecast sees it. `edges` is which tasks follow which, empty where that is unknown."""

    units: Sequence[Unit]
    edges: Mapping[str, Sequence[str]]
    started_at: datetime
    # tasks that the DAG has and that have not been heard of in this run yet
    unheard: Sequence[str] = ()


def quantile(values: Sequence[float], depth: float) -> float:
    """Return the value at `depth` (0 to 1) of `values`, between two of them on the line; they need not be sorted."""
    ordered = sorted(values)
    place = depth * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def forecast(
    standing: Standing, history: History, *, wanted: Iterable[str], missing: int, by: datetime, now: datetime
) -> Forecast:
    """Return when `missing` more units of the tasks `wanted` will be done, and how likely that is after `by`."""
    counted, stopped = _pending(standing, set(wanted))
    runs = max((len(history.get(task, ())) for task in counted), default=0)
    if missing <= 0:
        return Forecast(now, now, 0.0, runs)
    if sum(counted.values()) < missing:
        return Forecast(None, None, 1.0, runs, stopped)
    if not any(history.values()):
        return Forecast(None, None, None, 0)
    layers = _Layers(standing, history, now=now)
    ends = [_nth_end(layers.ends(depth), counted, missing) for depth in DEPTHS]
    late = sum(end > by for end in ends) / len(DEPTHS)
    return Forecast(ends[len(ends) // 2], ends[-1], late, runs)


def _pending(standing: Standing, wanted: set[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return how many units of each wanted task are still to come, and what keeps others from ever coming."""
    failed = {one.task for one in standing.units if one.state in _STUCK_FAILED}
    roots = tuple(sorted({one.name for one in standing.units if one.state is State.FAILED}))
    dead = failed | _behind(failed, standing.edges)
    counted = dict.fromkeys((task for task in standing.unheard if task in wanted and task not in dead), 1)
    for one in standing.units:
        is_gone = one.state in DONE or one.state in _STUCK_FAILED or one.state is State.REMOVED
        has_begun = one.state in {State.RUNNING, State.QUEUED, State.RETRY}
        if one.task in wanted and not is_gone and (one.task not in dead or has_begun):
            counted[one.task] = counted.get(one.task, 0) + 1
    return counted, roots


def _behind(tasks: set[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    left = list(tasks)
    while left:
        for following in edges.get(left.pop(), ()):
            if following not in found:
                found.add(following)
                left.append(following)
    return found


def _nth_end(ends: Mapping[str, datetime], counted: Mapping[str, int], missing: int) -> datetime:
    done = 0
    for task, end in sorted(((task, ends[task]) for task in counted), key=lambda one: one[1]):
        done += counted[task]
        if done >= missing:
            return end
    raise AssertionError("fewer are pending than are missing")


class _Layers:
    """The remaining tasks, in an order in which each comes after what it waits for."""

    def __init__(self, standing: Standing, history: History, *, now: datetime) -> None:
        self._standing, self._history, self._now = standing, history, now
        self._running: dict[str, datetime] = {}
        pending = set(standing.unheard)
        for one in standing.units:
            if one.state in DONE or one.state is State.REMOVED:
                continue
            pending.add(one.task)
            if one.state is State.RUNNING and one.started_at:
                self._running[one.task] = max(one.started_at, self._running.get(one.task, one.started_at))
        self._before: dict[str, list[str]] = {task: [] for task in pending}
        for task, followers in standing.edges.items():
            for following in followers:
                if task in pending and following in pending:
                    self._before[following].append(task)
        self._order = _sorted_by(self._before)
        every = [one.took_s for some in history.values() for one in some]
        self._usual_s = median(every) if every else 0.0

    def ends(self, depth: float) -> dict[str, datetime]:
        """Return when each remaining task ends on a night that is slow to this depth."""
        found: dict[str, datetime] = {}
        for task in self._order:
            past = self._history.get(task, ())
            begun = self._running.get(task)
            if begun is not None:
                found[task] = self._end_of_running(begun, [one.took_s for one in past], depth)
                continue
            begins = max([self._now, *(found[one] for one in self._before[task] if one in found)])
            if not self._standing.edges and past:
                offset = quantile([one.began_s for one in past], depth)
                begins = max(begins, self._standing.started_at + timedelta(seconds=offset))
            took = quantile([one.took_s for one in past], depth) if past else self._usual_s
            found[task] = begins + timedelta(seconds=took)
        return found

    def _end_of_running(self, begun: datetime, took_s: Sequence[float], depth: float) -> datetime:
        """A task that runs already ends as those earlier ones did that ran at least as long."""
        elapsed = max((self._now - begun).total_seconds(), 0.0)
        longer = [one for one in took_s if one >= elapsed]
        if longer:
            return max(self._now, begun + timedelta(seconds=quantile(longer, depth)))
        # longer than ever: nobody knows; the deeper the night, the more of its time so far is still to come
        rest = max(self._usual_s - elapsed, 0.0) if not took_s else elapsed * depth
        return self._now + timedelta(seconds=rest)


def _sorted_by(before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the tasks, each after those before it; what waits in a circle comes last, in its own order."""
    left = {task: len(some) for task, some in before.items()}
    after: dict[str, list[str]] = {}
    for task, some in before.items():
        for one in some:
            after.setdefault(one, []).append(task)
    ready = sorted(task for task, count in left.items() if not count)
    found: list[str] = []
    while ready:
        task = ready.pop()
        found.append(task)
        for following in after.get(task, ()):
            left[following] -= 1
            if not left[following]:
                ready.append(following)
    known = set(found)
    return found + sorted(task for task in before if task not in known)
