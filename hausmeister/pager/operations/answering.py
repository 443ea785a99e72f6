"""Answering a page by the link in a message: the same acts as anywhere, told with the way they came (S12)."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from hausmeister.base import database
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Fact
from hausmeister.pager.links import Link
from hausmeister.pager.operations import acting
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import Channel, masked


class Answer(StrEnum):
    """What the link's buttons ask for. Closing is the alerts' own operation; see `record_use`."""

    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    CLOSE = "close"


@database.tried_again
@transaction.atomic
def acknowledge(link: Link, *, now: datetime, address: str) -> acting.Acknowledged:
    """Take the page for the link's person; the method that carried the link is proved to work.

    Raises PageAlreadyTaken, PageIsClosed.
    """
    done = acting.acknowledge(link.page.pk, by=link.person, now=now, via=link.method.label, method=link.method)
    if not done.was_mine_before:
        record_use(link, Answer.ACKNOWLEDGE, now=now, address=address)
    return done


@database.tried_again
@transaction.atomic
def escalate(link: Link, *, now: datetime, address: str, seen_steps: int | None) -> None:
    """Call for help in the name of the link's person. Raises NobodyToAsk, PageIsClosed."""
    before = link.page.steps_done
    after = acting.escalate(
        link.page.pk, by=link.person, now=now, via=link.method.label, seen_steps=seen_steps
    ).steps_done
    if after != before:
        record_use(link, Answer.ESCALATE, now=now, address=address)


def record_use(link: Link, answer: Answer, *, now: datetime, address: str) -> None:
    """Tell who used a link for what: by which method, sent to whom, from which address."""
    facts = {
        "page": link.page.pk,
        "did": answer.value,
        "method": link.method.channel,
        "sent_to": masked(Channel(link.method.channel), link.method.address),
        "address": address,
    }
    actor = team_operations.as_actor(link.person)
    journal.record(Fact(now, "link.used", f"person:{link.person.pk}", actor, link.page.team_id, facts))
