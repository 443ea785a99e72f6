"""How a message leaves: claimed, looked at once more, sent, and its outcome stored.

Each (lane, channel) has slots of its own, so a far side that hangs holds up nobody else's messages.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from hausmeister.base import chance, clock, log, outgoing
from hausmeister.engine.recording import Outcome, Recorder
from hausmeister.outbox import operations as outbox
from hausmeister.outbox import queries as outbox_queries
from hausmeister.outbox.delivery import NoLongerWanted, Refused, Sender, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import Lane
from hausmeister.team import queries as team_queries

_log = log.get(__name__)

SLOTS = {Lane.PAGING: 6, Lane.CHAT: 2}
# claimed ahead of free slots, so that one transaction serves several messages
AHEAD = 2
# while the intake is busy storing, so many messages a second leave: what is stored first is what counts
PRESSED_PER_S = 50.0
# and so many at once: a round of all slots would keep the writer from the processor for too long
PRESSED_AT_ONCE = 2

# the longest that a connector's try lasts, with some air; what waited for a slot renews its lease below that
LONGEST_TRY = timedelta(seconds=25)

_Key = tuple[Lane, str]
# what a message of this kind with these facts of this team carries besides
Adds = Callable[[str, dict[str, Any], int | None], dict[str, Any]]


class Dispatcher:
    """Claims what is due, as far as slots are free, and has it sent."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        *,
        executor: Callable[[Lane, str], Executor] | None = None,
        is_pressed: Callable[[], bool] = lambda: False,
        adds: Adds = lambda _kind, _facts, _team_id: {},
    ) -> None:
        self._senders = senders
        self._adds = adds
        self._is_inline = executor is not None
        self._new_executor = executor or _thread_pool
        self._executors: dict[_Key, Executor] = {}
        self._busy: dict[_Key, int] = {}
        self._lock = threading.Lock()
        self._is_pressed = is_pressed
        self._resume_at_s = 0.0
        # set by the engine: a slot that became free may be wanted
        self.on_finished: Callable[[], None] = lambda: None
        # one name for this process's claims; two engines never share one
        self.name = chance.text(16)
        self._recorder = Recorder(by=self.name, on_recorded=self._recorded)
        self._has_more: set[_Key] = set()
        # claimed messages whose turn never came before the stop
        self._never_begun: set[int] = set()

    def run_once(self, now: datetime) -> int:
        """Claim and start what is due; return how many messages were started."""
        started = 0
        if self._must_wait():
            return 0
        for key in outbox_queries.due_channels(now):
            most = self._free(key)
            if not most:
                continue
            if self._is_pressed():
                most = min(most, PRESSED_AT_ONCE)
            claimed = outbox.claim(*key, most=most, by=self.name, now=now)
            if len(claimed) == most:
                self._has_more.add(key)
            else:
                self._has_more.discard(key)
            for message in claimed:
                self._start(key, message)
            started += len(claimed)
        self._resume_at_s = clock.monotonic_s() + started / PRESSED_PER_S
        return started

    def _must_wait(self) -> bool:
        """Say whether sending has to let the intake go first."""
        return self._is_pressed() and clock.monotonic_s() < self._resume_at_s

    def _free(self, key: _Key) -> int:
        """Return how many messages may be claimed for `key` now: a claim is worth it from a round of slots on."""
        slots = SLOTS[key[0]]
        with self._lock:
            free = slots * AHEAD - self._busy.get(key, 0)
        return free if free >= slots else 0

    def _start(self, key: _Key, message: Message) -> None:
        with self._lock:
            self._busy[key] = self._busy.get(key, 0) + 1
            if key not in self._executors:
                self._executors[key] = self._new_executor(*key)
            executor = self._executors[key]
        future = executor.submit(self._deliver, message)
        future.add_done_callback(lambda done: self._finished(key, message.pk, done))

    def _finished(self, key: _Key, message_id: int, done: "Future[bool]") -> None:
        if done.cancelled():
            with self._lock:
                self._never_begun.add(message_id)
        error = done.exception() if not done.cancelled() else None
        if error is not None:
            # the claim runs out and the message is sent again, marked as a possible duplicate
            _log.error("outbox.delivery_broke", channel=key[1], error=f"{type(error).__name__}: {error}"[:500])
        if done.cancelled() or error is not None or done.result():
            self._ended(key)

    def _recorded(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self._ended((Lane(one.message.lane), one.message.channel))

    def _ended(self, key: _Key) -> None:
        """Count one message less: its result is stored. Until then it may be sent twice, so it keeps its place."""
        with self._lock:
            self._busy[key] -= 1
            is_wanted = key in self._has_more and self._busy[key] <= SLOTS[key[0]] * (AHEAD - 1)
        if is_wanted:
            self.on_finished()

    def _deliver(self, message: Message) -> bool:
        """Send it; return whether its result is stored, or it has none. Else the recorder has it."""
        outcome = self._try(message)
        if outcome is None:
            return True
        if self._is_inline or outcome.error is not None:
            self._recorder.record([outcome])
            self.on_finished()
            return True
        self._recorder.put(outcome)
        return False

    def _check(self, message: Message) -> None:
        """Look at the message before its turn. Raises NoLongerWanted, or Refused when the way to it is gone."""
        until = message.claimed_until
        # one that waited long for a slot: a try that outlives its lease would be made by somebody else too
        is_short = until is not None and until - clock.now() < LONGEST_TRY
        if is_short and not self._asked(lambda: outbox.renew(message.pk, by=self.name, now=clock.now())):
            raise NoLongerWanted
        if message.kind == "page" and not self._asked(lambda: team_queries.is_usable(message.method_id)):
            raise Refused("This contact method is gone or switched off.")

    def _is_mine(self, message: Message) -> bool:
        return self._asked(lambda: outbox.is_mine(message.pk, by=self.name))

    def _asked(self, question: Callable[[], bool]) -> bool:
        """Return the answer of the database; a connection that outlived its restart is opened anew, once."""
        try:
            return question()
        except (OperationalError, InterfaceError):
            connection.close()
            return question()

    def _try(self, message: Message) -> Outcome | None:
        sender = self._senders.get(message.channel)
        if sender is None:
            return Outcome(message, error=Refused(f"The channel {message.channel} is not set up on this installation."))
        looks: list[bool] = []

        def look() -> None:
            looks.append(self._is_mine(message))
            if not looks[-1]:
                raise NoLongerWanted

        try:
            self._check(message)
            parcel = outbox.parcel(message)
            parcel = replace(parcel, facts=parcel.facts | self._adds(parcel.kind, parcel.facts, message.team_id))
            with outgoing.looking(look):
                reference = sender.send(parcel)
        except (NoLongerWanted, TryLater, Refused) as error:
            return None if isinstance(error, NoLongerWanted) else Outcome(message, error=error)
        except (OperationalError, InterfaceError) as error:
            # the database is away: a try would have nobody to record it, and the lease brings the message back
            connection.close()
            _log.warning("outbox.no_last_look", message=message.pk, error=type(error).__name__)
            return None
        except Exception as error:  # noqa: BLE001 - a bug in a connector must not lose the message
            reason = f"{type(error).__name__}: {error}"[:500]
            _log.error("outbox.sender_broke", channel=message.channel, message=message.pk, error=reason)
            return Outcome(message, error=TryLater(f"The sender broke: {type(error).__name__}", maybe_delivered=True))
        if not looks:
            # it went round the door: whoever acknowledged in between was called all the same
            _log.error("outbox.sender_did_not_look", channel=message.channel, message=message.pk)
        return Outcome(message, provider_ref=reference)

    def stop(self) -> None:
        """Let what is on the wire finish; what is claimed but not begun goes back."""
        for executor in self._executors.values():
            executor.shutdown(wait=True, cancel_futures=True)
        self._recorder.stop()
        with transaction.atomic():
            mine = set(Message.objects.filter(claimed_by=self.name, state="claimed").values_list("id", flat=True))
            # one that was tried and whose result could not be stored waits for its lease, and is marked then
            outbox.give_back(sorted(mine & self._never_begun), by=self.name, now=clock.now())


def _thread_pool(lane: Lane, channel: str) -> Executor:
    return ThreadPoolExecutor(SLOTS[lane], thread_name_prefix=f"send-{lane}-{channel}")
