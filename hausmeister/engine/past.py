"""What a team did before familiarity was kept, read from pages, issues, answers and reviews."""

from collections.abc import Iterator

from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.incidents.models import Review
from hausmeister.issues.models import Issue
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.team.models import Team
from hausmeister.triage import queries as triage
from hausmeister.triage.models import Item

A_BATCH = 500


def backfill(team: Team) -> int:
    """Record all work of the past of `team`, each piece once; return how much there is."""
    found = 0
    batch: list[Work] = []
    for work in _work(team):
        batch.append(work)
        if len(batch) == A_BATCH:
            found += familiarity.record(team.pk, batch)
            batch = []
    return found + familiarity.record(team.pk, batch)


def _work(team: Team) -> Iterator[Work]:
    for page in Page.objects.filter(team=team, is_test=False).exclude(closed_at=None).order_by("id").iterator():
        yield from acting.work_on(page, at=page.closed_at or page.opened_at)
    issues = Issue.objects.filter(team=team, owner__isnull=False).exclude(closed_at=None)
    for issue in issues.order_by("id").iterator():
        at = issue.closed_at or issue.touched_at
        if issue.owner_id is not None:
            yield Work(Kind.ISSUE, issue.subject, (issue.owner_id,), issue.clues, at)
    for item in Item.objects.filter(team=team, answered_by__isnull=False).order_by("id").iterator():
        at = item.answered_at or item.opened_at
        if item.answered_by_id is not None:
            yield Work(Kind.ANSWER, item.subject, (item.answered_by_id,), triage.clues_of(item), at)
    reviews = Review.objects.filter(incident__team=team, incident__reviewed_at__isnull=False)
    for review in reviews.select_related("incident").order_by("id").iterator():
        clues = (review.incident.title, review.text)
        if review.saved_by_id is not None:
            yield Work(Kind.REVIEW, review.incident.subject, (review.saved_by_id,), clues, review.saved_at)
