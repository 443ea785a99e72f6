"""Our four priorities (H11). P4 is the most urgent; Opsgenie and PagerDuty count the other way round.

The type is our own so that a foreign number can never slip in: every border maps explicitly.
"""

from enum import IntEnum


class Priority(IntEnum):
    """P4 very high … P1 low; comparing them compares urgency, so `Priority.P4 > Priority.P1`."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4

    @property
    def word(self) -> str:
        """The word that always stands beside the number."""
        return _WORDS[self]

    @property
    def label(self) -> str:
        """Number and word together: "P4 very high"."""
        return f"{self.name} {self.word}"


_WORDS = {Priority.P4: "very high", Priority.P3: "high", Priority.P2: "medium", Priority.P1: "low"}
