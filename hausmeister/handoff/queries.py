"""Reading hand-offs and reports: the one that matters now, one with all that stands in it, the archive."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hausmeister.handoff.coming import Coming, Duty
from hausmeister.handoff.models import Handoff, HandoffItem, HandoffQuerySet, Report
from hausmeister.handoff.rules.states import ThingKind
from hausmeister.issues.models import Issue
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.pager import foresight
from hausmeister.pager.foresight import Foreseen
from hausmeister.pager.models import Page, Rehearsal
from hausmeister.rota import backlog
from hausmeister.rota.rules.foresight import ABOUT_DUTIES
from hausmeister.rota.rules.shifts import is_night
from hausmeister.team import permissions
from hausmeister.team.models import ContactMethod, Person, Team
from hausmeister.team.policy.shape import Policy
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
    found = Handoff.objects.standing().filter(team=team)
    draft = Subquery(found.filter(moved_at=None).order_by("at", "id").values("pk")[:1])
    newest = Subquery(found.newest_first().values("pk")[:1])
    return of_team(team.pk).filter(pk=Coalesce(draft, newest)).first()


def foreseen(team_id: int, *, now: datetime) -> Foreseen:
    """Return what lies ahead of the team: its policy, its people, its duties, and what is wrong with them."""
    return foresight.foresee(team_id, now=now)


def next_change(ahead: Foreseen, *, now: datetime) -> Coming | None:
    """Return the next change of duty as the rota has it, None where it knows none."""
    return Duty(ahead.outlook).next_after(now)


@dataclass(frozen=True)
class Around:
    """What a hand-off is shown with: the number of the one before, and the report of the week that ends with it."""

    before: int | None
    report: int | None
    posted_at: datetime | None


def around(handoff: Handoff) -> Around:
    """Return what stands around a hand-off, in one question."""
    earlier = Handoff.objects.standing().filter(team_id=handoff.team_id, at__lt=handoff.at).newest_first()
    report = Report.objects.filter(team_id=handoff.team_id, ends_at=handoff.at)
    row = Handoff.objects.filter(pk=handoff.pk).values_list(
        Subquery(earlier.values("pk")[:1]), Subquery(report.values("pk")[:1]), Subquery(report.values("posted_at")[:1])
    )
    return Around(*row.get())


def items_of(handoff: Handoff) -> list[HandoffItem]:
    """Return what stands in it, in the order in which it is read; what is gone with a note comes last."""
    rows = HandoffItem.objects.filter(handoff=handoff).select_related("owner", "goes_to", "accepted_by")
    ordered = list(rows.order_by("place", "id"))
    gone = [row for row in ordered if row.gone_at is not None and (row.note or row.next_step)]
    return [row for row in ordered if row.gone_at is None] + gone


def by_kind(items: Sequence[HandoffItem]) -> list[tuple[ThingKind, list[HandoffItem]]]:
    """Return the items under their kinds; kinds without any are left out."""
    found: dict[ThingKind, list[HandoffItem]] = {}
    for item in items:
        found.setdefault(item.sort, []).append(item)
    return [(kind, found[kind]) for kind in ThingKind if kind in found]


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


def readiness(handoff: Handoff, ahead: Foreseen, *, now: datetime) -> Readiness:
    """Return how the incoming person stands; by the rota's and the pager's own findings."""
    person = handoff.incoming
    if person is None:
        return Readiness()
    asked = Rehearsal.objects.filter(team_id=handoff.team_id, person=person, starts_at=handoff.at)
    answered = asked.filter(page__acked_by=person)
    oldest = now - ahead.outlook.policy.foresight.test_counts_for
    tested = ContactMethod.objects.usable().filter(person=person, tested_at__gte=oldest).order_by("-tested_at", "-id")
    row = Person.objects.filter(pk=person.pk).values_list(
        Subquery(asked.values("confirmed_at")[:1]),
        Subquery(answered.values("page__acked_at")[:1]),
        Subquery(tested.values("tested_at")[:1]),
        Subquery(asked.values("asked_at")[:1]),
    )
    confirmed_at, answered_at, tested_at, asked_at = row.get()
    problems = [one.text for one in ahead.findings if person.pk in one.people and one.kind not in ABOUT_DUTIES]
    return Readiness(confirmed_at or answered_at or tested_at, asked_at, tuple(dict.fromkeys(problems)))


@dataclass(frozen=True)
class Backlog:
    """Whose week for the backlog begins with the hand-off, and the backlog with its reasons (L8)."""

    person: Person | None
    issues: list[Issue]


_MOST_OF_BACKLOG = 8


def backlog_of(handoff: Handoff, policy: Policy) -> Backlog:
    """Return the backlog: what comes back to bite first, then P2 before P1, then the oldest."""
    monday = handoff.at.astimezone(handoff.team.zone).date()
    whose = backlog.weeks(handoff.team, first=monday, weeks=2) if policy.rota.backlog_week else {}
    issues = Issue.objects.open().filter(team_id=handoff.team_id, priority__lte=2).select_related("owner")
    ordered = sorted(issues.worst_first()[:200], key=lambda one: one.bites_back is not True)
    return Backlog(next(iter(whose.values()), None), ordered[:_MOST_OF_BACKLOG])


def unaccepted() -> list[Handoff]:
    """Return the hand-offs of every team that happened and that nobody has accepted, the oldest first."""
    return list(Handoff.objects.unaccepted().select_related(*_PEOPLE).order_by("at", "id"))


def for_now(person: Person, team_ids: Sequence[int]) -> list[Handoff]:
    """Return what `person` must see of hand-offs: those that come to them, and those of which the backstop was told."""
    waiting = Handoff.objects.standing().filter(team_id__in=team_ids, accepted_at=None, overtaken_at=None)
    found = waiting.filter(Q(incoming=person) | Q(raised_at__isnull=False)).select_related(*_PEOPLE)
    return [one for one in found.order_by("at", "id") if one.state.is_open]


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


def reports() -> QuerySet[Report]:
    """Return every report with its people."""
    return Report.objects.select_related("team", "posted_by", "edited_by")


def reports_of(team_ids: Sequence[int]) -> list[Report]:
    """Return the reports of these teams, the newest first."""
    return list(reports().filter(team_id__in=team_ids).order_by("-ends_at", "-id")[:_MOST_FOUND])


def reports_visible_to(person: Person) -> QuerySet[Report]:
    """Return the reports that `person` may see."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    return reports() if teams is None else reports().filter(team_id__in=teams)


def post_of(report: Report) -> Message | None:
    """Return the message that carries the report, None before it is posted."""
    return outbox.keyed([report.dedup_key]).get(report.dedup_key) if report.posted_at else None
