"""Which questions keep coming: average linkage, the closest two groups joined until none are close enough.

Source: the unweighted pair-group method (UPGMA), R. Sokal and C. Michener (1958).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.answers.rules.lexical import FEW
from hausmeister.answers.rules.words import terms

# how near two groups must be on average, by meaning and by words
NEAR_BY_MEANING, NEAR_BY_WORDS = 0.55, 0.2
# a proposal is made at the third asking, by two or more people, within this span
ASKINGS, PEOPLE, SPAN = 3, 2, timedelta(days=30)
# how far back askings are compared each night
LOOKED_AT = timedelta(days=90)


@dataclass(frozen=True)
class Asking:
    """One asking: who (a stable name, "" when unknown) and when."""

    by: str
    asked_at: datetime


def by_words(texts: Sequence[str]) -> list[list[float]]:
    """Return how near each two texts are by their words: the cosine of their terms, rare ones counting more."""
    kept = [set(terms(text)) for text in texts]
    occurs = Counter(term for one in kept for term in one)
    rarity = {
        term: math.log(1 + (max(len(texts), FEW) - count + 0.5) / (count + 0.5)) for term, count in occurs.items()
    }
    lengths = [math.sqrt(sum(rarity[term] ** 2 for term in one)) or 1.0 for one in kept]
    return [
        [
            sum(rarity[term] ** 2 for term in one & other) / lengths[a] / lengths[b] if a != b else 1.0
            for b, other in enumerate(kept)
        ]
        for a, one in enumerate(kept)
    ]


def groups(
    near: Sequence[Sequence[float]], *, threshold: float, apart: Sequence[tuple[int, int]] = ()
) -> list[list[int]]:
    """Return the groups of texts whose average nearness stays at or above `threshold`; each is sorted.

    `near` holds the nearness of each two texts. Two texts in `apart` never share a group: a person said so.
    Each join takes one look at all rows: fine for some thousand texts a night.
    """
    members = {number: [number] for number in range(len(near))}
    floor = threshold / 4  # what is further apart than this counts as nothing: rows stay short
    closeness = {a: {b: near[a][b] for b in members if b != a and near[a][b] > floor} for a in members}
    for a, b in apart:
        closeness[a][b] = closeness[b][a] = -math.inf
    best = {a: max(row.items(), key=lambda one: one[1], default=(-1, -1.0)) for a, row in closeness.items()}
    while best:
        a = max(best, key=lambda one: best[one][1])
        b, value = best[a]
        if value < threshold:
            break
        _join(a, b, members, closeness)
        del best[b]
        for one in best:
            if one == a or best[one][0] in {a, b} or closeness[one].get(a, -1.0) > best[one][1]:
                best[one] = max(closeness[one].items(), key=lambda two: two[1], default=(-1, -1.0))
    return sorted(sorted(group) for group in members.values())


def _join(a: int, b: int, members: dict[int, list[int]], closeness: dict[int, dict[int, float]]) -> None:
    """Put group `b` into `a`; the nearness to every other is the mean over all pairs."""
    of_a, of_b = len(members[a]), len(members[b])
    row_a, row_b = closeness[a], closeness.pop(b)
    for other in (set(row_a) | set(row_b)) - {a, b}:
        mean = (row_a.get(other, 0.0) * of_a + row_b.get(other, 0.0) * of_b) / (of_a + of_b)
        row_a[other] = closeness[other][a] = mean
        closeness[other].pop(b, None)
    row_a.pop(b, None)
    members[a].extend(members.pop(b))


def is_due(askings: Sequence[Asking]) -> bool:
    """Say whether these askings of one thing call for a document: three by two or more people within 30 days.

    Askings whose asker is unknown count as one person each.
    """
    ordered = sorted(askings, key=lambda one: one.asked_at)
    for at, first in enumerate(ordered):
        close = [one for one in ordered[at:] if one.asked_at - first.asked_at <= SPAN]
        people = {one.by or number for number, one in enumerate(close)}
        if len(close) >= ASKINGS and len(people) >= PEOPLE:
            return True
    return False
