"""Everything that is wrong with a team's coming duties: the rota's findings, and the phones of those on duty."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Subquery, Sum
from django.utils.translation import gettext as _

from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager.models import Page, Rehearsal
from hausmeister.pager.rules.readiness import MethodKnown, PersonKnown, next_held, reach_findings
from hausmeister.pager.rules.words import clock_time
from hausmeister.rota import foresight as rota
from hausmeister.rota.foresight import Outlook
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.rules.foresight import Finding, in_order
from hausmeister.rota.rules.shifts import Shift
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person, Rung
from hausmeister.team.policy.shape import Policy
from hausmeister.team.queries import Reach
from hausmeister.team.revision import Revision
from hausmeister.team.rules import ListName

# a method that failed longer ago than this may have been mended in between without a message to prove it
FAILED_LATELY = timedelta(days=14)
KEPT_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class Rehearsed:
    """Somebody whose duty begins soon and who was sent a test page for it; `confirmed_at` is None until they answer."""

    row: Rehearsal
    person: Person
    confirmed_at: datetime | None

    def says(self, reader: Person, *, now: datetime) -> str:
        """Return it in words, on the reader's clocks."""
        return sentence(self.row, reader, now=now)


@dataclass(frozen=True)
class Foreseen:
    """What was found for one team, the soonest first, and up to when was looked."""

    outlook: Outlook
    findings: list[Finding]
    rehearsed: list[Rehearsed]

    @property
    def unconfirmed(self) -> list[Rehearsed]:
        """Who has not confirmed the test page, the soonest duty first."""
        return [one for one in self.rehearsed if one.confirmed_at is None]

    @property
    def until(self) -> datetime:
        """How far was looked ahead."""
        return self.outlook.until


@dataclass(frozen=True)
class _Kept:
    mark: str
    at: datetime
    foreseen: Foreseen


_kept: dict[int, _Kept] = {}
_kept_lock = threading.Lock()


def foresee(team_id: int, *, now: datetime) -> Foreseen:
    """Return what is wrong with the team's duties up to its horizon. Raises Team.DoesNotExist, TooFarAhead.

    Every screen asks, so it is kept for a minute, or until anything changes: one question then.
    """
    mark = _mark(now)
    with _kept_lock:
        kept = _kept.get(team_id)
    if kept is None or kept.mark != mark or not kept.at <= now < kept.at + KEPT_FOR:
        kept = _Kept(mark, now, _look(team_id, now))
        with _kept_lock:
            _kept[team_id] = kept
    return kept.foreseen


def _mark(now: datetime) -> str:
    """Return what changes with everything that findings depend on: the revision, and what it leaves out.

    Test pages, their answers, failed messages and asks for cover come at any time and change no revision.
    """
    tests = Page.objects.filter(is_test=True, opened_at__gt=now - timedelta(days=2)).order_by().values("is_test")
    row = Revision.objects.filter(pk=1).values_list(
        "mark",
        Subquery(tests.annotate(versions=Sum("version")).values("versions")),
        Subquery(ContactMethod.objects.filter(tested_at__isnull=False).order_by("-tested_at").values("tested_at")[:1]),
        Subquery(Message.objects.filter(state=State.FAILED).order_by("-finished_at").values("finished_at")[:1]),
        Subquery(Rehearsal.objects.order_by("-id").values("id")[:1]),
        Subquery(Ask.objects.order_by("-id").values("id")[:1]),
        Subquery(Ask.objects.filter(closed_at__isnull=False).order_by("-closed_at").values("closed_at")[:1]),
    )
    return str(row.first())


def _look(team_id: int, now: datetime) -> Foreseen:
    outlook = rota.outlook(team_id, now=now)
    ahead = outlook.ahead(now)
    held = next_held(ahead, outlook.schedules.called, now=now)
    known = known_of(held, policy=outlook.policy, now=now)
    reach = reach_findings(held, known, counts_for=outlook.policy.foresight.test_counts_for, now=now)
    findings = in_order([*rota.duty_findings(outlook, now=now), *reach])
    return Foreseen(outlook, findings, rehearsed(outlook, now=now))


