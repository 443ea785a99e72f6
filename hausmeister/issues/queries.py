"""Reading issues: the one list of all that are open (H10), one issue, what is like it, and how trackers answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db.models import Prefetch
from django.db.models.functions import Substr

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Emergency, Feed, Help, Issue, IssueQuerySet
from hausmeister.issues.rules import similar
from hausmeister.issues.rules.similar import Described
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability

# closed ones may be the same fault come back
REMEMBERED = timedelta(days=90)
# so many are compared with a new one; a team has tens
MOST_COMPARED = 500
# characters of each: what an issue is about stands in its beginning
MOST_READ = 4000


def visible_to(person: Person) -> IssueQuerySet:
    """Return the issues that `person` may see."""
    teams = permissions.team_ids(person, Capability.SEE_ISSUES)
    return Issue.objects.all() if teams is None else Issue.objects.filter(team_id__in=teams)


def about(subject: str, person: Person) -> list[Issue]:
    """Return the issues linked to `subject`, such as "page:12", that `person` may see, the newest first."""
    return list(visible_to(person).filter(links__subject=subject).select_related("owner").order_by("-id")[:10])


def find(issue_id: int) -> Issue | None:
    """Return the issue with this number, None when there is none."""
    return Issue.objects.filter(pk=issue_id).first()


def with_everything(issues: IssueQuerySet) -> IssueQuerySet:
    """Return `issues` so that a list of them asks the database no more."""
    came = Prefetch("helpers", queryset=Help.objects.filter(answer="comes").select_related("person"), to_attr="came")
    urgent = Emergency.objects.filter(ended_at=None).select_related("page__acked_by").prefetch_related(came)
    return issues.select_related("team", "owner", "mirror").prefetch_related(
        Prefetch("emergencies", queryset=urgent, to_attr="urgent"), "links"
    )


def by_priority(issues: Sequence[Issue]) -> dict[Priority, list[Issue]]:
    """Return `issues` under each priority, the most urgent first, each in its order."""
    found: dict[Priority, list[Issue]] = {priority: [] for priority in reversed(Priority)}
    for issue in issues:
        found[issue.rank].append(issue)
    return found


@dataclass(frozen=True)
class Like:
    """An issue that may be the same, and how alike it is, from 0 to 1."""

    issue: Issue
    likeness: float


class Ranker(Protocol):
    """Whoever tells best which issues are alike; a room above, which `wiring` hands in."""

    def likely(self, asked: Described, others: Sequence[Described], *, most: int) -> list[tuple[int, float]]:
        """Return number and likeness (0 to 1) of those that `asked` probably repeats, the likest first."""
        ...


_rankers: list[Ranker] = []


def use(ranker: Ranker | None) -> None:
    """Let `ranker` say what is alike from now on; None: this room by itself, by words."""
    _rankers[:] = [ranker] if ranker is not None else []


def likely_duplicates(title: str, text: str, *, team_id: int, now: datetime, most: int = 5) -> list[Like]:
    """Return the team's issues most like this one, open or closed lately, the likest first."""
    known = Issue.objects.filter(team_id=team_id).exclude(closed_at__lt=now - REMEMBERED)
    rows = known.order_by("-id").values_list("id", "title", Substr("text", 1, MOST_READ), "opened_at")[:MOST_COMPARED]
    asked, others = Described(0, title, text[:MOST_READ], now), [Described(*row) for row in rows]
    found = _rankers[0].likely(asked, others, most=most) if _rankers else similar.likely(asked, others, most=most)
    issues = Issue.objects.select_related("owner", "mirror").in_bulk([number for number, _ in found])
    return [Like(issues[number], likeness) for number, likeness in found]


def emergency_of(issue: Issue) -> Emergency | None:
    """Return what the issue's P4 set off, None while it is none."""
    return Emergency.objects.filter(issue=issue, ended_at=None).select_related("page__acked_by", "help_page").first()


def helpers_of(emergency: Emergency | None) -> list[Help]:
    """Return who was asked to come, in the order of asking."""
    if emergency is None:
        return []
    return list(Help.objects.filter(emergency=emergency).select_related("person").order_by("asked_at", "id"))


def urgent_without(kind: str) -> list[Issue]:
    """Return the open P4s that are linked to nothing of this kind, such as "incident", the oldest first.

    For the rooms above: whoever opens an incident for each P4 asks this, and links it (`working.link`). So it does not
    matter by which way an issue became a P4, and nothing is lost by a restart.
    """
    linked = Issue.objects.filter(links__subject__startswith=f"{kind}:")
    found = Issue.objects.open().filter(priority=int(Priority.P4)).exclude(pk__in=linked)
    return list(found.select_related("team", "owner").order_by("priority_at", "id"))


# ---- trackers ----


def troubles(team_ids: frozenset[int] | None) -> list[Feed]:
    """Return the repositories of these teams (None: of all) that cannot be read now."""
    failing = Feed.objects.filter(failing_since__isnull=False).order_by("failing_since", "id")
    if team_ids is None:
        return list(failing)
    policies = team_queries.policies(sorted(team_ids)).values()
    ours = {(policy.tracker_kind, policy.tracker_repository) for policy in policies}
    return [feed for feed in failing if (feed.tracker, feed.repository) in ours]


def tracker_query(policy: Policy) -> str:
    """Return the address of the tracker's own list of the team's open issues, "" where there is none."""
    repository = policy.tracker_repository
    if not repository:
        return ""
    if policy.tracker_kind == "gitlab":
        labels = "".join(f"&label_name[]={quote(label)}" for label in policy.tracker_labels)
        return f"{settings.HAUSMEISTER_GITLAB_URL}/{quote(repository)}/-/issues?state=opened{labels}"
    asked = quote(" ".join(["is:open", "is:issue", *(f'label:"{label}"' for label in policy.tracker_labels)]))
    return f"{_web_of(settings.HAUSMEISTER_GITHUB_URL)}/{quote(repository)}/issues?q={asked}"


def _web_of(api: str) -> str:
    """Return where people look at GitHub, from where its API is."""
    split = urlsplit(api)
    return f"{split.scheme}://{(split.netloc).removeprefix('api.')}"
