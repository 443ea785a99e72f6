"""What is done to items: hearing (from chat), taking (any other way in), acting (people), ticking (the engine)."""

from hausmeister.triage.operations.acting import (
    AlreadyTaken,
    ItemIsClosed,
    NotPossible,
    TriageRefused,
    answer,
    answered,
    assign,
    claim,
    close,
    not_a_question,
    reclassify,
    release,
    reopen,
    undo,
)
from hausmeister.triage.operations.hearing import edited, hear, removed, take
from hausmeister.triage.operations.letters import post
from hausmeister.triage.operations.pressing import pressed, signed
from hausmeister.triage.operations.promoting import promote
from hausmeister.triage.operations.rooms import cursor, lost, watch, watching

__all__ = [
    "AlreadyTaken", "ItemIsClosed", "NotPossible", "TriageRefused", "answer", "answered", "assign", "claim", "close",
    "cursor", "edited", "hear", "lost", "not_a_question", "post", "pressed", "promote", "reclassify", "release",
    "removed", "reopen", "signed", "take", "undo", "watch", "watching",
]  # fmt: skip
