"""What people do with an issue: make it, say how bad it is, take it, hand it over, note, close. Every act is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from hausmeister.base import database
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import lines, one_line
from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.issues.models import Issue, Link
from hausmeister.issues.operations import letters, storing, urgency
from hausmeister.issues.operations.storing import IssueRefused, lock, lock_open, tell, touch
from hausmeister.issues.rules import work
from hausmeister.issues.rules.mirror import TEXT_MOST, TITLE_MOST, clean_areas
from hausmeister.journal.rules import Actor
from hausmeister.pager.context import TeamContext
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Role

LINK_MOST = 80


@dataclass(frozen=True)
class Wish:
    """An issue to be made. `subjects` name what it is about; `form_key` makes pressing twice one issue."""

    title: str
    text: str
    priority: Priority
    areas: tuple[str, ...] = ()
    owner: Person | None = None
    why: str = ""
    bites_back: bool | None = None
    subjects: tuple[str, ...] = ()
    form_key: str | None = None


@database.tried_again
def open_issue(team: Team, wish: Wish, *, by: Actor, person: Person | None, now: datetime) -> Issue:
    """Store an issue and have the tracker make it; a P4 pages. The same form key a second time is the same issue.

    Raises IssueRefused without a title, for a backlog issue without a why, for an owner outside the team.
    """
    title = one_line(wish.title, TITLE_MOST)
    if not title:
        raise IssueRefused("missing_title", "Say in one line what is wrong.", "title")
    if len(wish.text) > TEXT_MOST:
        raise IssueRefused(
            "text_too_long", f"The text has {len(wish.text)} characters; at most {TEXT_MOST} can be kept.", "text"
        )
    why = one_line(wish.why, work.WHY_MOST)
    _check_why(wish.priority, why)
    if wish.owner is not None:
        _check_member(team, wish.owner)
    try:
        return _store(team, wish, title=title, why=why, by=by, person=person, now=now)
    except IntegrityError:
        known = Issue.objects.filter(form_key=wish.form_key).first() if wish.form_key else None
        if known is None:
            raise
        return known


@transaction.atomic
def _store(
    team: Team, wish: Wish, *, title: str, why: str, by: Actor, person: Person | None, now: datetime
) -> Issue:  # fmt: skip
    context = TeamContext.load(team.pk, at=now)
    owner = wish.owner or storing.default_owner(wish.priority, context, by=person)
    issue = Issue(
        team=team, title=title, text=lines(wish.text, TEXT_MOST), priority=int(wish.priority), why=why,
        bites_back=wish.bites_back, areas=list(clean_areas(wish.areas)), owner=owner, opened_at=now, opened_by=person,
        opened_by_name=by.name, priority_at=now, touched_at=now, changed_at=now, form_key=wish.form_key,
    )  # fmt: skip
    storing.plan_nag(issue, context)
    issue.save()
    for subject in dict.fromkeys(wish.subjects):
        Link.objects.create(issue=issue, subject=one_line(subject, LINK_MOST), made_at=now)
    facts = {"title": title, "priority": issue.priority, "why": why, "owner": owner.name if owner else ""}
    tell(issue, "issue.opened", by, now, **facts)
    storing.mirror_for(issue, context.policy, now=now)
    storing.send(issue, now=now)
    if issue.rank is Priority.P4:
        urgency.begin(issue, context, by=by, now=now)
    letters.to_new_owner(issue, context.team, by=by, note="", now=now)
    return issue


def _check_why(priority: Priority, why: str) -> None:
    if work.needs_why(priority) and not why:
        raise IssueRefused(
            "missing_why",
            f"{priority.label} goes to the backlog: say why it is worth doing, in a sentence.",
            "why",
        )


def _check_member(team: Team, person: Person) -> None:
    able = {one.person_id for one in team_queries.members(team.pk) if one.role != Role.VIEWER}
    if person.pk not in able:
        raise IssueRefused("not_in_team", f"{person.name} is no responder of {team.name}.", "owner")


# ---- how bad it is ----


@database.tried_again
@transaction.atomic
def set_priority(
    issue_id: int,
    priority: Priority,
    *,
    by: Actor,
    person: Person | None,
    now: datetime,
    why: str = "",
    seen: Priority | None = None,
) -> Issue:
    """Say how bad the issue is. To P4 it pages; to the backlog it needs a why, unless it has one.

    `seen` is what the person looked at: when somebody else changed it in between, nothing is stored.
    Raises IssueRefused.
    """
    issue = lock_open(issue_id)
    if seen is not None and issue.rank is not seen and issue.rank is not priority:
        raise IssueRefused(
            "priority_changed", f"Somebody set it to {issue.rank.label} a moment before you; look again.", "priority"
        )
    why = one_line(why, work.WHY_MOST) or issue.why
    _check_why(priority, why)
    if issue.rank is priority and issue.why == why:
        return issue
    context = TeamContext.load(issue.team_id, at=now)
    before = issue.rank
    issue.why = why
    apply_priority(issue, priority, context, by=by, person=person, now=now)
    touch(issue, context, now=now)
    storing.save(issue, now=now)
    tell(issue, "issue.prioritised", by, now, priority=issue.priority, before=int(before), why=why)
    return issue


def apply_priority(
    issue: Issue, priority: Priority, context: TeamContext, *, by: Actor, person: Person | None, now: datetime
) -> None:
    """Set a locked issue's priority with all that follows from it; the caller stores and tells it."""
    if issue.rank is priority:
        return
    issue.priority, issue.priority_at = int(priority), now
    issue.owner = issue.owner or storing.default_owner(priority, context, by=person)
    if priority is Priority.P4:
        urgency.begin(issue, context, by=by, now=now)
    else:
        urgency.end(issue, by=by, reason=f"issue {issue.pk} is {priority.label} now", now=now)


