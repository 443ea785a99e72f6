"""Keeping an issue and its mirror in step: what we send, what comes back, and what stands in the way.

Only what people change here is ever sent; what comes from the tracker is stored and never sent back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from hausmeister.base import chance, database, log
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, lines, one_line
from hausmeister.issues.models import Feed, Issue, Mirror
from hausmeister.issues.operations import letters, storing, urgency, working
from hausmeister.issues.operations.storing import tell
from hausmeister.issues.rules import mirror as rules
from hausmeister.issues.rules.mirror import MARKER_LENGTH, Remote, Snapshot
from hausmeister.issues.tracker import Gone, Wanted
from hausmeister.journal.rules import Actor
from hausmeister.outbox.delivery import NotDelivered
from hausmeister.outbox.rules import LEASE
from hausmeister.pager.context import TeamContext
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.shape import Policy

_log = log.get(__name__)

# their clock and ours may differ by so much when an issue of ours is looked for
CLOCK_SLACK = timedelta(minutes=10)
ERROR_MOST = 500


# ---- out ----


@dataclass(frozen=True)
class Work:
    """What there is to be told to the tracker about one issue. `number` None: it is to be made."""

    issue_id: int
    mirror_id: int
    version: int
    repository: str
    number: int | None
    marker: str
    made_at: datetime
    was_tried: bool
    wanted: Wanted
    marks: dict[str, Any]

    @property
    def is_nothing(self) -> bool:
        """Whether the tracker knows it all."""
        return self.number is not None and self.wanted == Wanted()


class Busy(Exception):
    """Another message of the same issue is on its way."""


@database.tried_again
@transaction.atomic
def begin(issue_id: int, *, now: datetime) -> Work | None:
    """Take the issue's turn at the tracker; None when there is nothing to keep in step any more.

    That making it is tried is stored before the first byte leaves: whoever tries after a crash looks first whether
    it is there. Raises Busy.
    """
    issue = Issue.objects.filter(pk=issue_id).select_related("mirror", "team").first()
    mirror = issue.known_mirror if issue is not None else None
    if issue is None or mirror is None or mirror.gone_at is not None:
        return None
    free = Mirror.objects.filter(Q(busy_until=None) | Q(busy_until__lte=now), pk=mirror.pk)
    changed: dict[str, Any] = {"busy_until": now + LEASE}
    if mirror.number is None and mirror.tried_at is None:
        changed["tried_at"] = now
    if not free.update(**changed):
        raise Busy
    labels = team_queries.policy_of(issue.team_id).tracker_labels
    snapshot = issue.snapshot
    return Work(
        issue_id=issue.pk, mirror_id=mirror.pk, version=issue.version, repository=mirror.repository,
        number=mirror.number, marker=mirror.marker, made_at=mirror.made_at, was_tried=mirror.tried_at is not None,
        wanted=_wanted(issue, mirror, snapshot, labels), marks=snapshot.marks,
    )  # fmt: skip


def _wanted(issue: Issue, mirror: Mirror, snapshot: Snapshot, base_labels: tuple[str, ...]) -> Wanted:
    fresh = rules.unsent(snapshot.marks, mirror.seen)
    text = rules.body(issue.text, marker=mirror.marker, number=issue.pk, link=letters.address(issue))
    return Wanted(
        title=issue.title if "title" in fresh else None,
        body=text if "text" in fresh else None,
        labels=tuple(rules.labels_for(snapshot, base_labels)) if {"priority", "areas"} & set(fresh) else None,
        is_open=issue.is_open if "is_open" in fresh else None,
    )


@database.tried_again
@transaction.atomic
def sent(work: Work, remote: Remote | None, *, now: datetime) -> None:
    """Note what the tracker says now, None when there was nothing to tell; both sides are in step then.

    What it made of our words (cut, cleaned) is what was seen there; it is not sent again.
    """
    mirror = Mirror.objects.select_for_update().get(pk=work.mirror_id)
    changed: dict[str, Any] = {
        "busy_until": None, "synced_at": now, "sent_version": work.version, "out_since": None, "out_why": "",
    }  # fmt: skip
    # somebody may have changed it there meanwhile, and been heard before us: then theirs is the newer tale
    is_newest = remote is not None and (mirror.remote_at is None or remote.updated_at >= mirror.remote_at)
    if remote is not None and is_newest:
        base = team_queries.policy_of(mirror.issue.team_id).tracker_labels
        theirs = remote.snapshot(base).marks
        # a cleaned title there is no change that somebody made: ours stays what was seen
        changed |= {
            "number": remote.number, "repository": remote.repository, "url": remote.url[:500],
            "seen": {name: _as_seen(name, work, theirs) for name in theirs}, "remote_at": remote.updated_at,
        }  # fmt: skip
    if mirror.number is None and remote is not None:
        issue = mirror.issue
        tell(issue, "issue.mirrored", _of(mirror), now, place=f"{remote.repository}#{remote.number}", url=remote.url)
    mirror.carried(**changed)


def _as_seen(name: str, work: Work, theirs: dict[str, Any]) -> Any:
    """Return what counts as seen of one field: our own words where we sent them just now."""
    sent_fields = {
        "title": work.wanted.title, "text": work.wanted.body, "priority": work.wanted.labels,
        "areas": work.wanted.labels, "is_open": work.wanted.is_open,
    }  # fmt: skip
    return theirs[name] if sent_fields[name] is None else work.marks[name]


@database.tried_again
@transaction.atomic
def failed(work: Work, error: NotDelivered, *, now: datetime) -> None:
    """Note since when, and why, the two are not in step."""
    mirror = Mirror.objects.select_for_update().select_related("issue").get(pk=work.mirror_id)
    why = cut(str(error), ERROR_MOST)
    is_news = mirror.out_since is None or mirror.out_why != why
    mirror.carried(busy_until=None, out_since=mirror.out_since or now, out_why=why)
    if is_news:
        tell(mirror.issue, "issue.out_of_step", _of(mirror), now, reason=why)
    if isinstance(error, Gone) and mirror.number is not None:
        mark_gone(mirror, now=now, why=why)


def release(work: Work) -> None:
    """Give the issue's turn back: nothing was sent."""
    Mirror.objects.filter(pk=work.mirror_id).update(busy_until=None)


