"""The only source of randomness, so that one seed can drive a whole simulated world.

In production every value comes from the operating system's generator, fit for keys and codes.
"""

import random
import string
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

_source: random.Random = random.SystemRandom()

# what `stream` returns
Stream = random.Random

LOWER_CASE_AND_DIGITS = string.ascii_lowercase + string.digits


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw everything from `seed` until the block ends. For tests and the simulator; never for keys."""
    global _source  # noqa: PLW0603 - one shared source is what makes a run repeatable
    before, _source = _source, random.Random(seed)  # noqa: S311 - not used for secrets # nosec B311
    try:
        yield
    finally:
        _source = before


def uuid() -> UUID:
    """Return a random (version 4) UUID."""
    return UUID(int=_source.getrandbits(128), version=4)


def text(length: int, *, alphabet: str = LOWER_CASE_AND_DIGITS) -> str:
    """Return `length` characters, each drawn evenly from `alphabet`."""
    return "".join(_source.choices(alphabet, k=length))


def digits(count: int) -> str:
    """Return a code of `count` decimal digits, leading zeros included."""
    return text(count, alphabet=string.digits)


def fraction() -> float:
    """Return a number from 0 up to, not including, 1. For jitter."""
    return _source.random()


def octets(count: int) -> bytes:
    """Return `count` random bytes."""
    return _source.randbytes(count)


def stream(seed: int) -> Stream:
    """Return a generator of its own, for one computation that must come out the same each time; never for keys."""
    return random.Random(seed)  # noqa: S311 - not used for secrets # nosec B311
