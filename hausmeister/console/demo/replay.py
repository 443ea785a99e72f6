"""Letting a past week happen: the real operations and the real engine, with a clock of our own.

Far sides are only pretended: whatever the engine sends counts as delivered, and the people of the story answer.
"""

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hausmeister.base import clock, outgoing
from hausmeister.engine import jobs
from hausmeister.engine.loop import Engine
from hausmeister.engine.sending import Dispatcher
from hausmeister.outbox import chat
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.delivery import Parcel
from hausmeister.pager.models import Page, Summons
from hausmeister.team.rules import Channel

# what is due at the same instant happens in the order in which it was asked for
_order = count()
_NEVER = datetime.max.replace(tzinfo=UTC)
_LOOK = timedelta(hours=6)


class _Inline(Executor):
    """Runs what is submitted at once, in this thread: the replay is one long transaction."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Replay:
    """A clock, an engine, and what is going to happen."""

    def __init__(self, *, starts_at: datetime) -> None:
        self.now = starts_at
        # told of each message that is delivered
        self.audience: Sequence[Callable[[Parcel], None]] = ()
        senders = {name: _Delivered(self) for name in (*(channel.value for channel in Channel), chat.CHANNEL)}
        dispatcher = Dispatcher(senders, executor=lambda *_: _Inline())
        self._engine = Engine(paging=jobs.paging(), housekeeping=(), dispatcher=dispatcher)
        self._ahead: list[tuple[datetime, int, Callable[[], object]]] = []

    def later(self, at: datetime, act: Callable[[], object]) -> None:
        """Let `act` happen at `at`."""
        heapq.heappush(self._ahead, (at, next(_order), act))

    def run(self, *, until: datetime) -> None:
        """Go on to `until`; the engine works at every moment at which something is due."""
        with clock.run_by(lambda: self.now):
            self._engine.tick(self.now)
            while (moment := self._next_moment()) <= until:
                self.now = max(moment, self.now + timedelta(milliseconds=1))
                while self._ahead and self._ahead[0][0] <= self.now:
                    heapq.heappop(self._ahead)[2]()
                self._engine.tick(self.now)

    def run_sparingly(self, *, until: datetime) -> None:
        """Go on to `until` as `run` does, for a long story: the engine does only what is due, and looks now and then.

        What would happen in between without a page or a message being due is up to six hours late.
        """
        with clock.run_by(lambda: self.now):
            looked_at = self.now - _LOOK
            while True:
                acts = self._ahead[0][0] if self._ahead else _NEVER
                sends, climbs = outbox.next_due_at() or _NEVER, self._next_step() or _NEVER
                moment = min(acts, sends, climbs)
                if moment > until:
                    return
                self.now = max(moment, self.now + timedelta(milliseconds=1))
                while self._ahead and self._ahead[0][0] <= self.now:
                    heapq.heappop(self._ahead)[2]()
                if climbs <= self.now or self.now - looked_at >= _LOOK:
                    looked_at = self.now
                    self._engine.tick(self.now)
                elif sends <= self.now:
                    self._engine.send(self.now)

    def _next_moment(self) -> datetime:
        moments = [
            self._ahead[0][0] if self._ahead else None,
            outbox.next_due_at(),
            self._next_step(),
        ]
        far = self.now + timedelta(days=365)
        return min((moment for moment in moments if moment is not None), default=far)

    def _next_step(self) -> datetime | None:
        # few pages are open at a time: one look at them is cheaper than one for each kind of moment
        moments = [
            Summons.objects.exclude(next_ring_at=None).order_by("next_ring_at")
            .values_list("next_ring_at", flat=True).first(),
        ]  # fmt: skip
        open_pages = Page.objects.open().values_list("acked_at", "next_step_at", "ack_expires_at")
        for acked_at, next_step_at, ack_expires_at in open_pages:
            moments += [ack_expires_at, next_step_at if acked_at is None else None]
        return min((moment for moment in moments if moment is not None), default=None)


class _Delivered:
    """A far side that takes everything."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def send(self, parcel: Parcel) -> str:
        """Count `parcel` as delivered."""
        outgoing.last_look()
        for told in self._replay.audience:
            told(parcel)
        return f"demo-{parcel.message_id}"
