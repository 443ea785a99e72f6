"""Adding to the timeline: notes, deploys, and messages of the chat that somebody marked. Nothing is ever taken out."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.untrusted import lines, one_line
from hausmeister.incidents.models import TEXT_MOST, Incident, Linked
from hausmeister.incidents.operations import changing
from hausmeister.incidents.rules.kinds import EventKind
from hausmeister.journal import queries as journal
from hausmeister.journal.rules import Actor
from hausmeister.pager.models import Page
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor

LINK_MOST = 500


class NothingToAdd(Exception):
    """An entry of the timeline needs some words."""

    def __init__(self) -> None:
        super().__init__("An entry needs some words.")


class NotYet(Exception):
    """What is added lies in the future."""

    def __init__(self) -> None:
        super().__init__("It cannot have happened yet: the time lies in the future.")


class NoSuchPage(Exception):
    """There is no page of this number in the incident's team."""

    def __init__(self, page_id: int) -> None:
        super().__init__(f"This team has no page {page_id}.")


@database.tried_again
@transaction.atomic
def note(incident_id: int, text: str, *, by: Person, now: datetime) -> Incident:
    """Write into the timeline. Also a closed incident takes notes: what is learned late belongs to it too."""
    return _add(incident_id, "incident.noted", text, by=as_actor(by), at=now, now=now)


@database.tried_again
@transaction.atomic
def add_event(
    incident_id: int, kind: EventKind, text: str, *, by: Actor, at: datetime, now: datetime, link: str = "",
    key: str = "",
) -> Incident:  # fmt: skip
    """Add what another system reports, such as a deploy; the same `key` twice is one entry.

    Raises NothingToAdd, NotYet.
    """
    verb = {EventKind.DEPLOY: "incident.deployed", EventKind.NOTE: "incident.noted"}[kind]
    return _add(incident_id, verb, text, by=by, at=at, now=now, link=link, key=key)


@database.tried_again
@transaction.atomic
def add_from_chat(
    incident: Incident, text: str, *, author: str, at: datetime, link: str, by: Actor, now: datetime
) -> Incident:
    """Add a message that somebody marked with the policy's emoji; `author` wrote it at `at`, `by` marked it.

    The same `link` twice is one entry: two people may mark one message, and events come more than once.
    """
    return _add(
        incident.pk, "incident.heard", text or "(no text)", by=by, at=min(at, now), now=now, link=link,
        key=link, author=one_line(author, 200),
    )  # fmt: skip


def mark_in_chat(
    team_id: int, emoji: str, text: str, *, author: str, at: datetime, link: str, by: Actor, now: datetime
) -> list[int]:
    """Add a message that got an emoji to every incident of the team that runs, if it is the policy's emoji.

    `emoji` with or without colons. Returns the incidents' numbers: none for another emoji, or when nothing runs.
    """
    wanted = team_queries.policy_of(team_id).incidents.timeline_emoji
    if emoji.strip(":") != wanted.strip(":"):
        return []
    running = list(Incident.objects.running().filter(team_id=team_id))
    for incident in running:
        add_from_chat(incident, text, author=author, at=at, link=link, by=by, now=now)
    return [incident.pk for incident in running]


def _add(
    incident_id: int, verb: str, text: str, *, by: Actor, at: datetime, now: datetime, link: str = "", key: str = "",
    author: str = "",
) -> Incident:  # fmt: skip
    incident = changing.lock(incident_id)
    words = lines(text, TEXT_MOST)
    if not words:
        raise NothingToAdd
    if at > now:
        raise NotYet
    if key and journal.has(incident.subject, verb, key=key[:200]):
        return incident
    happened = at.isoformat() if at != now else ""
    changing.tell(incident, verb, by, now, text=words, happened_at=happened, link=_safe(link), key=key[:200],
                  author=author)  # fmt: skip
    changing.store(incident)
    return incident


def _safe(link: str) -> str:
    """Return a link that a browser may follow, "" for any other (S25)."""
    short = one_line(link, LINK_MOST)
    return short if short.lower().startswith(("https://", "http://")) else ""


@database.tried_again
@transaction.atomic
def link_page(incident_id: int, page_id: int, *, by: Person, now: datetime) -> Incident:
    """Make a page of the team part of the incident: its story joins the timeline.

    Raises NoSuchPage, IncidentIsClosed.
    """
    incident = changing.lock_open(incident_id)
    page = Page.objects.filter(pk=page_id, team_id=incident.team_id).first()
    if page is None:
        raise NoSuchPage(page_id)
    _linked, is_new = Linked.objects.get_or_create(incident=incident, page=page)
    if is_new:
        changing.tell(incident, "incident.linked", as_actor(by), now, page=page.pk, title=page.title)
        changing.store(incident)
    return incident