def known_of(person_ids: Iterable[int], *, policy: Policy, now: datetime) -> list[PersonKnown]:
    """Return how each of these people is reached by the list that hard pages use."""
    ids = set(person_ids)
    uses = policy.ladder_for(is_hard=True).uses
    reach = team_queries.reach(ids)
    failures = outbox.last_failures([m.pk for one in reach.values() for m in one.methods], after=now - FAILED_LATELY)
    own = set(Rung.objects.filter(person_id__in=ids, list_name=uses).values_list("person_id", flat=True))
    unanswered = _unanswered(ids, after=now - policy.foresight.test_counts_for)
    return [
        _known(one, uses, failures, has_ladder=person_id in own, unanswered_at=unanswered.get(person_id))
        for person_id, one in sorted(reach.items())
    ]


def _known(
    one: Reach,
    uses: ListName,
    failures: dict[int, outbox.LastFailure],
    *,
    has_ladder: bool,
    unanswered_at: datetime | None,
) -> PersonKnown:
    methods = {method.pk: _method(method, failures.get(method.pk)) for method in one.methods}
    called = {rung.method_id for rung in one.rungs[uses]}
    return PersonKnown(
        person_id=one.person.pk,
        name=one.person.name,
        methods=tuple(methods.values()),
        called_by=tuple(known for pk, known in methods.items() if not has_ladder or pk in called),
        has_ladder=has_ladder,
        unanswered_at=unanswered_at,
    )


def _method(method: ContactMethod, failure: outbox.LastFailure | None) -> MethodKnown:
    if failure is None or (method.tested_at is not None and method.tested_at >= failure.at):
        return MethodKnown(method.label, method.tested_at)
    return MethodKnown(method.label, method.tested_at, failure.at, failure.why)


def _unanswered(ids: set[int], *, after: datetime) -> dict[int, datetime]:
    """Return for each of these people when their newest test page was opened, if it ended without an answer."""
    tests = Page.objects.filter(is_test=True, opened_at__gt=after, summonses__person_id__in=ids)
    newest = tests.values("summonses__person_id").annotate(newest=Max("id"))
    person_of = {row["newest"]: row["summonses__person_id"] for row in newest}
    pages = Page.objects.filter(pk__in=person_of, acked_at=None, closed_at__isnull=False)
    return {person_of[page.pk]: page.opened_at for page in pages}


# ---- before a hand-off ----


def coming(of: Outlook, now: datetime) -> list[Shift]:
    """Return the shifts that begin soon with somebody who has none before; each person once for each beginning."""
    farthest = now + of.policy.foresight.test_page_before + timedelta(days=10)
    found: dict[tuple[int, datetime], Shift] = {}
    for shift in of.shifts():
        if now < shift.starts_at < min(farthest, of.until) and not shift.follows_on:
            found.setdefault((shift.person.person_id, shift.starts_at), shift)
    return list(found.values())


def tested_at(reach: Reach | None) -> datetime | None:
    """Return when the person last proved that a message reaches them."""
    methods = reach.methods if reach is not None else ()
    return max((one.tested_at for one in methods if one.tested_at is not None), default=None)


def answered_at(row: Rehearsal) -> datetime | None:
    """Return when the person answered since the test page was sent, None if they did not."""
    if row.page is not None and row.page.acked_by_id == row.person_id:
        return row.page.acked_at
    proved_at = tested_at(team_queries.reach([row.person_id]).get(row.person_id))
    return proved_at if proved_at is not None and proved_at >= row.asked_at else None


def rehearsed(of: Outlook, *, now: datetime) -> list[Rehearsed]:
    """Return who was sent a test page for a coming duty that is still theirs, and when they confirmed it."""
    waiting = list(
        Rehearsal.objects.filter(team=of.team, starts_at__gt=now)
        .select_related("person", "page")
        .order_by("starts_at", "id")
    )
    if not waiting:
        return []
    theirs = {(one.person.person_id, one.starts_at) for one in coming(of, now)}
    return [
        Rehearsed(row, row.person, row.confirmed_at or answered_at(row))
        for row in waiting
        if (row.person_id, row.starts_at) in theirs
    ]


def sentence(row: Rehearsal, reader: Person, *, now: datetime) -> str:
    """Return that somebody has not confirmed their test page, and when their duty begins."""
    facts = {"name": row.person.name, "begins": clock_time(row.starts_at, zone=reader.zone, now=now)}
    if row.page_id is None:
        return _("%(name)s could not be sent a test page; duty begins %(begins)s.") % facts
    return _("%(name)s has not confirmed the test page; duty begins %(begins)s.") % facts
