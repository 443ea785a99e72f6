"""What the JSON API and the console say of an issue."""

from datetime import datetime

from ninja import Schema

from hausmeister.issues import queries
from hausmeister.issues.models import Issue, Mirror
from hausmeister.issues.queries import Like
from hausmeister.journal import queries as journal
from hausmeister.journal.models import Entry


class MirrorOut(Schema):
    """The same issue in the tracker. `number` null: it is still to be made there; `in_sync` false: see why."""

    tracker: str
    repository: str
    number: int | None
    url: str
    in_sync: bool
    synced_at: datetime | None
    out_since: datetime | None
    out_why: str
    gone_at: datetime | None

    @staticmethod
    def of(one: Mirror) -> "MirrorOut":
        """Return `one` as the API words it."""
        return MirrorOut(
            tracker=one.tracker, repository=one.repository, number=one.number, url=one.url, in_sync=one.is_in_sync,
            synced_at=one.synced_at, out_since=one.out_since, out_why=one.out_why, gone_at=one.gone_at,
        )  # fmt: skip


class IssueOut(Schema):
    """A fault of our own services. `issue` is its number; P4 is the most urgent priority."""

    issue: int
    title: str
    priority: str
    priority_in_words: str
    open: bool
    owner: str
    why: str
    bites_back: bool | None
    areas: list[str]
    links: list[str]
    opened_at: datetime
    opened_by: str
    idle_since: datetime | None
    closed_at: datetime | None
    closed_by: str
    close_reason: str
    version: int
    mirror: MirrorOut | None


class WholeIssueOut(IssueOut):
    """An issue with its text, whom a P4 asked to come, and what happened so far, newest first."""

    text: str
    helpers: list["HelperOut"]
    timeline: list["IssueLineOut"]


class HelperOut(Schema):
    """Somebody asked to come; `answer` is "", "comes" or "cannot"."""

    person: int
    name: str
    asked_at: datetime
    answer: str


class IssueLineOut(Schema):
    """One line of the timeline."""

    at: datetime
    who: str
    verb: str
    facts: dict[str, object]

    @staticmethod
    def of(one: Entry) -> "IssueLineOut":
        """Return `one` as the API words it."""
        return IssueLineOut(at=one.at, who=one.actor_name, verb=one.verb, facts=one.facts)


class IssuesOut(Schema):
    """Issues: open ones by priority and age, closed ones the newest first. `next` goes into `after`; null: the end."""

    items: list[IssueOut]
    next: int | None


class LikeOut(Schema):
    """An issue that may be the same, and how alike it is, from 0 to 1."""

    issue: int
    title: str
    priority: str
    open: bool
    likeness: float

    @staticmethod
    def of(one: Like) -> "LikeOut":
        """Return `one` as the API words it."""
        issue = one.issue
        return LikeOut(
            issue=issue.pk, title=issue.title, priority=issue.rank.name, open=issue.is_open,
            likeness=round(one.likeness, 3),
        )  # fmt: skip


class LikesOut(Schema):
    """Issues that may be the same, the likest first."""

    items: list[LikeOut]


WholeIssueOut.model_rebuild()


def brief(issue: Issue) -> IssueOut:
    """Return `issue` as a list shows it."""
    mirror = issue.known_mirror
    return IssueOut(
        issue=issue.pk,
        title=issue.title,
        priority=issue.rank.name,
        priority_in_words=issue.rank.label,
        open=issue.is_open,
        owner=issue.owner.name if issue.owner else "",
        why=issue.why,
        bites_back=issue.bites_back,
        areas=issue.areas,
        links=sorted(link.subject for link in issue.links.all()),
        opened_at=issue.opened_at,
        opened_by=issue.opened_by_name,
        idle_since=issue.touched_at if issue.nags else None,
        closed_at=issue.closed_at,
        closed_by=issue.closed_by_name,
        close_reason=issue.close_reason,
        version=issue.version,
        mirror=MirrorOut.of(mirror) if mirror else None,
    )


def whole(issue: Issue) -> WholeIssueOut:
    """Return `issue` with everything about it."""
    helpers = [
        HelperOut(person=one.person_id, name=one.person.name, asked_at=one.asked_at, answer=one.answer)
        for one in queries.helpers_of(queries.emergency_of(issue))
    ]
    timeline = [IssueLineOut.of(one) for one in journal.timeline(issue.subject)]
    return WholeIssueOut(**brief(issue).model_dump(), text=issue.text, helpers=helpers, timeline=timeline)