# ---- whose it is ----


@database.tried_again
@transaction.atomic
def take(issue_id: int, *, by: Person, now: datetime) -> Issue:
    """Make it `by`'s own. Raises IssueRefused."""
    issue = lock_open(issue_id)
    _check_member(issue.team, by)
    before = issue.owner
    context = TeamContext.load(issue.team_id, at=now)
    issue.owner = by
    touch(issue, context, now=now)
    storing.save(issue, now=now, is_ours=False)
    if before is None or before.pk != by.pk:
        was = before.name if before else ""
        tell(issue, "issue.taken", team_operations.as_actor(by), now, was=was)
    return issue


@database.tried_again
@transaction.atomic
def hand_over(
    issue_id: int, to: Person, *, note: str, by: Actor, now: datetime, is_told: bool = True
) -> Issue:  # fmt: skip
    """Give it to somebody with more context, who is told what is known so far (H11).

    `is_told` false: the caller tells them, as the hand-off does for everything at once.
    Raises IssueRefused without a note, or for somebody outside the team.
    """
    issue = lock_open(issue_id)
    said = lines(note, work.NOTE_MOST)
    if not said:
        raise IssueRefused(
            "missing_note", "Say what is known so far and what comes next; they start from there.", "note"
        )
    _check_member(issue.team, to)
    context = TeamContext.load(issue.team_id, at=now)
    issue.owner = to
    touch(issue, context, now=now)
    storing.save(issue, now=now, is_ours=False)
    tell(issue, "issue.handed_over", by, now, to=to.name, text=said)
    if is_told:
        letters.to_new_owner(issue, issue.team, by=by, note=said, now=now)
    return issue


# ---- what it says ----


@database.tried_again
@transaction.atomic
def edit(
    issue_id: int,
    *,
    title: str,
    text: str,
    areas: Sequence[str],
    why: str,
    bites_back: bool | None,
    by: Actor,
    now: datetime,
    seen_version: int | None = None,
) -> Issue:
    """Change what the issue says. Raises IssueRefused, also when it changed since `seen_version`."""
    issue = lock(issue_id)
    if seen_version is not None and issue.version != seen_version:
        raise IssueRefused("issue_changed", "Somebody changed it meanwhile; look again, then change it.")
    clean, said = one_line(title, TITLE_MOST), one_line(why, work.WHY_MOST)
    if not clean:
        raise IssueRefused("missing_title", "Say in one line what is wrong.", "title")
    if len(text) > TEXT_MOST:
        raise IssueRefused("text_too_long", f"At most {TEXT_MOST} characters can be kept.", "text")
    _check_why(issue.rank, said)
    wanted = {
        "title": clean, "text": lines(text, TEXT_MOST), "areas": list(clean_areas(areas)), "why": said,
        "bites_back": bites_back,
    }  # fmt: skip
    changed = [name for name, value in wanted.items() if getattr(issue, name) != value]
    if not changed:
        return issue
    for name in changed:
        setattr(issue, name, wanted[name])
    touch(issue, TeamContext.load(issue.team_id, at=now), now=now)
    storing.save(issue, now=now)
    tell(issue, "issue.edited", by, now, fields=changed)
    return issue


