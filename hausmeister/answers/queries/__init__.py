"""Reads of the room: suggestions for a question, cards, and what keeps coming with the draft of a document."""

from hausmeister.answers.queries.messages import judge
from hausmeister.answers.queries.recurring import Proposal, best_card, called_for, draft, proposals, pulls
from hausmeister.answers.queries.similar import IssueRanker
from hausmeister.answers.queries.suggesting import Suggestion, suggest

__all__ = [
    "IssueRanker", "Proposal", "Suggestion", "best_card", "called_for", "draft", "judge", "proposals", "pulls",
    "suggest",
]  # fmt: skip
