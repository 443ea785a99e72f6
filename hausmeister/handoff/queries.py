"""Reading hand-offs and reports: the one that matters now, one with all that stands in it, the archive."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from hausmeister.handoff.coming import Coming, Duty
from hausmeister.handoff.models import Handoff, HandoffItem, HandoffQuerySet, Report
from hausmeister.handoff.rules.states import Kind
from hausmeister.issues.models import Issue
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.pager import foresight
from hausmeister.pager.models import Page, Rehearsal
from hausmeister.rota import backlog
from hausmeister.rota.rules.foresight import ABOUT_DUTIES
from hausmeister.rota.rules.shifts import is_night
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability

_PEOPLE = ("team", "outgoing", "incoming", "backstop", "accepted_by")
_MOST_FOUND = 100


def visible_to(person: Person) -> HandoffQuerySet:
    """Return the hand-offs that `person` may see; another's does not exist for them (S30)."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    everything = Handoff.objects.select_related(*_PEOPLE)
    return everything if teams is None else everything.filter(team_id__in=teams)


def of_team(team_id: int) -> HandoffQuerySet:
    """Return the team's hand-offs."""
    return Handoff.objects.select_related(*_PEOPLE).filter(team_id=team_id)


def standing_now(team: Team) -> Handoff | None:
    """Return the hand-off that people look at: the draft of the next change, else the newest that happened."""
    found = of_team(team.pk).standing()
    return found.filter(moved_at=None).order_by("at", "id").first() or found.newest_first().first()


def next_change(team: Team, *, now: datetime) -> Coming | None:
    """Return the next change of duty as the rota has it, None where it knows none."""
    return Duty(team.pk, now=now).next_after(now)


def before(handoff: Handoff) -> Handoff | None:
    """Return the hand-off before this one."""
    return of_team(handoff.team_id).standing().filter(at__lt=handoff.at).newest_first().first()


def items_of(handoff: Handoff) -> list[HandoffItem]:
    """Return what stands in it, in the order in which it is read; what is gone with a note comes last."""
    rows = HandoffItem.objects.filter(handoff=handoff).select_related("owner", "goes_to", "accepted_by")
    ordered = list(rows.order_by("place", "id"))
    gone = [row for row in ordered if row.gone_at is not None and (row.note or row.next_step)]
    return [row for row in ordered if row.gone_at is None] + gone


def by_kind(items: Sequence[HandoffItem]) -> list[tuple[Kind, list[HandoffItem]]]:
    """Return the items under their kinds; kinds without any are left out."""
    found: dict[Kind, list[HandoffItem]] = {}
    for item in items:
        found.setdefault(item.sort, []).append(item)
    return [(kind, found[kind]) for kind in Kind if kind in found]


@dataclass(frozen=True)
class Paged:
    """The pages of one duty: how many by night and by day, and the commonest."""

    night: int = 0
    day: int = 0
    commonest: str = ""
    times: int = 0

    @property
    def all(self) -> int:
        """How many there were."""
        return self.night + self.day


def paged(handoff: Handoff, *, now: datetime) -> Paged:
    """Return what the outgoing person was paged for; night is theirs, by their own clock."""
    zone = handoff.outgoing.zone if handoff.outgoing else handoff.team.zone
    until = min(handoff.at, now)
    pages = Page.objects.filter(
        team_id=handoff.team_id, is_test=False, opened_at__gte=handoff.since_at, opened_at__lt=until
    )
    rows = list(pages.order_by("-id").values_list("title", "opened_at")[:2_000])
    night = sum(is_night(opened_at, zone) for _title, opened_at in rows)
    counted = Counter(title for title, _opened_at in rows).most_common(1)
    commonest, times = counted[0] if counted else ("", 0)
    return Paged(night, len(rows) - night, commonest, times)


