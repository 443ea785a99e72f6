"""Sentence vectors as they are kept: one byte a number in the tables, one bit a number in memory.

A kept row is its scale (4 bytes) and 384 signed bytes; a passage has one row for the whole text, one for each window.
The bits of the first row, compared by counting where they differ, find the few hundred that the rows then judge.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def packed(rows: Floats) -> bytes:
    """Return the rows of one text as bytes."""
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-9).astype("<f4") / 127
    numbers = np.rint(rows / scale).astype(np.int8)
    return b"".join(one.tobytes() + row.tobytes() for one, row in zip(scale[:, 0], numbers, strict=True))


def unpacked(kept: bytes, dimensions: int) -> Floats:
    """Return what `packed` was given, to two digits."""
    raw = np.frombuffer(kept, dtype=np.uint8).reshape(-1, 4 + dimensions)
    scale = raw[:, :4].copy().view("<f4")
    rows: Floats = raw[:, 4:].view(np.int8).astype(np.float32) * scale
    return rows


def rows_in(kept: bytes, dimensions: int) -> int:
    """Return how many rows `packed` was given."""
    return len(kept) // (4 + dimensions)


def signs(row: Floats) -> bytes:
    """Return one bit for each number: whether it is above nothing."""
    return np.packbits(row > 0).tobytes()


@dataclass(frozen=True)
class Near:
    """The bits of many passages, in memory: 48 bytes for each."""

    ids: NDArray[np.int64]
    bits: NDArray[np.uint64]

    @classmethod
    def of(cls, rows: list[tuple[int, bytes]], dimensions: int) -> "Near":
        """Return the bits of `rows`: a passage's number, and what `signs` gave."""
        ids = np.array([number for number, _ in rows], dtype=np.int64)
        bits = np.frombuffer(b"".join(bytes(one) for _, one in rows), dtype=np.uint64).reshape(-1, dimensions // 64)
        return cls(ids, bits)

    def with_more(self, *others: "Near") -> "Near":
        """Return all of them together."""
        together = (self, *others)
        return Near(np.concatenate([one.ids for one in together]), np.concatenate([one.bits for one in together]))

    def nearest(self, row: Floats, most: int) -> list[int]:
        """Return the passages whose bits differ least from those of `row`."""
        if not len(self.ids):
            return []
        asked = np.frombuffer(signs(row), dtype=np.uint64)
        apart = np.bitwise_count(self.bits ^ asked).sum(axis=1, dtype=np.uint16)
        if len(apart) > most:
            chosen = np.argpartition(apart, most)[:most]
            return [int(one) for one in self.ids[chosen[np.argsort(apart[chosen], kind="stable")]]]
        return [int(one) for one in self.ids[np.argsort(apart, kind="stable")]]
