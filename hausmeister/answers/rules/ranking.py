"""Which card fits a question best, and how sure that is: pure, from scores that somebody has worked out.

A card is as good as its best text. With an encoder, meaning leads and words are added: a little for plain questions,
more the more the question names things of the machine, which an encoder does not know.
"""

import json
import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

_Card = TypeVar("_Card", bound=Hashable)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n{2,}|\n(?=[-*\d#])")

# what is shown at all, and from where it is said without "maybe"
SHOWN, SURE = 0.5, 0.8
MOST_WINDOWS = 6
# so many cards after the first are the crowd that it stands out of: a question that is near everything is near nothing
CROWD = 10


@dataclass(frozen=True)
class Fit:
    """How well one text fits a question: by words (0 to about 1), and by meaning (-1 to 1) where an encoder is."""

    words: float
    meaning: float | None = None

    def together(self, *, named: float) -> float:
        """Return both as one score; `named` is the share of the question that are names of the machine."""
        if self.meaning is None:
            return self.words
        return self.meaning + (0.05 + 0.35 * named) * self.words


@dataclass(frozen=True)
class Ranked(Generic[_Card]):
    """One card in the order of fit, with its best text's fit and which text that was."""

    card: _Card
    score: float
    fit: Fit
    text: int
    # how far the next card stands behind; for the last one its whole score
    ahead: float
    # how far it stands above the crowd: the mean of the ten that follow, 0 where none does
    above: float = 0.0
    # whether no other card fits better by words alone
    agrees: bool = True


def windows(text: str, *, most: int = MOST_WINDOWS) -> list[str]:
    """Return the pairs of neighbouring sentences of a long text: an answer often lies in two of its ten lines."""
    sentences = [one.strip() for one in _SENTENCE.split(text) if one.strip()]
    if len(sentences) < 3:
        return []
    pairs = [" ".join(sentences[at : at + 2]) for at in range(len(sentences) - 1)]
    return pairs[:most]


def meaning_of(whole: float, parts: Sequence[float]) -> float:
    """Return how near a text is, from how near it is as a whole and how near its windows are."""
    return (whole + max(parts, default=whole)) / 2


def rank(fits: Iterable[tuple[_Card, int, Fit]], *, named: float) -> list[Ranked[_Card]]:
    """Return the cards, the best first; each row names the card, one of its texts, and that text's fit."""
    best: dict[_Card, tuple[float, Fit, int]] = {}
    words: dict[_Card, float] = {}
    for card, text, fit in fits:
        words[card] = max(words.get(card, 0.0), fit.words)
        score = fit.together(named=named)
        if card not in best or score > best[card][0]:
            best[card] = (score, fit, text)
    order = sorted(best.items(), key=lambda one: -one[1][0])
    scores = [score for _card, (score, _fit, _text) in order]
    most_words = max(words.values(), default=0.0)
    return [
        Ranked(
            card, score, fit, text,
            ahead=score - (scores[at + 1] if at + 1 < len(scores) else 0.0),
            above=score - _mean(scores[at + 1 : at + 1 + CROWD]),
            agrees=words[card] >= most_words,
        )
        for at, (card, (score, fit, text)) in enumerate(order)
    ]  # fmt: skip


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


@cache
def _prior() -> dict[str, dict[str, float]]:
    """Return the shipped weights of the confidence, fitted to our own seeds (`training/cards.py`)."""
    text = files("hausmeister.answers").joinpath("weights", "confidence.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)
    return found


SIGNS = {
    "words": ("bias", "score", "ahead"),
    # to stand out of the crowd, and to be the first by words too, says something only where meaning leads
    "meaning": ("bias", "score", "ahead", "above", "agrees"),
}
# so many answers of a team weigh as much as the shipped weights do
_PRIOR_ANSWERS = 20


def signs(one: Ranked[_Card]) -> dict[str, float]:
    """Return what the confidence is reckoned from; by words, the first three of them are."""
    return {
        "bias": 1.0, "score": one.score, "ahead": one.ahead, "above": one.above, "agrees": float(one.agrees),
    }  # fmt: skip


def refit(tier: str, said: Sequence[tuple[Mapping[str, float], bool]]) -> dict[str, float]:
    """Return the weights of `tier` ("words" or "meaning"), moved towards what people said of suggestions.

    `said`: the signs of each, and whether it helped. Gradient steps on the logistic loss, held to the shipped weights.
    """
    prior = _prior()[tier]
    weights = dict(prior)
    held = _PRIOR_ANSWERS / (len(said) + _PRIOR_ANSWERS)
    for _ in range(300):
        gradient = {name: held * (weights[name] - prior[name]) / 10 for name in prior}
        for values, helped in said:
            chance = 1 / (1 + math.exp(-sum(weights[name] * values[name] for name in prior)))
            for name in prior:
                gradient[name] += (1 - held) * (chance - helped) * values[name] / len(said)
        for name in prior:
            weights[name] -= 0.5 * gradient[name]
    return {name: round(value, 4) for name, value in weights.items()}


def faded(chance: float, *, days: float, confirmed: int) -> float:
    """Return the confidence of an answer that nobody confirmed for so many days: half after a year."""
    return chance if confirmed else chance * 0.5 ** (max(0.0, days) / 365)


def confidence(one: Ranked[_Card], *, own: Mapping[str, float] | None = None) -> float:
    """Return the chance (0 to 1) that the first card answers the question.

    `own`: the team's weights where its feedback has moved them away from the shipped ones.
    """
    tier = "words" if one.fit.meaning is None else "meaning"
    names = SIGNS[tier]
    # what was refitted before there was one of the signs counts again from the next refit on
    weights = own if own and own.keys() >= set(names) else _prior()[tier]
    values = signs(one)
    return 1 / (1 + math.exp(-sum(weights[name] * values[name] for name in names)))


def in_words(chance: float) -> str:
    """Return how sure a suggestion is, as people read it; "" when nothing should be said."""
    if chance < SHOWN:
        return ""
    return "quite sure" if chance >= SURE else "maybe"
