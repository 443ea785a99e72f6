"""The report on a span: every figure, and the rows that each comes from."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from hausmeister.base.priority import Priority
from hausmeister.base.wall_time import monday_of
from hausmeister.base.working_time import WorkingHours
from hausmeister.insights.facts import Facts
from hausmeister.insights.figures import Cell, Figure
from hausmeister.insights.rules import limits
from hausmeister.insights.rules.limits import Over
from hausmeister.insights.rules.load import HOURS, Call, Load, Night, by_hour, loads
from hausmeister.insights.rules.noise import Noise, noises
from hausmeister.insights.rules.period import Period
from hausmeister.insights.rules.questions import Questions, questions
from hausmeister.insights.rules.response import Answered, Summary, summary, to_acknowledge, to_resolve
from hausmeister.pager.call_outs import NIGHT_BEGINS, NIGHT_ENDS
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

NIGHT = Night(NIGHT_BEGINS, NIGHT_ENDS)
MOST_NOISE = 20


class HandOffs(Protocol):
    """What the room of hand-offs can say; None: it has nothing for the span."""

    def __call__(self, team: Team, starts_at: datetime, ends_at: datetime) -> Figure | None: ...


_hand_offs: list[HandOffs] = []


def use_hand_offs(asked: HandOffs) -> None:
    """Have hand-offs accepted in time shown from now on: called once, where the program is put together."""
    _hand_offs[:] = [asked]


@dataclass(frozen=True)
class Week:
    """One week's calls and how long its pages waited. `calls` None: nothing is known of it."""

    monday: date
    calls: int | None
    wakes: int | None
    acknowledged: Summary | None
    resolved: Summary | None


@dataclass(frozen=True)
class Report:
    """All figures of one team in one span."""

    team: Team
    period: Period
    facts: Facts

    @cached_property
    def zones(self) -> dict[int, ZoneInfo]:
        """Everybody's zone."""
        return {person.pk: person.zone for person in self.facts.people.values()}

    @cached_property
    def loads(self) -> list[Load]:
        """Everybody's load, by name."""
        found = loads(self.facts.calls, self.zones, NIGHT)
        return [found[person.pk] for person in self.facts.by_name()]

    @cached_property
    def hours(self) -> tuple[int, ...]:
        """The team's calls by hour, on the clocks of those who were called."""
        return by_hour(self.loads)

    @cached_property
    def wakes(self) -> int:
        """How often somebody was called at night."""
        return sum(one.wakes for one in self.loads)

    @cached_property
    def known_days(self) -> float:
        """For how many days of the span anything is known."""
        starts_at = max(self.period.starts_at, self.facts.known_since)
        ends_at = min(self.period.ends_at, self.facts.now)
        return max(0.0, (ends_at - starts_at) / timedelta(days=1))

    @cached_property
    def weeks(self) -> list[Week]:
        """Each week of the span; those before anything was known without figures."""
        calls: Counter[date] = Counter(self._monday(one.at) for one in self.facts.calls)
        wakes: Counter[date] = Counter(self._monday(one.at) for one in self.facts.calls if self.is_wake(one))
        pages: dict[date, list[Answered]] = {}
        for one in self.facts.pages:
            pages.setdefault(self._monday(one.opened_at), []).append(one)
        known = self._monday(self.facts.known_since)
        return [
            self._week(monday, calls[monday], wakes[monday], pages.get(monday, []))
            if monday >= known
            else Week(monday, None, None, None, None)
            for monday in self.period.mondays()
        ]

    def _week(self, monday: date, calls: int, wakes: int, pages: Sequence[Answered]) -> Week:
        waited, open_for = to_acknowledge(pages, self._working_hours), to_resolve(pages)
        return Week(monday, calls, wakes, summary(waited), summary(open_for))

    def _monday(self, at: datetime) -> date:
        return monday_of(at.astimezone(self.team.zone).date())

    def is_wake(self, call: Call) -> bool:
        """Say whether a call came at night where the person lives."""
        return NIGHT.contains(call.at.astimezone(self.zones[call.person_id]).time())

    @cached_property
    def priorities(self) -> list[tuple[Priority, int, Summary, Summary]]:
        """For each priority, P4 first: pages, time to acknowledge, time to resolve."""
        found = []
        for priority in sorted(Priority, reverse=True):
            pages = [one for one in self.facts.pages if one.priority is priority]
            waited = summary(to_acknowledge(pages, self._working_hours))
            found.append((priority, len(pages), waited, summary(to_resolve(pages))))
        return found

    @cached_property
    def _working_hours(self) -> WorkingHours:
        return team_queries.policy_of(self.team.pk).working_hours(self.team.zone)

    @cached_property
    def noise(self) -> list[Noise]:
        """The noisiest alarms, of those that nobody acted on, that flapped, or that came more than once."""
        found = noises(self.facts.raised)
        return [one for one in found if one.untouched or one.flaps or one.count > 1][:MOST_NOISE]

    @cached_property
    def untouched(self) -> int:
        """How many alerts nobody acted on."""
        return sum(one.is_untouched for one in self.facts.raised)

    @cached_property
    def questions(self) -> Questions:
        """Questions and their first answers."""
        return questions(self.facts.asked, self._working_hours, now=self.facts.now)

    @cached_property
    def late_items(self) -> set[int]:
        """The questions whose first answer was, or is, later than promised."""
        hours, now = self._working_hours, self.facts.now
        return {one.item_id for one in self.facts.asked if one.is_late(hours, now)}

    @cached_property
    def over(self) -> list[Over]:
        """Who was over which limit: by name, then the newest first."""
        whole = timedelta(days=self.known_days)
        found = [
            *limits.too_much_duty(self.facts.on_duty, whole, day=self.period.until),
            *limits.crowded_shifts(self.facts.calls, self.zones),
            *limits.no_rest(self.facts.calls, self.zones, NIGHT),
        ]
        place = {person.pk: number for number, person in enumerate(self.facts.by_name())}
        return sorted(found, key=lambda one: (place[one.person_id], -one.day.toordinal(), one.limit))

    def name(self, person_id: int) -> str:
        """Return the person's name."""
        return self.facts.people[person_id].name

    # ---- tables ----

    def figures(self) -> dict[str, Figure]:
        """Return every figure as a table, by name; the hand-offs only where somebody can say."""
        made = [make(self) for make in _FIGURES]
        for asked in _hand_offs:
            told = asked(self.team, self.period.starts_at, self.period.ends_at)
            made += [told] if told is not None else []
        return {one.name: one for one in made}

    @cached_property
    def acknowledged_by(self) -> Counter[int]:
        """How many pages each person was the first to acknowledge."""
        return Counter(one.by_person for one in self.facts.pages if one.by_person is not None)


