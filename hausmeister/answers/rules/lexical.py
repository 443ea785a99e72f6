"""How well a text answers a question by its words: BM25, as a share of what a full match would give.

Source: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Divided by the
rarity of all the question's words, so that scores of different questions can be compared. A word also finds those that
people use in its place (`alike.py`), for half the weight.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hausmeister.answers.rules import alike
from hausmeister.answers.rules.words import is_identifier

K1, B = 1.2, 0.8
# fewer texts than these say little about which terms are common
FEW = 100


@dataclass(frozen=True)
class Collection:
    """What must be known of all texts to judge one: how many, how long, and in how many a term occurs."""

    texts: int
    average_length: float
    occurs_in: Mapping[str, int]

    def rarity(self, term: str) -> float:
        """Return the term's weight: nothing for one that is everywhere, the most for one that nobody used yet."""
        count = self.occurs_in.get(term, 0)
        return math.log(1 + (max(self.texts, FEW) - count + 0.5) / (count + 0.5))


@dataclass(frozen=True)
class Asked:
    """A question made ready: its terms with their weights, and what may stand for each at which share of it."""

    weights: Mapping[str, float]
    others: Mapping[str, Mapping[str, float]]
    # the share of the weight that names of the machine have: tables, classes, versions, codes
    named: float

    @property
    def total(self) -> float:
        """What a text would get that holds every term once."""
        return sum(self.weights.values())

    def every_term(self) -> set[str]:
        """Return the terms and what may stand for them."""
        return set(self.weights) | {other for one in self.others.values() for other in one}


def ask(terms: Sequence[str], collection: Collection, *, repeats: bool = False) -> Asked:
    """Make a question of `terms` ready; with `repeats` a term counts more that occurs more often in it."""
    counts = Counter(terms)
    weights, others, named = {}, {}, 0.0
    for term, count in counts.items():
        rarity = collection.rarity(term)
        weights[term] = rarity * (1 + math.log(count)) if repeats else rarity
        if is_identifier(term):
            named += weights[term]
        known = [other for other in alike.others(term) if collection.occurs_in.get(other)]
        if known and rarity > 0:
            others[term] = {other: alike.WEIGHT * min(collection.rarity(other), rarity) / rarity for other in known}
    return Asked(weights, others, named / (sum(weights.values()) or 1))


def saturated(count: int, length: int, average: float) -> float:
    """Return what a term brings that occurs `count` times in a text of `length` terms."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / (average or 1)))


def score(asked: Asked, counts: Mapping[str, int], *, length: int, average: float) -> float:
    """Return how well a text with these terms fits: about 0 to 1, more where terms repeat in a short text."""
    summed = 0.0
    for term, weight in asked.weights.items():
        best = saturated(counts[term], length, average) if term in counts else 0.0
        for other, share in asked.others.get(term, {}).items():
            if other in counts:
                best = max(best, share * saturated(counts[other], length, average))
        summed += weight * best
    return summed / (asked.total or 1)


class Lexicon:
    """Texts in memory, ready to be asked: for duplicates of issues, for measurements, for the tests."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """`texts`: the terms of each."""
        self._lengths = [len(text) for text in texts]
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for number, text in enumerate(texts):
            for term, count in Counter(text).items():
                self._postings.setdefault(term, []).append((number, count))
        average = sum(self._lengths) / (len(texts) or 1)
        self.collection = Collection(len(texts), average, {one: len(rows) for one, rows in self._postings.items()})

    def scores(self, asked: Asked) -> list[float]:
        """Return the score of every text, as `score` would give it."""
        summed = [0.0] * len(self._lengths)
        for term, weight in asked.weights.items():
            for number, gain in self._gains(term, asked.others.get(term, {})).items():
                summed[number] += weight * gain
        total = asked.total or 1
        return [one / total for one in summed]

    def _gains(self, term: str, others: Mapping[str, float]) -> dict[int, float]:
        gains: dict[int, float] = {}
        for word, share in {term: 1.0, **others}.items():
            for number, count in self._postings.get(word, ()):
                gain = share * saturated(count, self._lengths[number], self.collection.average_length)
                gains[number] = max(gains.get(number, 0.0), gain)
        return gains
