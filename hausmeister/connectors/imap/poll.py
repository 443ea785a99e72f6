"""Reading the mailbox again and again, beside the engine: a slow mail server must not hold up a page."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection

from hausmeister.base import clock, database, log
from hausmeister.chat import line as lines
from hausmeister.connectors.imap import line, wire
from hausmeister.connectors.imap.line import Look, Route
from hausmeister.mailbox import operations
from hausmeister.mailbox.queries import SERVICE
from hausmeister.outbox.delivery import NotDelivered, Refused

_log = log.get(__name__)

EVERY = timedelta(seconds=20)
# after a refusal somebody must mend something; asking each time would have the account locked
REFUSED_EVERY = timedelta(minutes=5)
# of letters that wait, so many in one round: the line is not held for ever
MOST_AT_ONCE = 100


class Poll:
    """Rounds through the mail folder. Every letter is stored before the next one is read."""

    def __init__(
        self, route: Route, *, vouched_by: str = "", begin: Callable[[database.Work], None] = database.beside
    ) -> None:
        self._route = route
        self._vouched_by = vouched_by
        self._begin = begin
        self._going = threading.Lock()
        self._not_before: datetime | None = None

    def run(self, now: datetime) -> int:
        """Begin a round, unless one is still going on; return how many were begun."""
        if self._not_before is not None and now < self._not_before <= now + REFUSED_EVERY:
            return 0
        if not self._going.acquire(blocking=False):
            return 0
        try:
            self._begin(self._go_round)
        except RuntimeError:
            # no thread could be started
            self._going.release()
            raise
        return 1

    def _go_round(self) -> None:
        try:
            self._attempt()
        except Exception as error:  # noqa: BLE001 - logged once at the edge; the next round comes
            if isinstance(error, DatabaseError):
                connection.close()
            _log.error("mailbox.round_failed", error=f"{type(error).__name__}: {error}"[:300])
        finally:
            self._going.release()

    def _attempt(self) -> None:
        self._not_before = None
        try:
            with line.opened(self._route) as look:
                self._read(look)
        except NotDelivered as error:
            now = clock.now()
            if isinstance(error, Refused):
                self._not_before = now + REFUSED_EVERY
                lines.refused(SERVICE, reason=str(error), now=now)
            else:
                lines.down(SERVICE, reason=str(error), now=now)

    def _read(self, look: Look) -> None:
        reading = operations.begin(look.folder, now=clock.now())
        # the folder opened: that is the line, whatever lies in it
        lines.up(SERVICE, now=clock.now())
        validity = look.folder.validity
        numbers = look.numbers(reading.uid, reading.since_at)
        for uid in numbers[:MOST_AT_ONCE]:
            raw = look.letter(uid)
            if raw is None:
                operations.gone(uid, validity=validity)
                continue
            now = clock.now()
            arrived_at = min(raw.arrived_at or now, now)
            letter = wire.parse(
                raw.body, size_bytes=raw.size_bytes, arrived_at=arrived_at, vouched_by=self._vouched_by
            )  # fmt: skip
            operations.take(letter, uid=uid, validity=validity, now=now)
            lines.heard(SERVICE, now=now)
        if len(numbers) <= MOST_AT_ONCE:
            operations.finish(look.folder, now=clock.now())


def check(route: Route) -> str:
    """Return that the mail server lets us in and the folder can be read. Raises TryLater or Refused."""
    with line.opened(route):
        return f"the mail server {route.box.host}:{route.box.port} shows us {route.box.folder}"