@dataclass(frozen=True)
class Readiness:
    """Whether the incoming person can be woken: the test page of this duty, and what is wrong with their phone."""

    confirmed_at: datetime | None = None
    asked_at: datetime | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether a test page was confirmed and nothing is known to be wrong."""
        return self.confirmed_at is not None and not self.problems


def readiness(handoff: Handoff, *, now: datetime) -> Readiness:
    """Return how the incoming person stands; by the rota's and the pager's own findings."""
    person = handoff.incoming
    if person is None:
        return Readiness()
    row = (
        Rehearsal.objects.filter(team_id=handoff.team_id, person=person, starts_at=handoff.at)
        .select_related("page")
        .first()
    )
    confirmed_at = row.confirmed_at or foresight.answered_at(row) if row is not None else None
    if confirmed_at is None:
        confirmed_at = foresight.tested_at(team_queries.reach([person.pk]).get(person.pk))
        oldest = now - team_queries.policy_of(handoff.team_id).foresight.test_counts_for
        confirmed_at = confirmed_at if confirmed_at is not None and confirmed_at >= oldest else None
    found = foresight.foresee(handoff.team_id, now=now).findings
    problems = [one.text for one in found if person.pk in one.people and one.kind not in ABOUT_DUTIES]
    asked_at = row.asked_at if row is not None and row.confirmed_at is None else None
    return Readiness(confirmed_at, asked_at, tuple(dict.fromkeys(problems)))


@dataclass(frozen=True)
class Backlog:
    """Whose week for the backlog begins with the hand-off, and the backlog with its reasons (L8)."""

    person: Person | None
    issues: list[Issue]


_MOST_OF_BACKLOG = 8


def backlog_of(handoff: Handoff) -> Backlog:
    """Return the backlog: what comes back to bite first, then P2 before P1, then the oldest."""
    monday = handoff.at.astimezone(handoff.team.zone).date()
    whose = backlog.weeks(handoff.team, first=monday, weeks=2)
    issues = Issue.objects.open().filter(team_id=handoff.team_id, priority__lte=2).select_related("owner")
    ordered = sorted(issues.worst_first()[:200], key=lambda one: one.bites_back is not True)
    return Backlog(next(iter(whose.values()), None), ordered[:_MOST_OF_BACKLOG])


def unaccepted(team_ids: Sequence[int]) -> list[Handoff]:
    """Return the hand-offs of these teams that happened and that nobody has accepted, the oldest first."""
    found = Handoff.objects.unaccepted().filter(team_id__in=team_ids).select_related(*_PEOPLE)
    return list(found.order_by("at", "id"))


def waits_for(person: Person, team_ids: Sequence[int], *, now: datetime) -> list[Handoff]:
    """Return the hand-offs that wait for `person`: drafts that come to them, and unaccepted ones."""
    drafts = Q(moved_at=None, at__gt=now, incoming=person)
    moved = Q(moved_at__isnull=False) & (Q(incoming=person) | Q(raised_at__isnull=False, backstop=person))
    found = Handoff.objects.standing().filter(drafts | moved, team_id__in=team_ids, accepted_at=None, overtaken_at=None)
    rows = found.select_related(*_PEOPLE).order_by("at", "id")
    return [one for one in rows if one.state.is_open]


def archive(found: HandoffQuerySet, text: str) -> list[Handoff]:
    """Return the hand-offs in which `text` stands, anywhere in them or in people's names, the newest first."""
    words = text.split()[:8]
    for word in words:
        in_items = HandoffItem.objects.filter(handoff=OuterRef("pk")).filter(
            Q(title__icontains=word)
            | Q(note__icontains=word)
            | Q(next_step__icontains=word)
            | Q(detail__icontains=word)
        )
        people = Q(outgoing__name__icontains=word) | Q(incoming__name__icontains=word)
        found = found.filter(Q(note__icontains=word) | people | Q(Exists(in_items)))
    return list(found.newest_first()[:_MOST_FOUND])


# ---- reports ----


def reports_of(team_ids: Sequence[int] | None) -> "list[Report]":
    """Return the reports of these teams (None: of all), the newest first."""
    found = Report.objects.select_related("team", "posted_by", "edited_by").order_by("-ends_at", "-id")
    return list((found if team_ids is None else found.filter(team_id__in=team_ids))[:_MOST_FOUND])


def report_visible_to(person: Person, report_id: int) -> Report | None:
    """Return the report with this number, if `person` may see it."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    found = Report.objects.select_related("team", "posted_by", "edited_by").filter(pk=report_id)
    return (found if teams is None else found.filter(team_id__in=teams)).first()


def post_of(report: Report) -> Message | None:
    """Return the message that carries the report, None before it is posted."""
    return outbox.keyed([report.dedup_key]).get(report.dedup_key) if report.posted_at else None
