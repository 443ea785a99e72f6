"""What a check of ours asks of a far side, and whether what came back is good enough. Nothing is dialled here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHORTEST_EVERY, LONGEST_EVERY = timedelta(seconds=30), timedelta(days=1)
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(seconds=30)
MOST_FAILURES = 20
MOST_DAYS = 365
# an alert that is open is told again this seldom: one that was closed by hand opens anew
AGAIN = timedelta(minutes=5)


class ProbeKind(StrEnum):
    """How a check looks: it asks for a page, or it only connects."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True)
class Good:
    """What an answer must be: a status in the range, `text` in it, a certificate that lasts `days_left` more days."""

    first_status: int = 200
    last_status: int = 399
    text: str = ""
    days_left: int | None = None


@dataclass(frozen=True)
class Came:
    """An answer: its status, as much of its body as was read, and when its certificate ends, where it has one."""

    status: int
    body: bytes
    certificate_ends_at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """How one look went: how long it took, and in words what was wrong; nothing was where `problem` is empty."""

    problem: str
    slow_ms: int

    @property
    def is_good(self) -> bool:
        """Say whether nothing was wrong."""
        return not self.problem


@dataclass(frozen=True)
class Standing:
    """How a check stands: failures in a row, whether its alert is open, and when it was last told."""

    failures: int = 0
    is_down: bool = False
    told_at: datetime | None = None


class Step(StrEnum):
    """What a result means for the alert."""

    NOTHING = "nothing"
    OPEN = "open"
    CLOSE = "close"


def problem_of(came: Came, good: Good, *, now: datetime) -> str:
    """Return in words what is wrong with an answer, "" when nothing is."""
    if not good.first_status <= came.status <= good.last_status:
        return f"answered {came.status}, not {_range(good)}"
    if good.text and good.text.encode() not in came.body:
        return f"the text {good.text[:60]!r} is not in the first 64 KB"
    if good.days_left is None:
        return ""
    if came.certificate_ends_at is None:
        return "there is no certificate to look at"
    days = (came.certificate_ends_at - now).days
    return "" if days >= good.days_left else f"its certificate ends in {days} days, {good.days_left} are wanted"


def _range(good: Good) -> str:
    if good.first_status == good.last_status:
        return str(good.first_status)
    return f"{good.first_status} to {good.last_status}"


def after(standing: Standing, finding: Finding, *, enough: int, now: datetime) -> tuple[Standing, Step]:
    """Return how a check stands after a look; `enough` failures in a row open its alert."""
    if finding.is_good:
        return Standing(), Step.CLOSE if standing.is_down else Step.NOTHING
    failures = standing.failures + 1
    is_told = standing.told_at is not None and now - standing.told_at < AGAIN
    if (failures < enough and not standing.is_down) or (standing.is_down and is_told):
        return Standing(failures, standing.is_down, standing.told_at), Step.NOTHING
    return Standing(failures, is_down=True, told_at=now), Step.OPEN


def next_at(started_at: datetime, every: timedelta, *, now: datetime) -> datetime:
    """Return when to look again: `every` after the last look began, and never at once after a slow one."""
    return max(started_at + every, now + SHORTEST_TIMEOUT)
