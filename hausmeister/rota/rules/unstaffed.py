"""Where a schedule has nobody although somebody is wanted, and who is on by it while away.

A schedule may well have nobody at night: that is how it is made. So a hole counts where an override tore it, or
where the same hours have somebody in the week before and after; a turn that is given to nobody on purpose does not.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant
from hausmeister.rota.rules.layers import Resolved, Stretch, at_instant
from hausmeister.rota.rules.restrictions import Span
from hausmeister.team.rules import Away

_WORTH_SAYING = timedelta(hours=1)
# longer than any night, weekend or holiday in between: the schedule is at its end
_AT_ITS_END = timedelta(days=8)
_WEEK = timedelta(days=7)
MOST_HOLES = 5


class Why(StrEnum):
    """What kind of hole it is."""

    EVER = "ever"
    END = "end"
    HERE = "here"


@dataclass(frozen=True)
class Hole:
    """A span in which nobody is on."""

    starts_at: datetime
    ends_at: datetime
    why: Why


def holes(resolved: Resolved, *, zone: ZoneInfo, now: datetime) -> list[Hole]:
    """Return where nobody is on after `now`, the soonest first, at most `MOST_HOLES`.

    `resolved` should begin a week before `now`, so that there is something to compare with.
    """
    final = resolved.final
    end = final[-1].ends_at
    last = max((one.ends_at for one in final if one.people), default=now)
    if last <= now:
        return [Hole(now, end, Why.EVER)]
    found = [one for one in _torn(resolved, zone, now) if one.ends_at - one.starts_at >= _WORTH_SAYING]
    tail = [Hole(last, end, Why.END)] if end - last >= _AT_ITS_END else []
    return [one for one in found if one.starts_at < last][: MOST_HOLES - len(tail)] + tail


def _torn(resolved: Resolved, zone: ZoneInfo, now: datetime) -> Iterator[Hole]:
    """Yield the holes in the middle of a schedule that are not as it is made."""
    running: Hole | None = None
    for begin, end in _pieces(resolved.final, zone, now):
        if not _is_wanted(resolved, begin, zone):
            continue
        if running is not None and running.ends_at == begin:
            running = Hole(running.starts_at, end, Why.HERE)
            continue
        if running is not None:
            yield running
        running = Hole(begin, end, Why.HERE)
    if running is not None:
        yield running


def _pieces(final: Sequence[Stretch], zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches without anybody, cut where somebody comes or goes a week before or after."""
    starts = [one.starts_at for one in final]
    for one in final:
        begin, end = max(one.starts_at, now), one.ends_at
        if one.people or begin >= end:
            continue
        cuts = {begin, end}
        for weeks in (-1, 1):
            first, last = _shifted(begin, weeks, zone), _shifted(end, weeks, zone)
            near = starts[bisect_left(starts, first) : bisect_right(starts, last)]
            cuts |= {cut for start in near if begin < (cut := _shifted(start, -weeks, zone)) < end}
        yield from pairwise(sorted(cuts))


def _shifted(moment: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """Return the same time on the wall `weeks` later."""
    local = moment.astimezone(zone)
    return instant(local.date() + weeks * _WEEK, local.time(), zone)


def _is_wanted(resolved: Resolved, at: datetime, zone: ZoneInfo) -> bool:
    if at_instant(resolved.final, at).because.overrides:
        return True
    if any(_is_given_to_nobody(at_instant(lane, at)) for lane in resolved.layers):
        return False
    begin, end = resolved.final[0].starts_at, resolved.final[-1].ends_at
    beside = [one for one in (_shifted(at, -1, zone), _shifted(at, 1, zone)) if begin <= one < end]
    return bool(beside) and all(at_instant(resolved.final, one).people for one in beside)


def _is_given_to_nobody(one: Stretch) -> bool:
    """Say whether a turn is nobody's on purpose; one of a team that has nobody on duty says why."""
    turns = one.because.turns
    return bool(turns) and not one.people and not any(turn.why for turn in turns)


@dataclass(frozen=True)
class OnWhileAway:
    """From their first such moment to the last one of one absence, a person is on and away; `parts` are the moments."""

    person_id: int
    starts_at: datetime
    ends_at: datetime
    away: Away
    parts: tuple[Span, ...]


def on_while_away(
    final: Iterable[Stretch], away: Mapping[int, Sequence[Away]], *, now: datetime
) -> list[OnWhileAway]:  # fmt: skip
    """Return who is on while away after `now`, once for each absence, the soonest first."""
    parts: dict[tuple[int, Away], list[Span]] = {}
    for one in final:
        for person in sorted(one.people) if one.ends_at > now else ():
            for span in away.get(person, ()):
                begin, end = max(one.starts_at, span.starts_at, now), min(one.ends_at, span.ends_at)
                if begin < end:
                    parts.setdefault((person, span), []).append((begin, end))
    found = [
        OnWhileAway(person, spans[0][0], spans[-1][1], span, tuple(spans)) for (person, span), spans in parts.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.starts_at, one.person_id))


def who_could(
    of: OnWhileAway, final: Iterable[Stretch], away: Mapping[int, Sequence[Away]], people: Iterable[int]
) -> list[int]:  # fmt: skip
    """Return who of `people` could be on instead: there and not on at those moments.

    First those who take turns here, who is on least before the others; then the rest in the order of `people`.
    """
    time_on: dict[int, timedelta] = {}
    busy: set[int] = {of.person_id}
    for one in final:
        for person in one.people:
            time_on[person] = time_on.get(person, timedelta()) + (one.ends_at - one.starts_at)
            if any(begin < one.ends_at and one.starts_at < end for begin, end in of.parts):
                busy.add(person)
    free = [
        person
        for person in dict.fromkeys(people)
        if person not in busy
        and not any(span.touches(begin, end) for span in away.get(person, ()) for begin, end in of.parts)
    ]
    return sorted(free, key=lambda person: (person not in time_on, time_on.get(person, timedelta())))
