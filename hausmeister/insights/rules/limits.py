"""Limits of on-call health: who is over which, when, by which pages. Limits, not targets, and never a ranking."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hausmeister.insights.rules.load import Call, Night

# a quarter of the time on call, two pages in twelve hours: Site Reliability Engineering (O'Reilly 2016), chapter 11
MOST_SHARE = 0.25
MOST_IN_A_SHIFT = 2
_SHIFTS = (time(7), time(19))
# eleven hours of rest in a day: directive 2003/88/EC, article 3
REST = timedelta(hours=11)


class Limit(StrEnum):
    """Which limit."""

    TIME = "time on duty"
    SHIFT = "pages in a shift"
    REST = "rest after a night call"


@dataclass(frozen=True)
class Over:
    """A person was over a limit on a day; `amount` is percent of the time, pages, or hours of rest there were."""

    limit: Limit
    person_id: int
    day: date
    amount: float
    page_ids: tuple[int, ...] = ()


def too_much_duty(on_duty: Mapping[int, timedelta], whole: timedelta, *, day: date) -> list[Over]:
    """Return who was on duty for more than a quarter of `whole`; nothing for an empty span."""
    if whole <= timedelta(0):
        return []
    shares = ((person_id, length / whole) for person_id, length in on_duty.items())
    return [Over(Limit.TIME, person_id, day, 100 * share) for person_id, share in shares if share > MOST_SHARE]


def crowded_shifts(calls: Iterable[Call], zones: Mapping[int, ZoneInfo]) -> list[Over]:
    """Return the half-days, from 07:00 or 19:00 on a person's clock, in which more than two hard pages called them.

    Soft pages wait for the working day: they are work, not alarms.
    """
    pages: dict[tuple[int, date, bool], set[int]] = defaultdict(set)
    for call in calls:
        if not call.is_hard:
            continue
        local = call.at.astimezone(zones[call.person_id])
        is_day = _SHIFTS[0] <= local.time() < _SHIFTS[1]
        day = local.date() - timedelta(days=1) if local.time() < _SHIFTS[0] else local.date()
        pages[call.person_id, day, is_day].add(call.page_id)
    return [
        Over(Limit.SHIFT, person_id, day, len(ids), tuple(sorted(ids)))
        for (person_id, day, _), ids in pages.items()
        if len(ids) > MOST_IN_A_SHIFT
    ]


def no_rest(calls: Iterable[Call], zones: Mapping[int, ZoneInfo], night: Night) -> list[Over]:
    """Return the nights after whose last hard call the next one came before eleven hours of rest were over."""
    mine: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        if call.is_hard:
            mine[call.person_id].append(call)
    return [
        over
        for person_id, theirs in mine.items()
        for over in _no_rest_of(person_id, sorted(theirs, key=lambda call: call.at), zones[person_id], night)
    ]


def _no_rest_of(person_id: int, calls: list[Call], zone: ZoneInfo, night: Night) -> Iterator[Over]:
    for one, following in itertools.pairwise(calls):
        local = one.at.astimezone(zone)
        if not night.contains(local.time()):
            continue
        rest = following.at - one.at
        if rest < REST and _is_another_time(local, following.at.astimezone(zone), night):
            hours = rest / timedelta(hours=1)
            yield Over(Limit.REST, person_id, night.date_of(local), hours, (one.page_id, following.page_id))


def _is_another_time(one: datetime, following: datetime, night: Night) -> bool:
    """Say whether `following` is no more of the same night as `one`."""
    return not night.contains(following.time()) or night.date_of(one) != night.date_of(following)
