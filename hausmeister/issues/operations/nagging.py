"""Asking about P3s that lie idle: the owner first, then the backstop (H11)."""

from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.words import duration
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import letters, storing
from hausmeister.journal.rules import ENGINE
from hausmeister.pager.context import TeamContext
from hausmeister.team.models import Person


def due_ids(now: datetime) -> list[int]:
    """Return the issues that somebody is to be asked about, the longest idle first."""
    return list(Issue.objects.idle(now).values_list("id", flat=True)[:200])


@database.tried_again
@transaction.atomic
def ask(issue_id: int, *, now: datetime) -> bool:
    """Ask about one idle issue if that is still due; return whether somebody was asked."""
    issue = storing.lock(issue_id)
    if issue.nag_at is None or issue.nag_at > now:
        return False
    context = TeamContext.load(issue.team_id, at=now)
    idle = context.policy.issues.p3_idle
    to = _whom(issue, context)
    was_asked = issue.owner if issue.nags else None
    issue.nags += 1
    storing.plan_nag(issue, context)
    if issue.nag_at is not None:
        issue.nag_at = context.hours.after(now, idle)
    issue.version += 1
    issue.save(update_fields=["nags", "nag_at", "version"])
    if to is not None:
        letters.about_idle(issue, context.team, to, idle=duration(idle), was_asked=was_asked, now=now)
    storing.tell(issue, "issue.idle", ENGINE, now, asked=to.name if to else "", idle=duration(idle))
    return to is not None


def _whom(issue: Issue, context: TeamContext) -> Person | None:
    hausmeister, backstop = storing.on_duty(context)
    first = issue.owner or hausmeister
    return (first or backstop) if issue.nags == 0 else (backstop or first)


def put_off(issue_id: int, *, now: datetime, reason: str) -> None:
    """Move an issue that cannot be asked about out of the way of the others, for an hour, and say why."""
    issue = Issue.objects.get(pk=issue_id)
    Issue.objects.filter(pk=issue_id, nag_at__isnull=False).update(nag_at=now + timedelta(hours=1))
    storing.tell(issue, "issue.not_asked", ENGINE, now, reason=reason)
