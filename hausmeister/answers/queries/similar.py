"""Probable duplicates of an issue, by the best means at hand. The caller brings the issues."""

from collections.abc import Sequence

from hausmeister.answers import encoder
from hausmeister.answers.rules import duplicates
from hausmeister.answers.rules.duplicates import IssueText, Similar

# with the encoder only those are compared by meaning that words or titles put forward
_COMPARED = 200


def similar_texts(issue: IssueText, earlier: Sequence[IssueText], *, most: int = 3) -> list[Similar]:
    """Return the few of `earlier` that `issue` probably repeats, the likest first; often none, which is an answer.

    With an encoder the 200 that are likest by words are compared by meaning too: some seconds at most.
    """
    model = encoder.best()
    if model is None or not earlier:
        return duplicates.similar_texts(issue, earlier, most=most)
    chosen = list(earlier)
    if len(chosen) > _COMPARED:
        known = duplicates.Issues([*earlier, issue])
        first = known.similar(len(earlier), among=range(len(earlier)), most=_COMPARED)
        keys = {one.key for one in first}
        chosen = [one for one in earlier if one.key in keys]
    texts = [*chosen, issue]
    titles = model.encode([one.title for one in texts])
    whole = model.encode([duplicates.whole(one.title, one.body) for one in texts])

    def meanings(number: int) -> tuple[list[float], list[float]]:
        return (titles @ titles[number]).tolist(), (whole @ whole[number]).tolist()

    return duplicates.similar_texts(issue, chosen, most=most, meanings=meanings)
