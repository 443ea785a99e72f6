"""A feed as it is fetched: found by its token, counted, and written only when something has changed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db.models import F, Q

from hausmeister.base import signing
from hausmeister.rota.calendars import sheets
from hausmeister.rota.calendars.models import CalendarFeed, PublishedCalendar
from hausmeister.rota.rules.calendars import writing
from hausmeister.rota.rules.calendars.stretches import State, follow
from hausmeister.rota.rules.calendars.subjects import FETCHES_AN_HOUR, HOUR, Subject, window
from hausmeister.team import permissions, revision
from hausmeister.team.rules import Capability


class NoSuchFeed(Exception):
    """Unknown, revoked, unused for too long, or its person may no longer see: one answer for all (S14)."""


class FetchedTooOften(Exception):
    """The feed was fetched as often as an hour allows."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"This calendar may be fetched {FETCHES_AN_HOUR} times an hour.")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Published:
    """A calendar as it stands: its file, and how a later fetch recognises it."""

    etag: str
    changed_at: datetime
    body: str


def fetch(token: str, *, now: datetime) -> Published:
    """Return the calendar behind `token`, counting the fetch. Raises NoSuchFeed or FetchedTooOften."""
    feed = _find(token, now=now)
    if not _count(feed, now=now):
        begun = CalendarFeed.objects.values_list("counted_from", flat=True).get(pk=feed.pk) or now
        raise FetchedTooOften(max(1, int((begun + HOUR - now).total_seconds()) + 1))
    return publish(feed.subject, now=now)


def _find(token: str, *, now: datetime) -> CalendarFeed:
    hashed = signing.sha256_hex(token)
    feed = CalendarFeed.objects.alive(now).select_related("person").filter(token_hash=hashed).first()
    if feed is None or not permissions.can(feed.person, Capability.SEE_STATUS, team_id=feed.team_id):
        raise NoSuchFeed
    return feed


def _count(feed: CalendarFeed, *, now: datetime) -> bool:
    """Count one fetch; return False when the hour has had its share, however many come at once."""
    mine = CalendarFeed.objects.filter(pk=feed.pk)
    this_hour = Q(counted_from__gt=now - HOUR)
    for _ in range(2):
        if mine.filter(this_hour, fetches__lt=FETCHES_AN_HOUR).update(fetches=F("fetches") + 1, last_used_at=now):
            return True
        if mine.exclude(this_hour).update(fetches=1, counted_from=now, last_used_at=now):
            return True
    return False


def publish(subject: Subject, *, now: datetime) -> Published:
    """Return the calendar of `subject`, drawn anew if anything it could depend on has changed.

    The mark is read before the facts: what is drawn from facts newer than the mark is only drawn once more.
    """
    weeks = window(now.astimezone(UTC).date())
    basis = f"{writing.WORDING} {weeks.first} {revision.current()}"
    for _ in range(3):
        stored = PublishedCalendar.objects.filter(subject=subject.key).first()
        if stored is not None and stored.basis == basis:
            return Published(stored.etag, stored.changed_at, stored.body)
        drawn = _drawn(subject, basis, stored, now=now)
        if _kept(drawn, stored):
            break
    return Published(drawn.etag, drawn.changed_at, drawn.body)


def _drawn(subject: Subject, basis: str, stored: PublishedCalendar | None, *, now: datetime) -> PublishedCalendar:
    told = sheets.sheet(subject, window(now.astimezone(UTC).date()))
    before = {uid: State.of_json(state) for uid, state in stored.states.items()} if stored else {}
    # calendars count in whole seconds, and so do the headers of HTTP
    states = follow(told.events, before, now=now.replace(microsecond=0))
    changed_at = stored.changed_at if stored else now.replace(microsecond=0)
    body = writing.write(told, states, changed_at=changed_at).decode()
    if stored is not None and body != stored.body:
        # a second change within a second must still move the time on, or a reader would keep the old one
        changed_at = max(now.replace(microsecond=0), stored.changed_at + timedelta(seconds=1))
        body = writing.write(told, states, changed_at=changed_at).decode()
    return PublishedCalendar(
        subject=subject.key,
        basis=basis,
        etag=f'"{sha256(body.encode()).hexdigest()[:32]}"',
        changed_at=changed_at,
        body=body,
        states={uid: state.as_json() for uid, state in states.items()},
        version=stored.version + 1 if stored else 1,
    )


def _kept(drawn: PublishedCalendar, stored: PublishedCalendar | None) -> bool:
    """Store what was drawn; return False when somebody else stored theirs in the meantime."""
    if stored is None:
        return bool(PublishedCalendar.objects.bulk_create([drawn], ignore_conflicts=True)) and (
            PublishedCalendar.objects.filter(subject=drawn.subject, etag=drawn.etag, basis=drawn.basis).exists()
        )
    fields = ("basis", "etag", "changed_at", "body", "states", "version")
    mine = PublishedCalendar.objects.filter(pk=stored.pk, version=stored.version)
    return bool(mine.update(**{name: getattr(drawn, name) for name in fields}))
