"""Before a duty begins: whoever has it next confirms a test page, and it is said in time if they did not.

Nothing here keeps anybody from their duty: it begins as planned, and the ladder calls them all the same.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.pager import foresight
from hausmeister.pager.models import Rehearsal
from hausmeister.pager.operations import acting, letters, testing
from hausmeister.rota import foresight as rota
from hausmeister.rota.foresight import Outlook
from hausmeister.rota.rules.foresight import Who
from hausmeister.rota.rules.shifts import Shift, is_night, rehearsed_at
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

# when whoever shares the coming duty hears of it as well
LAST_CALL = timedelta(hours=1)
TEXT = gettext_lazy("%(said)s The duty of %(team)s begins all the same; ask whether the phone works: %(link)s")
LAST_TEXT = gettext_lazy(
    "%(said)s It is the last hour, and the duty of %(team)s begins all the same: whoever stands behind it is called"
    " when they do not answer. Ask whether the phone works, or give the duty to somebody else: %(link)s"
)


def prepare(team_id: int, *, now: datetime) -> int:
    """Send the test pages that are due, see which are confirmed, and tell of those that are not; return how many."""
    of = rota.outlook(team_id, now=now)
    coming = foresight.coming(of, now)
    done = sum(_rehearse(of, shift, now=now) for shift in coming)
    waiting = Rehearsal.objects.filter(team_id=team_id, starts_at__gt=now, confirmed_at=None)
    for row in waiting.select_related("person", "page").order_by("starts_at", "id"):
        done += _look_at(of, row, coming, now=now)
    return done


def _rehearse(of: Outlook, shift: Shift, *, now: datetime) -> int:
    person = of.people.get(shift.person.person_id)
    if person is None or not person.is_active:
        return 0
    hours = of.policy.working_hours(person.zone)
    due_at = rehearsed_at(shift.starts_at, lead=of.policy.foresight.test_page_before, hours=hours)
    if now < due_at or is_night(now, person.zone):
        return 0
    if Rehearsal.objects.filter(team=of.team, person=person, starts_at=shift.starts_at).exists():
        return 0
    return _ask(of, person, shift.starts_at, since=due_at - of.policy.foresight.test_page_before, now=now)


@transaction.atomic
def _ask(of: Outlook, person: Person, starts_at: datetime, *, since: datetime, now: datetime) -> int:
    """Send the test page, unless another engine did, or the person answered one since then."""
    Team.objects.select_for_update(no_key=True).get(pk=of.team.pk)
    row, is_new = Rehearsal.objects.get_or_create(
        team=of.team, person=person, starts_at=starts_at, defaults={"asked_at": now}
    )
    if not is_new:
        return 0
    answered_at = foresight.tested_at(team_queries.reach([person.pk]).get(person.pk))
    if answered_at is not None and answered_at >= since:
        Rehearsal.objects.filter(pk=row.pk).update(confirmed_at=answered_at)
        return 1
    try:
        page = testing.send_test_page(person, team=of.team, by=ENGINE, now=now)
    except acting.NobodyToAsk:
        # that there is no way to them is a finding of its own, and this row will not be confirmed
        return 1
    Rehearsal.objects.filter(pk=row.pk).update(page=page)
    return 1


def _look_at(of: Outlook, row: Rehearsal, coming: list[Shift], *, now: datetime) -> int:
    answered_at = foresight.answered_at(row)
    if answered_at is not None:
        return Rehearsal.objects.filter(pk=row.pk, confirmed_at=None).update(confirmed_at=answered_at)
    stands = [one for one in coming if (one.person.person_id, one.starts_at) == (row.person_id, row.starts_at)]
    if not stands:
        return 0
    if row.last_told_at is None and now >= row.starts_at - LAST_CALL:
        beside = [one.other for one in stands] + ([_on_now(of, now)] if row.told_at is None else [])
        return _tell(of, row, beside, is_last=True, now=now)
    if row.told_at is None and now >= row.starts_at - of.policy.foresight.unconfirmed_before:
        return _tell(of, row, [_on_now(of, now)], is_last=False, now=now)
    return 0


def _on_now(of: Outlook, now: datetime) -> Who | None:
    """Return who is on duty now."""
    return next((one.primary.person for one in of.stretches if one.starts_at <= now < one.ends_at), None)


@transaction.atomic
def _tell(of: Outlook, row: Rehearsal, beside: list[Who | None], *, is_last: bool, now: datetime) -> int:
    """Say to the leads, to whoever is `beside` and to the person that the test page was not confirmed."""
    mark = {"last_told_at": now, "told_at": row.told_at or now} if is_last else {"told_at": now}
    untold = {"last_told_at": None} if is_last else {"told_at": None}
    if not Rehearsal.objects.filter(pk=row.pk, confirmed_at=None, **untold).update(**mark):
        return 0
    others = [of.people[one.person_id] for one in beside if one is not None and one.person_id in of.people]
    people = letters.readers([*letters.leads_of(of.team.pk), *others, row.person])
    drafts = []
    for person in people:
        said = foresight.sentence(row, person, now=now)
        link = f"{settings.HAUSMEISTER_BASE_URL}/people?team={of.team.slug}"
        text = LAST_TEXT if is_last else TEXT
        draft = letters.letter(
            person,
            subject=said,
            text=str(text) % {"said": said, "team": of.team.name, "link": link},
            about=f"rehearsal:{row.pk}",
            key=f"rehearsal-{row.pk}-{person.pk}{'-last' if is_last else ''}",
            team_id=of.team.pk,
            due_at=letters.due_at(person, row.starts_at, now),
        )
        drafts += [draft] if draft is not None else []
    outbox.enqueue(drafts, now=now)
    facts = {"person": row.person.name, "starts_at": row.starts_at.isoformat(), "is_last": is_last}
    journal.record(Fact(now, "handoff.unconfirmed", f"team:{of.team.pk}", ENGINE, of.team.pk, facts))
    return 1
