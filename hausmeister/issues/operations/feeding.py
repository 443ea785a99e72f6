"""The repositories that are looked at: which, when next, and how they answer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from hausmeister.base import log
from hausmeister.base.untrusted import cut
from hausmeister.issues.models import Feed, Mirror
from hausmeister.issues.operations import storing
from hausmeister.issues.tracker import Changes
from hausmeister.outbox.delivery import NotDelivered, TryLater
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

_log = log.get(__name__)

EVERY = timedelta(minutes=1)
CLOCK_SLACK = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(minutes=30)
# a look takes a repository's turn for so long; of two engines one gets it
TURN = timedelta(minutes=2)


def follow(now: datetime) -> None:
    """Begin to look at every repository that a team keeps its issues in."""
    known = set(Feed.objects.values_list("tracker", "repository"))
    for team in Team.objects.order_by("id"):
        policy = team_queries.policy_of(team.pk)
        place = (policy.tracker_kind, policy.tracker_repository)
        if storing.is_tracked(policy) and place not in known:
            known.add(place)
            Feed.objects.get_or_create(tracker=place[0], repository=place[1], defaults={"next_at": now})


def labels_of(feed: Feed) -> list[tuple[str, ...]]:
    """Return the labels by which teams know their issues in this repository; none while no team keeps them there."""
    found: dict[tuple[str, ...], None] = {}
    for team in Team.objects.order_by("id"):
        policy = team_queries.policy_of(team.pk)
        if storing.is_tracked(policy) and (policy.tracker_kind, policy.tracker_repository) == (
            feed.tracker, feed.repository,
        ):  # fmt: skip
            found[policy.tracker_labels] = None
    return list(found)


def due(now: datetime) -> list[Feed]:
    """Return the repositories whose time has come, the longest waiting first."""
    return list(Feed.objects.filter(next_at__lte=now).order_by("next_at", "id"))


def take_turn(feed: Feed, *, now: datetime) -> bool:
    """Take the look that is due; return whether it is ours."""
    return bool(Feed.objects.filter(pk=feed.pk, next_at=feed.next_at).update(next_at=now + TURN))


@transaction.atomic
def read(feed: Feed, changes: Changes, *, now: datetime) -> None:
    """Note what was read. With more to read, the next look comes at once.

    The first look lists what is open; the second begins where the oldest mirror does, for what was closed meanwhile.
    """
    is_first = feed.since is None
    since = max(filter(None, [feed.since, changes.upto])) if feed.since else _beginning(feed, now=now)
    Feed.objects.filter(pk=feed.pk).update(
        since=since, etag=changes.etag[:200], read_at=now, failures=0,
        next_at=now if is_first or not changes.is_all else now + EVERY,
        failing_since=None, failing_why="",
    )  # fmt: skip
    if feed.failing_since is not None:
        _log.info("tracker.reads_again", tracker=feed.tracker, repository=feed.repository)


def _beginning(feed: Feed, *, now: datetime) -> datetime:
    """Return from when on changes count: a little early, since their clock may be behind ours."""
    mirrors = Mirror.objects.filter(tracker=feed.tracker, repository=feed.repository)
    first: datetime | None = mirrors.aggregate(first=Min("made_at"))["first"]
    return min(now, first or now) - CLOCK_SLACK


def failed(feed: Feed, error: NotDelivered, *, now: datetime) -> None:
    """Note that a look failed, and wait: as long as the tracker asks, else longer each time."""
    asked = error.retry_after_s if isinstance(error, TryLater) else None
    growing = min(EVERY * 2 ** min(feed.failures, 10), LONGEST_PAUSE)
    wait = max(growing, timedelta(seconds=min(asked or 0.0, 86_400.0)))
    Feed.objects.filter(pk=feed.pk).update(
        next_at=now + wait, failures=feed.failures + 1, failing_since=feed.failing_since or now,
        failing_why=cut(str(error), 500),
    )  # fmt: skip
    _log.warning("tracker.not_read", tracker=feed.tracker, repository=feed.repository, reason=str(error))
