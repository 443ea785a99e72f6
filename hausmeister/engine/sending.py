"""How a message leaves: claimed, looked at once more, sent, and its outcome stored.

Each (lane, channel) has slots of its own, so a far side that hangs holds up nobody else's messages.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import connection, transaction

from hausmeister.base import chance, clock, log
from hausmeister.outbox import operations as outbox
from hausmeister.outbox import queries as outbox_queries
from hausmeister.outbox.delivery import Refused, Sender, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Recorded, Result
from hausmeister.outbox.rules import Lane
from hausmeister.pager.operations import delivery

_log = log.get(__name__)

SLOTS = {Lane.PAGING: 6, Lane.CHAT: 2}
_RECORD_TRIES = 4


@dataclass(frozen=True)
class Outcome:
    """What a try came to, before it is stored: a reference on success, else an error."""

    provider_ref: str = ""
    error: TryLater | Refused | None = None


class Dispatcher:
    """Claims what is due, as far as slots are free, and has it sent."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        *,
        executor: Callable[[Lane, str], Executor] | None = None,
        slots: Mapping[Lane, int] = SLOTS,
    ) -> None:
        self._senders = senders
        self._slots = slots
        self._new_executor = executor or self._thread_pool
        self._executors: dict[tuple[Lane, str], Executor] = {}
        self._busy: dict[tuple[Lane, str], int] = {}
        self._lock = threading.Lock()
        # set by the engine: a slot that became free may be wanted
        self.on_finished: Callable[[], None] = lambda: None
        # one name for this process's claims; two engines never share one
        self.name = chance.text(16)

    def _thread_pool(self, lane: Lane, channel: str) -> Executor:
        return ThreadPoolExecutor(self._slots[lane], thread_name_prefix=f"send-{lane}-{channel}")

    def run_once(self, now: datetime) -> int:
        """Claim and start what is due; return how many messages were started."""
        started = 0
        for lane, channel in outbox_queries.due_channels(now):
            free = self._free(lane, channel)
            if free > 0:
                for message in outbox.claim(lane, channel, most=free, by=self.name, now=now):
                    self._start(lane, channel, message)
                    started += 1
        return started

    def _free(self, lane: Lane, channel: str) -> int:
        with self._lock:
            return self._slots[lane] - self._busy.get((lane, channel), 0)

    def _start(self, lane: Lane, channel: str, message: Message) -> None:
        key = (lane, channel)
        with self._lock:
            self._busy[key] = self._busy.get(key, 0) + 1
            if key not in self._executors:
                self._executors[key] = self._new_executor(lane, channel)
            executor = self._executors[key]
        future = executor.submit(self._deliver, channel, message.pk, message.subject)
        future.add_done_callback(lambda done: self._finished(key, done))

    def _finished(self, key: tuple[Lane, str], done: "Future[None]") -> None:
        with self._lock:
            self._busy[key] -= 1
        error = done.exception() if not done.cancelled() else None
        if error is not None:
            # the claim runs out and the message is sent again, marked as a possible duplicate
            _log.error("outbox.delivery_broke", channel=key[1], error=f"{type(error).__name__}: {error}"[:500])
        self.on_finished()

    def _deliver(self, channel: str, message_id: int, subject: str) -> None:
        outcome = self._try(channel, message_id)
        if outcome is not None:
            _record_with_patience(message_id, subject, outcome, by=self.name)

    def _try(self, channel: str, message_id: int) -> Outcome | None:
        sender = self._senders.get(channel)
        if sender is None:
            return Outcome(error=Refused(f"The channel {channel} is not set up on this installation."))
        # the last look: nothing stands between it and the wire
        parcel = outbox.look(message_id, by=self.name)
        if parcel is None:
            return None
        try:
            return Outcome(provider_ref=sender.send(parcel))
        except (TryLater, Refused) as error:
            return Outcome(error=error)
        except Exception as error:  # noqa: BLE001 - a bug in a connector must not lose the message
            _log.error(
                "outbox.sender_broke",
                channel=channel,
                message=message_id,
                error=f"{type(error).__name__}: {error}"[:500],
            )
            return Outcome(error=TryLater(f"The sender broke: {type(error).__name__}", maybe_delivered=True))

    def stop(self) -> None:
        """Let what is on the wire finish; what is claimed but not begun goes back."""
        for executor in self._executors.values():
            executor.shutdown(wait=True, cancel_futures=True)
        with transaction.atomic():
            mine = list(Message.objects.filter(claimed_by=self.name).values_list("id", flat=True))
            outbox.give_back(mine, by=self.name, now=clock.now())


def _record_with_patience(message_id: int, subject: str, outcome: Outcome, *, by: str) -> None:
    """Store the outcome, also when the database stumbles for a moment; after that the lease decides."""
    for attempt in range(_RECORD_TRIES):
        try:
            _record(message_id, subject, outcome, by=by, now=clock.now())
        except DatabaseError as error:
            connection.close()
            _log.warning(
                "outbox.result_not_stored",
                message=message_id,
                attempt=attempt + 1,
                error=type(error).__name__,
            )
            threading.Event().wait(0.2 * 3**attempt)
        else:
            return


def _record(message_id: int, subject: str, outcome: Outcome, *, by: str, now: datetime) -> None:
    page_id = delivery.page_id_of(subject)
    if outcome.error is None:
        recorded = _record_sent(page_id, message_id, outcome, by=by, now=now)
    else:
        recorded = _record_failure(page_id, message_id, outcome.error, by=by, now=now)
    _tell(recorded, outcome)


def _record_sent(page_id: int | None, message_id: int, outcome: Outcome, *, by: str, now: datetime) -> Recorded:
    if page_id is not None:
        return delivery.record_sent(page_id, message_id, by=by, provider_ref=outcome.provider_ref, now=now)
    with transaction.atomic():
        recorded = outbox.record_sent(message_id, by=by, provider_ref=outcome.provider_ref, now=now)
        outbox.forget_content(message_id)
        return recorded


def _record_failure(
    page_id: int | None, message_id: int, error: TryLater | Refused, *, by: str, now: datetime
) -> Recorded:
    later = error if isinstance(error, TryLater) else None
    if page_id is not None:
        return delivery.record_failure(
            page_id, message_id, by=by, reason=str(error), for_good=later is None, now=now,
            retry_after_s=later.retry_after_s if later else None,
            maybe_delivered=bool(later and later.maybe_delivered),
        )  # fmt: skip
    with transaction.atomic():
        recorded = outbox.record_failure(
            message_id, by=by, reason=str(error), for_good=later is None, now=now,
            retry_after_s=later.retry_after_s if later else None,
            maybe_delivered=bool(later and later.maybe_delivered),
        )  # fmt: skip
        if recorded.result is Result.FAILED:
            outbox.forget_content(message_id)
        return recorded


def _tell(recorded: Recorded, outcome: Outcome) -> None:
    message = recorded.message
    facts = {
        "message": message.pk,
        "channel": message.channel,
        "subject": message.subject,
        "attempt": message.attempts,
    }
    if recorded.result is Result.SENT:
        _log.info("outbox.sent", **facts)
    elif recorded.result is Result.TOO_LATE:
        _log.info("outbox.too_late", delivered=outcome.error is None, **facts)
    elif recorded.result is Result.WAITS:
        _log.warning("outbox.retry", reason=str(outcome.error), **facts)
    else:
        _log.warning("outbox.failed", reason=str(outcome.error), **facts)
