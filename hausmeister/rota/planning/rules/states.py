"""The life of a draft, and the kinds of draft there are."""

from enum import StrEnum


class DraftState(StrEnum):
    """What a draft is now. The last three are final."""

    ASKED = "asked"
    SOLVING = "solving"
    READY = "ready"
    IMPOSSIBLE = "impossible"
    FAILED = "failed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


OPEN = (DraftState.ASKED, DraftState.SOLVING)


class Flavour(StrEnum):
    """How much of what is published a draft may change."""

    FEWEST = "fewest"
    FEW = "few"
    FREE = "free"


# so many changes more than needed, for the sake of fairness
A_FEW = 4


class Purpose(StrEnum):
    """What a draft is for: a plan to publish, or a question.

    Whether days away would leave a plan; how few and how many duties any plan could give one person.
    """

    PLAN = "plan"
    LEAVE = "leave"
    LOAD = "load"
