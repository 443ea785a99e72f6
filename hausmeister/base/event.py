"""An event as Riemann's senders make it: what a host says of one of its services at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

EXPIRED = "expired"

# what an event may carry at most; a sender that says more is cut, never refused
NAME_MOST = 300
DESCRIPTION_MOST = 4_000
TAGS_MOST = 50
ATTRIBUTES_MOST = 50
VALUE_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `time_s` is the sender's own clock in seconds since 1970, None when it gives none.

    `ttl_s` says for how long it holds; a host and a service are its key.
    """

    host: str = ""
    service: str = ""
    state: str = ""
    description: str = ""
    metric: float | int | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    time_s: float | None = None
    ttl_s: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells entries of an index apart."""
        return (self.host, self.service)

    def expired(self, *, at_s: float) -> "Event":
        """Return the event that says that this one holds no more: its names, and nothing that it measured."""
        return replace(self, state=EXPIRED, time_s=at_s, description="", metric=None)
