"""The figures by which questions are judged: ranks, abstention, calibration, precision and recall. Pure formulas."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

_Thing = TypeVar("_Thing", bound=Hashable)
CUTS = (1, 5, 10)


def in_order_once(things: Iterable[_Thing]) -> list[_Thing]:
    """Return `things` in their order, each at its first place only."""
    return list(dict.fromkeys(things))


def ranks(cases: Sequence[tuple[Sequence[_Thing], set[_Thing]]]) -> dict[str, float]:
    """Return mrr, map, r1, r5 and r10, means over `cases`: what was ranked, and what is right (never empty)."""
    summed = dict.fromkeys(("mrr", "map", *(f"r{cut}" for cut in CUTS)), 0.0)
    for ranked, right in cases:
        places = [place for place, one in enumerate(ranked, start=1) if one in right]
        if places:
            summed["mrr"] += 1 / places[0]
        summed["map"] += sum(found / place for found, place in enumerate(places, start=1)) / len(right)
        for cut in CUTS:
            summed[f"r{cut}"] += sum(place <= cut for place in places) / min(cut, len(right))
    return {name: value / max(1, len(cases)) for name, value in summed.items()}


def coverage(said: Sequence[tuple[float, bool]], *, precision: float, answerable: int) -> float:
    """Return the largest share of the answerable that is answered rightly when only confident answers are given.

    `said`: confidence and whether it was right. Every threshold is tried at which at least `precision` of what is said
    is right; answers of one confidence are said together or not at all.
    """
    by_confidence: dict[float, list[bool]] = {}
    for confidence, is_right in said:
        by_confidence.setdefault(confidence, []).append(is_right)
    best = spoken = right = 0
    for confidence in sorted(by_confidence, reverse=True):
        spoken += len(by_confidence[confidence])
        right += sum(by_confidence[confidence])
        if right / spoken >= precision:
            best = right
    return best / max(1, answerable)


def calibration_error(said: Sequence[tuple[float, bool]], *, bins: int = 10) -> float:
    """Return how far confidence and the share of right answers lie apart, over equally wide bins."""
    apart = 0.0
    for number in range(bins):
        low, high, is_last = number / bins, (number + 1) / bins, number == bins - 1
        part = [one for one in said if low <= one[0] < high or (is_last and one[0] >= 1)]
        apart += abs(sum(confidence for confidence, _ in part) - sum(is_right for _, is_right in part))
    return apart / max(1, len(said))


def precision_recall(right: float, wrong: float, missed: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 of so many right, wrong and missed."""
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def labels(
    rows: Sequence[tuple[str, str, float]], *, every: Sequence[str], opening: frozenset[str]
) -> dict[str, float]:
    """Return the figures of labelled messages. Each row: the true label, the given one, the message's weight.

    `opens` counts whether an item would be opened; `natural` weighs each message as often as such come in a channel.
    """
    found: dict[str, float] = {}
    for prefix, weigh in (("", False), ("natural_", True)):
        both = [(true in opening, given in opening, weight if weigh else 1) for true, given, weight in rows]
        found |= _named(f"{prefix}opens", both)
    scores = []
    for label in every:
        found |= _named(label, [(true == label, given == label, 1) for true, given, _ in rows])
        scores.append(found[f"{label}_f1"])
    found["macro_f1"] = sum(scores) / len(scores)
    return found


def _named(name: str, rows: Sequence[tuple[bool, bool, float]]) -> dict[str, float]:
    right = sum(weight for true, given, weight in rows if true and given)
    wrong = sum(weight for true, given, weight in rows if given and not true)
    missed = sum(weight for true, given, weight in rows if true and not given)
    precision, recall, both = precision_recall(right, wrong, missed)
    return {f"{name}_p": precision, f"{name}_r": recall, f"{name}_f1": both}


def proposals(groups: Sequence[set[str]], topics: Mapping[str, str | None], *, least: int = 3) -> dict[str, float]:
    """Return the figures of proposed groups. `topics`: each message's topic, None for a single question.

    A proposal of `least` or more is right when as many of it, and four fifths of it, are one topic; topics with fewer
    messages are not looked for.
    """
    by_topic: dict[str, set[str]] = {}
    for message, topic in topics.items():
        if topic:
            by_topic.setdefault(topic, set()).add(message)
    wanted = {topic: messages for topic, messages in by_topic.items() if len(messages) >= least}
    known = [group & set(topics) for group in groups]
    known = [group for group in known if len(group) >= least]
    hits = [
        {topic for topic, messages in wanted.items() if len(one & messages) >= max(least, 0.8 * len(one))}
        for one in known
    ]
    precision = sum(bool(hit) for hit in hits) / len(known) if known else 0.0
    recall = len(set().union(*hits)) / len(wanted) if wanted else 0.0
    shares = [max((len(one & messages) / len(messages) for one in known), default=0.0) for messages in wanted.values()]
    return {
        "proposals": len(known), "topics": len(wanted), "precision": precision, "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "coverage": sum(shares) / len(wanted) if wanted else 0.0,
    }  # fmt: skip
