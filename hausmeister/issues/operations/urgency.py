"""P4 stops everything: it pages, and pulls other people in until somebody comes (H11, H12)."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hausmeister.base import database
from hausmeister.base.priority import Priority
from hausmeister.familiarity import queries as familiarity
from hausmeister.issues.models import Emergency, Help, Issue, Link
from hausmeister.issues.operations import storing
from hausmeister.issues.operations.storing import IssueRefused, tell
from hausmeister.issues.rules import work
from hausmeister.issues.rules.work import Helper
from hausmeister.journal.rules import ENGINE, Actor
from hausmeister.pager.context import TeamContext, personal_rungs
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, joining, opening
from hausmeister.pager.operations.opening import PageDraft
from hausmeister.pager.rules.ladder import Callee
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import ListName, Role

PAGE_TITLE_MOST = 300
PAGE_TEXT_MOST = 1000
_A_MOMENT = timedelta(seconds=1)


def begin(issue: Issue, context: TeamContext, *, by: Actor, now: datetime) -> None:
    """Page whoever is on duty for a locked issue, or make the page it came from harder; then ask the first helper.

    In the caller's transaction: a stored P4 is a P4 that calls.
    """
    if Emergency.objects.filter(issue=issue, ended_at=None).exists():
        return
    page = _page_it_came_from(issue)
    if page is not None:
        acting.make_harder(page, priority=int(Priority.P4), is_hard=True, now=now, by=by)
    number = page.pk if page is not None else _open_page(issue, context, by=by, now=now)
    Link.objects.get_or_create(issue=issue, subject=f"page:{number}", defaults={"made_at": now})
    emergency = Emergency.objects.create(
        issue=issue, page_id=number, owns_page=page is None, next_ask_at=now, begun_at=now
    )
    tell(issue, "issue.urgent", by, now, page=number)
    _ask_next(emergency, issue, context, now=now)


def _page_it_came_from(issue: Issue) -> Page | None:
    """Return the locked open page that the issue is about, None when there is none."""
    numbers = [
        int(number)
        for kind, _, number in (subject.partition(":") for subject in issue.links.values_list("subject", flat=True))
        if kind == "page" and number.isdecimal() and len(number) < 19
    ]
    ours = Emergency.objects.filter(Q(page_id__in=numbers) | Q(help_page_id__in=numbers), issue=issue)
    numbers = sorted(set(numbers) - set(ours.filter(owns_page=True).values_list("page_id", flat=True)))
    found = Page.objects.open().filter(pk__in=numbers, team_id=issue.team_id, is_test=False).order_by("-id").first()
    try:
        return acting.lock(found.pk) if found is not None else None
    except acting.PageIsClosed:
        return None


def _open_page(issue: Issue, context: TeamContext, *, by: Actor, now: datetime) -> int:
    draft = PageDraft(
        title=issue.title[:PAGE_TITLE_MOST],
        text=issue.text[:PAGE_TEXT_MOST],
        priority=Priority.P4,
        is_hard=True,
        ladder="hard",
        source=f"issue {issue.pk}",
        source_key=f"issue:{issue.pk}",
        by=by,
        facts={"issue": issue.pk},
    )
    return opening.open_pages(context, [draft], now=now)[0]


def end(issue: Issue, *, by: Actor, reason: str, now: datetime) -> None:
    """End what a P4 set off, if it was one: nobody more is asked, the pages that it opened are closed."""
    found = Emergency.objects.select_for_update().filter(issue=issue, ended_at=None).first()
    if found is None:
        return
    Emergency.objects.filter(pk=found.pk).update(ended_at=now, next_ask_at=None)
    for page_id in (found.page_id if found.owns_page else None, found.help_page_id):
        if page_id is not None:
            _close_page(page_id, by=by, reason=reason, now=now)
    tell(issue, "issue.not_urgent", by, now, reason=reason)


def _close_page(page_id: int, *, by: Actor, reason: str, now: datetime) -> None:
    person = Person.objects.filter(pk=by.id).first() if by.kind == "person" and by.id else None
    try:
        acting.close(page_id, by=by, person=person, reason=reason[:200], now=now, via="the issue")
    except acting.PageIsClosed:
        return


# ---- pulling others in ----


def due_ids(now: datetime) -> list[int]:
    """Return the P4s for which the next helper is to be asked, and those whose call for help was answered."""
    answered = Q(help_page__acked_at__isnull=False) | Q(help_page__closed_at__isnull=False)
    due = Q(next_ask_at__lte=now) | (Q(next_ask_at__isnull=False) & answered)
    return list(Emergency.objects.filter(due, ended_at=None).order_by("id").values_list("issue_id", flat=True)[:100])


@database.tried_again
@transaction.atomic
def ask_on(issue_id: int, *, now: datetime) -> bool:
    """Ask the next helper for one P4, or note who came; return whether anything happened."""
    issue = storing.lock(issue_id)
    emergency = Emergency.objects.select_for_update().filter(issue=issue, ended_at=None).first()
    if emergency is None or emergency.next_ask_at is None:
        return False
    page = Page.objects.filter(pk=emergency.help_page_id).first() if emergency.help_page_id else None
    if page is not None and page.acked_by_id is not None:
        _came(emergency, issue, page.acked_by_id, now=now)
        return True
    if page is not None and page.closed_at is not None:
        # somebody ended the call for help by hand
        Emergency.objects.filter(pk=emergency.pk).update(next_ask_at=None)
        tell(issue, "issue.search_over", ENGINE, now, reason=page.close_reason)
        return True
    if emergency.next_ask_at > now:
        return False
    _ask_next(emergency, issue, TeamContext.load(issue.team_id, at=now), now=now)
    return True


def put_off(issue_id: int, *, now: datetime, reason: str) -> None:
    """Try again in a minute for a P4 whose next helper could not be worked out, and say why."""
    Emergency.objects.filter(issue_id=issue_id, ended_at=None, next_ask_at__isnull=False).update(
        next_ask_at=now + timedelta(minutes=1)
    )
    tell(Issue.objects.get(pk=issue_id), "issue.not_asked", ENGINE, now, reason=reason)


def _ask_next(emergency: Emergency, issue: Issue, context: TeamContext, *, now: datetime) -> None:
    """Call the next candidate besides those already called; the earlier ones go on ringing."""
    candidate = _next_candidate(emergency, issue, context, now=now)
    if candidate is None:
        Emergency.objects.filter(pk=emergency.pk).update(next_ask_at=None)
        tell(issue, "issue.nobody_left", ENGINE, now)
        return
    person, callee = candidate
    wait = context.policy.issues.p4_ask_wait
    if emergency.help_page_id is None:
        draft = PageDraft(
            title=f"Help wanted: {issue.title}"[:PAGE_TITLE_MOST],
            text=f"Issue {issue.pk} is P4 very high: stop everything. Acknowledge this, and you come to help.",
            priority=Priority.P4,
            is_hard=True,
            ladder="hard",
            source=f"issue {issue.pk}",
            source_key=f"issue:{issue.pk}",
            by=ENGINE,
            facts={"issue": issue.pk},
        )
        emergency.help_page_id = joining.open_for(context, draft, callee, wait=wait, now=now)
        Link.objects.get_or_create(issue=issue, subject=f"page:{emergency.help_page_id}", defaults={"made_at": now})
    elif not joining.call_too(emergency.help_page_id, callee, wait=wait, now=now):
        # it was answered or closed this very moment; the next look finds out which
        Emergency.objects.filter(pk=emergency.pk).update(next_ask_at=now + timedelta(seconds=5))
        return
    Help.objects.create(emergency=emergency, person=person, asked_at=now)
    emergency.next_ask_at = now + wait
    emergency.save(update_fields=["help_page", "next_ask_at"])
    tell(issue, "issue.asked", ENGINE, now, asked=person.name, page=emergency.help_page_id)


def _next_candidate(
    emergency: Emergency, issue: Issue, context: TeamContext, *, now: datetime
) -> tuple[Person, Callee] | None:
    members = {one.person_id: one for one in team_queries.members(issue.team_id)}
    reach = team_queries.reach(members)
    away = team_queries.absences(members, after=now)
    _hausmeister, backstop = storing.on_duty(context)
    about = familiarity.familiar(issue.team_id, issue.clues, members, now=now)
    helpers = [
        Helper(
            person_id=person_id,
            experience=one.experience,
            is_reachable=bool(personal_rungs(reach.get(person_id), ListName.IMPORTANT)),
            is_away=any(span.contains(now) for span in away.get(person_id, ())),
            takes_part=one.role != Role.VIEWER,
            is_backstop=backstop is not None and backstop.pk == person_id,
            familiarity=about.of(person_id).step,
        )
        for person_id, one in members.items()
    ]
    asked = frozenset(Help.objects.filter(emergency=emergency).values_list("person_id", flat=True))
    found = work.candidates(helpers, on_it=_on_it(emergency, issue, context), asked=asked)
    if not found:
        return None
    person = members[found[0]].person
    rungs = personal_rungs(reach.get(person.pk), ListName.IMPORTANT)
    return person, Callee(person.pk, person.name, "asked to help", rungs)


def _on_it(emergency: Emergency, issue: Issue, context: TeamContext) -> frozenset[int]:
    """Return who is on it anyway: the owner, whoever has the page, whoever is on duty."""
    duty = context.timeline(_A_MOMENT)[0].duty
    acked_by = Page.objects.filter(pk=emergency.page_id).values_list("acked_by_id", flat=True).first()
    on_duty = duty.primary.person.pk if duty.primary.person else None
    return frozenset(one for one in (issue.owner_id, acked_by, on_duty) if one is not None)


def _came(emergency: Emergency, issue: Issue, person_id: int, *, now: datetime) -> None:
    """Note that somebody comes: nobody more is asked."""
    Help.objects.update_or_create(
        emergency=emergency,
        person_id=person_id,
        defaults={"answer": "comes", "answered_at": now},
        create_defaults={"asked_at": now, "answer": "comes", "answered_at": now},
    )
    Emergency.objects.filter(pk=emergency.pk).update(next_ask_at=None)
    person = Person.objects.get(pk=person_id)
    tell(issue, "issue.helped", team_operations.as_actor(person), now)


@database.tried_again
@transaction.atomic
def answer(issue_id: int, *, by: Person, comes: bool, now: datetime) -> Issue:
    """Say that `by` comes to help, or cannot; then the next one is asked at once. Raises IssueRefused."""
    issue = storing.lock_open(issue_id)
    emergency = Emergency.objects.select_for_update().filter(issue=issue, ended_at=None).first()
    if emergency is None:
        raise IssueRefused("not_urgent", "Nobody is asked for help with this issue now.")
    if comes:
        if emergency.help_page_id is not None:
            # where somebody else comes as well: two are better than one
            with suppress(acting.PageAlreadyTaken, acting.PageIsClosed):
                acting.acknowledge(emergency.help_page_id, by=by, now=now, via="the issue")
        _came(emergency, issue, by.pk, now=now)
        return issue
    asked = Help.objects.filter(emergency=emergency, person=by, answer="")
    if not asked.update(answer="cannot", answered_at=now):
        raise IssueRefused("not_asked", "You were not asked, or have answered already.")
    if emergency.help_page_id is not None:
        joining.let_go(emergency.help_page_id, by, now=now)
    tell(issue, "issue.declined", team_operations.as_actor(by), now)
    if emergency.next_ask_at is not None:
        _ask_next(emergency, issue, TeamContext.load(issue.team_id, at=now), now=now)
    return issue
