"""What people do in Opsgenie with the alerts that we made there, done to our pages.

Only for a person whom we called there for that page; only by somebody whose Opsgenie user name is a verified
contact method here and who may act on the page (S37's rule for chat holds for Opsgenie too); and only what was
done since the page last wanted an answer: an old acknowledgement must never silence a new call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.alerts import operations as alerts
from hausmeister.base import log
from hausmeister.base.log import mask
from hausmeister.journal import operations as journal
from hausmeister.journal import queries as journal_queries
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager import queries as pager
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import acting
from hausmeister.pager.operations.acting import NotAcknowledged, PageAlreadyTaken, PageIsClosed
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Capability, Channel

_log = log.get(__name__)

OPSGENIE = Actor("opsgenie", None, "Opsgenie")
VIA = "Opsgenie"
# after each of these the page wants an answer anew
REOPENED = ("page.unacknowledged", "page.escalated", "page.reassigned", "page.snoozed", "page.forgotten")
# how long Opsgenie may take to do what it has accepted
SETTLED = timedelta(seconds=60)


@dataclass(frozen=True)
class Done:
    """Something done in Opsgenie: to the alert of `person_id` for `page_id`, by the user name `by`, at `at`.

    `is_current` says that it still stands so: it was asked for just now, and is not a tale of the past.
    """

    page_id: int
    person_id: int
    by: str
    at: datetime | None
    is_current: bool = False


def acknowledge(done: Done, *, now: datetime) -> bool:
    """Acknowledge the page if the acknowledgement counts; return whether it changed anything."""
    page = _called(done, now=now)
    if page is None or (done.is_current and _is_on_it(done)):
        return False
    method = _method(page, done, now=now)
    if method is None:
        return False
    try:
        taken = acting.acknowledge(page.pk, by=method.person, now=now, via=VIA, method=method)
    except (PageAlreadyTaken, PageIsClosed):
        return False
    return not taken.was_mine_before


def unacknowledge(done: Done, *, now: datetime) -> bool:
    """Give the page back if that counts; return whether it changed anything."""
    page = _called(done, now=now)
    if page is None or page.acked_at is None or done.at is None or done.at < page.acked_at:
        return False
    method = _method(page, done, now=now)
    if method is None:
        return False
    try:
        acting.unacknowledge(page.pk, by=method.person, now=now, via=VIA)
    except (NotAcknowledged, PageIsClosed):
        return False
    return True


def close(done: Done, *, now: datetime) -> bool:
    """Close the page and its alerts; return whether that changed anything.

    Also when nobody here goes by that name: who may close an alert is Opsgenie's to say, and nobody is noted as
    holding anything.
    """
    page = _called(done, now=now)
    if page is None or page.closed_at is not None:
        return False
    method = _linked(page, done)
    person = method.person if method is not None else None
    by = team_operations.as_actor(person) if person is not None else OPSGENIE
    try:
        alerts.close_page(page.pk, by=by, person=person, reason="closed in Opsgenie", now=now, via=VIA)
    except PageIsClosed:
        return False
    return True


def _called(done: Done, *, now: datetime) -> Page | None:
    """Return the page, if we called that person for it through Opsgenie and this answers that call; else None."""
    page, summons = pager.find(done.page_id), pager.summons_of(done.page_id, done.person_id)
    if page is None or summons is None:
        return None
    calls = outbox.tried([page.subject], channel=Channel.OPSGENIE, kind="page")
    calls = [call for call in calls if call.person_id == done.person_id]
    return page if calls and _is_new(done, page, summons, calls, now) else None


def _is_new(done: Done, page: Page, summons: Summons, calls: list[Message], now: datetime) -> bool:
    """Say whether this was done since the page last wanted an answer.

    By Opsgenie's time of it; or because it stands so although our un-acknowledgement, which went with calling the
    person anew, was accepted a while ago: Opsgenie may report the time of the first acknowledgement for ever.
    """
    reopened_at = journal_queries.last_at(page.subject, REOPENED)
    if reopened_at is None or (done.at is not None and done.at >= reopened_at):
        return True
    return (
        done.is_current
        and summons.since_at >= reopened_at
        and any(
            call.state == State.SENT
            and call.facts.get("cycle") == summons.cycle
            and call.finished_at is not None
            and call.finished_at <= now - SETTLED
            for call in calls
        )
    )


def _is_on_it(done: Done) -> bool:
    """Say whether the person is on the page already, such as after asking for help: their alert stays acknowledged."""
    summons = pager.summons_of(done.page_id, done.person_id)
    return summons is not None and summons.joined_at is not None


def _linked(page: Page, done: Done) -> ContactMethod | None:
    """Return the contact method of whoever did it; of several people with one name, whom we called."""
    methods = team_queries.usable_methods(Channel.OPSGENIE, done.by) if done.by else []
    able = [one for one in methods if permissions.can(one.person, Capability.ACT_ON_PAGES, team_id=page.team_id)]
    called = [one for one in able if one.person_id == done.person_id]
    return called[0] if called else able[0] if len(able) == 1 else None


def _method(page: Page, done: Done, *, now: datetime) -> ContactMethod | None:
    method = _linked(page, done)
    if method is None and page.closed_at is None and page.acked_at is None:
        _tell_unlinked(page, done, now=now)
    return method


def _tell_unlinked(page: Page, done: Done, *, now: datetime) -> None:
    """Say once in the page's timeline that somebody unknown here acknowledged it there; it goes on calling."""
    name = mask(done.by) or "Somebody without a name"
    text = (
        f"{name} acknowledged this in Opsgenie, but that user name is nobody's verified contact method here."
        " The page goes on calling."
    )
    told = journal_queries.verbs_about([page.subject], "page.noted")
    if any(entry.facts.get("text") == text for entry in told):
        return
    journal.record(Fact(now, "page.noted", page.subject, OPSGENIE, page.team_id, {"text": text}))
    _log.warning("opsgenie.unknown_user", page=page.pk)
