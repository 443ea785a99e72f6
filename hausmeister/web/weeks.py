"""The rota in words: weeks as a list, a month as days, a quarter as rows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted

from hausmeister.base.wall_time import instant, monday_of
from hausmeister.rota.planning.rules.horizon import Horizon
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Away
from hausmeister.web.lanes import Span
from hausmeister.web.turns import Turn, by_post

OVER = "over"


@dataclass(frozen=True)
class Week:
    """One week: for each post who has it, and who takes part of it."""

    monday: date
    is_now: bool
    posts: tuple[tuple[str, tuple[Turn, ...]], ...]
    firmness: str
    # whose backlog week it is, where the team has them (L8)
    backlog: Person | None = None
    # who is away for a part of it at least
    away: tuple[Person, ...] = ()


def firmness(week: date, horizon: Horizon, *, today: date) -> str:
    """Return how firm the week of `week` is; nothing is firm about one that is over."""
    return OVER if week < monday_of(today) else horizon.of(week).value


def weeks(
    shown: Span,
    found: Sequence[Turn],
    *,
    policy: Policy,
    horizon: Horizon,
    free: Mapping[date, Person],
    away: Sequence[tuple[Person, Away]] = (),
) -> list[Week]:
    """Return the weeks of the span; a turn belongs to the week in which its duty begins. `free`: backlog weeks."""
    today = monday_of(shown.now.astimezone(shown.zone).date())
    first = monday_of(shown.starts_at.astimezone(shown.zone).date())
    last = (shown.ends_at - timedelta(seconds=1)).astimezone(shown.zone).date()
    by_week: dict[date, list[Turn]] = {}
    for one in found:
        by_week.setdefault(one.week, []).append(one)
    return [
        Week(
            monday,
            monday == today,
            tuple((title, _joined(those)) for title, those in by_post(by_week[monday], policy)),
            firmness(monday, horizon, today=today),
            free.get(monday),
            _away_in(monday, away, shown.zone),
        )
        for monday in sorted(by_week)
        if first <= monday <= last
    ]


def _joined(found: Sequence[Turn]) -> tuple[Turn, ...]:
    """Join turns that follow on each other by plan: who backs the weekdays and the weekend is told once."""
    told: list[Turn] = []
    for one in found:
        last = told[-1] if told else None
        if last and (last.ends_at, last.person, last.why) == (one.starts_at, one.person, one.why):
            told[-1] = replace(last, ends_at=one.ends_at)
        else:
            told.append(one)
    return tuple(told)


def _away_in(monday: date, away: Sequence[tuple[Person, Away]], zone: ZoneInfo) -> tuple[Person, ...]:
    starts_at, ends_at = (instant(monday + timedelta(days=days), time(0), zone) for days in (0, 7))
    people = {person.pk: person for person, span in away if span.touches(starts_at, ends_at)}
    return tuple(sorted(people.values(), key=lambda person: person.name.lower()))


@dataclass(frozen=True)
class Take:
    """Somebody who has a post on a day; the clock is empty for who had it before the day."""

    clock: str
    turn: Turn


@dataclass(frozen=True)
class Day:
    """One day of a month: who is on duty, with the clock time where somebody takes over during it."""

    date: date
    starts_at: datetime
    ends_at: datetime
    is_today: bool
    is_other: bool
    on_duty: tuple[Take, ...]
    backstop: tuple[Take, ...]


@dataclass(frozen=True)
class MonthWeek:
    """A row of the month: the week, how firm it is, and its seven days."""

    monday: date
    firmness: str
    days: tuple[Day, ...]


def month(first: date, shown: Span, found: Sequence[Turn], *, horizon: Horizon) -> list[MonthWeek]:
    """Return the weeks of the month that begins at `first`, each of seven days."""
    start = monday_of(first)
    rows = []
    for number in range(6):
        monday = start + timedelta(weeks=number)
        days = tuple(_day(monday + timedelta(days=place), first, shown, found) for place in range(7))
        if any(not day.is_other for day in days):
            rows.append(
                MonthWeek(monday, firmness(monday, horizon, today=shown.now.astimezone(shown.zone).date()), days)
            )
    return rows


def _day(day: date, first: date, shown: Span, found: Sequence[Turn]) -> Day:
    begins, ends = instant(day, time(0), shown.zone), instant(day + timedelta(days=1), time(0), shown.zone)
    inside = [one for one in found if one.touches(begins, ends) and one.counts(shown.now)]
    return Day(
        day,
        begins,
        ends,
        day == shown.now.astimezone(shown.zone).date(),
        day.month != first.month,
        _takes((one for one in inside if one.post is Post.PRIMARY), begins, shown.zone),
        _takes((one for one in inside if one.post is Post.BACKSTOP), begins, shown.zone),
    )


def _takes(found: Iterable[Turn], begins: datetime, zone: ZoneInfo) -> tuple[Take, ...]:
    """Return everybody of the day in turn; who simply goes on into the next duty is told once."""
    told: list[Take] = []
    for turn in found:
        if not told or told[-1].turn.person != turn.person:
            starts_at = turn.starts_at.astimezone(zone)
            told.append(Take("" if turn.starts_at <= begins else formatted(starts_at, "H:i"), turn))
    return tuple(told)


def quarter_of(day: date) -> date:
    """Return the first day of the quarter of `day`."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_after(first: date) -> date:
    """Return the first day of the quarter after the one that begins at `first`."""
    return quarter_of(first + timedelta(days=100))
