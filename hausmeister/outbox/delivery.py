"""The words between the outbox and a connector: what is handed over, and the two ways to fail."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


class NotDelivered(Exception):
    """Root of the two errors a sender may raise. Its text is one sentence for people, without secrets."""


class TryLater(NotDelivered):
    """The far side may take it later: time-out, connection lost, 429, 5xx, or an answer nobody understands.

    `retry_after_s` is what the far side asked for. `maybe_delivered` says that it may have taken the message
    although we saw no success; the next try is then marked as a possible duplicate.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None, maybe_delivered: bool = False) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.maybe_delivered = maybe_delivered


class NoLongerWanted(Exception):
    """The last look before the wire found the message cancelled, taken over, or its lease over: it is not sent."""


class Refused(NotDelivered):
    """The far side said no for good; trying again would change nothing."""


@dataclass(frozen=True)
class Parcel:
    """One message, ready for the wire.

    `kind` says what it is (page, code, notice, mail, post, update …); `to` is the address as the channel needs it;
    `facts` is the content. `idempotency_key` stays the same over all tries of the message.
    """

    message_id: int
    kind: str
    to: dict[str, Any]
    facts: dict[str, Any]
    idempotency_key: str
    is_possible_duplicate: bool
    attempt: int


class Sender(Protocol):
    """One channel's way out."""

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel` and return the far side's reference for it, "" where there is none.

        It leaves through `base/outgoing`, which looks at the outbox once more right before the first byte.
        Raises TryLater or Refused, and lets NoLongerWanted through. Returns only on a success the far side documents.
        """
        ...


@runtime_checkable
class Checkable(Protocol):
    """What a sender may offer besides: a question to the far side that sends nothing, for the doctor."""

    def check(self) -> str:
        """Return in a few words that the far side answers. Raises TryLater or Refused, nothing else."""
        ...
