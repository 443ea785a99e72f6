"""Test pages: the whole way to one person's phone and back, calling nobody else."""

from datetime import datetime

from django.db import transaction

from hausmeister.base.priority import Priority
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.pager.context import TeamContext, personal_rungs
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, calling
from hausmeister.pager.rules.ladder import TEST_LASTS, Callee
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import ListName


@transaction.atomic
def send_test_page(person: Person, *, team: Team, by: Actor, now: datetime) -> Page:
    """Call `person` by their important list, as a real page would, and nobody else.

    It ends when it is acknowledged and closed, or by itself after a quarter of an hour. Raises NobodyToAsk
    when the person has no usable contact method.
    """
    context = TeamContext.load(team.pk, at=now)
    rungs = personal_rungs(team_queries.reach([person.pk]).get(person.pk), ListName.IMPORTANT)
    if not rungs:
        raise acting.NobodyToAsk(f"{person.name} has no contact method that is verified and switched on.")
    page = Page.objects.create(
        team=team,
        title=f"Test page for {person.name}",
        text="This is a test. Acknowledge it, so that everybody knows that you can be reached.",
        priority=int(Priority.P1),
        is_hard=True,
        is_test=True,
        ladder="hard",
        source="a test",
        source_key="test",
        opened_at=now,
        next_step_at=now + TEST_LASTS,
    )
    callee = Callee(person.pk, person.name, "test", rungs)
    outbox.enqueue(calling.summon(page, context, [callee], now=now), now=now)
    journal.record(Fact(now, "page.opened", page.subject, by, team.pk, {"title": page.title, "test": True}))
    return page


def end_unanswered(now: datetime) -> int:
    """Close the test pages that nobody answered in time; return how many."""
    ended = 0
    over = Page.objects.filter(is_test=True, closed_at=None, opened_at__lte=now - TEST_LASTS).order_by(
        "opened_at", "id"
    )
    for page in over[:100]:
        reason = "the test is over" if page.acked_at else "the test was not answered"
        try:
            acting.close(page.pk, by=ENGINE, person=None, reason=reason, now=now)
        except acting.PageIsClosed:
            continue
        ended += 1
    return ended
