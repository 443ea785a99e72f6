"""Storing what became of messages: successes that end together share a transaction, a failure has its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from hausmeister.base import clock, log
from hausmeister.incidents.operations import delivery as incidents
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Recorded, Result
from hausmeister.pager.operations import delivery

_log = log.get(__name__)

MOST_AT_ONCE = 100
_PAUSES_S = (0.2, 0.6, 1.8, 5.4)


@dataclass(frozen=True)
class Outcome:
    """What a try of `message` came to: a reference on success, else an error."""

    message: Message
    provider_ref: str = ""
    error: TryLater | Refused | None = None


class Recorder:
    """Takes outcomes from many senders and stores them. Its thread starts with the first."""

    def __init__(self, *, by: str, on_recorded: Callable[[Sequence[Outcome]], None] = lambda _: None) -> None:
        self._by = by
        self._on_recorded = on_recorded
        self._waiting: list[Outcome] = []
        self._changed = threading.Condition()
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def put(self, outcome: Outcome) -> None:
        """Let `outcome` be stored with the next ones."""
        with self._changed:
            self._waiting.append(outcome)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="send-recorder", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Store what waits, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping)
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not batch:
                break
            try:
                self.record(batch)
            finally:
                self._on_recorded(batch)
        connection.close()

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Store `outcomes`, also when the database stumbles for a moment; after that the lease decides.

        One that cannot be stored takes no other along: what was sent and is not recorded would be sent again.
        """
        for pause_s in (*_PAUSES_S, None):
            try:
                _record(outcomes, by=self._by, now=clock.now())
            except (OperationalError, InterfaceError) as error:
                connection.close()
                _log.warning("outbox.results_not_stored", results=len(outcomes), error=type(error).__name__)
                if pause_s is not None:
                    threading.Event().wait(pause_s)
            except Exception as error:  # noqa: BLE001 - without this thread no success would be recorded any more
                self._record_alone(outcomes, error)
                return
            else:
                return

    def _record_alone(self, outcomes: Sequence[Outcome], error: Exception) -> None:
        """Store each of `outcomes` by itself, because one of them spoils the batch."""
        if len(outcomes) > 1:
            for one in outcomes:
                self.record([one])
            return
        for one in outcomes:
            reason = f"{type(error).__name__}: {error}"[:500]
            _log.error("outbox.result_not_stored", message=one.message.pk, channel=one.message.channel, error=reason)


def _record(outcomes: Sequence[Outcome], *, by: str, now: datetime) -> None:
    for one, result in _stored(outcomes, by=by, now=now):
        _tell(one, result)


@transaction.atomic
def _stored(outcomes: Sequence[Outcome], *, by: str, now: datetime) -> list[tuple[Outcome, Result]]:
    """Store all of `outcomes` or none: a second try must not find half of them there and call them late."""
    incidents.hold(one.message for one in outcomes)
    delivered = [one for one in outcomes if one.error is None]
    about_pages = [one for one in delivered if delivery.page_id_of(one.message.subject) is not None]
    stored: list[tuple[Outcome, Result]] = []
    if about_pages:
        refs = {one.message.pk: one.provider_ref for one in about_pages}
        results = delivery.record_sent([one.message for one in about_pages], refs, by=by, now=now)
        stored += [(one, results[one.message.pk]) for one in about_pages]
    for one in outcomes:
        if one.error is not None:
            stored.append((one, _record_failure(one.message, one.error, by=by, now=now).result))
        elif one not in about_pages:
            stored.append((one, _record_other_sent(one, by=by, now=now).result))
    return stored


@transaction.atomic
def _record_other_sent(one: Outcome, *, by: str, now: datetime) -> Recorded:
    recorded = outbox.record_sent(one.message.pk, by=by, provider_ref=one.provider_ref, now=now)
    outbox.forget_content(one.message.pk)
    if recorded.result is Result.SENT:
        incidents.settled(recorded.message, now=now)
    return recorded


@transaction.atomic
def _record_failure(message: Message, error: TryLater | Refused, *, by: str, now: datetime) -> Recorded:
    later = error if isinstance(error, TryLater) else None
    how = outbox.Failure(
        reason=str(error),
        for_good=later is None,
        retry_after_s=later.retry_after_s if later else None,
        maybe_delivered=bool(later and later.maybe_delivered),
    )
    page_id = delivery.page_id_of(message.subject)
    if page_id is not None:
        return delivery.record_failure(page_id, message.pk, how, by=by, now=now)
    recorded = outbox.record_failure(message.pk, how, by=by, now=now)
    if recorded.result is Result.FAILED:
        outbox.forget_content(message.pk)
        incidents.settled(recorded.message, reason=str(error), now=now)
    return recorded


_EVENTS = {
    Result.SENT: "outbox.sent",
    Result.TOO_LATE: "outbox.too_late",
    Result.WAITS: "outbox.retry",
    Result.FAILED: "outbox.failed",
}


def _tell(one: Outcome, result: Result) -> None:
    tell = _log.info if result in {Result.SENT, Result.TOO_LATE} else _log.warning
    message = one.message
    tell(
        _EVENTS[result],
        message=message.pk,
        channel=message.channel,
        subject=message.subject,
        attempt=message.attempts,
        reason=str(one.error) if one.error else "",
    )
