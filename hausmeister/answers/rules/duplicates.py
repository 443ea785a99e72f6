"""Which earlier issues are probably the same: title and body, words and meaning, and how long ago.

Titles count three times; what one title says is also looked for in the other's body. People report one break within
days, so nearness in time is a small sign of its own. Confidence asks more for the gap to the rest than for the score:
texts made from a template all look alike.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hausmeister.answers.rules.lexical import Lexicon, ask
from hausmeister.answers.rules.words import terms

# similarity of sentence vectors: the text asked for, against those with these numbers
_TITLE_TIMES = 3
_HALF_LIFE_DAYS = 30
SHOWN = 0.5


@dataclass(frozen=True)
class IssueText:
    """An issue as it is compared. `key` is the caller's own."""

    key: str
    title: str
    body: str
    created_at: datetime


@dataclass(frozen=True)
class Similar:
    """An earlier issue, and the chance (0 to 1) that it is the same."""

    key: str
    score: float
    confidence: float


# for an issue's number: how near every issue is by meaning, its title and its whole text (two lists of -1 to 1)
Meanings = Callable[[int], tuple[Sequence[float], Sequence[float]]]


def whole(title: str, body: str) -> str:
    """Return the text of an issue that its sentence vector is made of."""
    return f"{title}. {body}"


class Issues:
    """Issues ready to be compared. Building takes about half a second for a thousand; keep it while they stay."""

    def __init__(self, issues: Sequence[IssueText], *, meanings: Meanings | None = None) -> None:
        self._issues = issues
        self._meanings = meanings
        titles = [terms(one.title) for one in issues]
        bodies = [terms(one.body) for one in issues]
        self._titles = titles
        self._whole = [title * _TITLE_TIMES + body for title, body in zip(titles, bodies, strict=True)]
        self._by_title, self._by_whole = Lexicon(titles), Lexicon(self._whole)

    def similar(self, number: int, *, among: Sequence[int], most: int = 60) -> list[Similar]:
        """Return those of the issues `among` that are like issue `number`, the likest first."""
        scores = self._scores(number)
        order = sorted(among, key=lambda one: (-scores[one], -one))[: max(most, 6)]
        if not order:
            return []
        rest = [scores[one] for one in order[1:6]]
        ahead = scores[order[0]] - (sum(rest) / len(rest) if rest else 0.0)
        return [
            Similar(self._issues[one].key, scores[one], self._confidence(scores[one], ahead if at == 0 else 0.0))
            for at, one in enumerate(order[:most])
        ]

    def _scores(self, number: int) -> list[float]:
        whole = self._by_whole.scores(ask(self._whole[number], self._by_whole.collection, repeats=True))
        across = self._by_whole.scores(ask(self._titles[number], self._by_whole.collection))
        titles = self._by_title.scores(ask(self._titles[number], self._by_title.collection))
        at = self._issues[number].created_at
        near = [self._recent(at, one.created_at) for one in self._issues]
        summed = [2 * a + 0.2 * b + 0.2 * c + 0.2 * d for a, b, c, d in zip(whole, across, titles, near, strict=True)]
        if self._meanings is not None:
            by_title, by_whole = self._meanings(number)
            summed = [a + b + c for a, b, c in zip(summed, by_title, by_whole, strict=True)]
        return summed

    @staticmethod
    def _recent(at: datetime, earlier: datetime) -> float:
        days = max(0.0, (at - earlier).total_seconds() / 86400)
        return 1 / (1 + days / _HALF_LIFE_DAYS)

    def _confidence(self, score: float, ahead: float) -> float:
        level = 4.6 if self._meanings is not None else 2.6
        return 1 / (1 + math.exp(-2.2 * (score + 2 * ahead - level)))


def similar_texts(
    issue: IssueText, earlier: Sequence[IssueText], *, most: int = 3, meanings: Meanings | None = None
) -> list[Similar]:
    """Return the few of `earlier` that `issue` probably repeats, the likest first; often none.

    `meanings`, where there is an encoder, knows the issues in the order of `earlier`, and `issue` after them.
    """
    known = Issues([*earlier, issue], meanings=meanings)
    found = known.similar(len(earlier), among=range(len(earlier)), most=most)
    if not found or found[0].confidence < SHOWN:
        return []
    return [one for one in found if one.score >= 0.6 * found[0].score]
