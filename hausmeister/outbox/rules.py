"""Pure decisions of the outbox: when to try again, and when to stop."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum


class Lane(StrEnum):
    """Paging wakes people; chat decorates. They never share a slot, so the second cannot delay the first."""

    PAGING = "paging"
    CHAT = "chat"


class State(StrEnum):
    """The life of a message. The last three are final."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


LEASE = timedelta(seconds=30)

# how long a page's message is worth trying before the next contact method is the better idea
_PAGING_PAUSES = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
_CHAT_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 1800, *(3600,) * 22))
_TRIES_AS_ASKED = 10
LONGEST_WAIT_WHEN_PAGING = timedelta(seconds=60)


def pause(lane: Lane, *, attempts: int, retry_after_s: float | None, chance: float) -> timedelta | None:
    """Return how long to wait after the `attempts`-th failed try, or None to give up.

    `chance` from 0 to 1 adds up to a fifth, so that many messages do not return at once. In the paging lane
    a far side that asks for more than a minute is given up at once: the next method is quicker.
    """
    pauses = _PAGING_PAUSES if lane is Lane.PAGING else _CHAT_PAUSES
    if attempts > len(pauses):
        return None
    asked = timedelta(seconds=min(max(retry_after_s or 0.0, 0.0), 86_400.0))
    place = attempts - 1
    if lane is Lane.CHAT and asked:
        # the far side says itself when: for the first ten tries nothing is added to that
        place = max(attempts - _TRIES_AS_ASKED, 0)
    wait = pauses[place] * (1 + 0.2 * chance)
    if lane is Lane.PAGING and asked > LONGEST_WAIT_WHEN_PAGING:
        return None
    return max(wait, asked)


def in_turns(sources: Sequence[Sequence[tuple[int, object, int]]]) -> list[int]:
    """Return message ids so that sources take turns: the first of each, then the second of each, and so on.

    Each source lists (minus urgency, due time, id), sorted; within a turn the more urgent goes first.
    """
    longest = max(map(len, sources), default=0)
    order: list[int] = []
    for turn in range(longest):
        found = sorted((source[turn] for source in sources if turn < len(source)), key=lambda one: (one[0], one[2]))
        order += [message_id for _, _, message_id in found]
    return order