def mark_gone(mirror: Mirror, *, now: datetime, why: str) -> None:
    """Note that the issue is not there any more; the one here stays as it is."""
    if mirror.gone_at is not None:
        return
    mirror.carried(gone_at=now, out_since=mirror.out_since or now, out_why=cut(why, ERROR_MOST))
    tell(mirror.issue, "issue.gone", _of(mirror), now, place=str(mirror), reason=why)


@database.tried_again
@transaction.atomic
def make_again(issue_id: int, *, by: Actor, now: datetime) -> Issue:
    """Have a new issue made in the tracker for one whose mirror is gone. Raises IssueRefused when it is not."""
    issue = storing.lock(issue_id)
    mirror = issue.known_mirror
    if mirror is None or mirror.gone_at is None:
        raise storing.IssueRefused("not_gone", "The issue is still in the tracker, so it is not made again.")
    policy = team_queries.policy_of(issue.team_id)
    mirror.carried(
        repository=policy.tracker_repository or mirror.repository, number=None, url="", seen={}, remote_at=None,
        marker=chance.text(MARKER_LENGTH), made_at=now, tried_at=None, gone_at=None, out_since=None, out_why="",
        busy_until=None,
    )  # fmt: skip
    tell(issue, "issue.made_again", by, now)
    issue = storing.lock(issue_id)
    storing.save(issue, now=now)
    return issue


RESEND_EVERY = timedelta(minutes=10)
_RESEND_MOST = 20


def resend(now: datetime) -> int:
    """Send again what the tracker was never told: after a refusal, or since it is set up; return how many.

    So a revoked token loses nothing: what is unsent goes out, a few at a time, once there is a good one.
    """
    earlier = now - RESEND_EVERY
    # also what no try was made for, because the tracker was not set up for a while
    never = Q(issue__changed_at__lte=earlier) & (Q(synced_at=None) | Q(synced_at__lt=F("issue__changed_at")))
    mine = Mirror.objects.filter(gone_at=None, tracker__in=settings.HAUSMEISTER_TRACKERS)
    unsent = mine.filter(Q(out_since__lte=earlier) | never).order_by("id").values_list("issue_id", flat=True)
    count = 0
    for issue_id in _in_turn(list(unsent), now=now):
        count += _resend(issue_id, now=now)
    return count + _begin_mirrors(now=now)


