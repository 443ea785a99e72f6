"""Rounds beside the engine: which channels are watched, and reading again what may have been missed.

Within Slack's limits: pages of two hundred, Slack's own pause on 429; a round that is cut short goes on with the next.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from hausmeister.base import clock, database, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.chat import hearing, line
from hausmeister.chat.hearing import Stretch
from hausmeister.chat.models import Gap
from hausmeister.connectors.slack import errors, events
from hausmeister.connectors.slack.errors import SlackSaysNo
from hausmeister.connectors.slack.events import SERVICE
from hausmeister.connectors.slack.workspace import Workspace
from hausmeister.outbox.delivery import NotDelivered, TryLater
from hausmeister.triage.shapes import Heard

_log = log.get(__name__)

EVERY = timedelta(seconds=10)
# names are looked up this often: a channel that was made or renamed is found by then
LOOK_EVERY = timedelta(minutes=5)
# where Slack calls us (HTTP), nobody says that a call was lost: everything is read again this often
SWEEP_EVERY = timedelta(minutes=10)
MOST_A_PAGE = 200
# an edit or a removal is told once: what was said so long before a gap is compared with what is there now
LOOK_BACK = timedelta(hours=24)
MOST_LOOKED_BACK = 400
# between two transactions, so that whoever waits for the database has its turn
BREATH_S = 0.02


class CatchingUp:
    """The rounds. `sweeps`: gaps are opened from time to time, because the way in has no line that could break."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        sweeps: bool = False,
        begin: Begin = database.beside,
        stopwatch_s: Callable[[], float] = clock.monotonic_s,
        breath_s: float = BREATH_S,
    ) -> None:
        self._workspace = workspace
        self._sweeps = sweeps
        self._rounds = OneAtATime(begin, event="slack.catching_up_failed")
        self._stopwatch_s = stopwatch_s
        self._looked_at: datetime | None = None
        self._swept_at: datetime | None = None
        self._quiet_until_s = float("-inf")
        self._breath_s = breath_s
        self._never = threading.Event()

    def run(self, now: datetime) -> int:
        """Begin a round if one is due, unless one is going on or Slack asked us to wait; return how many were begun."""
        is_due = _is_due(self._looked_at, LOOK_EVERY, now) or bool(hearing.gaps(SERVICE)) or self._sweep_is_due(now)
        if not is_due or self._stopwatch_s() < self._quiet_until_s:
            return 0
        return self._rounds.begin(lambda: self._go_round(now))

    def _sweep_is_due(self, now: datetime) -> bool:
        return self._sweeps and _is_due(self._swept_at, SWEEP_EVERY, now)

    def _go_round(self, now: datetime) -> None:
        try:
            if _is_due(self._looked_at, LOOK_EVERY, now):
                self._look(now)
            if self._sweep_is_due(now):
                hearing.open_gaps(SERVICE, stamp_of=events.stamp_of)
                self._swept_at = now
            for gap in hearing.gaps(SERVICE):
                self._fill(gap)
        except TryLater as error:
            if error.retry_after_s:
                self._quiet_until_s = self._stopwatch_s() + error.retry_after_s
            _log.warning("slack.catching_up_later", reason=str(error))
        except NotDelivered as error:
            self._refused(error, now)

    def _refused(self, error: NotDelivered, now: datetime) -> None:
        if isinstance(error, SlackSaysNo) and error.word in errors.CREDENTIALS | {"missing_scope"}:
            line.refused(SERVICE, reason=str(error), now=now)
            # nothing to be had until somebody sets another token
            self._quiet_until_s = self._stopwatch_s() + 60.0
        _log.warning("slack.catching_up_refused", reason=str(error))

    def _look(self, now: datetime) -> None:
        lost = hearing.watch(SERVICE, self._workspace.find_room, stamp_of=events.stamp_of, now=now)
        self._looked_at = now
        if lost:
            _log.warning("slack.channels_not_heard", channels=lost)

    def _fill(self, gap: Gap) -> None:
        """Read one channel again from its gap on. Raises TryLater, or NotDelivered when the token opens nothing."""
        try:
            heard = self._read(gap)
        except SlackSaysNo as error:
            if error.word not in errors.CHANNEL_LOST:
                raise
            hearing.lose(SERVICE, gap.room_id, str(error), now=clock.now())
            heard = []
        hearing.fill(gap, heard, now=clock.now(), breathe=lambda: self._never.wait(self._breath_s))

    def _read(self, gap: Gap) -> list[Heard]:
        """Return what was said in the gap; what was edited or taken back shortly before it is told on the way."""
        us, names = self._workspace.us(), self._workspace.names
        begins = events.moment(gap.after)
        since, before = begins - LOOK_BACK, 0
        seen: dict[str, Heard] = {}
        threads = set(hearing.threads(SERVICE, gap.room_id))
        asked = {"channel": gap.room_id, "oldest": events.stamp_of(since)}
        # the newest first
        for message in self._messages("conversations.history", asked):
            stamp = str(message.get("ts") or "")
            is_before = events.is_stamp(stamp) and events.moment(stamp) <= begins
            before += is_before
            if before > MOST_LOOKED_BACK:
                since = events.moment(stamp)
                break
            if message.get("reply_count") and not is_before:
                threads.add(stamp)
            one = events.heard(message, gap.room_id, us, names)
            if one is not None:
                seen[one.stamp] = one
        hearing.compare(Stretch(SERVICE, gap.room_id, since, begins, seen), now=clock.now())
        found = [one for one in seen.values() if one.at > begins]
        for stamp in sorted(threads):
            found += self._replies(gap, stamp)
        return found

    def _replies(self, gap: Gap, thread: str) -> list[Heard]:
        us, names, begins = self._workspace.us(), self._workspace.names, events.moment(gap.after)
        since = begins - LOOK_BACK
        arguments = {"channel": gap.room_id, "ts": thread, "oldest": events.stamp_of(since)}
        seen: dict[str, Heard] = {}
        try:
            for message in self._messages("conversations.replies", arguments):
                one = events.heard(message, gap.room_id, us, names)
                # the thread's first message comes with every page of its replies
                if one is not None and one.thread:
                    seen[one.stamp] = one
        except SlackSaysNo as error:
            # the thread's first message was deleted meanwhile: nothing is left to be read
            if error.word not in {"thread_not_found", "message_not_found"}:
                raise
            return []
        hearing.compare(Stretch(SERVICE, gap.room_id, since, begins, seen, thread), now=clock.now())
        return [one for one in seen.values() if one.at > begins]

    def _messages(self, method: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for page in self._workspace.api.pages(method, {**arguments, "limit": MOST_A_PAGE}):
            yield from (one for one in page.get("messages") or () if isinstance(one, dict))


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every or last > now
