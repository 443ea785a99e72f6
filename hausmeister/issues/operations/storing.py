"""What every change of an issue ends with: the row, the journal, and the message to the tracker."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from hausmeister.base import chance
from hausmeister.base.priority import Priority
from hausmeister.issues.models import Issue, Mirror
from hausmeister.issues.rules import work
from hausmeister.issues.rules.mirror import MARKER_LENGTH
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane, State
from hausmeister.pager.context import TeamContext
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy


class IssueRefused(Exception):
    """What was asked cannot be done. `code` is stable, `field` names the part at fault where there is one."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def lock(issue_id: int) -> Issue:
    """Return the issue with its row locked: who comes second sees what the first one did."""
    return Issue.objects.select_for_update(of=("self",)).select_related("team").get(pk=issue_id)


def lock_open(issue_id: int) -> Issue:
    """Return the locked issue. Raises IssueRefused when it is closed."""
    issue = lock(issue_id)
    if issue.closed_at is not None:
        raise IssueRefused("issue_is_closed", "This issue is closed; open it again first.")
    return issue


def tell(issue: Issue, verb: str, by: Actor, now: datetime, **facts: Any) -> None:
    """Write what happened into the journal."""
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    journal.record(Fact(now, verb, issue.subject, by, issue.team_id, told))


def touch(issue: Issue, context: TeamContext, *, now: datetime) -> None:
    """Note a sign of work: whoever is asked about an idle issue is asked anew from here on."""
    issue.touched_at, issue.nags = now, 0
    plan_nag(issue, context)


def plan_nag(issue: Issue, context: TeamContext) -> None:
    """Set when somebody is asked about it next."""
    issue.nag_at = work.nag_at(
        issue.rank, is_open=issue.is_open, nags=issue.nags, touched_at=issue.touched_at,
        idle=context.policy.issues.p3_idle, hours=context.hours,
    )  # fmt: skip


def save(issue: Issue, *, now: datetime, is_ours: bool = True) -> None:
    """Store the issue as it is now; what was changed here (`is_ours`) goes to the tracker too."""
    issue.version += 1
    if is_ours:
        issue.changed_at = now
    issue.save()
    if is_ours:
        send(issue, now=now)


def on_duty(context: TeamContext) -> tuple[Person | None, Person | None]:
    """Return the hausmeister and the backstop; no hausmeister while the duty is pager duty only (H3)."""
    duty = context.timeline(timedelta(seconds=1))[0].duty
    return (duty.primary.person if duty.triage else None), duty.backstop.person


def default_owner(issue_priority: Priority, context: TeamContext, *, by: Person | None) -> Person | None:
    """Return who works on it if nobody is named: the hausmeister; for a P4 outside their duty, who says it (H11)."""
    if not work.needs_owner(issue_priority):
        return None
    hausmeister, backstop = on_duty(context)
    return hausmeister or (by or backstop if issue_priority is Priority.P4 else None)


# ---- the way to the tracker ----


def mirror_for(issue: Issue, policy: Policy, *, now: datetime) -> Mirror | None:
    """Return the issue's mirror, begun now if the team has a tracker that is set up; else None."""
    known = issue.known_mirror
    if known is not None or not is_tracked(policy):
        return known
    return Mirror.objects.create(
        issue=issue, tracker=policy.tracker_kind, repository=policy.tracker_repository,
        marker=chance.text(MARKER_LENGTH), made_at=now,
    )  # fmt: skip


def is_tracked(policy: Policy) -> bool:
    """Say whether the policy names a repository of a tracker that this installation may use."""
    return bool(policy.tracker_repository) and policy.tracker_kind in settings.HAUSMEISTER_TRACKERS


def comment(issue: Issue, text: str, *, by: Actor, now: datetime) -> None:
    """Have a comment of `by` added in the tracker, if the issue is kept there."""
    mirror = issue.known_mirror
    if mirror is None or mirror.gone_at is not None or mirror.tracker not in settings.HAUSMEISTER_TRACKERS:
        return
    said = Draft(
        channel=mirror.tracker,
        kind="comment",
        subject=issue.subject,
        dedup_key=f"issue-{issue.pk}-comment-{chance.text(16)}",
        to={"repository": mirror.repository},
        facts={"issue": issue.pk, "text": f"{text}\n\n_{by.name}, in Hausmeister_"},
        due_at=now,
        lane=Lane.CHAT,
        team_id=issue.team_id,
        fair_key=f"team:{issue.team_id}",
        urgency=issue.priority,
    )
    outbox.enqueue([said], now=now)


def send(issue: Issue, *, now: datetime) -> bool:
    """Have the tracker told what the issue says by then; return whether a message is on its way for it.

    What is sent is read when it is sent, so a message that waits carries later changes along.
    """
    mirror = issue.known_mirror
    if mirror is None or mirror.gone_at is not None or mirror.tracker not in settings.HAUSMEISTER_TRACKERS:
        return False
    waiting = Message.objects.filter(subject=issue.subject, channel=mirror.tracker, kind="issue", state=State.PENDING)
    if waiting.exists():
        return True
    outbox.enqueue(
        [
            Draft(
                channel=mirror.tracker,
                kind="issue",
                subject=issue.subject,
                # that it is made once is the mirror's to see to; each of these is an intention of its own
                dedup_key=f"issue-{issue.pk}-{issue.version}-{chance.text(8)}",
                to={"repository": mirror.repository},
                facts={"issue": issue.pk},
                due_at=now,
                lane=Lane.CHAT,
                team_id=issue.team_id,
                fair_key=f"team:{issue.team_id}",
                urgency=issue.priority,
            )
        ],
        now=now,
    )
    return True