def _in_turn(ids: list[int], *, now: datetime) -> list[int]:
    """Return the next few of `ids`: twenty that are refused each time must not keep the others from their turn."""
    start = int(now.timestamp() // RESEND_EVERY.total_seconds()) * _RESEND_MOST % max(len(ids), 1)
    return (ids[start:] + ids[:start])[:_RESEND_MOST]


@database.tried_again
@transaction.atomic
def _resend(issue_id: int, *, now: datetime) -> bool:
    issue = storing.lock(issue_id)
    mirror = issue.known_mirror
    if mirror is None:
        return False
    return storing.send(issue, now=now)


def _begin_mirrors(*, now: datetime) -> int:
    """Have open issues made in a tracker that was set up after them."""
    count = 0
    for team in Team.objects.filter(issues__closed_at=None, issues__mirror=None).distinct().order_by("id"):
        policy = team_queries.policy_of(team.pk)
        if not storing.is_tracked(policy):
            continue
        lonely = Issue.objects.open().filter(team=team, mirror=None).order_by("id")[:_RESEND_MOST]
        for issue in lonely:
            with transaction.atomic():
                storing.mirror_for(storing.lock(issue.pk), policy, now=now)
                storing.send(issue, now=now)
            count += 1
    return count


# ---- back ----


def _of(mirror: Mirror, who: str = "") -> Actor:
    """Return the tracker, or somebody in it, as the journal names them."""
    label = TRACKER_LABELS.get(mirror.tracker, mirror.tracker)
    return Actor(mirror.tracker, None, f"{one_line(who, 100)} in {label}" if who else label)


TRACKER_LABELS = {"github": "GitHub", "gitlab": "GitLab"}


@database.tried_again
@transaction.atomic
def take(tracker: str, remote: Remote, *, now: datetime, is_current: bool) -> Issue | None:
    """Bring the issue here up to what its mirror says; return it, None when it concerns no team.

    `is_current` says that it was asked for just now: then an equal time counts too. A tale of the past, told late or
    twice, changes nothing. An issue with all of a team's labels that was made there becomes one here (H10).
    """
    mirror = _mirror_of(tracker, remote)
    if mirror is None:
        return _adopt(tracker, remote, now=now)
    issue = storing.lock(mirror.issue_id)
    mirror = Mirror.objects.get(pk=mirror.pk)
    if mirror.number is None:
        # our own, made a moment ago: whoever made it has not stored its number yet
        return issue
    policy = team_queries.policy_of(issue.team_id)
    theirs = remote.snapshot(policy.tracker_labels)
    if mirror.remote_at is not None and remote.updated_at <= mirror.remote_at:
        is_same_second = remote.updated_at == mirror.remote_at and theirs.marks != mirror.seen
        if is_same_second and not is_current:
            _look_soon(tracker, mirror, now=now)
        if not (is_same_second and is_current):
            return issue
    merged = rules.merge(
        issue.snapshot.marks, mirror.seen, theirs.marks, ours_at=issue.changed_at, theirs_at=remote.updated_at
    )
    by = _of(mirror, remote.by)
    _apply(issue, theirs, merged.taken, by=by, now=now)
    is_in_step = not rules.unsent(issue.snapshot.marks, theirs.marks)
    mirror.carried(
        seen=theirs.marks, remote_at=remote.updated_at, url=remote.url[:500], gone_at=None,
        **({"synced_at": now, "out_since": None, "out_why": ""} if is_in_step else {}),
    )  # fmt: skip
    if merged.priority_gone:
        tell(issue, "issue.label_gone", by, now, priority=issue.priority)
    if merged.kept:
        tell(issue, "issue.ours_was_later", by, now, fields=list(merged.kept))
        storing.send(issue, now=now)
    return issue


def _look_soon(tracker: str, mirror: Mirror, *, now: datetime) -> None:
    """Ask the tracker soon when two of its tales have the same second: nobody can say which came last."""
    Feed.objects.filter(tracker=tracker, repository=mirror.repository).update(next_at=now, etag="")


def _mirror_of(tracker: str, remote: Remote) -> Mirror | None:
    found = Mirror.objects.filter(tracker=tracker, repository__iexact=remote.repository, number=remote.number).first()
    if found is None and remote.marker:
        found = Mirror.objects.filter(tracker=tracker, marker=remote.marker, number=None).first()
    return found


def _apply(issue: Issue, theirs: Snapshot, taken: tuple[str, ...], *, by: Actor, now: datetime) -> None:
    """Write what was changed there into the locked issue."""
    if not taken:
        return
    context = TeamContext.load(issue.team_id, at=now)
    before = issue.rank
    words = [name for name in taken if name in {"title", "text", "areas"}]
    for name in words:
        value = getattr(theirs, name)
        setattr(issue, name, list(value) if name == "areas" else value)
    storing.touch(issue, context, now=now)
    if "is_open" in taken and not theirs.is_open:
        working.shut(issue, reason=f"closed by {by.name}", by=by, now=now)
    if "priority" in taken and theirs.priority is not None:
        _apply_priority(issue, theirs.priority, context, by=by, now=now)
    if "is_open" in taken and theirs.is_open:
        working.raise_again(issue, context, by=by, person=None, now=now)
    if issue.is_open:
        storing.plan_nag(issue, context)
    storing.save(issue, now=now, is_ours=False)
    if words:
        tell(issue, "issue.edited", by, now, fields=words)
    if "priority" in taken:
        tell(issue, "issue.prioritised", by, now, priority=issue.priority, before=int(before))


def _apply_priority(issue: Issue, priority: Priority, context: TeamContext, *, by: Actor, now: datetime) -> None:
    if issue.is_open:
        working.apply_priority(issue, priority, context, by=by, person=None, now=now)
    else:
        issue.priority, issue.priority_at = int(priority), now


def _adopt(tracker: str, remote: Remote, *, now: datetime) -> Issue | None:
    """Make an issue here of one that was made there, if it carries the labels of a team and is open."""
    team = team_for(tracker, remote) if remote.is_open else None
    if team is None:
        return None
    policy = team_queries.policy_of(team.pk)
    theirs = remote.snapshot(policy.tracker_labels)
    context = TeamContext.load(team.pk, at=now)
    by = Actor(tracker, None, f"{one_line(remote.author, 100) or 'somebody'} in {TRACKER_LABELS.get(tracker, tracker)}")
    priority = theirs.priority or Priority.P2
    issue = Issue(
        team=team, title=theirs.title, text=theirs.text, priority=int(priority), areas=list(theirs.areas),
        owner=storing.default_owner(priority, context, by=None), opened_at=min(remote.created_at, now),
        opened_by_name=by.name, priority_at=now, touched_at=now, changed_at=min(remote.updated_at, now),
    )  # fmt: skip
    storing.plan_nag(issue, context)
    issue.save()
    Mirror.objects.create(
        issue=issue, tracker=tracker, repository=remote.repository, number=remote.number, url=remote.url[:500],
        marker=chance.text(MARKER_LENGTH), made_at=now, seen=theirs.marks, remote_at=remote.updated_at,
        synced_at=now, sent_version=1,
    )  # fmt: skip
    tell(
        issue,
        "issue.opened",
        by,
        now,
        title=issue.title,
        priority=issue.priority,
        place=f"{remote.repository}#{remote.number}",
    )
    if priority is Priority.P4:
        urgency.begin(issue, context, by=by, now=now)
    letters.to_new_owner(issue, team, by=by, note="", now=now)
    _log.info("issue.adopted", issue=issue.pk, tracker=tracker, number=remote.number)
    return issue


def team_for(tracker: str, remote: Remote) -> Team | None:
    """Return the first team whose tracker this is and all of whose labels the issue carries."""
    for team in Team.objects.order_by("id"):
        policy = team_queries.policy_of(team.pk)
        if is_of(policy, tracker, remote.repository) and remote.has_all(policy.tracker_labels):
            return team
    return None


def is_of(policy: Policy, tracker: str, repository: str) -> bool:
    """Say whether a team with this policy keeps its issues there."""
    return policy.tracker_kind == tracker and policy.tracker_repository.lower() == repository.lower()


@database.tried_again
@transaction.atomic
def take_deletion(tracker: str, repository: str, number: int, *, by: str, now: datetime) -> bool:
    """Note that the mirror was deleted; return whether it was one of ours."""
    mirror = Mirror.objects.filter(tracker=tracker, repository__iexact=repository, number=number).first()
    if mirror is None:
        return False
    storing.lock(mirror.issue_id)
    mark_gone(mirror, now=now, why=f"deleted there by {one_line(by, 100) or 'somebody'}")
    return True


@database.tried_again
@transaction.atomic
def take_transfer(tracker: str, repository: str, number: int, remote: Remote, *, now: datetime) -> bool:
    """Follow the mirror to another repository; return whether it was one of ours."""
    mirror = Mirror.objects.filter(tracker=tracker, repository__iexact=repository, number=number).first()
    if mirror is None:
        return False
    issue = storing.lock(mirror.issue_id)
    was = str(mirror)
    if Mirror.objects.filter(tracker=tracker, repository=remote.repository, number=remote.number).exists():
        mark_gone(mirror, now=now, why=f"moved to {remote.repository}#{remote.number}, which is another issue here")
        return True
    mirror.carried(repository=remote.repository, number=remote.number, url=remote.url[:500], remote_at=None)
    tell(issue, "issue.moved", _of(mirror, remote.by), now, was=was, place=f"{remote.repository}#{remote.number}")
    return True


@database.tried_again
@transaction.atomic
def take_comment(tracker: str, repository: str, number: int, *, text: str, by: str, now: datetime) -> bool:
    """Write what was said there into the timeline here; it is a sign of work. Return whether it was one of ours."""
    mirror = Mirror.objects.filter(tracker=tracker, repository__iexact=repository, number=number).first()
    said = lines(text, 1000)
    if mirror is None or not said:
        return False
    issue = storing.lock(mirror.issue_id)
    storing.touch(issue, TeamContext.load(issue.team_id, at=now), now=now)
    storing.save(issue, now=now, is_ours=False)
    tell(issue, "issue.noted", _of(mirror, by), now, text=said)
    return True


def place_of(issue_id: int) -> tuple[str, int] | None:
    """Return repository and number of the issue's mirror, None while it has none."""
    mirror = Mirror.objects.filter(issue_id=issue_id, number__isnull=False, gone_at=None).first()
    return (mirror.repository, int(mirror.number)) if mirror is not None and mirror.number is not None else None
