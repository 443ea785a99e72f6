"""Asking trackers what changed there, beside the webhook: a call that never came is caught up with.

A round runs beside the engine, never inside its tick: a slow tracker must not hold up a page.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import Error as DatabaseError

from hausmeister.base import clock, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.issues.models import Feed
from hausmeister.issues.operations import feeding, mirroring
from hausmeister.issues.rules.mirror import Remote
from hausmeister.issues.tracker import Tracker
from hausmeister.outbox.delivery import NotDelivered

_log = log.get(__name__)

# how often the engine looks whether a repository is due
EVERY = timedelta(seconds=10)


class Poll:
    """Rounds over the repositories whose time has come."""

    def __init__(self, trackers: Mapping[str, Tracker], *, begin: Begin) -> None:
        self._trackers = trackers
        self._rounds = OneAtATime(begin, event="tracker.round_failed")

    def run(self, now: datetime) -> int:
        """Begin a round if any repository is due, unless one is still going on; return how many were begun."""
        feeding.follow(now)
        return self._rounds.begin(lambda: self._go_round(now)) if feeding.due(now) else 0

    def _go_round(self, now: datetime) -> None:
        for feed in feeding.due(now):
            if feed.tracker in self._trackers and feeding.take_turn(feed, now=now):
                self._look(feed, self._trackers[feed.tracker])

    def _look(self, feed: Feed, tracker: Tracker) -> None:
        """Look at one repository; whatever goes wrong with it does not stop the others."""
        try:
            wanted = feeding.labels_of(feed)
            # labels matter to the first look alone; later ones see whatever changed
            for labels in wanted if feed.since is None else wanted[:1]:
                look(feed, tracker, labels, now=clock.now())
        except NotDelivered as error:
            feeding.failed(feed, error, now=clock.now())
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - logged once at the edge; the next look comes
            _log.error(
                "tracker.look_failed", repository=feed.repository, error=f"{type(error).__name__}: {error}"[:300]
            )


def look(feed: Feed, tracker: Tracker, labels: tuple[str, ...], *, now: datetime) -> int:
    """Read what changed in one repository since the last look; return how many issues came. Raises NotDelivered."""
    changes = tracker.changes(feed.repository, labels, since=feed.since, etag=feed.etag)
    for remote in changes.issues:
        _take(feed.tracker, remote, now=now)
    feeding.read(feed, changes, now=now)
    return len(changes.issues)


def _take(tracker: str, remote: Remote, *, now: datetime) -> None:
    """Take one issue; one that cannot be taken does not keep the others from being read."""
    try:
        mirroring.take(tracker, remote, now=now, is_current=True)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - the next change of it is another try
        _log.error("tracker.issue_not_taken", number=remote.number, error=f"{type(error).__name__}: {error}"[:300])
