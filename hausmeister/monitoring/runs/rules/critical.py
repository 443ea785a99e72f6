"""The critical path: the chain of tasks that decided, or will decide, when the run ends. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hausmeister.monitoring.runs.rules.states import Unit


def critical_path(units: Sequence[Unit], edges: Mapping[str, Sequence[str]], *, now: datetime) -> tuple[str, ...]:
    """Return the tasks of the chain, first to last: from what ends last back over what each waited for longest.

    A task that still runs ends `now` or later. Without dependencies it is the last task alone; () before any began.
    """
    ends: dict[str, datetime] = {}
    for one in units:
        if one.started_at is not None:
            ends[one.task] = max(one.ended_at or now, ends.get(one.task, one.started_at))
    if not ends:
        return ()
    before: dict[str, list[str]] = {}
    for task, followers in edges.items():
        for following in followers:
            before.setdefault(following, []).append(task)
    task = max(ends, key=lambda one: (ends[one], one))
    path = [task]
    while True:
        earlier = [one for one in before.get(task, ()) if one in ends and one not in path]
        if not earlier:
            return tuple(reversed(path))
        task = max(earlier, key=lambda one: (ends[one], one))
        path.append(task)
