"""The facts of a span, read once, in a fixed number of queries, as the plain values that the rules count."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from hausmeister.alerts.models import Alert
from hausmeister.base.priority import Priority
from hausmeister.insights.rules.load import Call
from hausmeister.insights.rules.noise import Raised
from hausmeister.insights.rules.period import Period
from hausmeister.insights.rules.questions import Asked
from hausmeister.insights.rules.response import Answered
from hausmeister.journal.models import Entry
from hausmeister.pager.models import Page, Summons
from hausmeister.rota import queries as rota
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.triage.models import Item
from hausmeister.triage.operations.telling import NOT_A_QUESTION
from hausmeister.triage.rules.states import ItemKind


@dataclass(frozen=True)
class Facts:
    """Everything that was found. `known_since`: nothing is known before, so nothing may be said of it."""

    calls: list[Call]
    pages: list[Answered]
    raised: list[Raised]
    asked: list[Asked]
    on_duty: dict[int, timedelta]
    people: dict[int, Person]
    known_since: datetime
    now: datetime

    @staticmethod
    def load(team: Team, period: Period, *, now: datetime) -> "Facts":
        """Return the facts of `team` in `period`; a test page, and who took a page unasked, count nowhere."""
        policy = team_queries.policy_of(team.pk)
        first: datetime | None = Page.objects.filter(team=team).aggregate(first=Min("opened_at"))["first"]
        known_since = min(team.created_at, first or team.created_at)
        pages = _pages(team, period)
        calls = _calls(team, period)
        starts_at, ends_at = max(period.starts_at, known_since), min(period.ends_at, now)
        on_duty = _on_duty(team, starts_at, ends_at) if starts_at < ends_at else {}
        members = {one.person_id: one.person for one in team_queries.members(team.pk) if one.takes_duty}
        others = {one.person_id for one in calls} | on_duty.keys() | {one.by_person for one in pages if one.by_person}
        people = {**members, **team_queries.people_by_id(others - members.keys())}
        untouched = {one.page_id for one in pages if one.is_untouched}
        raised = _raised(team, period, untouched)
        return Facts(calls, pages, raised, _asked(team, period, policy), on_duty, people, known_since, now)

    def by_name(self) -> list[Person]:
        """Return everybody, by name: the only order people are ever shown in."""
        return sorted(self.people.values(), key=lambda person: (person.name.lower(), person.pk))


def _calls(team: Team, period: Period) -> list[Call]:
    rows = Summons.objects.exclude(role="took it").filter(
        page__team=team, page__is_test=False, since_at__gte=period.starts_at, since_at__lt=period.ends_at
    )
    found = rows.order_by("since_at", "id").values_list(
        "page_id", "person_id", "since_at", "page__title", "page__is_hard"
    )
    return [Call(*row) for row in found]


def _pages(team: Team, period: Period) -> list[Answered]:
    acks = _first_acknowledgements(team, period)
    pages = Page.objects.filter(
        team=team, is_test=False, opened_at__gte=period.starts_at, opened_at__lt=period.ends_at
    ).order_by("opened_at", "id")
    rows = pages.values_list(
        "id", "title", "priority", "is_hard", "opened_at", "closed_at", "closed_by_id", "silence_over_at"
    )
    found = []
    for number, title, priority, is_hard, opened_at, closed_at, closed_by, silent_until in rows:
        acked_at, by_person = acks.get(number, (None, None))
        by_source = closed_at is not None and closed_by is None
        found.append(
            Answered(
                number,
                title,
                Priority(priority),
                is_hard,
                opened_at,
                acked_at,
                by_person,
                closed_at,
                by_source,
                silent_until,
            )
        )
    return found


def _first_acknowledgements(team: Team, period: Period) -> dict[int, tuple[datetime, int | None]]:
    """Return who acknowledged each page first, and when.

    From the journal: a page that nobody touches afterwards calls again, and forgets that it was ever acknowledged.
    """
    entries = Entry.objects.filter(team_id=team.pk, verb="page.acknowledged", at__gte=period.starts_at)
    found: dict[int, tuple[datetime, int | None]] = {}
    for subject, at, kind, actor in entries.order_by("-at", "-id").values_list(
        "subject", "at", "actor_kind", "actor_id"
    ):
        found[int(subject.partition(":")[2])] = (at, actor if kind == "person" else None)
    return found


def _raised(team: Team, period: Period, untouched: set[int]) -> list[Raised]:
    rows = Alert.objects.filter(
        team=team, page__is_test=False, first_seen_at__gte=period.starts_at, first_seen_at__lt=period.ends_at
    ).values_list("id", "source_id", "key", "title", "page_id", "first_seen_at", "closed_at")
    return [Raised(*row, is_untouched=row[4] in untouched) for row in rows]


def _asked(team: Team, period: Period, policy: Policy) -> list[Asked]:
    items = (
        Item.objects.filter(
            team=team, kind=ItemKind.QUESTION, asked_at__gte=period.starts_at, asked_at__lt=period.ends_at
        )
        .exclude(reason=NOT_A_QUESTION)
        .annotate(fitting=Count("verdicts", filter=Q(verdicts__fits=True)))
    )
    rows = items.order_by("asked_at", "id").values_list(
        "id", "title", "asked_at", "answered_at", "closed_at", "answered_by_id", "fitting", "priority"
    )
    promises = policy.triage.first_answer
    return [
        Asked(
            number, title, asked_at, answered_at, closed_at, bool(fitting) and answered_by is None,
            promises.by_priority[Priority(priority)] if priority else promises.question,
        )
        for number, title, asked_at, answered_at, closed_at, answered_by, fitting, priority in rows
    ]  # fmt: skip


def _on_duty(team: Team, starts_at: datetime, ends_at: datetime) -> dict[int, timedelta]:
    """Return how long each person was the first on duty, as the rota's resolver has it."""
    book = rota.Book.load(team, starts_at=starts_at, ends_at=ends_at)
    found: dict[int, timedelta] = {}
    for one in book.timeline(starts_at, ends_at):
        if one.duty.primary.person is not None:
            person_id = one.duty.primary.person.pk
            found[person_id] = found.get(person_id, timedelta(0)) + (one.ends_at - one.starts_at)
    return found
