"""The words and the times of asks."""

from datetime import datetime, timedelta
from enum import StrEnum


class AskKind(StrEnum):
    """What is asked for."""

    SWAP = "swap"
    COVER = "cover"


class AskState(StrEnum):
    """What became of it. All but OPEN are final; VOID: the turn went elsewhere meanwhile."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"


class OfferState(StrEnum):
    """What became of one offer. LAPSED: it would break a rule now, or somebody of it is gone."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"


class Answer(StrEnum):
    """What somebody said to an offer."""

    NONE = ""
    YES = "yes"
    NO = "no"


def expires_at(kind: AskKind, *, now: datetime, hours: int, begins_at: datetime) -> datetime:
    """Return until when the ask can be agreed to: a swap for so many hours, both until the turn begins."""
    return min(now + timedelta(hours=hours), begins_at) if kind is AskKind.SWAP else begins_at


def alarm_at(*, now: datetime, hours: int, begins_at: datetime) -> datetime:
    """Return when lead and backstop hear that nobody agreed to cover: so many hours before it begins."""
    return max(now, begins_at - timedelta(hours=hours))


def is_within(starts_at: datetime, ends_at: datetime, turn: tuple[datetime, datetime]) -> bool:
    """Say whether the span runs forward and lies inside the turn."""
    return turn[0] <= starts_at < ends_at <= turn[1]
