"""What a team did in a week, for its report: read from the rooms that know."""

from datetime import datetime

from django.db.models import Q

from hausmeister.answers.models import Asking, Recurring
from hausmeister.base.priority import Priority
from hausmeister.handoff.rules.report import Ended, Week
from hausmeister.incidents.models import Incident
from hausmeister.issues.models import Issue, IssueQuerySet
from hausmeister.journal import queries as journal
from hausmeister.team.models import Team
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import ItemKind


def week(team: Team, *, starts_at: datetime, ends_at: datetime) -> Week:
    """Return what was done for `team` in the span; incidents that touch it count."""
    span = (starts_at, ends_at)
    closed = Issue.objects.filter(team=team, closed_at__gte=starts_at, closed_at__lt=ends_at)
    incidents = Incident.objects.filter(team=team, opened_at__lt=ends_at)
    incidents = incidents.filter(Q(over_at=None) | Q(over_at__gte=starts_at)).order_by("opened_at", "id")
    questions = Item.objects.filter(team=team, kind=ItemKind.QUESTION)
    return Week(
        team=team.name,
        starts_at=starts_at,
        ends_at=ends_at,
        closed=_ranked(closed.order_by("-priority", "closed_at", "id")),
        still_open=_ranked(Issue.objects.open().filter(team=team, priority__gte=int(Priority.P3)).worst_first()),
        incidents=[Ended(one.title, one.opened_at, one.over_at) for one in incidents],
        asked=questions.filter(asked_at__gte=span[0], asked_at__lt=span[1]).count(),
        answered=questions.filter(answered_at__gte=span[0], answered_at__lt=span[1]).count(),
        documents=_documents(team, starts_at, ends_at),
    )


def _ranked(issues: IssueQuerySet) -> list[tuple[Priority, str]]:
    return [(Priority(rank), title) for rank, title in issues.values_list("priority", "title")]


def _documents(team: Team, starts_at: datetime, ends_at: datetime) -> list[str]:
    """Return what was written because it kept being asked: by the newest asking of each."""
    questions = {f"recurring:{one.pk}": one for one in Recurring.objects.filter(team=team, state="written")}
    told = journal.about_any(list(questions), verbs=["recurring.written"])
    written = dict.fromkeys(entry.subject for entry in told if starts_at <= entry.at < ends_at)
    return [_question(questions[subject]) for subject in written]


def _question(recurring: Recurring) -> str:
    askings = Asking.objects.filter(recurring=recurring).order_by("-asked_at", "-id")
    return " ".join((askings.values_list("text", flat=True).first() or recurring.link).split())[:160]
