"""A finding: one thing looked at, whether it is well, and what to do if it is not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is. Only `wrong` makes the doctor's exit code 1."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what is so, and, where it is not well, how to mend it."""

    about: str
    verdict: Verdict
    says: str
    mend: str = ""


Check = Callable[[], Iterable[Finding]]


def well(about: str, says: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(about, Verdict.WELL, says)


def note(about: str, says: str, mend: str = "") -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(about, Verdict.NOTE, says, mend)


def wrong(about: str, says: str, mend: str = "") -> Finding:
    """Return a finding that must be mended."""
    return Finding(about, Verdict.WRONG, says, mend)


def run(about: str, check: Check) -> Iterator[Finding]:
    """Yield what `check` finds; a check that breaks is a finding of its own and stops no other."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - a doctor that falls ill helps nobody
        yield wrong(about, f"could not be looked at: {type(error).__name__}: {error}"[:300])