def report(team: Team, period: Period, *, now: datetime) -> Report:
    """Return the figures of `team` in `period`, as they are at `now`."""
    return Report(team, period, Facts.load(team, period, now=now))


def minutes(length: timedelta | None) -> Cell:
    """Return a length in minutes to one place, None for none."""
    return None if length is None else round(length.total_seconds() / 60, 1)


def _load_figure(of: Report) -> Figure:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            of.name(one.person_id), one.calls, one.interruptions, one.wakes, one.nights, one.weekends,
            of.acknowledged_by[one.person_id],
            round(of.facts.on_duty.get(one.person_id, timedelta(0)) / timedelta(hours=1), 1),
        )
        for one in of.loads
    )  # fmt: skip
    headings = (
        "name",
        "calls",
        "in the day",
        "wake-ups",
        "nights woken",
        "at weekends",
        "acknowledged first",
        "hours on duty",
    )
    return Figure("load", "Load per person, by name", headings, rows)


def _hours_figure(of: Report) -> Figure:
    names = [of.name(one.person_id) for one in of.loads]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f"{hour:02}:00", of.hours[hour], *(one.by_hour[hour] for one in of.loads)) for hour in range(HOURS)
    )
    return Figure("hours", "Calls by hour, on the clock of whoever was called", ("hour", "team", *names), rows)


def _weeks_figure(of: Report) -> Figure:
    rows = tuple(
        (
            one.monday.isoformat(), one.calls, one.wakes,
            minutes(one.acknowledged.median) if one.acknowledged else None,
            minutes(one.acknowledged.p90) if one.acknowledged else None,
            minutes(one.resolved.median) if one.resolved else None,
            minutes(one.resolved.p90) if one.resolved else None,
        )
        for one in of.weeks
    )  # fmt: skip
    headings = (
        "week of", "calls", "wake-ups", "acknowledged, median min", "acknowledged, 90 % within min",
        "resolved, median min", "resolved, 90 % within min",
    )  # fmt: skip
    return Figure("weeks", "Calls and response times by week", headings, rows)


def _response_figure(of: Report) -> Figure:
    rows = tuple(
        (
            priority.label, count, waited.count, minutes(waited.median), minutes(waited.p90), solved.count,
            minutes(solved.median), minutes(solved.p90),
        )
        for priority, count, waited, solved in of.priorities
    )  # fmt: skip
    headings = (
        "priority", "pages", "acknowledged", "acknowledged, median min", "acknowledged, 90 % within min", "closed",
        "resolved, median min", "resolved, 90 % within min",
    )  # fmt: skip
    return Figure("response", "Time to acknowledge and to resolve, by priority", headings, rows)


def _noise_figure(of: Report) -> Figure:
    rows = tuple((one.title, one.count, one.untouched, one.flaps) for one in of.noise)
    return Figure("noise", "Alarms to mend for good", ("alarm", "came", "nobody acted", "came back at once"), rows)


def _questions_figure(of: Report) -> Figure:
    found = of.questions
    rows: tuple[tuple[Cell, ...], ...] = (
        ("asked", found.asked),
        ("answered", found.answered),
        ("answered by a suggestion", found.self_served),
        ("waiting", found.waiting),
        ("closed without an answer", found.closed_unanswered),
        ("later than promised", found.late),
        ("first answer, median working min", minutes(found.first_answer.median)),
        ("first answer, 90 % within working min", minutes(found.first_answer.p90)),
    )
    return Figure("questions", "Questions", ("what", "number"), rows)


def _limits_figure(of: Report) -> Figure:
    rows = tuple((of.name(one.person_id), one.limit, one.day.isoformat(), round(one.amount, 1)) for one in of.over)
    return Figure("limits", "Over a limit of on-call health", ("name", "limit", "day", "percent, pages or hours"), rows)


_FIGURES: tuple[Callable[[Report], Figure], ...] = (
    _load_figure, _hours_figure, _weeks_figure, _response_figure, _noise_figure, _questions_figure, _limits_figure,
)  # fmt: skip
