"""Making and ending feeds. One transaction each; each is told in the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hausmeister.base import chance, signing
from hausmeister.base.untrusted import one_line
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota.calendars import sheets
from hausmeister.rota.calendars.models import CalendarFeed, PublishedCalendar
from hausmeister.rota.models import Schedule
from hausmeister.rota.rules.calendars.subjects import MOST_FEEDS, TOKEN_ALPHABET, TOKEN_LENGTH, FeedKind
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability


class FeedRefused(Exception):
    """No such feed can be made; the text says why."""


@dataclass(frozen=True)
class NewFeed:
    """A feed just made: the one time its address can be seen."""

    feed: CalendarFeed
    url: str


def address(token: str) -> str:
    """Return where the feed with this token is fetched."""
    return f"{settings.HAUSMEISTER_BASE_URL}/calendar/{token}.ics"


@transaction.atomic
def make_feed(
    person: Person, *, kind: FeedKind, name: str, by: Actor, now: datetime, team: Team | None = None, what: str = ""
) -> NewFeed:
    """Make a feed for one device of `person`; `what` names the duty or the schedule. Raises FeedRefused."""
    Person.objects.select_for_update().get(pk=person.pk)
    named = one_line(name, 100) or "calendar"
    _check(person, kind, team, what, now=now)
    token = chance.text(TOKEN_LENGTH, alphabet=TOKEN_ALPHABET)
    feed = CalendarFeed.objects.create(
        token_hash=signing.sha256_hex(token),
        last_four=token[-4:],
        person=person,
        name=named,
        kind=kind.value,
        team=team,
        what=what if kind in {FeedKind.DUTY, FeedKind.SCHEDULE} else "",
        schedule=_schedule(team, what) if kind is FeedKind.SCHEDULE and team is not None else None,
        created_at=now,
    )
    journal.record(Fact(now, "feed.made", f"person:{person.pk}", by, feed.team_id, _facts(feed)))
    return NewFeed(feed, address(token))


def _check(person: Person, kind: FeedKind, team: Team | None, what: str, *, now: datetime) -> None:
    if kind is not FeedKind.PERSON and team is None:
        raise FeedRefused("A feed of a rota, a duty or a schedule needs its team.")
    if not permissions.can(person, Capability.SEE_STATUS, team_id=team.pk if team else None):
        raise FeedRefused(f"{person.name} may not see {team.name if team else 'any rota'}.")
    if kind is FeedKind.DUTY and team is not None and what not in (known := sheets.duties_of(team)):
        raise FeedRefused(f"{team.name} has no duty {what!r}; it has {', '.join(known)}.")
    if CalendarFeed.objects.alive(now).filter(person=person).count() >= MOST_FEEDS:
        raise FeedRefused(f"{person.name} has {MOST_FEEDS} feeds; revoke one that is not used any more.")


def _schedule(team: Team, slug: str) -> Schedule:
    """Return the schedule, which stays until its feed is stored. Raises FeedRefused."""
    found = Schedule.objects.select_for_update().filter(team=team, slug=slug).first()
    if found is None:
        known = Schedule.objects.filter(team=team).order_by("slug").values_list("slug", flat=True)
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise FeedRefused(f"{team.name} has no schedule {slug[:80]!r}; {has}.")
    return found


def _facts(feed: CalendarFeed) -> dict[str, str]:
    return {"name": feed.name, "kind": feed.kind, "what": feed.what, "ends": f"…{feed.last_four}"}


@transaction.atomic
def revoke_feed(feed: CalendarFeed, *, by: Actor, now: datetime) -> None:
    """End one feed, at once and alone. A second revocation changes nothing."""
    if CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now):
        _forget([feed])
        journal.record(Fact(now, "feed.revoked", f"person:{feed.person_id}", by, feed.team_id, _facts(feed)))


@transaction.atomic
def revoke_feeds_of(person: Person, *, by: Actor, now: datetime, team: Team | None = None) -> int:
    """End the feeds of somebody who is gone: all, or those of one team; return how many.

    Part of the operation that takes the person's rights: a feed must not come back to life with them.
    """
    feeds = CalendarFeed.objects.filter(person=person, revoked_at=None)
    mine = list(feeds if team is None else feeds.filter(team=team))
    ended = CalendarFeed.objects.filter(pk__in=[feed.pk for feed in mine]).update(revoked_at=now)
    if ended:
        _forget(mine)
        facts = {"name": person.name, "feeds": ended}
        journal.record(Fact(now, "feeds.ended", f"person:{person.pk}", by, team.pk if team else None, facts))
    return ended


def end_feeds_of_schedule(schedule: Schedule, *, by: Actor, now: datetime) -> int:
    """End the feeds of a schedule that is about to be removed, in its transaction; return how many worked."""
    feeds = list(CalendarFeed.objects.filter(schedule=schedule).select_for_update())
    ended = sum(1 for feed in feeds if feed.revoked_at is None)
    CalendarFeed.objects.filter(pk__in=[feed.pk for feed in feeds]).delete()
    _forget(feeds)
    if ended:
        facts = {"name": schedule.name, "feeds": ended}
        journal.record(Fact(now, "feeds.ended", f"schedule:{schedule.pk}", by, schedule.team_id, facts))
    return ended


def _forget(revoked: Sequence[CalendarFeed]) -> None:
    """Drop what was written for subjects that nobody reads any more: names need not lie about."""
    teams, kinds = {feed.team_id for feed in revoked}, {feed.kind for feed in revoked}
    others = CalendarFeed.objects.filter(Q(team__in=teams) | Q(team=None), kind__in=kinds, revoked_at=None)
    read = {feed.subject.key for feed in others}
    PublishedCalendar.objects.filter(subject__in={feed.subject.key for feed in revoked} - read).delete()


def feeds_of(person: Person, *, now: datetime) -> list[CalendarFeed]:
    """Return the feeds of `person` that work, the newest first."""
    return list(CalendarFeed.objects.alive(now).filter(person=person).select_related("team").order_by("-id"))