@database.tried_again
@transaction.atomic
def note(issue_id: int, *, text: str, by: Actor, now: datetime, there_too: bool = False) -> Issue:
    """Add a note; it is a sign of work. `there_too`: as a comment in the tracker as well.

    Raises IssueRefused for an empty one.
    """
    issue = lock(issue_id)
    said = lines(text, work.NOTE_MOST)
    if not said:
        raise IssueRefused("missing_note", "A note needs some words.", "text")
    touch(issue, TeamContext.load(issue.team_id, at=now), now=now)
    storing.save(issue, now=now, is_ours=False)
    tell(issue, "issue.noted", by, now, text=said)
    record_work(issue, Kind.WORK, _person(by), now=now)
    if there_too:
        storing.comment(issue, said, by=by, now=now)
    return issue


@database.tried_again
@transaction.atomic
def link(issue_id: int, subject: str, *, by: Actor, now: datetime) -> Issue:
    """Say what else the issue is about, such as "incident:4". A second time changes nothing."""
    issue = lock(issue_id)
    _link, is_new = Link.objects.get_or_create(
        issue=issue, subject=one_line(subject, LINK_MOST), defaults={"made_at": now}
    )
    if is_new:
        tell(issue, "issue.linked", by, now, subject=subject)
    return issue


# ---- its end ----


@database.tried_again
@transaction.atomic
def close(issue_id: int, *, reason: str, by: Actor, now: datetime) -> Issue:
    """End the issue, here and in the tracker. Raises IssueRefused when it is closed already."""
    issue = lock_open(issue_id)
    shut(issue, reason=reason, by=by, now=now)
    storing.save(issue, now=now)
    return issue


def shut(issue: Issue, *, reason: str, by: Actor, now: datetime) -> None:
    """Close a locked issue with all that follows from it, and tell it; the caller stores it."""
    issue.closed_at, issue.closed_by_name = now, by.name
    issue.close_reason = one_line(reason, 200) or "done"
    issue.nag_at = None
    urgency.end(issue, by=by, reason=f"issue {issue.pk} is closed: {issue.close_reason}", now=now)
    tell(issue, "issue.closed", by, now, reason=issue.close_reason)
    record_work(issue, Kind.ISSUE, issue.owner_id or _person(by), now=now)


def record_work(issue: Issue, kind: Kind, person_id: int | None, *, now: datetime) -> None:
    """Record that somebody worked on the issue (H17); a tracker's user whom we do not know is nobody."""
    if person_id is not None:
        familiarity.record(issue.team_id, [Work(kind, issue.subject, (person_id,), issue.clues, now)])


def _person(by: Actor) -> int | None:
    return by.id if by.kind == "person" else None


@database.tried_again
@transaction.atomic
def reopen(issue_id: int, *, by: Actor, person: Person | None, now: datetime) -> Issue:
    """Open a closed issue again; a P4 pages again. Raises IssueRefused when it is open."""
    issue = lock(issue_id)
    if issue.closed_at is None:
        raise IssueRefused("issue_is_open", "This issue is open already.")
    raise_again(issue, TeamContext.load(issue.team_id, at=now), by=by, person=person, now=now)
    storing.save(issue, now=now)
    return issue


def raise_again(issue: Issue, context: TeamContext, *, by: Actor, person: Person | None, now: datetime) -> None:
    """Open a locked issue again with all that follows from it, and tell it; the caller stores it."""
    issue.closed_at, issue.closed_by_name, issue.close_reason = None, "", ""
    issue.owner = issue.owner or storing.default_owner(issue.rank, context, by=person)
    touch(issue, context, now=now)
    tell(issue, "issue.reopened", by, now)
    if issue.rank is Priority.P4:
        urgency.begin(issue, context, by=by, now=now)
